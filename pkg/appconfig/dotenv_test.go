package appconfig_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

func TestParseDotenv(t *testing.T) {
	got, err := appconfig.ParseDotenv("\ufeff# a comment\r\nA=1\r\n\nexport B = two words # not this\nC='it # is $A \\n'\nD=\"line\\n\\\"quoted\\\" \\$5\" # c\nE=\"-----BEGIN\nKEY-----\"\nF=\nG=a#b\nH=#\n", ".env")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"A": "1", "B": "two words", "C": `it # is $A \n`, "D": "line\n\"quoted\" $5",
		"E": "-----BEGIN\nKEY-----", "F": "", "G": "a#b", "H": "",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	for text, where := range map[string]string{
		"A=1\nsecret line\n": ".env:2", "1A=s3cret": ".env:1", "A=\"s3cret\n\n": ".env:1", "A='s3cret' more": ".env:1",
	} {
		_, err := appconfig.ParseDotenv(text, ".env")
		if err == nil || !strings.Contains(err.Error(), where) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v, want an error at %s without the value", text, err, where)
		}
	}
}
