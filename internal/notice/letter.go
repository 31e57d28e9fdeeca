package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// What is kept of a message, in characters and in number.
const (
	maxSubject     = 150 // what a heading in Slack holds
	maxLine        = 1000
	maxClause      = 300 // Ask and Otherwise
	maxLabel       = 75
	maxName        = 100
	maxURL         = 2000 // as written for Slack
	maxLines       = 12
	maxDigestLines = 3
	maxMore        = 5
	maxDigest      = 25
)

// Letter is a message made fit to be sent. Make one with Message.Letter.
type Letter struct {
	m    Message // every text in it is plain and within the limits
	rest int     // how many messages of the digest are not shown
}

var (
	kindForm  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	slackForm = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
	urlForm   = regexp.MustCompile(`^[A-Za-z0-9%:/?#@!$&'()*+,;=._~\[\]-]+$`)
)

// Letter checks the message and makes its texts harmless. What is refused, with an Invalid
// error, is what the caller writes and no client can name: a missing ID, kind, time or subject,
// and an act that does not say what is asked, until when, and what happens otherwise.
func (m Message) Letter() (Letter, error) {
	if m.ID == "" {
		return Letter{}, invalid("a message has no id")
	}
	if !kindForm.MatchString(m.Kind) || len(m.Kind) > 64 {
		return Letter{}, invalid("the kind of a message is words in lower case, joined by full stops")
	}
	out, err := m.tidy(maxLines, m.At)
	if err != nil {
		return Letter{}, err
	}
	out.ID, out.Kind = safeID(m.ID), m.Kind
	for _, d := range m.Digest[:min(len(m.Digest), maxDigest)] {
		item, err := d.tidy(maxDigestLines, m.At)
		if err != nil {
			return Letter{}, fmt.Errorf("digest: %w", err)
		}
		out.Digest = append(out.Digest, item)
	}
	return Letter{m: out, rest: max(len(m.Digest)-maxDigest, 0)}, nil
}

// tidy is the message without id, kind and digest, with texts that are plain and bounded.
// Time left is counted from at, that of the whole notice, since nobody knows when it will be read.
func (m Message) tidy(lines int, at time.Time) (Message, error) {
	out := Message{Subject: plain(m.Subject, maxSubject), At: m.At.UTC()}
	if out.Subject == "" {
		return Message{}, invalid("a message has no subject")
	}
	if m.At.IsZero() {
		return Message{}, invalid("a message does not say when it happened")
	}
	var err error
	if out.Act, err = m.Act.tidy(at); err != nil {
		return Message{}, err
	}
	out.To = m.To.tidy()
	for i, l := range m.Lines {
		if i == lines {
			out.Lines = append(out.Lines, fmt.Sprintf("… and %d more lines.", len(m.Lines)-i))
			break
		}
		out.Lines = append(out.Lines, plain(l, maxLine))
	}
	out.Lines = slices.DeleteFunc(out.Lines, func(l string) bool { return l == "" })
	out.More = tidyLinks(m.More)
	return out, nil
}

func (a *Act) tidy(at time.Time) (*Act, error) {
	if a == nil {
		return nil, nil
	}
	out := Act{Ask: plain(a.Ask, maxClause), Until: a.Until.UTC(), Otherwise: plain(a.Otherwise, maxClause), Label: plain(a.Label, maxLabel), URL: a.URL}
	if out.Ask == "" || out.Otherwise == "" || out.Label == "" || a.Until.IsZero() {
		return nil, invalid("an act says what is asked, until when, what happens otherwise, and has a label")
	}
	if !webAddress(a.URL) {
		return nil, invalid("the link of an act is no web address")
	}
	out.sentence = fmt.Sprintf("Please %s by %s (%s); otherwise %s.",
		out.Ask, out.Until.Format("2 January 2006, 15:04 UTC"), left(out.Until.Sub(at)), out.Otherwise)
	return &out, nil
}

func (r Recipient) tidy() Recipient {
	out := Recipient{Name: plain(r.Name, maxName), Email: r.Email, SlackUser: r.SlackUser}
	if strings.ContainsFunc(r.Email, unseen) || len(r.Email) > 320 {
		out.Email = plain(r.Email, 320) // seen to be wrong, and no address any more
	}
	if !slackForm.MatchString(r.SlackUser) {
		out.SlackUser = ""
	}
	return out
}

func tidyLinks(links []Link) []Link {
	var out []Link
	for _, l := range links {
		label := plain(l.Label, maxLabel)
		if label != "" && webAddress(l.URL) && len(out) < maxMore {
			out = append(out, Link{label, l.URL})
		}
	}
	return out
}

// webAddress reports whether a link may lead there. Its characters are those of RFC 3986, so
// that it ends no quote, bracket or line in any form.
func webAddress(s string) bool {
	if len(amp.Replace(s)) > maxURL || !urlForm.MatchString(s) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// safeID is the id itself where it is short and simple, and else a hash of it. It holds no
// full stop: signed webhooks use that to tell the id from what follows.
func safeID(id string) string {
	if idForm.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "h-" + hex.EncodeToString(sum[:16])
}

func invalid(msg string) error { return &clientele.Error{Kind: clientele.Invalid, Msg: msg} }

// ID is the message's id in up to 64 letters, digits, hyphens and underscores.
func (l Letter) ID() string { return l.m.ID }

// Subject is the subject in one line.
func (l Letter) Subject() string { return l.m.Subject }

// To is the recipient. The address is as it was given and to be checked by who uses it.
func (l Letter) To() Recipient { return l.m.To }

func left(d time.Duration) string {
	switch {
	case d <= 0:
		return "overdue"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days from this notice", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours from this notice", int(d/time.Hour))
	}
	return fmt.Sprintf("%d minutes from this notice", int(d/time.Minute))
}

// remainder says how many messages of the digest are not shown, or nothing.
func (l Letter) remainder() string {
	if l.rest == 0 {
		return ""
	}
	return fmt.Sprintf("… and %d more.", l.rest)
}
