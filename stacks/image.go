package stacks

import "github.com/pilot-framework/pilot/pkg/server"

// ServerImager is a platform whose server's image can be chosen.
type ServerImager interface {
	// UseServerImage has an image pulled, or taken from the endpoint where it is
	// there, instead of loading our own; empty is our own.
	UseServerImage(reference string)
	// Bare tells whether the image is the deploy engine's own (server.IsStock).
	Bare() bool
}

// BareSetting is the flag that chooses the deploy engine's own image.
func BareSetting() Setting {
	return Setting{Name: "bare", Switch: true, Usage: "pull the stock image " + server.StockImage + " for the server, which lacks what Pilot's own has", Set: func(p Platform, _ string) error {
		p.(ServerImager).UseServerImage(server.StockImage)
		return nil
	}}
}

// ImageSetting is the flag that chooses the server's image.
func ImageSetting() Setting {
	return Setting{Name: "image", Usage: "pull this image for the server instead of loading Pilot's own", Set: func(p Platform, v string) error {
		p.(ServerImager).UseServerImage(v)
		return nil
	}}
}
