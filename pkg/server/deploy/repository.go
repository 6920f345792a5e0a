package deploy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/memory"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// readBudget bounds reading one file of a repository.
const readBudget = time.Minute

// linkedFile reads the config file from the linked repository.
func (w *work) linkedFile(ctx context.Context) (*appconfig.File, error) {
	from, err := w.server.RepositorySource(ctx, w.Project)
	if err != nil {
		return nil, err
	}
	return ReadConfig(ctx, from)
}

// ReadConfig reads the config file of a repository at the source's ref, into
// memory. It needs the same way to the repository that a runner has. An error
// about what is in the repository is an *InputError.
func ReadConfig(ctx context.Context, from client.Source) (*appconfig.File, error) {
	ctx, cancel := context.WithTimeout(ctx, readBudget)
	defer cancel()
	tree, err := fetch(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("read the repository %s: %w", from, err)
	}
	name := path.Join(from.Path, ConfigFile)
	f, err := tree.File(name)
	if errors.Is(err, object.ErrFileNotFound) {
		return nil, inputf("the repository %s has no %s", from, name)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of the repository %s: %w", name, from, err)
	}
	text, err := f.Contents()
	if err != nil {
		return nil, fmt.Errorf("read %s of the repository %s: %w", name, from, err)
	}
	file, err := appconfig.Parse([]byte(text), name)
	if err == nil {
		err = file.Validate()
	}
	if err != nil {
		return nil, &InputError{err}
	}
	return file, nil
}

// fetch gets the tree at the source's ref: of a branch or a tag the one commit,
// and for a commit's hash all of them, because servers need not give out one.
func fetch(ctx context.Context, from client.Source) (*object.Tree, error) {
	auth, err := authentication(from)
	if err != nil {
		return nil, err
	}
	names := []plumbing.ReferenceName{plumbing.NewBranchReferenceName(from.Ref), plumbing.NewTagReferenceName(from.Ref)}
	switch {
	case from.Ref == "":
		names = []plumbing.ReferenceName{plumbing.HEAD}
	case plumbing.IsHash(from.Ref):
		names = nil
	case plumbing.ReferenceName(from.Ref).Validate() == nil && path.Dir(from.Ref) != ".":
		names = append([]plumbing.ReferenceName{plumbing.ReferenceName(from.Ref)}, names...)
	}
	for _, name := range names {
		repository, err := git.CloneContext(ctx, memory.NewStorage(), nil, &git.CloneOptions{
			URL: from.URL, Auth: auth, ReferenceName: name, SingleBranch: true, Depth: 1, Tags: git.NoTags,
		})
		var missing git.NoMatchingRefSpecError
		if errors.As(err, &missing) || errors.Is(err, plumbing.ErrReferenceNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return treeAt(repository, "HEAD")
	}
	if names != nil {
		return nil, inputf("ref %q: there is no such branch or tag", from.Ref)
	}
	repository, err := git.CloneContext(ctx, memory.NewStorage(), nil, &git.CloneOptions{URL: from.URL, Auth: auth})
	if err != nil {
		return nil, err
	}
	return treeAt(repository, from.Ref)
}

func treeAt(repository *git.Repository, revision string) (*object.Tree, error) {
	hash, err := repository.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return nil, err
	}
	commit, err := repository.CommitObject(*hash)
	if err != nil {
		return nil, err
	}
	return commit.Tree()
}

func authentication(from client.Source) (transport.AuthMethod, error) {
	switch {
	case from.PrivateKey != "":
		keys, err := gitssh.NewPublicKeys(from.SSHUser(), []byte(from.PrivateKey), "")
		if err != nil {
			return nil, inputf("the ssh key can't be used: %w; want a private key in PEM without a passphrase", err)
		}
		return keys, nil
	case from.Username != "":
		return &githttp.BasicAuth{Username: from.Username, Password: from.Password}, nil
	}
	return nil, nil
}
