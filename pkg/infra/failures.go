package infra

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failures gathers the reasons for an operation's failure from its events.
type failures struct {
	order    []string // URNs, in the order of their first sign of trouble
	ops      map[string]Op
	types    map[string]string
	messages map[string][]string
	others   []string
}

func newFailures() failures {
	return failures{ops: map[string]Op{}, types: map[string]string{}, messages: map[string][]string{}}
}

func (f *failures) at(urn string) {
	if _, ok := f.messages[urn]; !ok {
		f.order = append(f.order, urn)
		f.messages[urn] = nil
	}
}

func (f *failures) other(message string) {
	for _, o := range f.others {
		if o == message {
			return
		}
	}
	f.others = append(f.others, message)
}

func (c *collector) diagnostic(d *apitype.DiagnosticEvent) {
	msg := cleanText(d.Message)
	if msg == "" {
		return
	}
	c.emit(Diagnostic{URN: d.URN, Severity: d.Severity, Message: msg, Ephemeral: d.Ephemeral})
	if d.Severity != "error" {
		return
	}
	if d.URN == "" || urnType(d.URN) == stackType {
		c.fail.other(msg)
		return
	}
	c.fail.at(d.URN)
	c.fail.messages[d.URN] = append(c.fail.messages[d.URN], msg)
}

// cleanText takes colours and the blank lines around out of the engine's text.
func cleanText(s string) string {
	return strings.TrimSpace(colors.Never.Colorize(s))
}

func (f *failures) resourceError(urn string) *ResourceError {
	e := &ResourceError{URN: urn, Type: f.types[urn], Op: string(f.ops[urn])}
	if e.Type == "" {
		e.Type = urnType(urn)
	}
	if e.Op == "" {
		e.Op = "check"
	}
	reason := "the engine gave no reason"
	if m := f.messages[urn]; len(m) > 0 {
		reason = strings.Join(unwrapText(m), "; ")
	}
	e.Err = errors.New(reason)
	return e
}

// unwrapText drops repetitions and the frame that the engine puts around a
// provider's own words.
func unwrapText(messages []string) []string {
	var out []string
	for _, m := range messages {
		m = strings.TrimPrefix(m, "preview failed: ")
		m = strings.TrimPrefix(m, "update failed: ")
		if m = strings.TrimSpace(m); m == "" {
			continue
		}
		repeated := false
		for _, o := range out {
			repeated = repeated || strings.Contains(o, m)
		}
		if !repeated {
			out = append(out, m)
		}
	}
	return out
}

// failure is the error of an operation that ended with runErr. programErr is
// what the inline program itself returned.
func (c *collector) failure(ctx context.Context, op Operation, runErr, programErr error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if runErr == nil {
		return nil
	}
	if errors.Is(runErr, ErrLocked) || errors.Is(runErr, ErrLockLost) {
		return runErr
	}
	verb := op.Verb
	if ctx.Err() != nil && errors.Is(runErr, ctx.Err()) || errors.Is(runErr, context.Canceled) {
		return c.cancelled(ctx, verb, runErr)
	}
	e := &OperationError{Verb: verb, Stack: c.ref.String(), DryRun: op.DryRun || verb == VerbPreview}
	for _, urn := range c.fail.order {
		e.Errs = append(e.Errs, c.fail.resourceError(urn))
	}
	if programErr != nil && !(len(e.Errs) > 0 && givenUp(programErr)) {
		var p *PanicError
		if errors.As(programErr, &p) {
			e.Errs = append(e.Errs, programErr)
		} else {
			e.Errs = append(e.Errs, &ProgramError{Err: programErr})
		}
	}
	if len(e.Errs) == 0 {
		for _, m := range c.fail.others {
			e.Errs = append(e.Errs, errors.New(m))
		}
	}
	if len(e.Errs) == 0 {
		e.Errs = append(e.Errs, runErr)
	}
	e.Next = nextStep(e)
	return e
}

// givenUp tells the error of a program that was ended because a resource
// failed: it says nothing of its own.
func givenUp(programErr error) bool {
	return errors.Is(programErr, context.Canceled) || status.Code(programErr) == codes.Canceled ||
		strings.HasSuffix(programErr.Error(), "code = Canceled desc = context canceled")
}

// cancelled wraps context.Canceled, and context.DeadlineExceeded if that was why.
func (c *collector) cancelled(ctx context.Context, verb Verb, runErr error) error {
	const text = "%s of %s was cancelled; what had finished is saved, run it again to go on: %w"
	err := fmt.Errorf(text, verb, c.ref, runErr)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(runErr, cause) {
		err = fmt.Errorf(text+": %w", verb, c.ref, runErr, cause)
	}
	errs := []error{err}
	for _, urn := range c.fail.order {
		errs = append(errs, c.fail.resourceError(urn))
	}
	return errors.Join(errs...)
}

func nextStep(e *OperationError) string {
	var p *PanicError
	var pe *ProgramError
	switch {
	case e.resources() > 0 && e.DryRun:
		return "nothing was changed; mend the cause below and run it again"
	case e.resources() > 0:
		return "what succeeded is kept; mend the cause below and run it again"
	case errors.As(error(e), &p), errors.As(error(e), &pe):
		return "mend the program and run it again"
	}
	return "the cause is below"
}
