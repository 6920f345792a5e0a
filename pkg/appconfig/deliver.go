package appconfig

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// environmentUses are the deploy plugins that hand static_environment to what
// they start. Of the others, aws-ec2 starts machines without one (Waypoint
// v0.11.4), and the rest publish files.
var environmentUses = []string{"docker", "aws-ecs", "aws-lambda", "google-cloud-run", "kubernetes"}

const (
	environmentOption = "static_environment"
	secretsOption     = "secrets"
)

// secretsUses are the deploy plugins that take secrets by reference, in the option
// secrets. Lambda, Cloud Run and Kubernetes have such references, but Waypoint
// v0.11.4's plugins for them do not.
var secretsUses = []string{"aws-ecs"}

// ConfigVariable is the name of the input variable that holds an app's
// configuration, a map of strings, when the app is deployed.
func ConfigVariable(app string) string { return "pilot_config_" + app }

// SecretsVariable is the name of the input variable that holds what an app's secret
// configuration is referred to with, a map of strings, where the app's target takes
// such references.
func SecretsVariable(app string) string { return "pilot_secrets_" + app }

// TakesSecrets reports whether the app's target takes secret configuration by
// reference, so that it stands nowhere in the clear.
func (a App) TakesSecrets() bool { return slices.Contains(secretsUses, a.Deploy.Use) }

// TakesConfig reports whether the app's target gives configuration to what it
// runs. A static site runs nothing, and machines of aws-ec2 get none from the
// deploy engine.
func (a App) TakesConfig() bool { return slices.Contains(environmentUses, a.Deploy.Use) }

// DeclaresConfig reports whether the file itself declares the input variable
// [ConfigVariable] of the app, and so uses it where it wants.
func (f *File) DeclaresConfig(app string) bool { return f.declares(ConfigVariable(app)) }

// DeclaresSecrets is DeclaresConfig for [SecretsVariable].
func (f *File) DeclaresSecrets(app string) bool { return f.declares(SecretsVariable(app)) }

func (f *File) declares(variable string) bool {
	return slices.ContainsFunc(f.Variables(), func(v Variable) bool { return v.Name == variable })
}

// DeliverConfig returns the file with an input variable [ConfigVariable] whose
// value the app finds in its environment: it wins over static_environment, which
// stays otherwise. The values themselves are not in the text. A file that declares
// the variable itself is returned as it is. What the file computes in config.env is
// delivered too, below the variable; see [File.ComputedEnv]. It returns [ErrNotFound] when there is
// no such app.
func (f *File) DeliverConfig(app string) (*File, error) {
	value := "var." + ConfigVariable(app)
	if computed := f.computedEnv(app); len(computed) > 0 {
		value = "merge(" + object(computed) + ", " + value + ")"
	}
	return f.deliver(app, ConfigVariable(app), true, environmentUses, func(use *hclwrite.Body) string {
		return merged(use, environmentOption, value)
	}, environmentOption)
}

// DeliverSecrets is DeliverConfig for [SecretsVariable] and the option secrets of
// targets that have it; see [App.TakesSecrets]. A name that is a secret is taken
// out of static_environment, since the same name in both is refused by ECS.
func (f *File) DeliverSecrets(app string) (*File, error) {
	variable := "var." + SecretsVariable(app)
	out, err := f.deliver(app, SecretsVariable(app), false, secretsUses, func(use *hclwrite.Body) string {
		if env := use.GetAttribute(environmentOption); env != nil {
			return fmt.Sprintf(`{ for k, v in %s : k => v if !contains(keys(%s), k) }`, exprSource(env), variable)
		}
		return ""
	}, environmentOption)
	if err != nil || f.DeclaresSecrets(app) {
		return out, err
	}
	return out, out.edit(func(root *hclwrite.Body) error {
		return eachUse(root, app, secretsUses, func(use *hclwrite.Body) error {
			return setExpression(use, secretsOption, merged(use, secretsOption, variable))
		})
	})
}

// deliver has the deploy plugins of an app take expression in an option, and
// declares the variable that it uses.
func (f *File) deliver(app, variable string, sensitive bool, uses []string, expression func(*hclwrite.Body) string, option string) (*File, error) {
	out := &File{name: f.name, src: f.Bytes(), body: f.body}
	if f.declares(variable) {
		return out, nil
	}
	if err := out.replace(spread(f.src, f.body)); err != nil {
		return nil, err
	}
	err := out.edit(func(root *hclwrite.Body) error {
		return eachUse(root, app, uses, func(use *hclwrite.Body) error {
			if expr := expression(use); expr != "" {
				return setExpression(use, option, expr)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	err = out.AddVariable(Variable{Name: variable, Type: "map(string)", Default: "{}", Sensitive: sensitive})
	return out, err
}

// eachUse edits each of the app's deploy plugins that uses names.
func eachUse(root *hclwrite.Body, app string, uses []string, edit func(*hclwrite.Body) error) error {
	block := root.FirstMatchingBlock("app", []string{app})
	if block == nil {
		return &Error{App: app, Problem: ErrNotFound.Error(), err: ErrNotFound}
	}
	for _, b := range block.Body().Blocks() {
		if b.Type() != "deploy" {
			continue
		}
		if err := inStage(b.Body(), uses, edit); err != nil {
			return &Error{App: app, Field: "deploy." + environmentOption, Problem: err.Error()}
		}
	}
	return nil
}

// inStage edits each plugin of a stage, also those for one workspace.
func inStage(stage *hclwrite.Body, uses []string, edit func(*hclwrite.Body) error) error {
	for _, b := range stage.Blocks() {
		switch {
		case b.Type() == "workspace" || b.Type() == "label":
			if err := inStage(b.Body(), uses, edit); err != nil {
				return err
			}
		case b.Type() == "use" && len(b.Labels()) == 1 && slices.Contains(uses, b.Labels()[0]):
			if err := edit(b.Body()); err != nil {
				return err
			}
		}
	}
	return nil
}

// merged is what the option says now, with value over it.
func merged(use *hclwrite.Body, option, value string) string {
	if there := use.GetAttribute(option); there != nil {
		return "merge(" + exprSource(there) + ", " + value + ")"
	}
	return value
}

func exprSource(a *hclwrite.Attribute) string {
	return strings.TrimSpace(string(a.Expr().BuildTokens(nil).Bytes()))
}

func setExpression(use *hclwrite.Body, option, expr string) error {
	tokens, err := expressionTokens(expr)
	if err == nil {
		use.SetAttributeRaw(option, tokens)
	}
	return err
}

// spread puts the braces of the plugins that are on one line, which hclwrite can't
// add to, on lines of their own.
func spread(src []byte, body *hclsyntax.Body) []byte {
	var breaks []int
	var walk func(*hclsyntax.Body)
	walk = func(body *hclsyntax.Body) {
		for _, b := range body.Blocks {
			if b.Type == "use" && b.OpenBraceRange.Start.Line == b.CloseBraceRange.Start.Line {
				breaks = append(breaks, b.OpenBraceRange.End.Byte, b.CloseBraceRange.Start.Byte)
			}
			walk(b.Body)
		}
	}
	walk(body)
	slices.Sort(breaks)
	var out []byte
	last := 0
	for _, at := range breaks {
		out = append(append(out, src[last:at]...), '\n')
		last = at
	}
	return append(out, src[last:]...)
}

// ConfigExpression is the value of [ConfigVariable] as HCL.
func ConfigExpression(values map[string]string) string {
	var attrs []hclwrite.ObjectAttrTokens
	for _, name := range sortedKeys(values) {
		attrs = append(attrs, hclwrite.ObjectAttrTokens{
			Name: hclwrite.TokensForValue(cty.StringVal(name)), Value: hclwrite.TokensForValue(cty.StringVal(values[name])),
		})
	}
	return string(hclwrite.TokensForObject(attrs).Bytes())
}
