package provider

import "github.com/pulumi/pulumi/sdk/v3/go/property"

// pruneMap takes out of checked what is empty there and absent from asked, so
// that previews and states show what was asked for and the defaults, and not
// every field that could have been set.
func pruneMap(checked, asked property.Map) property.Map {
	out := map[string]property.Value{}
	for k, v := range checked.All {
		was, given := asked.GetOk(k)
		if !given && isEmpty(v) {
			continue
		}
		out[k] = prune(v, was)
	}
	return property.NewMap(out)
}

// overlay gives outputs with the inputs in their place, and without empty
// values that are neither an input nor an output proper.
func overlay(outputs, inputs property.Map) property.Map {
	out := pruneMap(outputs, inputs)
	for k, v := range inputs.All {
		out = out.Set(k, v)
	}
	return out
}

func prune(checked, asked property.Value) property.Value {
	switch {
	case checked.IsMap() && asked.IsMap():
		return property.New(pruneMap(checked.AsMap(), asked.AsMap())).
			WithSecret(checked.Secret()).WithDependencies(checked.Dependencies())
	case checked.IsArray() && asked.IsArray():
		was := asked.AsArray()
		var out []property.Value
		for i, v := range checked.AsArray().All {
			if i < was.Len() {
				v = prune(v, was.Get(i))
			}
			out = append(out, v)
		}
		return property.New(out).WithSecret(checked.Secret()).WithDependencies(checked.Dependencies())
	default:
		return checked
	}
}

func isEmpty(v property.Value) bool {
	switch {
	case v.IsNull():
		return true
	case v.IsString():
		return v.AsString() == ""
	case v.IsBool():
		return !v.AsBool()
	case v.IsNumber():
		return v.AsNumber() == 0
	default:
		return false
	}
}
