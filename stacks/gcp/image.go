package gcp

import "github.com/pilot-framework/pilot/pkg/server"

// UseServerImage has an image pulled instead of loading our own; empty is our own.
func (p *Platform) UseServerImage(reference string) { p.ServerImage = reference }

// Bare tells whether the server's image is the deploy engine's own.
func (p *Platform) Bare() bool { return server.IsStock(p.ServerImage) }
