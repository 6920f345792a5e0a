package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CertificateAuthorityInputs are the arguments of a CertificateAuthority.
type CertificateAuthorityInputs struct {
	// CommonName is the authority's name, 1 to 64 characters.
	CommonName string `pulumi:"commonName"`
	// ValidDays is its lifetime; the default is 3650 days.
	ValidDays int `pulumi:"validDays,optional"`
	// Rotation asks for one stage of a rotation, as Rotation.String writes it.
	// Empty leaves a rotation that is under way where it is.
	Rotation string `pulumi:"rotation,optional"`
}

// CertificateAuthorityArgs is CertificateAuthorityInputs with inputs. A change
// of name or lifetime makes a new authority at once; Rotation makes one in
// stages, without anything being refused on the way.
type CertificateAuthorityArgs struct {
	CommonName pulumi.StringInput `pulumi:"commonName"`
	ValidDays  pulumi.IntInput    `pulumi:"validDays"`
	Rotation   pulumi.StringInput `pulumi:"rotation"`
}

// ElementType is the plain form.
func (CertificateAuthorityArgs) ElementType() reflect.Type {
	return elementType[CertificateAuthorityInputs]()
}

// CertificateAuthority is a self-signed authority with an ECDSA P-256 key, and
// beside it a second one for clients alone: who is trusted to be a server and
// who is let in are replaced one without the other.
type CertificateAuthority struct {
	pulumi.CustomResourceState
	// CertPEM is the certificate that signs.
	CertPEM pulumi.StringOutput `pulumi:"certPem"`
	// TrustPEM is what others trust: CertPEM, and during a rotation the
	// authority before or after it too.
	TrustPEM pulumi.StringOutput `pulumi:"trustPem"`
	// KeyPEM is the private key; it is a secret.
	KeyPEM pulumi.StringOutput `pulumi:"keyPem"`
	// ClientCertPEM and ClientKeyPEM sign the certificates of clients; the key is
	// a secret.
	ClientCertPEM pulumi.StringOutput `pulumi:"clientCertPem"`
	ClientKeyPEM  pulumi.StringOutput `pulumi:"clientKeyPem"`
	// ClientTrustPEM is what servers let in: ClientCertPEM, and during a rotation
	// the authority before or after it too.
	ClientTrustPEM pulumi.StringOutput `pulumi:"clientTrustPem"`
	// NotAfter is its end, RFC 3339.
	NotAfter pulumi.StringOutput `pulumi:"notAfter"`
}

// NewCertificateAuthority registers an authority.
func NewCertificateAuthority(ctx *pulumi.Context, name string, args *CertificateAuthorityArgs, opts ...pulumi.ResourceOption) (*CertificateAuthority, error) {
	res := &CertificateAuthority{}
	if err := register(ctx, TypeCertificateAuthority, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

// CertificateInputs are the arguments of a Certificate.
type CertificateInputs struct {
	// CACert and CAKey are the signing authority's PEM.
	CACert string `pulumi:"caCert"`
	CAKey  string `pulumi:"caKey" provider:"secret"`
	// CommonName names the holder, 1 to 64 characters.
	CommonName string `pulumi:"commonName"`
	// Role is written into the Organizational Unit: operator, runner, server, gateway.
	Role string `pulumi:"role"`
	// Server and Client say what the holder may be; at least one is required.
	Server bool `pulumi:"server,optional"`
	Client bool `pulumi:"client,optional"`
	// DNSNames and IPAddresses are the Subject Alternative Names; a server needs one.
	DNSNames    []string `pulumi:"dnsNames,optional"`
	IPAddresses []string `pulumi:"ipAddresses,optional"`
	// ValidDays is the lifetime; the default is 90 days.
	ValidDays int `pulumi:"validDays,optional"`
	// Rotation, where it is set and differs from the last one that was, issues
	// a server's certificate anew. A client's follows its authority.
	Rotation string `pulumi:"rotation,optional"`
}

// CertificateArgs is CertificateInputs with inputs. Any change, and the nearing
// end (21 days, or the last third of a shorter life), issues a new certificate.
type CertificateArgs struct {
	CACert      pulumi.StringInput      `pulumi:"caCert"`
	CAKey       pulumi.StringInput      `pulumi:"caKey"`
	CommonName  pulumi.StringInput      `pulumi:"commonName"`
	Role        pulumi.StringInput      `pulumi:"role"`
	Server      pulumi.BoolInput        `pulumi:"server"`
	Client      pulumi.BoolInput        `pulumi:"client"`
	DNSNames    pulumi.StringArrayInput `pulumi:"dnsNames"`
	IPAddresses pulumi.StringArrayInput `pulumi:"ipAddresses"`
	ValidDays   pulumi.IntInput         `pulumi:"validDays"`
	Rotation    pulumi.StringInput      `pulumi:"rotation"`
}

// ElementType is the plain form.
func (CertificateArgs) ElementType() reflect.Type { return elementType[CertificateInputs]() }

// Certificate is a certificate of a stack's authority, with its own key.
type Certificate struct {
	pulumi.CustomResourceState
	// CertPEM is the certificate.
	CertPEM pulumi.StringOutput `pulumi:"certPem"`
	// KeyPEM is the private key; it is a secret.
	KeyPEM pulumi.StringOutput `pulumi:"keyPem"`
	// NotAfter is its end, RFC 3339.
	NotAfter pulumi.StringOutput `pulumi:"notAfter"`
}

// NewCertificate registers a certificate.
func NewCertificate(ctx *pulumi.Context, name string, args *CertificateArgs, opts ...pulumi.ResourceOption) (*Certificate, error) {
	res := &Certificate{}
	if err := register(ctx, TypeCertificate, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
