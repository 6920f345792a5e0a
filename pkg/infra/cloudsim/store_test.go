package cloudsim

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const childVariable = "CLOUDSIM_TEST_CHILD"

// TestMain lets the test's binary be a second process on the same file.
func TestMain(m *testing.M) {
	if arg := os.Getenv(childVariable); arg != "" {
		path, name, _ := strings.Cut(arg, "|")
		if err := child(path, name); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child makes users without end, or 50 when its name says so, and tells of each.
func child(path, name string) error {
	sim, err := Open(path)
	if err != nil {
		return err
	}
	server := &server{sim: sim, cloud: awsCloud, at: where{region: "eu-west-1", account: DefaultAccount, partition: "aws"}}
	for n := 0; name[0] == 'k' || n < 50; n++ {
		in, err := marshal(propertyMap(Props{"name": fmt.Sprint(name, n), "path": "/"}), keepAll)
		if err != nil {
			return err
		}
		urn := urnOf(tokenUser, fmt.Sprint(name, n))
		if _, err := server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn, Properties: in}); err != nil {
			return err
		}
		fmt.Println(n)
	}
	return sim.Close()
}

// TestManyProcesses: processes that write at once lose nothing of each other's.
func TestManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud")
	sim := openSim(t, path)
	var running []*exec.Cmd
	for _, name := range []string{"a", "b", "c"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path+"|"+name)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := count(t, sim, tokenUser); n != 150 {
		t.Errorf("three processes made 50 users each, there are %d", n)
	}
}

// TestKilledProcess: a process that is killed at any moment leaves a file that
// opens, with everything that it had said was done.
func TestKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud")
	told := 0
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path+"|k"+fmt.Sprint(round)+"-")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 20+round && lines.Scan(); n++ {
			told++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			told++
		}
		_ = cmd.Wait() // it was killed
	}
	sim := openSim(t, path)
	if n := count(t, sim, tokenUser); n < told || n > told+5 {
		t.Errorf("%d were told as done, there are %d", told, n)
	}
}

// TestTornLine: half a line, as a kill in the middle of a write leaves it, is
// cut off.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud")
	r := rigOn(t, openSim(t, path), "aws")
	r.must(tokenUser, "a", Props{"name": "a"})
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"put":{"cloud":"aws","ty`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r.must(tokenUser, "b", Props{"name": "b"})
	if n := count(t, openSim(t, path)); n != 2 {
		t.Errorf("two users, there are %d", n)
	}
}

// TestForeignFile: a file that is something else is refused and left alone.
func TestForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud")
	if err := os.WriteFile(path, []byte("{\"hello\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "is not a simulated cloud") {
		t.Errorf("want a refusal, got: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "{\"hello\":1}\n" {
		t.Errorf("the file changed: %q", data)
	}
}

// TestFolding: the journal is folded, and another process that has it open
// goes over to the new file.
func TestFolding(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud")
	one, two := rigOn(t, openSim(t, path), "aws"), openSim(t, path)
	for range 600 {
		id := one.must(tokenVPC, "net", Props{"cidrBlock": "10.0.0.0/16"})
		if err := one.delete(tokenVPC, "net", id, Props{}); err != nil {
			t.Fatal(err)
		}
	}
	one.must(tokenUser, "a", Props{"name": "a"})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 700_000 {
		t.Errorf("the journal has grown to %d bytes", info.Size())
	}
	if n := count(t, two); n != 1 {
		t.Errorf("the other sees %d things, want 1", n)
	}
}

// TestImport: a thing is found by the id that import takes, and its inputs
// then need no change.
func TestImport(t *testing.T) {
	r := newRig(t, "aws")
	group := r.must(tokenSG, "g", Props{"name": "g", "vpcId": r.must(tokenVPC, "net", Props{"cidrBlock": "10.0.0.0/16"})})
	table := r.must(tokenRouteTable, "t", Props{"vpcId": only(t, r.sim, tokenVPC).ID})
	gateway := r.must(tokenGateway, "gw", Props{"vpcId": only(t, r.sim, tokenVPC).ID})
	r.must("aws:ec2/route:Route", "out", Props{"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway})
	for _, c := range []struct{ typ, id string }{
		{tokenSG, group}, {"aws:ec2/route:Route", table + "_0.0.0.0/0"},
	} {
		resp := r.read(c.typ, "imported", c.id)
		if resp.GetId() == "" {
			t.Errorf("%s %s was not found", c.typ, c.id)
			continue
		}
		in := r.unpack(resp.GetInputs())
		d, err := r.server.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urnOf(c.typ, "imported"), OldInputs: resp.GetInputs(), News: resp.GetInputs()})
		if err != nil || d.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
			t.Errorf("%s: inputs %v differ from themselves: %v %v", c.typ, in, d, err)
		}
		if _, problems := r.check(c.typ, "imported", Props(plain(in, "", func(string) bool { return false }))); len(problems) > 0 {
			t.Errorf("%s: imported inputs are not valid: %q", c.typ, problems)
		}
	}
	if resp := r.read(tokenSG, "imported", "sg-0none"); resp.GetId() != "" {
		t.Error("what is not there has no id")
	}
}
