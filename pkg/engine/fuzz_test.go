package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// FuzzJournal reads whatever a crash, or a disk, may leave of a journal.
func FuzzJournal(f *testing.F) {
	const head = `{"journal":1,"base":"00"}` + "\n"
	f.Add([]byte(head))
	f.Add([]byte(head + `{"version":1,"kind":0,"sequenceID":1,"operationID":1,"operation":{"resource":{"urn":"urn:pulumi:dev::proj::a:b:C::x","custom":true,"type":"a:b:C"},"type":"creating"}}` + "\n"))
	f.Add([]byte(head + `{"version":1,"kind":1,"sequenceID":2,"operationID":1,"state":{"urn":"urn:pulumi:dev::proj::a:b:C::x","custom":true,"id":"i","type":"a:b:C"}}` + "\n" + `{"folded":"11"}` + "\n"))
	f.Add([]byte(head + `{"version":1,"ki`))
	f.Add([]byte(`{"journal":2}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, entries, _, err := parseJournal(raw)
		if err != nil {
			return
		}
		d, err := foldEntries(&apitype.DeploymentV3{}, entries)
		if err != nil {
			return
		}
		if _, err := json.Marshal(d.Deployment); err != nil {
			t.Errorf("folded into what can't be written: %v", err)
		}
	})
}

// FuzzLock reads whatever a lock file may hold: its owner is never declared
// gone for want of a readable word.
func FuzzLock(f *testing.F) {
	f.Add([]byte(`{"pid":1,"username":"ann","hostname":"h","timestamp":"2026-01-01T00:00:00Z","beat":3,"process":"a/b#1"}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`not json`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var l lockFile
		if json.Unmarshal(raw, &l) == nil && l.Beat != 0 {
			return
		}
		l.Hostname = "another-machine"
		if life, why := l.life(1000*time.Hour, false); l.Beat == 0 && (life == "gone" || why == "") {
			t.Errorf("%s: %s %q", raw, life, why)
		}
	})
}
