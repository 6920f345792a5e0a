package source

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// rule is one line of an ignore file, as gitignore(5) defines it. The packages
// at hand know neither "[!a]" nor escapes, and a wrongly sent secret or a wrongly
// left out source file is worse than a page of code.
type rule struct {
	// base is the folder of the ignore file with a slash at its end, or empty.
	base    string
	match   *regexp.Regexp
	negated bool
	folders bool
	// anchored rules match the whole path below base, others the last part.
	anchored bool
}

// parseRules reads an ignore file that lies in the folder base. Lines that can't
// match anything are left out, as git does.
func parseRules(content []byte, base string) []rule {
	if base != "" {
		base += "/"
	}
	var rules []rule
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	scanner := bufio.NewScanner(bytes.NewReader(content))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if r, ok := parseRule(strings.TrimSuffix(scanner.Text(), "\r")); ok {
			r.base = bytewise(base)
			rules = append(rules, r)
		}
	}
	return rules
}

func parseRule(line string) (rule, bool) {
	line = trimSpaces(line)
	var r rule
	if line == "" || line[0] == '#' {
		return r, false
	}
	if line[0] == '!' {
		r.negated, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		r.folders, line = true, strings.TrimSuffix(line, "/")
	}
	r.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return r, false
	}
	expr, ok := translate(line)
	if !ok {
		return r, false
	}
	var err error
	r.match, err = regexp.Compile(bytewise(expr))
	return r, err == nil
}

// trimSpaces drops trailing spaces that are not escaped.
func trimSpaces(line string) string {
	for strings.HasSuffix(line, " ") {
		escapes := 0
		for i := len(line) - 2; i >= 0 && line[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 1 {
			break
		}
		line = line[:len(line)-1]
	}
	return line
}

// translate turns a pattern into a regular expression over slash paths.
func translate(p string) (string, bool) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	literal := strings.IndexAny(p, `*?[\`)
	for i := 0; i < len(p); {
		switch c := p[i]; c {
		case '*':
			n := 1
			for i+n < len(p) && p[i+n] == '*' {
				n++
			}
			// git compares what comes before the first special character by itself,
			// so that a pattern's first "**" counts as the beginning of a part.
			start := i == 0 || p[i-1] == '/' || i == literal
			switch {
			case n > 1 && start && i+n == len(p):
				b.WriteString(`.*`) // "a/**": everything inside
			case n > 1 && start && p[i+n] == '/':
				b.WriteString(`(?:.*/)?`) // "**/a", "a/**/b": any depth
				n++
			default:
				b.WriteString(`[^/]*`)
			}
			i += n
		case '?':
			b.WriteString(`[^/]`)
			i++
		case '[':
			class, n, ok := bracket(p[i:])
			if !ok {
				return "", false
			}
			b.WriteString(class)
			i += n
		case '\\':
			if i+1 == len(p) {
				return "", false // a pattern that ends in a backslash never matches
			}
			b.WriteString(regexp.QuoteMeta(p[i+1 : i+2]))
			i += 2
		default:
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
			i++
		}
	}
	b.WriteString(`\z`)
	return b.String(), true
}

// bracket translates a bracket expression and gives the length of the pattern it
// took. A slash never matches one.
func bracket(p string) (string, int, bool) {
	var b strings.Builder
	i, negated := 1, false
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		negated = true
		i++
	}
	var last byte // the character before, if it can begin a range
	for first := true; ; first = false {
		if i >= len(p) {
			return "", 0, false
		}
		switch {
		case p[i] == ']' && !first:
			if negated {
				return `[^/` + b.String() + `]`, i + 1, true
			}
			return `[` + b.String() + `]`, i + 1, true
		case strings.HasPrefix(p[i:], "[:"):
			end := strings.Index(p[i:], ":]")
			if end < 0 {
				return "", 0, false
			}
			b.WriteString(p[i : i+end+2])
			i += end + 2
			last = 0
			continue
		case p[i] == '-' && last != 0 && i+1 < len(p) && p[i+1] != ']':
			i++
			if p[i] == '\\' && i+1 < len(p) {
				i++
			}
			// A range that runs backwards is its first character only.
			if p[i] >= last {
				b.WriteString("-" + quoteInClass(p[i:i+1]))
			}
			last = 0
		case p[i] == '\\' && i+1 < len(p):
			i++
			fallthrough
		default:
			last = p[i]
			b.WriteString(quoteInClass(p[i : i+1]))
		}
		i++
	}
}

func quoteInClass(s string) string {
	if strings.ContainsAny(s, `\[]^-`) {
		return `\` + s
	}
	return s
}

// ignored decides about one path, the last matching rule winning. A path inside
// an ignored folder is not asked about: the walk does not go there.
func ignored(rules []rule, path string, folder bool) bool {
	path = bytewise(path)
	for i := len(rules) - 1; i >= 0; i-- {
		r := rules[i]
		if r.folders && !folder || !strings.HasPrefix(path, r.base) {
			continue
		}
		below := path[len(r.base):]
		if !r.anchored {
			below = below[strings.LastIndexByte(below, '/')+1:]
		}
		if r.match.MatchString(below) {
			return !r.negated
		}
	}
	return false
}

// bytewise makes a rune of each byte: git's patterns match bytes, "?" one of
// them, whatever the encoding.
func bytewise(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			runes := make([]rune, len(s))
			for j := range runes {
				runes[j] = rune(s[j])
			}
			return string(runes)
		}
	}
	return s
}
