package notice

import "time"

// Told is a notice as its recipient finds it in a list: what it says now, and how they were
// told.
type Told struct {
	Message
	Waits     bool   // its decision is still to be made
	Channel   string // "mail", "inbox", …
	State     string // pending, sent, failed, folded, expired
	CreatedAt time.Time
	SentAt    time.Time // zero: not yet, or as part of a digest
}

// Trial is how a message went that was sent to try a channel out.
type Trial struct {
	Channel string
	Problem string // empty: it was handed over
}
