package engine

import (
	"encoding/json"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// historyEntry is one past operation in the pulumi command's JSON.
type historyEntry struct {
	Version         int                    `json:"version"`
	Kind            string                 `json:"kind"`
	StartTime       string                 `json:"startTime"`
	Message         string                 `json:"message"`
	Environment     map[string]string      `json:"environment"`
	Config          map[string]configValue `json:"config"`
	Result          string                 `json:"result,omitempty"`
	EndTime         string                 `json:"endTime,omitempty"`
	ResourceChanges map[string]int         `json:"resourceChanges,omitempty"`
}

func (inv *invocation) stackHistory(args []string) error {
	f := newFlags()
	asJSON := f.BoolP("json", "j", false, "")
	show := f.Bool("show-secrets", false, "")
	size := f.Int("page-size", 10, "")
	page := f.Int("page", 1, "")
	return inv.on(f, args, 0, 0, func(s *stack) error {
		if !*asJSON {
			return errNotServed
		}
		infos, err := s.backend.GetHistory(inv.ctx, s.ref, *size, *page)
		if err != nil {
			return err
		}
		var dec config.Decrypter
		if *show {
			ps, err := inv.readSettings(s, "")
			if err != nil {
				return err
			}
			state, err := s.stateManager(inv.ctx)
			if err != nil {
				return err
			}
			sm, _, err := inv.manager(s, ps, state)
			if err != nil {
				return err
			}
			dec = sm.Decrypter()
		}
		list := make([]historyEntry, 0, len(infos))
		for _, info := range infos {
			list = append(list, newHistoryEntry(info, dec))
		}
		return inv.json(list)
	})
}

// newHistoryEntry shows secrets in the clear if dec is not nil.
func newHistoryEntry(info backend.UpdateInfo, dec config.Decrypter) historyEntry {
	e := historyEntry{
		Version:         info.Version,
		Kind:            string(info.Kind),
		StartTime:       time.Unix(info.StartTime, 0).UTC().Format(timeLayout),
		Message:         info.Message,
		Environment:     info.Environment,
		Config:          map[string]configValue{},
		Result:          string(info.Result),
		ResourceChanges: map[string]int{},
	}
	if info.Result != backend.InProgressResult {
		e.EndTime = time.Unix(info.EndTime, 0).UTC().Format(timeLayout)
	}
	for op, n := range info.ResourceChanges {
		e.ResourceChanges[string(op)] = n
	}
	for k, v := range info.Config {
		c := configValue{Secret: v.Secure()}
		if !v.Secure() || dec != nil {
			text, err := v.Value(dec)
			if err != nil {
				// It was encrypted with a key that the stack no longer has.
				text = "ERROR_UNABLE_TO_DECRYPT"
			} else if v.Object() {
				// What can't be read stays a text.
				_ = json.Unmarshal([]byte(text), &c.ObjectValue)
			}
			c.Value = &text
		}
		e.Config[k.String()] = c
	}
	return e
}
