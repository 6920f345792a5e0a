package client

import (
	"context"
	"fmt"
	"strings"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// secretMark begins the name of a variable that says that another one of the
// same scope is secret: the server itself does not tell the two kinds apart.
const secretMark = "PILOT_SECRET_MARK_"

// setVariables writes values together with their marks, in one step.
func (c *Client) setVariables(ctx context.Context, scope Scope, values map[string]Secret, secret bool) error {
	req := &pb.ConfigSetRequest{}
	for name, value := range values {
		if value == "" {
			return fmt.Errorf("variable %s: the value is empty, which the server does not keep; unset the variable instead", name)
		}
		if err := CheckVariable(name); err != nil {
			return err
		}
		v, err := configVar(scope, name, nil)
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Static{Static: value.Reveal()}
		mark, err := configVar(scope, secretMark+name, nil)
		if err != nil {
			return err
		}
		mark.Internal = true
		mark.Value = &pb.ConfigVar_Unset{Unset: &emptypb.Empty{}}
		if secret {
			mark.Value = &pb.ConfigVar_Static{Static: "1"}
		}
		req.Variables = append(req.Variables, v, mark)
	}
	if len(req.Variables) == 0 {
		return nil
	}
	_, err := c.api.SetConfig(ctx, req)
	return c.failed("set variables", err)
}

// marked takes the marks out of a list and tells by them which are secret.
func marked(all []Variable) []Variable {
	type place struct {
		name  string
		scope Scope
	}
	secret := map[place]bool{}
	out := make([]Variable, 0, len(all))
	for _, v := range all {
		if name, ok := strings.CutPrefix(v.Name, secretMark); ok {
			secret[place{name, v.Scope}] = true
			continue
		}
		out = append(out, v)
	}
	for i, v := range out {
		out[i].Secret = secret[place{v.Name, v.Scope}]
	}
	return out
}
