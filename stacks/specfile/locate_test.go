package specfile

import (
	"errors"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestLocate(t *testing.T) {
	const text = `size: huge
ports:
  ui: 99999
  server: &same 1
  docker: *same
cidrs: [10.0.0.0/8, 0.0.0.0/0]
tags:
  Name: x
`
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`size "huge": want one of small, large`: `f.yaml:1:7: size "huge": want one of small, large`,
		`ports.ui 99999: want 1 to 65535`:       `f.yaml:3:7: ports.ui 99999: want 1 to 65535`,
		`cidrs 0.0.0.0/0: want less`:            `f.yaml:6:21: cidrs 0.0.0.0/0: want less`,
		`cidrs[0] "10.0.0.0/8": want less`:      `f.yaml:6:9: cidrs[0] "10.0.0.0/8": want less`,
		`cidrs: want more of them`:              `f.yaml:6:8: cidrs: want more of them`,
		`tags "Name": is taken`:                 `f.yaml:8:3: tags "Name": is taken`,
		// A flag said otherwise, or the default is at fault.
		`size "large": want less`:          `size "large": want less`,
		`size "hugest": want less`:         `size "hugest": want less`,
		`ports.source 9703: want another`:  `ports.source 9703: want another`,
		`ports.docker.x 1: want another`:   `ports.docker.x 1: want another`,
		`cidrs[7] "1.2.3.4/5": want fewer`: `cidrs[7] "1.2.3.4/5": want fewer`,
		`Something else is wrong`:          `Something else is wrong`,
		``:                                 ``,
	} {
		cause := errors.New(in)
		got := Locate("f.yaml", doc.Content[0], cause)
		if got.Error() != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !errors.Is(got, cause) {
			t.Errorf("%s: the cause is lost", in)
		}
	}
	if Locate("f.yaml", doc.Content[0], nil) != nil || Locate("f.yaml", nil, errors.ErrUnsupported) != errors.ErrUnsupported {
		t.Error("nothing to locate became something")
	}
}
