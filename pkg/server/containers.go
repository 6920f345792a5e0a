package server

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Where things are in the image (package image makes it so).
const (
	agent    = "pilot-agent"
	engine   = "waypoint"
	confDir  = "/etc/pilot"
	dataDir  = "/data"
	imageUID = 1000
)

// file is a file for the user that a role's process runs as. Public ones may be
// read by anybody in the container.
func (b *builder) file(role, path string, content pulumi.StringInput, public bool) pilot.FileArgs {
	mode := "0400"
	if public {
		mode = "0444"
	}
	return pilot.FileArgs{
		Path: pulumi.String(confDir + "/" + path), Content: content, Mode: pulumi.String(mode),
		UID: pulumi.Int(b.uid(role)), GID: pulumi.Int(b.uid(role)),
	}
}

// live marks a file whose change its reader notices by itself.
func live(f pilot.FileArgs) pilot.FileArgs {
	f.Live = pulumi.Bool(true)
	return f
}

// watched marks a live file that its reader watches by inotify. The stock image
// lacks what writes into such a file: there a change replaces the container.
func (b *builder) watched(f pilot.FileArgs) pilot.FileArgs {
	if b.args.Image.stock() {
		return f
	}
	f.Watched = pulumi.Bool(true)
	return live(f)
}

func data(v *pilot.Volume) []pilot.MountArgs {
	return []pilot.MountArgs{{Source: v.Name, Target: pulumi.String(dataDir)}}
}

func (b *builder) authority(role string) pilot.FileArgs {
	return b.file(role, "ca.pem", b.args.Authority.TrustPEM, true)
}

// server runs the server and takes its first token.
func (b *builder) server() error {
	volume, err := b.volume("server")
	if err != nil {
		return err
	}
	cert, err := b.certificate("server")
	if err != nil {
		return err
	}
	command := []string{
		engine, "server", "run", "-accept-tos",
		"-db=" + dataDir + "/data.db",
		fmt.Sprintf("-listen-grpc=0.0.0.0:%d", portAPI),
		fmt.Sprintf("-listen-http=0.0.0.0:%d", portUI),
		"-tls-cert-file=" + confDir + "/server.pem",
		"-tls-key-file=" + confDir + "/server.key",
		// The public URL service of upstream is gone.
		"-url-enabled=false",
		"-advertise-addr=" + b.advertised(),
		"-advertise-tls=true", "-advertise-tls-skip-verify=false",
	}
	c := &pilot.ContainerArgs{
		Mounts: data(volume),
		Ports:  append(b.publish(portAPI, b.args.Ports.API), b.publish(portUI, b.args.Ports.UI)...),
		Files: []pilot.FileArgs{
			b.watched(b.file("server", "server.pem", cert.CertPEM, true)),
			b.watched(b.file("server", "server.key", cert.KeyPEM, false)),
			// Only the health check reads it.
			live(b.authority("server")),
		},
	}
	health := []string{"grpc", "-ca", confDir + "/ca.pem", "-server-name", "localhost", loopback(portAPI)}
	if b.container, err = b.start("server", c, command, health); err != nil {
		return err
	}
	b.address = pulumi.Sprintf("%s:%d", b.args.PublicHost, b.args.Ports.API)
	token, err := pilot.NewBootstrapToken(b.ctx, b.name+"-first-token", &pilot.BootstrapTokenArgs{
		Address: b.address, CA: b.args.Authority.TrustPEM, Instance: volume.Instance,
	}, b.under, pulumi.DependsOn([]pulumi.Resource{b.container}))
	if err != nil {
		return err
	}
	b.token = token.Token
	return nil
}

// source runs the receiver of source for "pilot up".
func (b *builder) source() error {
	volume, err := b.volume("source")
	if err != nil {
		return err
	}
	cert, err := b.certificate("source")
	if err != nil {
		return err
	}
	command := []string{
		agent, "source", "-listen", fmt.Sprintf(":%d", portSource),
		"-cert", confDir + "/cert.pem", "-key", confDir + "/key.pem", "-data", dataDir,
		"-server", b.advertised(), "-server-ca", confDir + "/ca.pem",
	}
	c := &pilot.ContainerArgs{
		Mounts: data(volume),
		Ports:  b.publish(portSource, b.args.Ports.Source),
		Files: []pilot.FileArgs{
			live(b.file("source", "cert.pem", cert.CertPEM, true)),
			live(b.file("source", "key.pem", cert.KeyPEM, false)),
			live(b.authority("source")),
		},
	}
	health := []string{"http", "-ca", confDir + "/ca.pem", "-server-name", "localhost", "https://" + loopback(portSource) + "/healthz"}
	_, err = b.start("source", c, command, health, pulumi.DependsOn([]pulumi.Resource{b.container}))
	return err
}

// concurrency is how many jobs a runner works on at the same time. A build may
// take a whole machine, so it is kept small.
const concurrency = 4
