package engine

import (
	"fmt"
	"os/user"
)

func (inv *invocation) whoami(args []string) error {
	f := newFlags()
	asJSON := f.BoolP("json", "j", false, "")
	if err := f.parse(args, 0, 0); err != nil {
		return err
	}
	_, url, err := inv.backend()
	if err != nil {
		return err
	}
	u, err := user.Current()
	if err != nil {
		return err
	}
	if !*asJSON {
		_, err := fmt.Fprintln(inv.out, u.Username)
		return err
	}
	return inv.json(map[string]string{"user": u.Username, "url": url})
}
