package stacks

// ServerImager is a platform whose server's image can be chosen.
type ServerImager interface {
	// UseServerImage has an image pulled, or taken from the endpoint where it is
	// there, instead of loading our own; empty is our own.
	UseServerImage(reference string)
}

// ImageSetting is the flag that chooses the server's image.
func ImageSetting() Setting {
	return Setting{Name: "image", Usage: "pull this image for the server instead of loading Pilot's own", Set: func(p Platform, v string) error {
		p.(ServerImager).UseServerImage(v)
		return nil
	}}
}
