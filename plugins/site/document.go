package site

import "github.com/hashicorp/waypoint-plugin-sdk/docs"

// Document makes what waypoint docs shows about a stanza: config is a pointer to
// its options, call the function that Waypoint calls, and fields are the names of
// the options with one line each.
func Document(config, call any, input, output, description, example string, fields [][2]string) (*docs.Documentation, error) {
	doc, err := docs.New(docs.FromConfig(config), docs.FromFunc(call))
	if err != nil {
		return nil, err
	}
	doc.Description(description)
	doc.Example(example)
	doc.Input(input)
	doc.Output(output)
	for _, f := range fields {
		if err := doc.SetField(f[0], f[1]); err != nil {
			return nil, err
		}
	}
	return doc, nil
}
