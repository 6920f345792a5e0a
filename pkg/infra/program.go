package infra

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// program joins the stack's program with the caller's additions, and keeps the
// error it returned: the engine passes on its text only.
type program struct {
	main       pulumi.RunFunc
	extra      []pulumi.RunFunc
	transforms []pulumi.ResourceTransform

	mu      sync.Mutex
	adopt   *adoption
	lastErr error
}

func (p *program) run(ctx *pulumi.Context) (err error) {
	defer func() {
		p.mu.Lock()
		p.lastErr = err
		p.mu.Unlock()
	}()
	defer contain("program", &err)
	p.mu.Lock()
	adopt := p.adopt
	p.mu.Unlock()
	if adopt != nil {
		if err := ctx.RegisterStackTransformation(adopt.transform); err != nil {
			return fmt.Errorf("register the import: %w", err)
		}
	}
	for _, t := range p.transforms {
		if err := ctx.RegisterResourceTransform(t); err != nil {
			return fmt.Errorf("register the transform: %w", err)
		}
	}
	if err := p.main(ctx); err != nil {
		return err
	}
	for _, f := range p.extra {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// begin forgets the last run and sets what the next one imports.
func (p *program) begin(adopt *adoption) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.adopt, p.lastErr = adopt, nil
}

func (p *program) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastErr
}

// contain turns a panic into a *PanicError. It must be deferred itself.
func contain(in string, err *error) {
	v := recover()
	if v == nil {
		return
	}
	*err = &PanicError{In: in, Value: v, Where: panicSite(), Stack: string(debug.Stack())}
}

// panicSite finds the first frame below the runtime's panic. It is meant to be
// called from a deferred function while the panicking stack is still there.
func panicSite() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	below := false
	for {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if below && !inRuntime {
			file := f.File
			if i := strings.LastIndex(file, "/"); i >= 0 {
				file = file[i+1:]
			}
			return fmt.Sprintf("%s:%d", file, f.Line)
		}
		below = below || f.Function == "runtime.gopanic" || (inRuntime && strings.Contains(f.Function, "panic"))
		if !more {
			return ""
		}
	}
}

var errorType = reflect.TypeFor[error]()

// Guard makes a function safe for ApplyT: a panic in it becomes the error of
// the output, and so of the resource that uses it, where the SDK alone would
// let it end the whole process. f is any function that ApplyT takes; Guard
// returns one of the same parameters that also returns an error.
//
//	url := host.ApplyT(infra.Guard(func(h string) string { return "https://" + h })).(pulumi.StringOutput)
//
// Guard itself panics when f is not a function with one result, or with a
// result and an error; inside a program that panic is contained too.
func Guard(f any) any {
	fv := reflect.ValueOf(f)
	if fv.Kind() != reflect.Func || fv.IsNil() {
		panic(errors.New("infra.Guard wants a function that ApplyT takes"))
	}
	t := fv.Type()
	if n := t.NumOut(); n < 1 || n > 2 || (n == 2 && t.Out(1) != errorType) || t.IsVariadic() {
		panic(fmt.Errorf("infra.Guard wants a function with one result, or a result and an error, not %s", t))
	}
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	guarded := reflect.FuncOf(in, []reflect.Type{t.Out(0), errorType}, false)
	return reflect.MakeFunc(guarded, func(args []reflect.Value) (out []reflect.Value) {
		var err error
		defer func() {
			if err != nil {
				out = []reflect.Value{reflect.Zero(t.Out(0)), reflect.ValueOf(&err).Elem()}
			}
		}()
		defer contain("apply", &err)
		out = fv.Call(args)
		if len(out) == 1 {
			out = append(out, reflect.Zero(errorType))
		}
		return out
	}).Interface()
}
