// Package infra is the lifecycle of any inline Pulumi program: preview it as a
// typed diff, hold an apply to that diff, find drift, destroy it again.
//
// A stack is opened once and then asked for one operation after another:
//
//	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "prod"}, program,
//		infra.WithEngine(engine.New()), infra.WithState("s3://acme-pilot"))
//	diff, err := stack.Preview(ctx)
//	err = diff.WriteText(os.Stdout)
//	result, err := stack.Up(ctx, infra.HeldTo(diff))
//
// The package knows no cloud and no engine. The caller chooses the engine:
// package engine runs inside the caller's process, StockCLI drives the
// ordinary pulumi command.
//
// Errors are values. Bad input is a *FieldError, a held lock is ErrLocked
// (*LockedError), a failed operation is an *OperationError that holds one
// *ResourceError for each resource that failed, and an apply that would do
// something else than was agreed is a *DeviationError.
package infra
