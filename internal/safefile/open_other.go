//go:build !unix

package safefile

// openFlags: these systems have none. The walk leaves links out; one that takes a file's
// place afterwards is followed.
const openFlags = 0
