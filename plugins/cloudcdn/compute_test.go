package cloudcdn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"google.golang.org/api/compute/v1"
)

// kinds are the parts of a load balancer, as Google's own structs describe them.
var kinds = map[string]func() any{
	"addresses":          func() any { return new(compute.Address) },
	"backendBuckets":     func() any { return new(compute.BackendBucket) },
	"urlMaps":            func() any { return new(compute.UrlMap) },
	"sslCertificates":    func() any { return new(compute.SslCertificate) },
	"sslPolicies":        func() any { return new(compute.SslPolicy) },
	"targetHttpsProxies": func() any { return new(compute.TargetHttpsProxy) },
	"targetHttpProxies":  func() any { return new(compute.TargetHttpProxy) },
	"forwardingRules":    func() any { return new(compute.ForwardingRule) },
}

// engine simulates Compute Engine's global load balancing: names, references,
// what may not be deleted, fingerprints and operations that take a while.
type engine struct {
	mu          sync.Mutex
	parts       map[string]map[string]any // "kind/name" -> fields
	operations  map[string]int            // name -> polls until it is done
	failed      map[string]int            // name -> HTTP status it ends with
	failNext    int
	polls       int // of an operation until it is done
	n           int
	invalidated []string
}

func newEngine() *engine {
	return &engine{parts: map[string]map[string]any{}, operations: map[string]int{}, failed: map[string]int{}, polls: 2}
}

var (
	partName  = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
	reference = regexp.MustCompile(`/global/([A-Za-z]+)/([a-z0-9-]+)$`)
)

func refuse(w http.ResponseWriter, status int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": status, "message": message, "errors": []any{map[string]string{"reason": reason, "message": message}},
	}})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// decode reads a request as strictly as the API does.
func decode(kind string, r io.Reader) (map[string]any, error) {
	typed := kinds[kind]()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	strict := json.NewDecoder(bytes.NewReader(content))
	strict.DisallowUnknownFields()
	if err := strict.Decode(typed); err != nil {
		return nil, err
	}
	var fields map[string]any
	return fields, json.Unmarshal(content, &fields)
}

// references lists all parts that the fields name.
func references(v any) []string {
	var all []string
	switch v := v.(type) {
	case string:
		if m := reference.FindStringSubmatch(v); m != nil {
			all = append(all, m[1]+"/"+m[2])
		}
	case []any:
		for _, e := range v {
			all = append(all, references(e)...)
		}
	case map[string]any:
		for key, e := range v {
			if key != "selfLink" {
				all = append(all, references(e)...)
			}
		}
	}
	return all
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	below, ok := strings.CutPrefix(r.URL.Path, "/compute/v1/projects/acme-prod/")
	below = strings.TrimPrefix(below, "global/") // which some verbs go without
	parts := append(strings.Split(below, "/"), "", "")
	kind, name, verb := parts[0], parts[1], parts[2]
	switch {
	case ok && kind == "operations":
		e.operation(w, name)
		return
	case !ok || kinds[kind] == nil:
		refuse(w, http.StatusNotFound, "notFound", r.URL.Path)
		return
	}
	key := kind + "/" + name
	if name != "" && e.parts[key] == nil {
		refuse(w, http.StatusNotFound, "notFound", key+" was not found")
		return
	}
	switch {
	case r.Method == http.MethodGet && name == "":
		items := []any{}
		for k, v := range e.parts {
			if path.Dir(k) == kind {
				items = append(items, v)
			}
		}
		reply(w, map[string]any{"items": items})
	case r.Method == http.MethodGet:
		reply(w, e.parts[key])
	case r.Method == http.MethodPost && name == "", r.Method == http.MethodPut:
		e.write(w, r, kind, name)
	case r.Method == http.MethodDelete:
		for user, v := range e.parts {
			for _, used := range references(v) {
				if used == key {
					refuse(w, http.StatusBadRequest, "resourceInUseByAnotherResource", key+" is used by "+user)
					return
				}
			}
		}
		delete(e.parts, key)
		e.begin(w)
	case verb == "setSslCertificates":
		var in compute.TargetHttpsProxiesSetSslCertificatesRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.SslCertificates) == 0 {
			refuse(w, http.StatusBadRequest, "invalid", "sslCertificates")
			return
		}
		var list []any
		for _, c := range in.SslCertificates {
			list = append(list, c)
		}
		e.parts[key]["sslCertificates"] = list
		e.begin(w)
	case verb == "invalidateCache":
		var in compute.CacheInvalidationRule
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasPrefix(in.Path, "/") {
			refuse(w, http.StatusBadRequest, "invalid", "path")
			return
		}
		e.invalidated = append(e.invalidated, in.Path)
		e.begin(w)
	default:
		refuse(w, http.StatusNotFound, "notFound", r.Method+" "+r.URL.Path)
	}
}

// write makes a part or replaces it.
func (e *engine) write(w http.ResponseWriter, r *http.Request, kind, name string) {
	fields, err := decode(kind, r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid", err.Error())
		return
	}
	given, _ := fields["name"].(string)
	key := kind + "/" + given
	switch {
	case !partName.MatchString(given):
		refuse(w, http.StatusBadRequest, "invalid", "name "+given)
		return
	case name == "" && e.parts[key] != nil:
		refuse(w, http.StatusConflict, "alreadyExists", key+" already exists")
		return
	case name != "" && fields["fingerprint"] != e.parts[key]["fingerprint"]:
		refuse(w, http.StatusPreconditionFailed, "conditionNotMet", "fingerprint")
		return
	}
	for _, used := range references(fields) {
		if e.parts[used] == nil {
			refuse(w, http.StatusBadRequest, "invalid", key+" names "+used+", which is not there")
			return
		}
	}
	e.n++
	switch kind {
	case "addresses":
		fields["address"] = "203.0.113.10"
	case "urlMaps":
		fields["fingerprint"] = fmt.Sprintf("f%d", e.n)
	case "sslCertificates":
		fields["managed"].(map[string]any)["status"] = "PROVISIONING"
	}
	e.parts[key] = fields
	e.begin(w)
}

// begin answers with an operation that is done after some polls.
func (e *engine) begin(w http.ResponseWriter) {
	e.n++
	name := fmt.Sprintf("operation-%d", e.n)
	e.operations[name] = e.polls
	if e.failNext != 0 {
		e.failed[name], e.failNext = e.failNext, 0
	}
	reply(w, compute.Operation{Name: name, Status: "RUNNING"})
}

func (e *engine) operation(w http.ResponseWriter, name string) {
	left, ok := e.operations[name]
	if !ok {
		refuse(w, http.StatusNotFound, "notFound", name)
		return
	}
	op := compute.Operation{Name: name, Status: "RUNNING"}
	if left--; left <= 0 {
		op.Status = "DONE"
		if status := e.failed[name]; status != 0 {
			op.HttpErrorStatusCode = int64(status)
			op.Error = &compute.OperationError{Errors: []*compute.OperationErrorErrors{{Code: "INTERNAL_ERROR", Message: "planted"}}}
		}
	}
	e.operations[name] = left
	reply(w, op)
}

// part reads a part as Google's struct.
func part[T any](e *engine, kind, name string) *T {
	e.mu.Lock()
	defer e.mu.Unlock()
	fields, ok := e.parts[kind+"/"+name]
	if !ok {
		return nil
	}
	content, _ := json.Marshal(fields)
	out := new(T)
	if json.Unmarshal(content, out) != nil {
		return nil
	}
	return out
}
