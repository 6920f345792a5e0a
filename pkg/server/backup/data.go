package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/proto"
)

// own are the parts of a server's database that say who it is and who has
// access: its signing keys, users, log-in methods, settings, and the runners that
// have joined.
var own = []string{"hmac_keys", "user", "auth_method", "server-config", "runners"}

// maxMessage is the server's own limit for one message of a snapshot.
const maxMessage = 4 << 20

// database is an unpacked snapshot.
type database struct {
	header *pb.Snapshot_Header
	chunks []*pb.Snapshot_BoltChunk
}

// unpack reads the server's own form of a snapshot, with its checksum: gzip
// around messages, each behind its length.
func unpack(data []byte) (*database, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("its data is not packed as a snapshot: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxData))
	if err != nil {
		return nil, fmt.Errorf("its data can't be unpacked: %w", err)
	}
	m := &messages{rest: plain}
	d := &database{header: &pb.Snapshot_Header{}}
	if err := m.next(d.header); err != nil {
		return nil, err
	}
	if d.header.GetFormat() != pb.Snapshot_Header_BOLT {
		return nil, fmt.Errorf("its data has the format %s, want %s", d.header.GetFormat(), pb.Snapshot_Header_BOLT)
	}
	for {
		chunk := &pb.Snapshot_BoltChunk{}
		if err := m.next(chunk); err != nil {
			return nil, err
		}
		d.chunks = append(d.chunks, chunk)
		if chunk.GetFinal() {
			break
		}
	}
	sum := sha256.Sum256(plain[:len(plain)-len(m.rest)])
	trailer := &pb.Snapshot_Trailer{}
	if err := m.next(trailer); err != nil {
		return nil, err
	}
	if trailer.GetSha256() != hex.EncodeToString(sum[:]) {
		return nil, errors.New("the server's own checksum does not fit its data")
	}
	return d, nil
}

// pack is the reverse of unpack.
func (d *database) pack() ([]byte, error) {
	var plain bytes.Buffer
	write := func(m proto.Message) error {
		body, err := proto.Marshal(m)
		if err != nil {
			return err
		}
		plain.Write(binary.AppendUvarint(nil, uint64(len(body))))
		plain.Write(body)
		return nil
	}
	if err := write(d.header); err != nil {
		return nil, err
	}
	for _, c := range d.chunks {
		if err := write(c); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(plain.Bytes())
	if err := write(&pb.Snapshot_Trailer{Checksum: &pb.Snapshot_Trailer_Sha256{Sha256: hex.EncodeToString(sum[:])}}); err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		return nil, err
	}
	err := z.Close()
	return packed.Bytes(), err
}

// onto gives what is in d, with the parts that are the present server's own
// taken from there.
func (d *database) onto(present *database) *database {
	merged := &database{header: d.header}
	for _, c := range d.chunks {
		if !c.GetFinal() && !slices.Contains(own, c.GetBucket()) {
			merged.chunks = append(merged.chunks, c)
		}
	}
	for _, c := range present.chunks {
		if slices.Contains(own, c.GetBucket()) {
			merged.chunks = append(merged.chunks, c)
		}
	}
	merged.chunks = append(merged.chunks, &pb.Snapshot_BoltChunk{Final: true})
	return merged
}

// messages reads messages one after the other.
type messages struct{ rest []byte }

func (m *messages) next(into proto.Message) error {
	size, n := binary.Uvarint(m.rest)
	if n <= 0 || size > maxMessage || uint64(len(m.rest)-n) < size {
		return errors.New("its data ends in the middle")
	}
	err := proto.Unmarshal(m.rest[n:n+int(size)], into)
	m.rest = m.rest[n+int(size):]
	if err != nil {
		return fmt.Errorf("its data can't be read: %w", err)
	}
	return nil
}
