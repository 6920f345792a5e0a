package local

import (
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const postgresPort = 5432

// DatabaseArgs are the arguments of a Database.
type DatabaseArgs struct {
	Common
	// DockerHost is the Engine's socket.
	DockerHost string
	// Network is the Docker network to join.
	Network pulumi.StringInput
	// Image follows the contract of the official PostgreSQL image.
	Image string
	// DatabaseName and User are made on the first start.
	DatabaseName, User string
	// BindAddress and Port are where it is published.
	BindAddress string
	Port        int
}

// Database is PostgreSQL in a container, its data in a volume.
type Database struct {
	pulumi.ResourceState
	// Password is the user's; it is a secret.
	Password pulumi.StringOutput
	// Host is the database's name on the Docker network.
	Host pulumi.StringOutput
}

// NewDatabase registers a Database.
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	d := &Database{}
	if err := ctx.RegisterComponentResource("pilot:local:Database", name, d, opts...); err != nil {
		return nil, err
	}
	under := pulumi.Parent(d)
	volume, err := pilot.NewVolume(ctx, name+"-data", &pilot.VolumeArgs{
		Endpoint: socket(args.DockerHost), Name: pulumi.String(args.name("db")), Labels: args.labels("db"),
	}, under)
	if err != nil {
		return nil, err
	}
	// A new volume is a new database, and that takes a new password.
	password, err := pilot.NewPassword(ctx, name+"-password", &pilot.PasswordArgs{
		Keepers: pulumi.StringMap{"volume": volume.Instance},
	}, under)
	if err != nil {
		return nil, err
	}
	img, err := pilot.NewImage(ctx, name+"-image", &pilot.ImageArgs{
		Endpoint: socket(args.DockerHost), Name: pulumi.String(args.Image), Pull: pulumi.Bool(true),
	}, under)
	if err != nil {
		return nil, err
	}
	const passwordFile = "/run/pilot/db-password"
	container, err := pilot.NewContainer(ctx, name+"-server", &pilot.ContainerArgs{
		Endpoint: socket(args.DockerHost),
		Name:     pulumi.String(args.name("db")),
		Image:    img.ImageID,
		Labels:   args.labels("db"),
		Env: pulumi.StringMap{
			"POSTGRES_USER":          pulumi.String(args.User),
			"POSTGRES_DB":            pulumi.String(args.DatabaseName),
			"POSTGRES_PASSWORD_FILE": pulumi.String(passwordFile),
			// Below the volume, so that the image's own volume is not used and
			// a lost+found in the volume's root does no harm.
			"PGDATA": pulumi.String("/var/lib/postgresql/data/pilot"),
		},
		Networks: []pilot.AttachmentArgs{{Name: args.Network}},
		Mounts:   []pilot.MountArgs{{Source: volume.Name, Target: pulumi.String("/var/lib/postgresql/data")}},
		Ports: []pilot.PortArgs{{
			Container: pulumi.Int(postgresPort), Host: pulumi.Int(args.Port), HostIP: pulumi.String(args.BindAddress),
		}},
		// The server reads it as its own user, whose number differs by image;
		// nobody else is in this container.
		Files:       []pilot.FileArgs{{Path: pulumi.String(passwordFile), Content: password.Result, Mode: pulumi.String("0444")}},
		SecurityOpt: pulumi.ToStringArray([]string{"no-new-privileges"}),
		Healthcheck: &pilot.HealthcheckArgs{
			Test:     pulumi.ToStringArray([]string{"pg_isready", "-h", "127.0.0.1", "-U", args.User, "-d", args.DatabaseName}),
			Interval: pulumi.String("2s"), Timeout: pulumi.String("5s"), StartPeriod: pulumi.String("30s"), Retries: pulumi.Int(5),
		},
		WaitHealthy: pulumi.Bool(true),
	}, under)
	if err != nil {
		return nil, err
	}
	d.Password = password.Result
	d.Host = container.Name
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"host": d.Host, "password": d.Password})
}
