// Package image assembles the Pilot server's Docker images from local binaries: no Docker, no registry and no
// network is needed. The same binaries always give the same bytes and the same digest.
//
//	img, err := image.Server(image.Options{})
//	reference := img.Reference()           // "pilot-server:3f2a9c0d41be", changes when the content does
//	_, err = img.WriteTo(w)                // what "docker load" reads
//
// Both images are made FROM scratch. The server image holds the deploy engine, pilot-agent, Mozilla's CA
// certificates and folders for data and configuration, and runs as a user without rights (UID). The gateway image
// holds pilot-agent alone and runs as root, since it must open the Docker socket.
package image
