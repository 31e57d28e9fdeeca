// Package mail sends messages by SMTP, over TLS, as plain text with HTML beside it.
//
// The Message-ID is made of the message's id, so a mail that is sent again because its first
// delivery was in doubt is the same mail to the archive and the mail clients that look at it.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/textproto"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
)

// TLS is how the connection to the mail server is kept private.
type TLS string

// The manners. The zero value is STARTTLS.
const (
	STARTTLS TLS = "starttls" // begins in the clear and sends nothing before it is encrypted
	Implicit TLS = "implicit" // encrypted from the first byte
	Plain    TLS = "none"     // not encrypted, and only for a server on this machine
)

// Config says where mail is handed in and as whom.
type Config struct {
	Host string
	Port int // 587 for STARTTLS, 465 for Implicit and 25 for Plain, unless set
	TLS  TLS
	// Username and Password sign in at the server. Without a user name nobody signs in.
	Username string
	Password clientele.Plaintext
	From     string // an address, with or without a name: "Clientele <clientele@example.org>"
	ReplyTo  string // as From; may be empty
	// Timeout bounds one delivery from the first packet to the last; 30 s unless set.
	Timeout time.Duration
	// Roots are the authorities that may vouch for the server; nil means the system's.
	Roots *x509.CertPool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sender hands mails in. It may be used by several goroutines.
type Sender struct {
	c       Config
	from    *netmail.Address
	replyTo *netmail.Address // nil: none
	domain  string           // of From
}

var _ notice.Sender = (*Sender)(nil)

// New checks the configuration. It connects to nothing.
func New(c Config) (*Sender, error) {
	ports := map[TLS]int{STARTTLS: 587, Implicit: 465, Plain: 25}
	if c.TLS == "" {
		c.TLS = STARTTLS
	}
	if ports[c.TLS] == 0 {
		return nil, invalid(fmt.Sprintf("mail: unknown TLS mode %q", c.TLS), "use starttls, implicit or none")
	}
	if c.Port == 0 {
		c.Port = ports[c.TLS]
	}
	if c.Host == "" || c.Port < 0 || c.Port > 65535 {
		return nil, invalid("mail: the server has no host, or no possible port", "set host and port")
	}
	if c.TLS == Plain && !isLoopback(c.Host) {
		return nil, invalid("mail: without TLS only a server on this machine may be used", "use starttls or implicit")
	}
	if c.Username != "" && c.Password.Empty() {
		return nil, invalid("mail: there is a user name and no password", "set both or neither")
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return newSender(c)
}

func newSender(c Config) (*Sender, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, invalid("mail: from is no address", `write "Name <name@example.org>"`)
	}
	s := &Sender{c: c, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:]}
	if c.ReplyTo == "" {
		return s, nil
	}
	if s.replyTo, err = netmail.ParseAddress(c.ReplyTo); err != nil {
		return nil, invalid("mail: reply_to is no address", `write "Name <name@example.org>"`)
	}
	return s, nil
}

// Send delivers one message to its recipient's address. What the server answers to the mail
// itself with 5xx is permanent. All else is temporary, a refused sign-in and missing TLS
// too: they lie with the connection and may be mended while the message still matters.
func (s *Sender) Send(ctx context.Context, m notice.Message) error {
	letter, err := m.Letter()
	if err != nil {
		return notice.Permanent(err)
	}
	msg, err := s.compose(letter)
	if err != nil {
		return notice.Permanent(err)
	}
	// The end of this context closes the connection, however far it has come.
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return notice.Permanent(fmt.Errorf("set up mail: %w", err))
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return nil // the server has it, even if the goodbye went wrong
	}
	return s.failure(ctx, err)
}

// compose writes the letter as a mail.
func (s *Sender) compose(l notice.Letter) (*mail.Msg, error) {
	to, err := recipient(l.To())
	if err != nil {
		return nil, err
	}
	page, err := l.HTML()
	if err != nil {
		return nil, err
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to)
	if s.replyTo != nil {
		msg.ReplyToMailAddress(s.replyTo)
	}
	msg.Subject(l.Subject())
	msg.SetDateWithValue(s.c.Now().UTC())
	msg.SetMessageIDWithValue(l.ID() + "@" + s.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office replies
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same, for Exchange
	msg.SetBodyString(mail.TypeTextPlain, l.Text())
	msg.AddAlternativeString(mail.TypeTextHTML, page)
	return msg, nil
}

// recipient checks the address: one mailbox as RFC 5322 writes it, and nothing around it.
func recipient(r notice.Recipient) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(r.Email)
	if err != nil || a.Name != "" || a.Address != r.Email || strings.ContainsFunc(r.Email, odd) {
		return nil, invalid("the recipient has no usable mail address", "correct the person's address")
	}
	// net/mail writes a backslash beside other scripts in a way that RFC 2047, section 5,
	// forbids and net/mail itself does not read.
	return &netmail.Address{Name: strings.ReplaceAll(r.Name, `\`, "＼"), Address: a.Address}, nil
}

func odd(r rune) bool { return r <= ' ' || strings.ContainsRune(`"<>,;:\`, r) || !unicode.IsPrint(r) }

// client is new for every delivery: go-mail's client remembers how it signed in.
func (s *Sender) client(ctx context.Context) (*mail.Client, error) {
	policy := mail.NoTLS
	if s.c.TLS == STARTTLS {
		policy = mail.TLSMandatory
	}
	opts := []mail.Option{
		mail.WithPort(s.c.Port), mail.WithTimeout(s.c.Timeout), mail.WithTLSPolicy(policy),
		mail.WithTLSConfig(s.tls()), mail.WithDialContextFunc(s.dial(ctx)), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if s.c.Username != "" {
		opts = append(opts, mail.WithUsername(s.c.Username), mail.WithPassword(s.c.Password.Reveal()),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return mail.NewClient(s.c.Host, opts...)
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.c.Host, RootCAs: s.c.Roots, MinVersion: tls.VersionTLS12}
}

// dial opens the connection and closes it when the delivery's context ends; go-mail itself
// looks at the context while it dials, and not after.
func (s *Sender) dial(delivery context.Context) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{}
		if s.c.TLS == Plain {
			d.Control = onlyLoopback
		}
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(delivery, func() { _ = conn.Close() })
		if s.c.TLS != Implicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls())
		return secure, secure.HandshakeContext(ctx)
	}
}

// onlyLoopback looks at the address itself, whatever name led to it.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
		return errors.New("without TLS only a server on this machine may be used")
	}
	return nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// failure sorts what went wrong. Of an answer during greeting or sign-in only the code is
// kept: a server may repeat there what it was sent.
func (s *Sender) failure(ctx context.Context, err error) error {
	at := net.JoinHostPort(s.c.Host, strconv.Itoa(s.c.Port))
	if ctx.Err() != nil {
		return notice.Temporary(fmt.Errorf("send mail through %s: %w", at, ctx.Err()))
	}
	var refused *mail.SendError
	if errors.As(err, &refused) {
		err = fmt.Errorf("send mail through %s: %w", at, refused)
		if refused.ErrorCode() >= 500 {
			return notice.Permanent(err)
		}
		return notice.Temporary(err)
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return notice.Temporary(fmt.Errorf("connect to mail server %s: it answered %d", at, answer.Code))
	}
	return notice.Temporary(fmt.Errorf("connect to mail server %s: %w", at, err))
}

func invalid(msg, hint string) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: msg, Hint: hint}
}
