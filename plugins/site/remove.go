package site

import (
	"context"
	"fmt"
	"time"
)

// Remove deletes a version, and nothing else. The manifest goes first, so that a
// version that is half deleted is no longer one. A version that is not there is no
// error.
func Remove(ctx context.Context, s Store, id string) error {
	if !versionID.MatchString(id) {
		return fmt.Errorf("version %q: must be 1 to 64 letters, digits, - and _", id)
	}
	if err := s.Remove(ctx, manifestKey(id)); err != nil {
		return err
	}
	return s.Remove(ctx, Prefix(id))
}

// abandoned is the age at which a version without a manifest is no longer thought
// to be on its way.
const abandoned = 24 * time.Hour

// Prune removes all but the newest keep complete versions, the served one counted
// and never removed, and what interrupted publications left behind a day ago or
// longer. It returns what it removed.
func Prune(ctx context.Context, s Store, served string, keep int) ([]string, error) {
	complete, err := versions(ctx, s)
	if err != nil {
		return nil, err
	}
	var removed []string
	known := map[string]bool{}
	kept := 1 // the served one
	for _, v := range complete {
		known[v.Name] = true
		if v.Name == served {
			continue
		}
		if kept < keep {
			kept++
			continue
		}
		removed = append(removed, v.Name)
	}
	folders, err := s.Folders(ctx, Releases)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if !known[f.Name] && f.Name != served && time.Since(f.Modified) > abandoned {
			removed = append(removed, f.Name)
		}
	}
	for _, id := range removed {
		if err := Remove(ctx, s, id); err != nil {
			return removed, err
		}
	}
	return removed, nil
}
