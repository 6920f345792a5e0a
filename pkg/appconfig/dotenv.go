package appconfig

import (
	"fmt"
	"regexp"
	"strings"
)

var dotenvLine = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)$`)

// ParseDotenv reads a .env file: lines of NAME=VALUE, empty ones, and comments
// after #. A value in single quotes is taken as it is, one in double quotes may
// hold \n, \r, \t, \", \\ and \$. Either may go over several lines. Nothing is
// expanded. file stands for the file in errors, which do not hold values.
func ParseDotenv(text, file string) (map[string]string, error) {
	values := map[string]string{}
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		at := i + 1
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := dotenvLine.FindStringSubmatch(line)
		if m == nil {
			return nil, &Error{File: file, Line: at, Column: 1, Problem: "must be NAME=VALUE, a comment after #, or empty"}
		}
		name, value := m[1], m[2]
		if value == "" || (value[0] != '"' && value[0] != '\'') {
			values[name] = strings.TrimSpace(beforeComment(value))
			continue
		}
		rest := value[1:]
		for {
			text, after, closed := quotedText(rest, value[0])
			if closed {
				if after = strings.TrimSpace(after); after != "" && after[0] != '#' {
					return nil, &Error{File: file, Line: i + 1, Field: name, Problem: "must not have text after the closing quote"}
				}
				values[name] = text
				break
			}
			if i++; i == len(lines) {
				return nil, &Error{File: file, Line: at, Field: name, Problem: fmt.Sprintf("must end with %c", value[0])}
			}
			rest += "\n" + lines[i]
		}
	}
	return values, nil
}

// beforeComment cuts a comment off, which an unquoted value has after a blank.
func beforeComment(value string) string {
	if strings.HasPrefix(value, "#") {
		return ""
	}
	for _, mark := range []string{" #", "\t#"} {
		value, _, _ = strings.Cut(value, mark)
	}
	return value
}

// quotedText reads up to the closing quote.
func quotedText(s string, quote byte) (text, after string, closed bool) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return out.String(), s[i+1:], true
		case s[i] == '\\' && quote == '"' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				out.WriteByte('\n')
			case 'r':
				out.WriteByte('\r')
			case 't':
				out.WriteByte('\t')
			case '"', '\\', '$':
				out.WriteByte(s[i])
			default:
				out.WriteByte('\\')
				out.WriteByte(s[i])
			}
		default:
			out.WriteByte(s[i])
		}
	}
	return "", "", false
}
