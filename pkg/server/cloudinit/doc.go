// Package cloudinit writes the first boot of a platform's machine as
// cloud-config: Docker Engine from the distribution's packages, its API behind
// mutual TLS on port 2376, security upgrades, and nothing else.
//
// What it writes holds no secret. The daemon's key is in the cloud's secret
// store, and the machine fetches it with its own identity each time that the
// daemon starts. The boot may be repeated: a reboot, or running cloud-init
// again, ends in the same state, and takes over what is new in the store.
//
// # Reading how far a boot is
//
// The machine writes lines of the form
//
//	PILOT-BOOT step=certificate state=failed detail="..."
//
// to its console, so that they can be read without logging in: with
// GetConsoleOutput on AWS and getSerialPortOutput on Google Cloud. The steps
// are boot, packages, certificate, docker and ready, in this order; the states
// are running, done and failed. ParseProgress reads them.
package cloudinit
