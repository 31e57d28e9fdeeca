package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/clientele/clientele/internal/notify/mail"
)

// manner is how a server behaves.
type manner struct {
	implicit bool
	noTLS    bool
	password string // empty: nobody has to sign in
	refuseAt string // MAIL, RCPT or DATA
	refusal  *smtp.SMTPError
	stall    <-chan struct{} // it says nothing to a mail until this closes
	onStall  func()
}

// server is a real SMTP server on loopback, with a real certificate.
type server struct {
	manner
	port    int
	roots   *x509.CertPool
	signIns atomic.Int32
	mu      sync.Mutex // guards got
	got     []delivery
}

type delivery struct {
	from string
	to   []string
	data []byte
	user string
	tls  bool
}

func newServer(t *testing.T, how manner) *server {
	t.Helper()
	s := &server{manner: how}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	config := s.certificate()
	if s.implicit {
		l = tls.NewListener(l, config)
	}
	srv := smtp.NewServer(s)
	srv.Domain = "mail.clientele.example"
	srv.AllowInsecureAuth = true // so that a client that would sign in without TLS is caught
	srv.ErrorLog = log.New(io.Discard, "", 0)
	if !s.noTLS {
		srv.TLSConfig = config
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		_ = l.Close() // Close knows the listener only once Serve has begun
		<-stopped
	})
	return s
}

// certificate borrows that of httptest, which is for 127.0.0.1 and example.com; the client
// is told to trust it.
func (s *server) certificate() *tls.Config {
	https := httptest.NewTLSServer(nil)
	defer https.Close()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(https.Certificate())
	return &tls.Config{Certificates: https.TLS.Certificates}
}

func (s *server) config() mail.Config {
	c := mail.Config{
		Host: "127.0.0.1", Port: s.port, Roots: s.roots,
		From: "Clientele <notices@clientele.example>", ReplyTo: "security@clientele.example",
	}
	if s.implicit {
		c.TLS = mail.Implicit
	}
	return c
}

func (s *server) take() []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// NewSession is called by go-smtp for each connection.
func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, conn: c}, nil
}

type session struct {
	s    *server
	conn *smtp.Conn
	d    delivery
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	x.s.signIns.Add(1)
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != x.s.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password " + password}
		}
		x.d.user = user
		return nil
	}), nil
}

func (x *session) refused(at string) error {
	if x.s.refuseAt == at {
		return x.s.refusal
	}
	return nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.s.password != "" && x.d.user == "" {
		return smtp.ErrAuthRequired
	}
	x.d.from = from
	return x.refused("MAIL")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.d.to = append(x.d.to, to)
	return x.refused("RCPT")
}

func (x *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if x.s.stall != nil {
		x.s.onStall()
		<-x.s.stall
		return errors.New("too late")
	}
	if err := x.refused("DATA"); err != nil {
		return err
	}
	_, x.d.tls = x.conn.TLSConnectionState()
	x.d.data = data
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.got = append(x.s.got, x.d)
	return nil
}

func (x *session) Reset()        { x.d = delivery{user: x.d.user} }
func (x *session) Logout() error { return nil }

// rude takes one mail and hangs up.
func rude(l net.Listener) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprint(conn, "220 mail.clientele.example\r\n")
	inData := false
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := in.Text()
		switch {
		case inData && line == ".":
			_, _ = fmt.Fprint(conn, "250 taken\r\n")
			return
		case inData:
		case strings.HasPrefix(line, "DATA"):
			inData = true
			_, _ = fmt.Fprint(conn, "354 go on\r\n")
		default:
			_, _ = fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}
