package local

// UseServerImage has an image pulled instead of loading our own; empty is our own.
func (p *Platform) UseServerImage(reference string) { p.ServerImage = reference }
