package cloudfront

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// perObject answers a deletion of several objects as S3 does where it failed for
// one of them: with status 200.
func perObject(w http.ResponseWriter, key, code string) {
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Error><Key>%s</Key><Code>%s</Code><Message>planted</Message></Error></DeleteResult>`, key, code)
}

func TestDeletionsThatS3PutsOff(t *testing.T) {
	for name, test := range map[string]struct {
		code  string
		times int // 0 is always
		tries int
		want  string
	}{
		"throttled":       {"SlowDown", 1, 2, ""},
		"broken":          {"InternalError", 2, 3, ""},
		"away":            {"ServiceUnavailable", attempts - 1, attempts, ""},
		"away for ever":   {"ServiceUnavailable", 0, attempts, "ServiceUnavailable: planted"},
		"refused":         {"AccessDenied", 0, 1, "one of them releases/1/index.html: AccessDenied: planted"},
		"no such version": {"NoSuchVersion", 0, 1, "NoSuchVersion: planted"},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := stored(t)
			tries := 0
			a.cloud.failing(func(_ int, c call, w http.ResponseWriter) bool {
				if c.Method != http.MethodPost || !strings.HasPrefix(c.Query, "delete") {
					return false
				}
				tries++
				if test.times > 0 && tries > test.times {
					return false
				}
				perObject(w, "releases/1/index.html", test.code)
				return true
			})
			err := s.Remove(t.Context(), "releases/")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if tries != test.tries {
				t.Errorf("%d deletions, want %d", tries, test.tries)
			}
			a.cloud.failing(nil)
			left, err := s.List(t.Context(), "releases/")
			if err != nil || (len(left) == 0) != (test.want == "") {
				t.Errorf("%d objects are left: %v", len(left), err)
			}
		})
	}
}

// A job that ends while a deletion is put off does not wait, and says what was
// left.
func TestDeletionsThatAreCancelled(t *testing.T) {
	set(t, &longestBackoff, time.Hour)
	a, s := stored(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answered := middleware.InitializeMiddlewareFunc("Answered", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, data, err := next.HandleInitialize(ctx, in)
		if _, ok := in.Parameters.(*s3.DeleteObjectsInput); ok {
			cancel()
		}
		return out, data, err
	})
	s.s3 = s3.New(s.s3.Options(), func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(answered, middleware.Before) })
	})
	a.cloud.failing(func(_ int, c call, w http.ResponseWriter) bool {
		if c.Method == http.MethodPost {
			perObject(w, "releases/1/index.html", "SlowDown")
		}
		return c.Method == http.MethodPost
	})
	if err := s.Remove(ctx, "releases/"); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "SlowDown") {
		t.Errorf("error %v", err)
	}
}

// stored is a deployment in a bucket.
func stored(t *testing.T) (*app, *store) {
	t.Helper()
	a := newApp(t, newCloud(t))
	a.write(t, small("v1"))
	d, err := a.up()
	if err != nil {
		t.Fatal(err)
	}
	acc, err := connect(t.Context(), d.Region, d.Endpoint, d.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	return a, &store{acc}
}
