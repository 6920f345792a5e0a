package engine

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// TestRestoreLooksAgainUnderTheLock has somebody else mend the state between the
// first look at it and the lock: what they wrote stays.
func TestRestoreLooksAgainUnderTheLock(t *testing.T) {
	ctx, s := t.Context(), newStore(t)
	key := s.base() + ".json"
	good, err := s.encodeCheckpoint(key, apitype.TypedDeployment{Version: 3})
	if err != nil {
		t.Fatal(err)
	}
	put := func(key string, data []byte) {
		t.Helper()
		if err := s.bucket.WriteAll(ctx, key, data, nil); err != nil {
			t.Fatal(err)
		}
	}
	put(key+".bak", good)
	put(key, []byte("{"))
	dead := newHeldLock(s, s.lockDir()+"/dead.json")
	dead.file.Pid = endedProcess(t)
	if err := dead.write(ctx); err != nil {
		t.Fatal(err)
	}
	theirs := append(good, '\n')
	taken := false
	err = s.verify(ctx, true, func(e infra.Event) {
		if _, ok := e.(infra.LockTakenOver); !ok {
			t.Errorf("told %v", e)
			return
		}
		taken = true
		put(key, theirs)
	})
	if err != nil || !taken {
		t.Fatalf("lock taken over %t, %v", taken, err)
	}
	now, err := s.bucket.ReadAll(ctx, key)
	if err != nil || string(now) != string(theirs) {
		t.Errorf("the state is %q, %v", now, err)
	}
	if aside, err := s.list(ctx, s.base()+".damaged-"); err != nil || len(aside) > 0 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
}
