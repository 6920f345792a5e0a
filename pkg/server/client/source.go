package client

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// Source is where the runner clones a job's files from: a git repository it can
// reach over https, http or ssh. The folder at Path must hold the project's
// waypoint.hcl.
type Source struct {
	// URL of the repository, as the runner reaches it.
	URL string
	// Ref is a commit, branch, tag or full reference such as refs/pilot/web/1.
	// Empty is the repository's default branch.
	Ref string
	// Path is the folder inside the repository that holds waypoint.hcl, relative
	// and with forward slashes. Empty is the root.
	Path string
	// Username and Password are for basic authentication over https. They are
	// stored with the job on the server, where every member can read them: use a
	// credential that reads this snapshot only and expires soon.
	Username, Password string
	// PrivateKey is a PEM private key for ssh, instead of Username and Password.
	PrivateKey string
}

// String leaves the secrets out.
func (s Source) String() string {
	out := s.URL
	if s.Ref != "" {
		out += " at " + s.Ref
	}
	if s.Path != "" {
		out += " in " + s.Path
	}
	return out
}

// GoString leaves the secrets out.
func (s Source) GoString() string { return "client.Source(" + s.String() + ")" }

// Check refuses a URL, path or user that no runner could use.
func (s Source) Check() error {
	if strings.HasPrefix(s.URL, "git@") {
		return nil // the short ssh form, user@host:path
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "ssh") {
		return fmt.Errorf("source URL %q: want https://HOST/PATH, ssh://USER@HOST/PATH or git@HOST:PATH", redactURL(s.URL))
	}
	if _, has := u.User.Password(); has {
		return fmt.Errorf("source URL %q holds a password: give it as Username and Password", redactURL(s.URL))
	}
	if s.Path != "" && (path.IsAbs(s.Path) || strings.HasPrefix(path.Clean(s.Path), "..")) {
		return fmt.Errorf("source path %q: want a path inside the repository, such as services/web", s.Path)
	}
	if s.Password != "" && s.Username == "" {
		return fmt.Errorf("source %s: a password needs a user name", redactURL(s.URL))
	}
	return nil
}

func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}

func (s Source) dataSource() *pb.Job_DataSource {
	git := &pb.Job_Git{Url: s.URL, Ref: s.Ref, Path: s.Path}
	switch {
	case s.PrivateKey != "":
		git.Auth = &pb.Job_Git_Ssh{Ssh: &pb.Job_Git_SSH{PrivateKeyPem: []byte(s.PrivateKey), User: s.SSHUser()}}
	case s.Username != "":
		git.Auth = &pb.Job_Git_Basic_{Basic: &pb.Job_Git_Basic{Username: s.Username, Password: s.Password}}
	}
	return &pb.Job_DataSource{Source: &pb.Job_DataSource_Git{Git: git}}
}

// SSHUser is the user that logs in over ssh: the one in the URL, "git" if there
// is none.
func (s Source) SSHUser() string {
	if u, err := url.Parse(s.URL); err == nil && u.User.Username() != "" {
		return u.User.Username()
	}
	if user, _, ok := strings.Cut(s.URL, "@"); ok && !strings.Contains(user, "/") {
		return user
	}
	return "git"
}
