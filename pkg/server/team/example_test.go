package team_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/team"
)

// An invite is one line of text, which can be checked by its fingerprint before it is used.
func ExampleInvite() {
	authority, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	invite := team.Invite{
		Platform: "acme/prod", Target: "aws", Name: "ada", Address: "pilot.example.com:9701",
		CA: authority.Pair().Cert, Token: "example", Expires: time.Now().Add(time.Hour),
		UI: "https://pilot.example.com:9702", Source: "https://pilot.example.com:9703", RunnerSource: "https://source:9703",
	}
	line, err := invite.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := team.Parse(line)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.Name, read.Address, read.Fingerprint() == invite.Fingerprint())
	_, err = team.Parse(line[:len(line)-1])
	fmt.Println(errors.Is(err, team.ErrMalformed))
	// Output:
	// ada pilot.example.com:9701 true
	// true
}
