package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/urfave/cli/v2"
)

func outputsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "outputs",
		Usage: "print the outputs of the stack, secrets masked",
		Flags: platformFlags(jsonFlag, &cli.BoolFlag{Name: "show-secrets", Usage: "print secrets in the clear"}),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			out, err := o.Outputs(c.Context)
			if err != nil {
				return err
			}
			plain := map[string]any{}
			for name, v := range out {
				plain[name] = v.Value
				if v.Secret && !c.Bool("show-secrets") {
					plain[name] = "[secret]"
				}
			}
			if c.Bool("json") {
				return s.writeJSON(plain)
			}
			var rows [][]string
			for name, v := range plain {
				first, _, more := strings.Cut(fmt.Sprint(v), "\n")
				if more {
					first += " ..."
				}
				rows = append(rows, []string{name, first})
			}
			sort.Slice(rows, func(i, j int) bool { return rows[i][0] < rows[j][0] })
			terminal.Table(s.out, nil, rows)
			return nil
		},
	}
}
