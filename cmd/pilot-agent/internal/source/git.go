package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

const (
	uploadService  = "git-upload-pack"
	receiveService = "git-receive-pack"
	// maxCommands bounds the body of a fetch and the commands of a push.
	maxCommands = 1 << 20
)

// noThin tells git to send whole objects only: a delta against an object that is not in the pack can't be stored.
const noThin = capability.Capability("no-thin")

// enter is what all three git requests begin with.
func (r *Receiver) enter(req *http.Request, write, create bool) (*repository, access, error) {
	name := strings.TrimSuffix(req.PathValue("project"), ".git")
	who, err := r.authenticate(req, name, write)
	if err != nil {
		return nil, who, err
	}
	repo, err := r.project(req, create)
	return repo, who, err
}

// advertise answers GET info/refs.
func (r *Receiver) advertise(w http.ResponseWriter, req *http.Request) {
	service := req.URL.Query().Get("service")
	if service != uploadService && service != receiveService {
		r.refuse(w, req, http.StatusBadRequest, fmt.Errorf("service %q: want %s or %s (smart HTTP)", service, uploadService, receiveService))
		return
	}
	push := service == receiveService
	repo, who, err := r.enter(req, push, false)
	adv := packp.NewAdvRefs()
	adv.Prefix = [][]byte{[]byte("# service=" + service), pktline.Flush}
	switch {
	case err == nil:
		err = repo.fill(adv, who)
	case push && errors.Is(err, errNoProject):
		// The first push finds an empty repository; it is made when the push arrives.
		err = nil
	}
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	_ = adv.Capabilities.Set(capability.Agent, "pilot-agent")
	_ = adv.Capabilities.Set(capability.OFSDelta)
	if push {
		_ = adv.Capabilities.Set(capability.ReportStatus)
		_ = adv.Capabilities.Set(noThin)
	} else if adv.Head != nil {
		_ = adv.Capabilities.Add(capability.SymRef, "HEAD:"+mainBranch.String())
	}
	w.Header().Set("Content-Type", "application/x-"+service+"-advertisement")
	_ = adv.Encode(w)
}

func (r *repository) fill(adv *packp.AdvRefs, who access) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	refs, head, err := r.visible(r.storage(), who)
	if err != nil {
		return err
	}
	adv.References = refs
	if !head.IsZero() {
		adv.Head = &head
	}
	return nil
}

// uploadPack answers a fetch with all that the wanted snapshots hold. What the client already has is not looked at:
// snapshots are not each other's ancestors, and the runner clones from nothing each time.
func (r *Receiver) uploadPack(w http.ResponseWriter, req *http.Request) {
	repo, who, err := r.enter(req, false, false)
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	body, err := decoded(w, req, maxCommands)
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	if body, err = skipProbe(body); err != nil {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		return
	}
	ask := packp.NewUploadRequest()
	if err := ask.Decode(body); err != nil {
		r.refuse(w, req, http.StatusBadRequest, fmt.Errorf("read the fetch request: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	enc := pktline.NewEncoder(w)
	if !saysDone(body) {
		// A round of negotiation: nothing in common, go on.
		_ = enc.EncodeString("NAK\n")
		return
	}
	pack, err := r.packFor(repo, who, ask.Wants)
	if err != nil {
		// After a good request git shows this line; an HTTP status would hide it.
		_ = enc.EncodeString("ERR " + err.Error() + "\n")
		r.opts.Log.Warn("a fetch failed", "path", req.URL.Path, "err", err)
		return
	}
	defer discard(pack)
	if err := enc.EncodeString("NAK\n"); err != nil {
		return
	}
	_, _ = io.Copy(w, pack)
}

// packFor writes the wanted snapshots into a temporary file, so that a slow client holds no lock.
func (r *Receiver) packFor(repo *repository, who access, wants []plumbing.Hash) (_ *os.File, err error) {
	repo.mu.RLock()
	defer repo.mu.RUnlock()
	sto := repo.storage()
	refs, _, err := repo.visible(sto, who)
	if err != nil {
		return nil, err
	}
	allowed := map[plumbing.Hash]bool{}
	for _, hash := range refs {
		allowed[hash] = true
	}
	seen := map[plumbing.Hash]bool{}
	var all []plumbing.Hash
	for _, want := range wants {
		if !allowed[want] {
			return nil, fmt.Errorf("%s: %w", want, errNoSnapshot)
		}
		hashes, err := objects(sto, want)
		if err != nil {
			return nil, err
		}
		for _, hash := range hashes {
			if !seen[hash] {
				seen[hash] = true
				all = append(all, hash)
			}
		}
	}
	pack, err := r.tempFile()
	if err != nil {
		return nil, err
	}
	if _, err = encode(pack, sto, all); err == nil {
		_, err = pack.Seek(0, io.SeekStart)
	}
	if err != nil {
		discard(pack)
		return nil, err
	}
	return pack, nil
}

// decoded returns the request's body, unzipped when it is gzipped, limited both before and after.
func decoded(w http.ResponseWriter, req *http.Request, limit int64) (io.Reader, error) {
	body := io.Reader(http.MaxBytesReader(w, req.Body, limit))
	switch encoding := req.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, badRequest{fmt.Errorf("the body is not gzip, as its header says: %w", err)}
		}
		return http.MaxBytesReader(w, unzipped, limit), nil
	default:
		return nil, badRequest{fmt.Errorf("content encoding %q: want gzip or none", encoding)}
	}
}

// errProbe marks a request that holds a flush packet and nothing else. git sends it ahead of a large body, to learn
// whether its credentials are good, and wants an empty answer.
var errProbe = errors.New("a probe")

// skipProbe returns the body, or errProbe when that is all it is.
func skipProbe(body io.Reader) (io.Reader, error) {
	var head [5]byte
	n, err := io.ReadFull(body, head[:])
	if errors.Is(err, io.ErrUnexpectedEOF) && string(head[:n]) == "0000" {
		return nil, errProbe
	}
	return io.MultiReader(bytes.NewReader(head[:n]), body), nil
}

// saysDone reads the rest of a fetch request, and reports whether the client wants the pack now.
func saysDone(body io.Reader) bool {
	lines := pktline.NewScanner(body)
	for lines.Scan() {
		if strings.TrimSpace(string(lines.Bytes())) == "done" {
			return true
		}
	}
	return false
}

func (r *Receiver) tempFile() (*os.File, error) {
	f, err := os.CreateTemp(filepath.Join(r.opts.Data, "tmp"), "pack-")
	if err != nil {
		return nil, fmt.Errorf("make room for a transfer: %w", err)
	}
	return f, nil
}

func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
