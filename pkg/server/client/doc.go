// Package client talks to a running Pilot server: it waits until the server is
// ready, takes its first token, and then manages runners, projects,
// configuration, people and jobs.
//
// The connection is TLS and trusts exactly one certificate authority, the one
// of the stack, for exactly the host name dialled. There is no way to switch
// the check off.
//
// What `pilot up` does in a folder is three calls:
//
//	c, err := client.Dial(ctx, client.Config{Address: serverAddress, CA: serverCA, Token: token})
//	err = c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Apps: []string{"web"}})
//	// source.Snapshot and source.Push give the reference of the folder's content
//	result, err := c.Up(ctx, client.UpRequest{
//		Project: "shop", App: "web",
//		Source: client.Source{URL: url, Ref: ref, Username: "pilot", Password: password},
//	}, show)
//	fmt.Println(result.URL)
//
// The engine behind the server is a detail of this package: none of its types
// is part of the exported API.
package client
