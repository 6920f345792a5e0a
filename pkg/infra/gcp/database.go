package gcp

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/sql"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DatabaseArgs describe a private PostgreSQL on Cloud SQL.
type DatabaseArgs struct {
	// Name begins the instance's name; the provider adds a random end, because
	// Cloud SQL does not give out a deleted instance's name again for a week.
	Name string
	// Project and Region are where it is.
	Project, Region string
	// Network is the network to be in, after it is peered with Google's
	// services: Network.Peering.
	Network pulumi.StringInput
	// Tier is the machine type, such as db-f1-micro or db-custom-2-7680.
	Tier string
	// Version is PostgreSQL's major version. Default "16".
	Version string
	// StorageGB is the first size of the disk in GB, 10 or more. Default 10.
	StorageGB int
	// MaxStorageGB is how far the disk may grow by itself, in GB. Default 100;
	// below StorageGB means that it does not grow.
	MaxStorageGB int
	// DatabaseName and User are created with the instance. Default "pilot".
	DatabaseName, User string
	// Password is User's. It must be a secret.
	Password pulumi.StringInput
	// BackupDays is how many daily backups are kept, 1 to 365. Default 7.
	BackupDays int
	// MultiZone keeps a standby in a second zone.
	MultiZone bool
	// Protect refuses deletion, both here and at Google.
	Protect bool
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Database is a PostgreSQL instance that only the network's own machines can
// reach: encrypted, backed up, TLS only.
type Database struct {
	pulumi.ResourceState

	// Host and Port are where it listens, inside the network.
	Host pulumi.StringOutput
	Port pulumi.IntOutput
	// DatabaseName, User and Password are what to log in with.
	DatabaseName, User, Password pulumi.StringOutput
}

// NewDatabase creates the instance, its database and its user.
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	d := &Database{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Database", name, d, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(d)
	ready, err := services(ctx, name, args.Project, parent, "sqladmin")
	if err != nil {
		return nil, err
	}
	storage, most := orElse(args.StorageGB, 10), orElse(args.MaxStorageGB, 100)
	availability := "ZONAL"
	if args.MultiZone {
		availability = "REGIONAL"
	}
	settings := &sql.DatabaseInstanceSettingsArgs{
		Tier: pulumi.String(args.Tier),
		// Version 16 would else get the Plus edition, which has no small tiers.
		Edition:          pulumi.String("ENTERPRISE"),
		AvailabilityType: pulumi.String(availability),
		DiskType:         pulumi.String("PD_SSD"), DiskSize: pulumi.Int(storage), DiskAutoresize: pulumi.Bool(most > storage),
		IpConfiguration: &sql.DatabaseInstanceSettingsIpConfigurationArgs{
			Ipv4Enabled: pulumi.Bool(false), PrivateNetwork: args.Network.ToStringOutput(),
			SslMode: pulumi.String("ENCRYPTED_ONLY"),
		},
		BackupConfiguration: &sql.DatabaseInstanceSettingsBackupConfigurationArgs{
			Enabled: pulumi.Bool(true), PointInTimeRecoveryEnabled: pulumi.Bool(true), StartTime: pulumi.String("03:00"),
			BackupRetentionSettings: &sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs{
				RetainedBackups: pulumi.Int(orElse(args.BackupDays, 7)), RetentionUnit: pulumi.String("COUNT"),
			},
		},
		DeletionProtectionEnabled: pulumi.Bool(args.Protect),
		UserLabels:                labels(args.Labels),
	}
	options := []pulumi.ResourceOption{parent, ready, pulumi.Protect(args.Protect)}
	if most > storage {
		settings.DiskAutoresizeLimit = pulumi.Int(most)
		// The disk grows by itself and can never be made smaller.
		options = append(options, pulumi.IgnoreChanges([]string{"settings.diskSize"}))
	}
	instance, err := sql.NewDatabaseInstance(ctx, args.Name+"-"+name, &sql.DatabaseInstanceArgs{
		Project: pulumi.String(args.Project), Region: pulumi.String(args.Region),
		DatabaseVersion: pulumi.String("POSTGRES_" + orElse(args.Version, "16")),
		Settings:        settings, DeletionProtection: pulumi.Bool(args.Protect),
	}, options...)
	if err != nil {
		return nil, err
	}
	// A database or user that owns objects cannot be dropped; both go with the
	// instance.
	database, err := sql.NewDatabase(ctx, name+"-database", &sql.DatabaseArgs{
		Name: pulumi.String(orElse(args.DatabaseName, "pilot")), Instance: instance.Name,
		Project: pulumi.String(args.Project), DeletionPolicy: pulumi.String("ABANDON"),
	}, parent)
	if err != nil {
		return nil, err
	}
	user, err := sql.NewUser(ctx, name+"-user", &sql.UserArgs{
		Name: pulumi.String(orElse(args.User, "pilot")), Instance: instance.Name, Project: pulumi.String(args.Project),
		Password: pulumi.ToSecret(args.Password.ToStringOutput()).(pulumi.StringOutput), DeletionPolicy: pulumi.String("ABANDON"),
	}, parent)
	if err != nil {
		return nil, err
	}
	d.Host, d.Port = instance.PrivateIpAddress, pulumi.Int(DatabasePort).ToIntOutput()
	d.DatabaseName, d.User = database.Name, user.Name
	d.Password = pulumi.ToSecret(args.Password.ToStringOutput()).(pulumi.StringOutput)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"host": d.Host, "port": d.Port})
}
