// Package notice holds what is said to people: a message with at most one decision in it, and
// its forms for mail, for chat and for machines.
//
// The texts of a message name clients, files and people, and were often chosen by somebody
// else. A Message is therefore never sent as it is. Message.Letter checks it and returns a
// Letter, whose texts are bounded and show what a reader, a mail client or a chat would
// otherwise act on or hide; every form is made from a Letter.
//
// A mail client or a chat may still turn something that looks like an address into a link.
// What is offered as a link is the URL of Act and More alone, and those are checked.
package notice

import (
	"context"
	"time"
)

// Message is one thing to tell one recipient.
type Message struct {
	// ID is the same each time the same message is sent to the same recipient, and differs
	// for every other, so that a receiver can drop what it has seen.
	ID string
	// Kind says what it is about, in lower case with full stops: "review.due".
	Kind string
	To   Recipient
	// Subject is one line, up to 150 characters.
	Subject string
	// Lines are paragraphs of plain text. Of each, 1,000 characters are kept, and of all, 12.
	Lines []string
	// Act is the one decision that is asked for, or nil where nothing is.
	Act *Act
	// More are up to five links to what lies behind. One that is no web address is left out.
	More []Link
	// Digest are the messages folded into this one, of which 25 are shown. Each may name its
	// own act; a digest within a digest is not shown.
	Digest []Message
	// At is when it happened, which may be long before it is sent.
	At time.Time
}

// Recipient is whom a message is for. A sender uses what its channel knows.
type Recipient struct {
	Name  string
	Email string
	// SlackUser is the member's id ("U02AB3CD4"), for a mention. Without one the name is shown.
	SlackUser string
}

// Act is a decision: what is asked, until when, what happens otherwise, and where it is made.
// It reads as one sentence: "Please keep, narrow or retire orders-export by 3 March 2026,
// 17:00 UTC; otherwise it is suspended."
type Act struct {
	Ask       string    // verb first, in lower case, without full stop
	Until     time.Time // the last moment at which the answer counts
	Otherwise string    // a clause, in lower case, without full stop
	Label     string    // of the link: "Review orders-export"
	URL       string

	sentence string // all of it, set by Message.Letter
}

// Link is a place on the web. URL is absolute, http or https, and holds no password.
type Link struct {
	Label string
	URL   string
}

// Sender delivers messages over one channel. Sending a message twice is harmless where the
// receiver looks at its ID. The error has a *Failure in its chain.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
