// Package cloudsim simulates the aws and gcp resource providers of Pulumi in
// this process, so that a stack runs through the real engine with no account,
// no provider plugin and no network.
//
//	sim, err := cloudsim.Open("")                  // or a file that outlives the process
//	defer sim.Close()
//	stack, err := infra.Open(ctx, ref, program,
//		infra.WithEngine(engine.New()), infra.WithState(state),
//		infra.WithConfig(auto.ConfigMap{"aws:region": {Value: "eu-west-1"}}),
//		infra.WithProvider(sim.AWS()), infra.WithProvider(sim.GCP()))
//
// # What is simulated
//
// Each resource type is a row of a table: required inputs, defaults, what the
// cloud computes and in which format, which changes replace, what must be
// unique and within what, which property must point to something that exists,
// what blocks deletion, what stays reserved after it, quotas, and how long a
// creation typically takes. The rows name their sources; property names and
// kinds are those of the SDKs AWSVersion and GCPVersion. A type or function
// that has no row is an error that names it.
//
// What runs inside things is not simulated: a machine does not boot, a
// database takes no connection, a bucket holds no objects, and a role is not
// asked whether it may. A thing is ready as soon as it is made. Lists of
// regions, images and versions are those of the table's date.
//
// # What a test can do
//
// Objects, Count, Find and FindByURN look at what exists; Orphans and Lost
// hold it against a state. SetProperty and Delete change it behind the
// program's back. Inject makes chosen calls fail in a chosen way, SetQuota
// moves a limit, WithLatency makes calls take time, WithClock sets the clock,
// and Calls tells what was called. Ids, addresses and suffixes follow from
// WithSeed and the URN alone, so that a run can be repeated exactly.
//
// # State
//
// The clouds live in memory or in one file, which any number of processes may
// use at once and which is whole after a kill at any moment. No secret gets
// into it: of secret values the file holds salted digests, which is enough to
// see that one has changed. A secret can therefore not be read back out of the
// simulated cloud, and an import finds none.
package cloudsim
