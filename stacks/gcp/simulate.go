package gcp

// Simulate sets the platform up on a simulated cloud.
func (p *Platform) Simulate() { p.Simulated = true }

// Protected tells whether what holds data refuses to be deleted.
func (p *Platform) Protected() bool { return p.Protect }
