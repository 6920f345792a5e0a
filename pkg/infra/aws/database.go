package aws

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DatabaseArgs describe a private PostgreSQL on Amazon RDS.
type DatabaseArgs struct {
	// Name begins the names of the instance and its groups.
	Name string
	// SubnetIDs are two or more subnets in different zones.
	SubnetIDs pulumi.StringArrayInput
	// SecurityGroupID says who may connect.
	SecurityGroupID pulumi.StringInput
	// Class is the instance class, such as db.t4g.micro.
	Class string
	// Version is PostgreSQL's major or full version. Default "16".
	Version string
	// StorageGB is the first size of the disk in GiB, 20 to 65536 (the limits
	// of RDS for gp3). Default 20.
	StorageGB int
	// MaxStorageGB is how far the disk may grow by itself, in GiB. Default 100;
	// below StorageGB means that it does not grow.
	MaxStorageGB int
	// DatabaseName and User are created with the instance. Default "pilot".
	DatabaseName, User string
	// Password is User's. It must be a secret.
	Password pulumi.StringInput
	// BackupDays is how long automatic backups are kept, 1 to 35. Default 7.
	BackupDays int
	// MultiZone keeps a standby in a second zone.
	MultiZone bool
	// Protect refuses deletion, both here and at AWS, and takes a last
	// snapshot when the instance is deleted all the same.
	Protect bool
	// Tags go on everything.
	Tags map[string]string
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

// NewDatabase creates the instance with its subnet and parameter groups.
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	d := &Database{}
	if err := ctx.RegisterComponentResource("pilot:aws:Database", name, d, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(d)
	subnets, err := rds.NewSubnetGroup(ctx, name+"-subnets", &rds.SubnetGroupArgs{
		Name: pulumi.String(args.Name), Description: pulumi.String("The platform's database"),
		SubnetIds: args.SubnetIDs, Tags: tagged(args.Tags, args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	version := orElse(args.Version, "16")
	family := "postgres" + major(version)
	parameters, err := rds.NewParameterGroup(ctx, name+"-parameters", &rds.ParameterGroupArgs{
		Name: pulumi.String(args.Name + "-" + family), Family: pulumi.String(family),
		Description: pulumi.String("The platform's database"),
		Parameters: rds.ParameterGroupParameterArray{
			&rds.ParameterGroupParameterArgs{Name: pulumi.String("rds.force_ssl"), Value: pulumi.String("1")},
		},
		Tags: tagged(args.Tags, args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	storage := orElse(args.StorageGB, 20)
	instance := &rds.InstanceArgs{
		Identifier: pulumi.String(args.Name), Engine: pulumi.String("postgres"), EngineVersion: pulumi.String(version),
		InstanceClass: pulumi.String(args.Class), AllocatedStorage: pulumi.Int(storage),
		StorageType: pulumi.String("gp3"), StorageEncrypted: pulumi.Bool(true),
		DbName: pulumi.String(orElse(args.DatabaseName, "pilot")), Username: pulumi.String(orElse(args.User, "pilot")),
		Password: args.Password, Port: pulumi.Int(DatabasePort),
		DbSubnetGroupName: subnets.Name, ParameterGroupName: parameters.Name,
		VpcSecurityGroupIds: pulumi.StringArray{args.SecurityGroupID},
		PubliclyAccessible:  pulumi.Bool(false), MultiAz: pulumi.Bool(args.MultiZone),
		BackupRetentionPeriod: pulumi.Int(orElse(args.BackupDays, 7)), CopyTagsToSnapshot: pulumi.Bool(true),
		DeleteAutomatedBackups: pulumi.Bool(!args.Protect),
		// The version is only ever raised by a change of the spec.
		AllowMajorVersionUpgrade: pulumi.Bool(true),
		AutoMinorVersionUpgrade:  pulumi.Bool(true), ApplyImmediately: pulumi.Bool(true),
		DeletionProtection: pulumi.Bool(args.Protect), SkipFinalSnapshot: pulumi.Bool(!args.Protect),
		Tags: tagged(args.Tags, args.Name),
	}
	if most := orElse(args.MaxStorageGB, 100); most > storage {
		instance.MaxAllocatedStorage = pulumi.Int(most)
	}
	if args.Protect {
		// A snapshot outlives its platform, so its name must differ from that
		// of an earlier platform of the same name: the security group's id does.
		instance.FinalSnapshotIdentifier = args.SecurityGroupID.ToStringOutput().ApplyT(infra.Guard(func(id string) string {
			return args.Name + "-final-" + id[max(0, len(id)-8):]
		})).(pulumi.StringOutput)
	}
	db, err := rds.NewInstance(ctx, name+"-instance", instance, parent, pulumi.Protect(args.Protect))
	if err != nil {
		return nil, err
	}
	d.Host, d.Port = db.Address, db.Port
	d.DatabaseName, d.User = db.DbName, db.Username
	d.Password = pulumi.ToSecret(args.Password.ToStringOutput()).(pulumi.StringOutput)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"host": d.Host, "port": d.Port})
}

// major is what stands before a version's first dot.
func major(version string) string {
	for i, c := range version {
		if c == '.' {
			return version[:i]
		}
	}
	return version
}
