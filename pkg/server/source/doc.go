// Package source takes a snapshot of a folder and hands it to the platform's
// source receiver, from where a runner fetches it.
//
// A snapshot holds what git would track plus what is untracked and not ignored,
// as it is on the disk now. It needs neither a repository nor a git program. It
// is a git commit without a parent, and the same content always gives the same
// commit.
//
//	snap, err := source.Take(ctx, dir, source.Options{})
//	pushed, err := snap.Push(ctx, receiver, "shop", "web")
//	cred, err := receiver.Credentials(ctx, "shop", pushed.Ref, time.Hour)
//	// client.Source{URL: receiverForRunner.CloneURL("shop"), Ref: pushed.Ref,
//	//	Username: cred.Username, Password: cred.Password}
package source
