package main

import "github.com/urfave/cli/v2"

// commands are all of them, in the order in which a newcomer meets them.
func commands(s *session) []*cli.Command {
	list := []*cli.Command{
		initCommand(s), doctorCommand(s), previewCommand(s), setupCommand(s), statusCommand(s),
		outputsCommand(s), driftCommand(s), serverCommand(s), newCommand(s), upCommand(s),
		linkCommand(s), deploymentsCommand(s), rollbackCommand(s), configCommand(s), logsCommand(s), execCommand(s), uiCommand(s),
		unlockCommand(s), repairCommand(s), stackCommand(s),
		configureCommand(s), dbCommand(s), inviteCommand(s), connectCommand(s), contextCommand(s), membersCommand(s),
		destroyCommand(s), schemaCommand(s), completionCommand(s), versionCommand(s),
		{Name: "engine", Usage: "the raw command line of the Pulumi engine", Hidden: true, SkipFlagParsing: true},
	}
	list = append(list, stepCommands(s)...)
	strict(list)
	return list
}

// strict has every command report wrong flags as bad input, in one line, and
// refuse words that it would ignore.
func strict(list []*cli.Command) {
	for _, c := range list {
		c.HideHelpCommand = true
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usage(err) }
		strict(c.Subcommands)
		switch {
		case c.Action == nil && len(c.Subcommands) > 0:
			c.Action = func(ctx *cli.Context) error {
				if ctx.Args().Present() {
					return usagef("unknown command %q; pilot %s --help lists them", ctx.Args().First(), ctx.Command.Name)
				}
				return cli.ShowSubcommandHelp(ctx)
			}
		case c.ArgsUsage == "" && c.Action != nil:
			do := c.Action
			c.Action = func(ctx *cli.Context) error {
				if ctx.Args().Present() {
					return usagef("%q: this command takes no arguments", ctx.Args().First())
				}
				return do(ctx)
			}
		}
	}
}
