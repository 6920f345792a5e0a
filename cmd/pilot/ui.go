package main

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/urfave/cli/v2"
)

// logInTime is how long the address that logs in is good.
const logInTime = 2 * time.Minute

func uiCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "ui",
		Usage: "open the web interface, logged in",
		Flags: []cli.Flag{contextFlag(), jsonFlag,
			&cli.BoolFlag{Name: "url", Usage: "print the address instead of opening a browser; it logs in whoever opens it within two minutes"}},
		Action: func(c *cli.Context) error {
			server, kept, err := s.dial(c)
			if err != nil {
				return err
			}
			defer server.Close()
			if kept.UI == "" {
				return fmt.Errorf("the platform %s has no known web interface; run pilot setup again, or connect with a new invite", kept.Name)
			}
			token, err := server.LogInToken(c.Context, logInTime)
			if err != nil {
				return err
			}
			address := kept.UI + "/auth/invite?" + url.Values{"token": {token}, "cli": {"true"}}.Encode()
			switch {
			case c.Bool("json"):
				return s.writeJSON(map[string]string{"url": address, "expires": time.Now().Add(logInTime).UTC().Format(time.RFC3339)})
			case c.Bool("url"):
				if hint := browserHint(kept); hint != "" {
					fmt.Fprintln(s.errOut, hint)
				}
				fmt.Fprintln(s.out, address)
				return nil
			}
			if err := openBrowser(address); err != nil {
				return fmt.Errorf("%w; pilot ui --url prints the address for a browser elsewhere", err)
			}
			s.say(c, "%s opens in the browser; its certificate is of Pilot's own authority, which the browser asks about once", terminal.StyleOf(s.out).Bold(kept.UI))
			return nil
		},
	}
}

// openBrowser hands an address to what opens addresses on this system.
func openBrowser(address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return errors.New("nothing on this machine opens a browser (" + name + " is missing)")
	}
	if err := exec.Command(path, args...).Run(); err != nil {
		return fmt.Errorf("open a browser with %s: %w", name, err)
	}
	return nil
}
