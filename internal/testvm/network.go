package testvm

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// What there is of the network once: a test has one machine at a time.
const (
	space     = "pilot-vm"
	link      = "pilotvm0"
	tap       = "tap0"
	hostSide  = "10.233.0.1"
	spaceSide = "10.233.0.2"
)

// The addresses of the cloud's own services, as the machine sees them.
const (
	metadataAddress = "169.254.169.254"
	storeAddress    = "169.254.169.253"
)

// network is the cloud around the machine, a network namespace: its subnet, the
// public address that is translated to the private one, both from outside and
// from the machine itself, and the addresses of the metadata service and the
// secret store. Nothing of it is seen by this machine but the way to the public
// address.
type network struct {
	public, private, gateway netip.Addr
	subnet                   netip.Prefix
}

// run runs commands, each a line of words, and stops at the first that fails.
func run(lines ...string) error {
	for _, l := range lines {
		words := strings.Fields(l)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", l, err, out)
		}
	}
	return nil
}

// makeSpace makes the namespace with the services' addresses.
func makeSpace() error {
	removeSpace()
	in := "ip netns exec " + space + " "
	return run(
		"ip netns add "+space,
		"ip link add "+link+" type veth peer name eth0 netns "+space,
		"ip address add "+hostSide+"/30 dev "+link,
		"ip link set "+link+" up",
		in+"ip link set lo up",
		in+"ip address add "+metadataAddress+"/32 dev lo",
		in+"ip address add "+storeAddress+"/32 dev lo",
		in+"ip address add "+spaceSide+"/30 dev eth0",
		in+"ip link set eth0 up",
		in+"sysctl -q -w net.ipv4.ip_forward=1",
		in+"ip tuntap add "+tap+" mode tap",
		in+"ip link set "+tap+" up",
	)
}

func removeSpace() {
	_ = exec.Command("ip", "link", "delete", link).Run()
	_ = exec.Command("ip", "netns", "delete", space).Run()
}

// attach gives the machine its addresses.
func (n network) attach() error {
	in := "ip netns exec " + space + " "
	nat := in + "iptables -w -t nat -A "
	return run(
		fmt.Sprintf("%sip address add %s/%d dev %s", in, n.gateway, n.subnet.Bits(), tap),
		fmt.Sprintf("%sPREROUTING -d %s -j DNAT --to-destination %s", nat, n.public, n.private),
		fmt.Sprintf("%sPOSTROUTING -s %s -d %s -j MASQUERADE", nat, n.private, n.private),
		fmt.Sprintf("ip route add %s/32 via %s dev %s", n.public, spaceSide, link),
	)
}

// listen opens a port inside the namespace.
func listen(address string) (net.Listener, error) {
	type result struct {
		l   net.Listener
		err error
	}
	done := make(chan result, 1)
	go func() {
		// The thread is not given back: it ends with this goroutine, in whatever namespace it is.
		runtime.LockOSThread()
		f, err := os.Open("/var/run/netns/" + space)
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer f.Close()
		if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{nil, fmt.Errorf("enter the network namespace %s: %w", space, err)}
			return
		}
		l, err := net.Listen("tcp", address)
		done <- result{l, err}
	}()
	r := <-done
	return r.l, r.err
}
