package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AttachmentArgs is Attachment with inputs.
type AttachmentArgs struct {
	Name    pulumi.StringInput      `pulumi:"name"`
	Aliases pulumi.StringArrayInput `pulumi:"aliases"`
}

// ElementType is the plain form.
func (AttachmentArgs) ElementType() reflect.Type { return elementType[Attachment]() }

// MountArgs is Mount with inputs.
type MountArgs struct {
	Type     pulumi.StringInput `pulumi:"type"`
	Source   pulumi.StringInput `pulumi:"source"`
	Target   pulumi.StringInput `pulumi:"target"`
	ReadOnly pulumi.BoolInput   `pulumi:"readOnly"`
}

// ElementType is the plain form.
func (MountArgs) ElementType() reflect.Type { return elementType[Mount]() }

// PortArgs is Port with inputs.
type PortArgs struct {
	Container pulumi.IntInput    `pulumi:"container"`
	Host      pulumi.IntInput    `pulumi:"host"`
	HostIP    pulumi.StringInput `pulumi:"hostIP"`
	Protocol  pulumi.StringInput `pulumi:"protocol"`
}

// ElementType is the plain form.
func (PortArgs) ElementType() reflect.Type { return elementType[Port]() }

// FileArgs is File with inputs.
type FileArgs struct {
	Path    pulumi.StringInput `pulumi:"path"`
	Content pulumi.StringInput `pulumi:"content"`
	Mode    pulumi.StringInput `pulumi:"mode"`
	UID     pulumi.IntInput    `pulumi:"uid"`
	GID     pulumi.IntInput    `pulumi:"gid"`
	Live    pulumi.BoolInput   `pulumi:"live"`
	Watched pulumi.BoolInput   `pulumi:"watched"`
}

// ElementType is the plain form.
func (FileArgs) ElementType() reflect.Type { return elementType[File]() }

// HealthcheckArgs is Healthcheck with inputs.
type HealthcheckArgs struct {
	Test        pulumi.StringArrayInput `pulumi:"test"`
	Interval    pulumi.StringInput      `pulumi:"interval"`
	Timeout     pulumi.StringInput      `pulumi:"timeout"`
	StartPeriod pulumi.StringInput      `pulumi:"startPeriod"`
	Retries     pulumi.IntInput         `pulumi:"retries"`
}

// ElementType is the plain form.
func (HealthcheckArgs) ElementType() reflect.Type { return elementType[Healthcheck]() }
