package main

import (
	"errors"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

// lockReport is one lock in what "unlock --json" prints.
type lockReport struct {
	Owner string `json:"owner"`
	Since string `json:"since,omitempty"`
	// Life is alive, gone or unknown, and Why tells how that is known.
	Life infra.Life `json:"life"`
	Why  string     `json:"why"`
}

// unlockReport is what "unlock --json" prints.
type unlockReport struct {
	Locks   []lockReport `json:"locks"`
	Removed bool         `json:"removed"`
}

func unlockCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "unlock",
		Usage: "remove a stack's lock that its owner left behind",
		Description: "Locks of processes that have ended are taken over without this. It is for the rest: a lock on another\n" +
			"machine that keeps no heartbeat. A lock whose owner is alive is only removed with --force; the owner's\n" +
			"operation then stops as soon as it notices, and what it had in flight is found out by the next run.",
		Flags: platformFlags(jsonFlag, yesFlag,
			&cli.BoolFlag{Name: "force", Usage: "also remove the lock of an owner that is alive"}),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			locks, err := o.Locks(c.Context)
			if err != nil {
				return err
			}
			if len(locks) == 0 {
				s.say(c, "the stack is not locked")
				return s.reportIfAsked(c, unlockReport{Locks: []lockReport{}})
			}
			alive, report := false, unlockReport{Removed: true}
			for _, l := range locks {
				since := "since an unknown time"
				r := lockReport{Owner: l.Owner.Owner(), Life: l.Life, Why: l.Why}
				if !l.Owner.Since.IsZero() {
					since = "for " + terminal.Elapsed(time.Since(l.Owner.Since))
					r.Since = l.Owner.Since.UTC().Format(time.RFC3339)
				}
				s.say(c, "locked by %s %s; %s: %s", r.Owner, since, lifeWord(l.Life), l.Why)
				alive = alive || l.Life == infra.OwnerAlive
				report.Locks = append(report.Locks, r)
			}
			if alive && !c.Bool("force") {
				return &exitError{exitFailure, errors.New("the owner is alive, nothing was removed: " +
					"wait for it to end (--wait-for-lock), stop it, or remove its lock with --force")}
			}
			if err := s.confirm(c, "Remove the lock?"); err != nil {
				return err
			}
			if err := o.Cancel(c.Context); err != nil {
				return err
			}
			s.say(c, "unlocked; the next pilot setup finds out what the owner had in flight")
			return s.reportIfAsked(c, report)
		},
	}
}

func lifeWord(l infra.Life) string {
	switch l {
	case infra.OwnerAlive:
		return "its owner is alive"
	case infra.OwnerGone:
		return "its owner is gone"
	}
	return "whether its owner is alive is not known"
}
