package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/rotate"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/urfave/cli/v2"
)

// rotationReport is what "server rotate-certs --json" prints.
type rotationReport struct {
	Stack        string                     `json:"stack"`
	Authority    bool                       `json:"authority"`
	Certificates []stacks.CertificateStatus `json:"certificates"`
}

// stageWords say what each stage does.
var stageWords = map[string]string{
	pilot.StageRenew:     "issue the servers' certificates anew, and let in a new authority for clients beside the old one",
	pilot.StageAdopt:     "sign the clients' certificates by the new authority",
	pilot.StageRefuse:    "refuse the clients' certificates from before",
	pilot.StageIntroduce: "make a new authority, and trust it beside the old one",
	pilot.StageSwitch:    "sign all certificates by the new authority",
	pilot.StageRetire:    "trust the new authority alone",
	pilot.StageSettle:    "note that it is done",
}

func serverRotateCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "rotate-certs",
		Usage: "issue all certificates anew while everything goes on, or finish a rotation that was interrupted",
		Flags: platformFlags(jsonFlag, yesFlag,
			&cli.BoolFlag{Name: "ca", Usage: "replace the authority too: certificates from before are refused at the end, and teammates need a new invite"}),
		Action: func(c *cli.Context) error {
			control := &rotate.Control{}
			o, err := s.open(c, control.Option())
			if err != nil {
				return err
			}
			defer o.Close()
			question := "Issue all certificates anew?"
			if c.Bool("ca") {
				question = "Replace the authority and all certificates? Teammates will need a new invite."
			}
			if err := s.confirm(c, question); err != nil {
				return err
			}
			if err := s.run(c, o, func() error {
				return rotate.Run(c.Context, o.Stack, control, rotate.Options{
					Authority: c.Bool("ca"),
					Stage: func(stage pilot.Rotation, resumed bool) {
						going := ""
						if resumed {
							going = "going on where it stopped: "
						}
						s.say(c, "%s%s", going, stageWords[stage.Stage])
					},
					Applied: func(m auto.OutputMap) error { return renewAccess(o, stacks.ParseOutputs(m)) },
				})
			}); err != nil {
				return err
			}
			var status stacks.Status
			if err := addCertificates(c.Context, o, &status); err != nil {
				return err
			}
			if c.Bool("json") {
				return s.writeJSON(rotationReport{Stack: o.spec.Stack, Authority: c.Bool("ca"), Certificates: status.Certificates})
			}
			s.say(c, "%s rotated", counted(len(status.Certificates), "certificate"))
			return nil
		},
	}
}

// renewAccess brings what is kept here to reach the platform up to date: after
// each stage, so that an interruption leaves nobody outside.
func renewAccess(o *opened, out stacks.Outputs) error {
	if err := keepAccess(o, out); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.home.Dir(), "docker", o.spec.Stack)); err != nil {
		// Nobody has asked for them yet.
		return nil
	}
	if _, err := o.home.DockerCerts(o.spec.Stack, out.Docker.CA, out.Docker.Cert, out.Docker.Key); err != nil {
		return fmt.Errorf("bring the credentials of docker-env up to date: %w", err)
	}
	return nil
}
