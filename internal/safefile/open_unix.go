//go:build unix

package safefile

import "syscall"

// openFlags keep an open from following a link and from waiting for a pipe's other side.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
