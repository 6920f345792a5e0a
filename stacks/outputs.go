package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// The outputs that a platform has on every target.
const (
	OutputDockerHost    = "dockerHost"
	OutputDockerCA      = "dockerCA"
	OutputDockerCert    = "dockerCert"
	OutputDockerKey     = "dockerKey"
	OutputServerAddress = "serverAddress"
	OutputServerCA      = "serverCA"
	OutputServerToken   = "serverToken"
	OutputUIURL         = "uiURL"
	OutputSourceURL     = "sourceURL"
	// OutputRunnerSourceURL is the same receiver as the runners reach it.
	OutputRunnerSourceURL = "runnerSourceURL"
	// OutputServerAdvertised is the server's address as runners and apps know it.
	OutputServerAdvertised = "serverAdvertised"
	OutputDBHost           = "dbHost"
	OutputDBPort           = "dbPort"
	OutputDBName           = "dbName"
	OutputDBUser           = "dbUser"
	OutputDBPassword       = "dbPassword"
)

// Outputs are the outputs common to all targets. A field is empty where the
// platform has no such part, as the server's are on a simulated cloud.
type Outputs struct {
	// Docker is the endpoint that everything above the machine stands on.
	Docker Endpoint
	// Server is the Pilot server.
	Server ServerOutputs
	// Database is the platform's PostgreSQL.
	Database DatabaseOutputs
}

// Endpoint is a Docker daemon behind mutual TLS.
type Endpoint struct {
	// Host is the daemon's address, such as tcp://127.0.0.1:2376.
	Host string
	// CA, Cert and Key are PEM: the authority to trust, the operator's
	// certificate and its private key.
	CA, Cert, Key string
}

// ServerOutputs say how to reach the Pilot server.
type ServerOutputs struct {
	// Address is host:port of the API.
	Address string
	// CA is the PEM of the authority that signed the server's certificate.
	CA string
	// Token is the first token, with all rights.
	Token string
	// UI is the web interface's URL.
	UI string
	// Source is the URL that receives the source of apps, RunnerSource the
	// same receiver as the runners reach it.
	Source, RunnerSource string
	// Advertised is host:port of the API as runners and apps know it.
	Advertised string
}

// DatabaseOutputs say how to reach the platform's database.
type DatabaseOutputs struct {
	Host, Port, Name, User, Password string
}

// ParseOutputs reads the common outputs from those of a stack.
func ParseOutputs(m auto.OutputMap) Outputs {
	s := func(name string) string {
		v, ok := m[name]
		if !ok || v.Value == nil {
			return ""
		}
		return fmt.Sprint(v.Value)
	}
	return Outputs{
		Docker: Endpoint{Host: s(OutputDockerHost), CA: s(OutputDockerCA), Cert: s(OutputDockerCert), Key: s(OutputDockerKey)},
		Server: ServerOutputs{
			Address: s(OutputServerAddress), CA: s(OutputServerCA), Token: s(OutputServerToken),
			UI: s(OutputUIURL), Source: s(OutputSourceURL), RunnerSource: s(OutputRunnerSourceURL), Advertised: s(OutputServerAdvertised),
		},
		Database: DatabaseOutputs{
			Host: s(OutputDBHost), Port: s(OutputDBPort), Name: s(OutputDBName),
			User: s(OutputDBUser), Password: s(OutputDBPassword),
		},
	}
}
