package specfile

import (
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	// pathForm is the field that an error about a spec begins with, such as
	// network.apps[1].
	pathForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+|\[[0-9]+\])*`)
	stepForm = regexp.MustCompile(`[a-z0-9_]+`)
)

// Locate gives an error that begins with the path of a field its place in the
// file, as an *Error; node is the part of the file that the spec was read from.
// An error about a field that the file does not set, or sets to another value
// than the error speaks of, stays as it is: the value came from elsewhere.
func Locate(file string, node *yaml.Node, err error) error {
	if err == nil || node == nil {
		return err
	}
	text := err.Error()
	path := pathForm.FindString(text)
	rest := text[len(path):]
	at := descend(node, stepForm.FindAllString(path, -1))
	if at != nil && at.Kind == yaml.SequenceNode {
		at = itemOf(at, rest)
	}
	if at != nil && at.Kind == yaml.MappingNode {
		at = keyOf(at, rest)
	}
	if at == nil || path == "" || at.Kind == yaml.ScalarNode && !speaksOf(rest, at.Value) {
		return err
	}
	return &Error{File: file, Line: at.Line, Column: at.Column, Message: text, err: err}
}

// descend follows keys and indexes down from a node; nil where there is none.
func descend(n *yaml.Node, steps []string) *yaml.Node {
	for _, step := range steps {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		var next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					next = n.Content[i+1]
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
				next = n.Content[i]
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// itemOf is the item of a list that an error speaks of, or else the list.
func itemOf(list *yaml.Node, rest string) *yaml.Node {
	for _, item := range list.Content {
		if item.Kind == yaml.ScalarNode && speaksOf(rest, item.Value) {
			return item
		}
	}
	return list
}

// keyOf is the key of a group that an error speaks of, or else the group.
func keyOf(group *yaml.Node, rest string) *yaml.Node {
	for i := 0; i+1 < len(group.Content); i += 2 {
		if speaksOf(rest, group.Content[i].Value) {
			return group.Content[i]
		}
	}
	return group
}

// speaksOf tells whether what follows an error's path begins with a value, as
// it is or in quotes.
func speaksOf(rest, value string) bool {
	rest = strings.TrimPrefix(rest, " ")
	for _, form := range []string{value, strconv.Quote(value)} {
		if after, ok := strings.CutPrefix(rest, form); ok && (after == "" || strings.ContainsAny(after[:1], ": ,;")) {
			return true
		}
	}
	return false
}
