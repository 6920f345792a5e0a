package local

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// DefaultDatabaseImage is the official PostgreSQL image.
const DefaultDatabaseImage = "postgres:17"

// DatabaseArgs describe a PostgreSQL container.
type DatabaseArgs struct {
	// Name is the container's and the volume's name on the Engine.
	Name string
	// Endpoint is the Docker daemon to run on.
	Endpoint pilot.EndpointArgs
	// Network is the Docker network to join.
	Network pulumi.StringInput
	// Image keeps to the contract of the official image (POSTGRES_USER,
	// POSTGRES_DB, POSTGRES_PASSWORD_FILE, PGDATA). Default postgres:17.
	Image string
	// Address and Port are where it is published. Default 127.0.0.1:5432.
	Address pulumi.StringInput
	Port    int
	// DatabaseName and User are created with the data. Default "pilot".
	DatabaseName, User string
	// Password is User's. It must be a secret. PostgreSQL takes it when the
	// data is first made, so a new password needs a new volume.
	Password pulumi.StringInput
	// StartTimeout bounds the wait for the database, a duration. Default 2m.
	StartTimeout string
	// Labels go on everything.
	Labels map[string]string
}

// Database is a PostgreSQL container with its data on a volume.
type Database struct {
	pulumi.ResourceState

	// Host and Port are where it listens on this machine.
	Host pulumi.StringOutput
	Port pulumi.IntOutput
	// InnerHost is its name on the Docker network, where the port is 5432.
	InnerHost pulumi.StringOutput
	// DatabaseName, User and Password are what to log in with.
	DatabaseName, User, Password pulumi.StringOutput
}

const (
	databasePort = 5432
	// databaseHome is the folder that the official images of all versions keep
	// their data below; the path of the data itself has changed with 18.
	databaseHome = "/var/lib/postgresql"
	passwordFile = "/run/pilot/db-password"
)

// NewDatabase starts the database and waits until it takes connections.
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	d := &Database{}
	if err := ctx.RegisterComponentResource("pilot:local:Database", name, d, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(d)
	labels := labelled(args.Labels, "db")
	user, database := orElse(args.User, "pilot"), orElse(args.DatabaseName, "pilot")
	image, err := pilot.NewImage(ctx, name+"-image", &pilot.ImageArgs{
		Endpoint: args.Endpoint, Name: pulumi.String(orElse(args.Image, DefaultDatabaseImage)), Pull: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, err
	}
	volume, err := pilot.NewVolume(ctx, name+"-data", &pilot.VolumeArgs{
		Endpoint: args.Endpoint, Name: pulumi.String(args.Name), Labels: labels,
	}, parent)
	if err != nil {
		return nil, err
	}
	if args.Address == nil {
		args.Address = pulumi.String(Loopback)
	}
	port := orElse(args.Port, databasePort)
	server, err := pilot.NewContainer(ctx, name+"-server", &pilot.ContainerArgs{
		Endpoint: args.Endpoint,
		Name:     pulumi.String(args.Name),
		Image:    image.ImageID,
		Env: pulumi.StringMap{
			"POSTGRES_USER":          pulumi.String(user),
			"POSTGRES_DB":            pulumi.String(database),
			"POSTGRES_PASSWORD_FILE": pulumi.String(passwordFile),
			"PGDATA":                 pulumi.String(databaseHome + "/pgdata"),
		},
		Labels:   labels,
		Networks: []pilot.AttachmentArgs{{Name: args.Network}},
		Mounts:   []pilot.MountArgs{{Source: volume.Name, Target: pulumi.String(databaseHome)}},
		Ports: []pilot.PortArgs{{
			Container: pulumi.Int(databasePort), Host: pulumi.Int(port), HostIP: args.Address,
		}},
		Files: []pilot.FileArgs{{
			// Images differ in the user that reads it, and nobody else is in there.
			Path: pulumi.String(passwordFile), Content: args.Password, Mode: pulumi.String("0444"),
		}},
		Healthcheck: &pilot.HealthcheckArgs{
			// Over TCP: while the data is being made, only the Unix socket answers.
			Test:     pulumi.ToStringArray([]string{"pg_isready", "-h", Loopback, "-U", user, "-d", database}),
			Interval: pulumi.String("5s"), Timeout: pulumi.String("5s"), StartPeriod: pulumi.String("1m"), Retries: pulumi.Int(6),
		},
		// What the image's start script needs to give the data to its user and to become that user.
		CapDrop:     pulumi.ToStringArray([]string{"ALL"}),
		CapAdd:      pulumi.ToStringArray([]string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}),
		SecurityOpt: pulumi.ToStringArray([]string{"no-new-privileges"}),
		WaitHealthy: pulumi.Bool(true), StartTimeout: pulumi.String(orElse(args.StartTimeout, "2m")),
		// PostgreSQL writes a checkpoint before it ends.
		StopTimeout: pulumi.String("30s"),
	}, parent)
	if err != nil {
		return nil, err
	}
	ready := func(value pulumi.StringInput) pulumi.StringOutput {
		return pulumi.All(server.Name, value).ApplyT(infra.Guard(func(v []any) string { return v[1].(string) })).(pulumi.StringOutput)
	}
	d.Host, d.InnerHost = ready(args.Address), server.Name
	d.Port = server.Name.ApplyT(infra.Guard(func(string) int { return port })).(pulumi.IntOutput)
	d.DatabaseName, d.User = ready(pulumi.String(database)), ready(pulumi.String(user))
	d.Password = pulumi.ToSecret(ready(args.Password)).(pulumi.StringOutput)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"host": d.Host, "port": d.Port, "databaseName": d.DatabaseName, "user": d.User, "password": d.Password,
	})
}
