package infra

import "time"

// WithSlowAfter lets tests wait less for ResourceSlow.
func WithSlowAfter(d time.Duration) Option {
	return func(s *settings) error {
		s.slowAfter = d
		return nil
	}
}
