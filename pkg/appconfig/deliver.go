package appconfig

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// environmentUses are the deploy plugins that hand static_environment to what
// they start. The others start nothing: they publish files.
var environmentUses = []string{"docker", "aws-ecs", "aws-ec2", "aws-lambda", "google-cloud-run", "kubernetes"}

const environmentOption = "static_environment"

// ConfigVariable is the name of the input variable that holds an app's
// configuration, a map of strings, when the app is deployed.
func ConfigVariable(app string) string { return "pilot_config_" + app }

// TakesConfig reports whether the app's target gives configuration to what it
// runs. A static site runs nothing.
func (a App) TakesConfig() bool { return slices.Contains(environmentUses, a.Deploy.Use) }

// DeclaresConfig reports whether the file itself declares the input variable
// [ConfigVariable] of the app, and so uses it where it wants.
func (f *File) DeclaresConfig(app string) bool {
	return slices.ContainsFunc(f.Variables(), func(v Variable) bool { return v.Name == ConfigVariable(app) })
}

// DeliverConfig returns the file with an input variable [ConfigVariable] whose
// value the app finds in its environment: it wins over static_environment, which
// stays otherwise. The values themselves are not in the text. A file that declares
// the variable itself is returned as it is. It returns [ErrNotFound] when there is
// no such app.
func (f *File) DeliverConfig(app string) (*File, error) {
	out := &File{name: f.name, src: f.Bytes(), body: f.body}
	if f.DeclaresConfig(app) {
		return out, nil
	}
	err := out.edit(func(root *hclwrite.Body) error {
		block := root.FirstMatchingBlock("app", []string{app})
		if block == nil {
			return &Error{App: app, Problem: ErrNotFound.Error(), err: ErrNotFound}
		}
		for _, b := range block.Body().Blocks() {
			if b.Type() != "deploy" {
				continue
			}
			if err := deliver(b.Body(), "var."+ConfigVariable(app)); err != nil {
				return &Error{App: app, Field: "deploy." + environmentOption, Problem: err.Error()}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = out.AddVariable(Variable{Name: ConfigVariable(app), Type: "map(string)", Default: "{}", Sensitive: true})
	return out, err
}

// deliver has each plugin of a stage, also those for one workspace, take value
// into its environment.
func deliver(stage *hclwrite.Body, value string) error {
	for _, b := range stage.Blocks() {
		switch {
		case b.Type() == "workspace" || b.Type() == "label":
			if err := deliver(b.Body(), value); err != nil {
				return err
			}
		case b.Type() == "use" && len(b.Labels()) == 1 && slices.Contains(environmentUses, b.Labels()[0]):
			if oneLine(b) {
				b = spread(stage, b)
			}
			expr := value
			if there := b.Body().GetAttribute(environmentOption); there != nil {
				own := strings.TrimSpace(string(there.Expr().BuildTokens(nil).Bytes()))
				expr = "merge(" + own + ", " + value + ")"
			}
			tokens, err := expressionTokens(expr)
			if err != nil {
				return err
			}
			b.Body().SetAttributeRaw(environmentOption, tokens)
		}
	}
	return nil
}

// spread replaces a block on one line, which hclwrite can't add to, by one on
// several lines with the same attributes.
func spread(parent *hclwrite.Body, b *hclwrite.Block) *hclwrite.Block {
	wide := hclwrite.NewBlock(b.Type(), b.Labels())
	for _, name := range sortedKeys(b.Body().Attributes()) {
		wide.Body().SetAttributeRaw(name, b.Body().GetAttribute(name).Expr().BuildTokens(nil))
	}
	parent.RemoveBlock(b)
	return parent.AppendBlock(wide)
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
