// Package team lets people in: an invite is one line of text that a teammate
// turns into access to the Pilot server, and to nothing below it. Whoever holds
// an invite gets no rights to Docker, to the cloud or to the stack's state.
package team
