package main

import (
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks/access"
	"github.com/urfave/cli/v2"
)

// configureReport is what "configure --json" prints.
type configureReport struct {
	Platform  string `json:"platform"`
	Cloud     string `json:"cloud"`
	Simulated bool   `json:"simulated"`
	// Identity is machine where the platform is on the cloud itself, key where
	// the runners have one, and none after --remove.
	Identity string   `json:"identity"`
	KeyID    string   `json:"keyId,omitempty"`
	Targets  []string `json:"targets"`
	// Outputs are the access stack's: the role, or account, that deploys, and
	// what apps' settings have to name.
	Outputs map[string]string `json:"outputs"`
	Summary infra.Summary     `json:"summary"`
}

func configureCommand(s *session) *cli.Command {
	flags := []cli.Flag{contextFlag(), jsonFlag, yesFlag}
	for _, cloud := range accessClouds {
		flags = append(flags, &cli.BoolFlag{Name: cloud.name, Usage: "the runners are to deploy to " + cloud.name})
	}
	for _, f := range stackFlags() {
		switch f.Names()[0] {
		case "file", "state", "secrets", "offline", "plugin-dir", "plugin-source", "wait-for-lock":
			flags = append(flags, f)
		}
	}
	return &cli.Command{
		Name:  "configure",
		Usage: "let the platform's runners deploy apps to a cloud that it is not on; see and take back what they got",
		Description: "A small stack of its own makes a deployer with the rights that the app targets need, and one key,\n" +
			"which the runners get. A platform that is on the cloud itself uses its machine's identity: no key is made.",
		Flags: append(flags,
			&cli.StringSliceFlag{Name: "targets", Usage: "app targets that deploys are allowed for, such as aws-ecs,aws-cloudfront (default: those of the last time, or the usual ones)"},
			&cli.StringFlag{Name: "region", Usage: "region (default: that of the last time, or the cloud's own settings)"},
			&cli.StringFlag{Name: "project", Usage: "id of the Google Cloud project"},
			&cli.StringFlag{Name: "vpc", Usage: "the only VPC in which deploys may make security groups (default: the default one)"},
			&cli.BoolFlag{Name: "rotate", Usage: "make a new key, give it to the runners, wait for jobs that use the old one, delete the old one"},
			&cli.BoolFlag{Name: "remove", Usage: "take the key from the runners, and destroy the deployer with its rights"},
			&cli.BoolFlag{Name: "preview", Usage: "show what would change and change nothing"},
			&cli.BoolFlag{Name: "list", Usage: "list what all runners get as variables and files"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "with --list: print values in the clear"}),
		Action: s.configure,
	}
}

func (s *session) configure(c *cli.Context) error {
	if c.Bool("list") {
		return s.listRunnerConfig(c)
	}
	cloud, err := chosenCloud(c)
	if err != nil {
		return err
	}
	if c.Bool("rotate") && c.Bool("remove") {
		return usagef("--rotate and --remove: want one of them")
	}
	p, err := s.accessPlatform(c)
	if err != nil {
		return err
	}
	if p.target == cloud.name {
		return s.sameCloud(c, cloud, p)
	}
	o, a, err := s.openAccess(c, cloud, p)
	if err != nil {
		return err
	}
	defer o.Close()
	if !c.Bool("preview") {
		if err := s.run(c, o, func() error { return access.Settle(c.Context, o.Stack) }); err != nil {
			return err
		}
	}
	report := configureReport{Platform: p.name, Cloud: cloud.name, Simulated: o.simulated != nil, Identity: "key", Targets: a.Shared().Targets}
	if c.Bool("remove") {
		return s.removeAccess(c, o, report)
	}
	return s.giveAccess(c, o, a, report)
}

// sameCloud says why there is nothing to do.
func (s *session) sameCloud(c *cli.Context, cloud accessCloud, p accessPlatform) error {
	for _, flag := range []string{"rotate", "remove", "targets", "region", "vpc", "project"} {
		if c.IsSet(flag) {
			return usagef("--%s: the platform %s is on %s itself, so its runners have no key; what they may deploy to is \"targets\" in %s, and pilot setup puts it into effect",
				flag, p.name, cloud.name, specFileName)
		}
	}
	s.say(c, "the platform %s is on %s itself: it uses its machine's identity, and no key is made", p.name, cloud.name)
	s.say(c, "what apps may be deployed to is \"targets\" in %s; pilot setup puts it into effect", specFileName)
	if c.Bool("json") {
		return s.writeJSON(configureReport{Platform: p.name, Cloud: cloud.name, Simulated: c.Bool("offline"), Identity: "machine", Targets: []string{}, Outputs: map[string]string{}})
	}
	return nil
}

// giveAccess brings the stack in line with the flags, and to one key.
func (s *session) giveAccess(c *cli.Context, o *opened, a access.Spec, report configureReport) error {
	keys, err := access.KeysOf(c.Context, o.Stack)
	if err != nil {
		return err
	}
	shared := a.Shared()
	shared.Key = max(keys.Newest, 1)
	if keys.Lost {
		s.say(c, "an earlier run was interrupted while it made a key: the deployer gets another name, and the old one goes with all its keys")
		if shared.Name, err = access.NewName(report.Platform); err != nil {
			return err
		}
	}
	if c.Bool("rotate") {
		switch {
		case keys.Newest == 0:
			return usagef("--rotate: the runners of %s have no key for %s yet; run pilot configure --%s", report.Platform, report.Cloud, report.Cloud)
		case keys.Count > 1 || keys.Lost:
			s.say(c, "an earlier rotation was interrupted: it is brought to its end first")
			if _, done, err := s.applyAccess(c, o, "Go on?"); err != nil || !done {
				return err
			}
		}
		shared.Key = keys.Newest + 1
	}
	diff, done, err := s.applyAccess(c, o, "Apply these changes?")
	if err != nil {
		return err
	}
	report.Summary = diff.Summary
	outputs, err := o.Outputs(c.Context)
	if err != nil {
		return err
	}
	report.KeyID, report.Outputs = access.KeyID(outputs), map[string]string{}
	for name, value := range outputs {
		if text, ok := value.Value.(string); ok && !value.Secret {
			report.Outputs[name] = text
		}
	}
	if done {
		s.say(c, "the runners of %s deploy to %s, for %s", report.Platform, report.Cloud, strings.Join(report.Targets, ", "))
	}
	if c.Bool("json") {
		return s.writeJSON(report)
	}
	for _, name := range []string{"deployRoleArn", "deployServiceAccount", "appServiceAccount", "registryURL", "bucketPrefix", "keyId"} {
		if value := report.Outputs[name]; done && value != "" {
			fmt.Fprintf(s.out, "  %-20s  %s\n", name, value)
		}
	}
	return nil
}

// applyAccess previews, asks and applies. It gives the diff, and whether it is
// in effect: not so after --preview alone.
func (s *session) applyAccess(c *cli.Context, o *opened, question string) (diff *infra.Diff, done bool, err error) {
	var opts []infra.OpOption
	if o.simulated == nil {
		// What was unset on the server by hand, or by a backup, is put back.
		opts = append(opts, infra.WithRefresh())
	}
	err = s.run(c, o, func() (err error) {
		diff, err = o.Preview(c.Context, opts...)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if diff.Empty() {
		s.say(c, "0 changes")
		return diff, true, nil
	}
	if err := diff.WriteText(s.words(c), s.width(c)); err != nil {
		return nil, false, err
	}
	if c.Bool("preview") {
		return diff, false, nil
	}
	if err := s.obeyPolicy(c, o, diff); err != nil {
		return nil, false, err
	}
	if err := s.confirm(c, question); err != nil {
		return nil, false, err
	}
	err = s.run(c, o, func() error {
		_, err := o.Up(c.Context, append(opts, infra.HeldTo(diff))...)
		return err
	})
	return diff, err == nil, err
}

func (s *session) removeAccess(c *cli.Context, o *opened, report configureReport) error {
	var diff *infra.Diff
	if err := s.run(c, o, func() (err error) {
		diff, err = o.PreviewDestroy(c.Context)
		return err
	}); err != nil {
		return err
	}
	report.Identity, report.Summary, report.Outputs = "none", diff.Summary, map[string]string{}
	switch {
	case diff.Empty():
		s.say(c, "nothing to remove: the runners of %s have no key for %s", report.Platform, report.Cloud)
	default:
		if err := diff.WriteText(s.words(c), s.width(c)); err != nil || c.Bool("preview") {
			return err
		}
		if err := s.confirm(c, "Take the runners' access to "+report.Cloud+" away? Apps that run there go on running."); err != nil {
			return err
		}
		if err := s.run(c, o, func() error {
			_, err := o.Destroy(c.Context)
			return err
		}); err != nil {
			return err
		}
		s.say(c, "the runners of %s have no access to %s any more", report.Platform, report.Cloud)
	}
	if c.Bool("json") {
		return s.writeJSON(report)
	}
	return nil
}
