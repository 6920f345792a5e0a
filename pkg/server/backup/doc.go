// Package backup writes what a Pilot server knows into one file, and brings it
// back: on the same server, or on a fresh one. A file is read and checked as a
// whole before any server is touched.
//
// Who has access is not part of what is restored. The users and the key that
// tokens are signed with stay the server's own, so that a restore neither lets
// a removed member back in nor locks out the members and runners of today.
package backup
