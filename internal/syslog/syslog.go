package syslog

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/clientele/clientele"
)

// Transport is how messages travel.
type Transport string

// The transports. TLS is the one to use: the others are neither private nor, for UDP, sure
// to arrive.
const (
	TLS Transport = "tls"
	TCP Transport = "tcp"
	UDP Transport = "udp"
)

// Limits.
const (
	MaxMessage  = 256 << 10 // bytes of one message; a longer text is cut
	maxDatagram = 60000     // over UDP
	maxKept     = 1 << 20   // bytes that are sent again after a connection broke
	defaultTime = 15 * time.Second
)

// Config says where messages go.
type Config struct {
	Transport Transport // TLS unless set
	// Address is host:port; without a port 6514 for TLS, 601 for TCP, 514 for UDP.
	Address string
	// Roots are the authorities that may vouch for the receiver; nil means the system's.
	Roots *x509.CertPool
	// Certificate is shown to a receiver that asks for one; may be nil.
	Certificate *tls.Certificate
	// Timeout bounds connecting, and writing one batch; 15 s unless set.
	Timeout time.Duration
}

var ports = map[Transport]string{TLS: "6514", TCP: "601", UDP: "514"}

// Sender sends messages over one connection, which it makes when it is needed and again
// after it broke. It may be used by several goroutines.
//
// Syslog has no answer from the receiver. What was written may be lost with the connection,
// so the last of it, up to a mebibyte, is sent again over the next one; a receiver tells by
// the content that it has it already.
//
// BUG(syslog): When this process and the connection end together, what the receiver had not
// yet read of the last batches is lost.
type Sender struct {
	c    Config
	host string // that the certificate must name

	mu   sync.Mutex // guards the fields below
	conn net.Conn
	gone chan struct{} // closed when the receiver has closed conn
	kept [][]byte      // frames written to conn, of which the receiver may have lost some
	size int           // of kept, in bytes
}

// New checks the configuration. It connects to nothing.
func New(c Config) (*Sender, error) {
	if c.Transport == "" {
		c.Transport = TLS
	}
	port, ok := ports[c.Transport]
	if !ok {
		return nil, clientele.Errorf(clientele.Invalid, "syslog travels over tls, tcp or udp, not %q", c.Transport)
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTime
	}
	host, p, err := net.SplitHostPort(c.Address)
	if err != nil {
		host, p = c.Address, port
	}
	if n, err := strconv.ParseUint(p, 10, 16); host == "" || err != nil || n == 0 {
		return nil, clientele.Errorf(clientele.Invalid, "the address of a syslog receiver is host:port")
	}
	c.Address = net.JoinHostPort(host, p)
	return &Sender{c: c, host: host}, nil
}

// Send writes the messages in their order, connecting first if need be. After an error some
// may have arrived; they are to be sent again.
func (s *Sender) Send(ctx context.Context, messages []Message) error {
	frames := make([][]byte, len(messages))
	for i, m := range messages {
		frames[i] = s.frame(m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken() {
		s.drop()
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.write(ctx, frames); err != nil {
		s.drop()
		return fmt.Errorf("write to the syslog receiver: %w", err)
	}
	s.keep(frames)
	return nil
}

// Close ends the connection in good order.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drop()
}

// frame is a message as it stands in the stream: counted, but for UDP, where the datagram
// counts.
func (s *Sender) frame(m Message) []byte {
	if s.c.Transport == UDP {
		return cut(m.Append(nil), maxDatagram)
	}
	b := cut(m.Append(nil), MaxMessage)
	return append([]byte(strconv.Itoa(len(b))+" "), b...)
}

// connect makes a connection unless there is one, and sends again what may have been lost
// with the last.
func (s *Sender) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return &clientele.Error{Kind: clientele.Unavailable, Msg: "the syslog receiver cannot be reached: " + err.Error(), Err: err}
	}
	s.conn, s.gone = conn, make(chan struct{})
	if s.c.Transport == UDP {
		return nil
	}
	go watch(conn, s.gone)
	if err := s.write(ctx, s.kept); err != nil {
		s.drop()
		return fmt.Errorf("write to the syslog receiver: %w", err)
	}
	return nil
}

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	d := &net.Dialer{Timeout: s.c.Timeout, KeepAlive: 15 * time.Second}
	if s.c.Transport != TLS {
		return d.DialContext(ctx, string(s.c.Transport), s.c.Address)
	}
	config := &tls.Config{ServerName: s.host, RootCAs: s.c.Roots, MinVersion: tls.VersionTLS12}
	if s.c.Certificate != nil {
		config.Certificates = []tls.Certificate{*s.c.Certificate}
	}
	return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", s.c.Address)
}

// watch closes gone when the receiver closes the connection. A receiver has nothing to say,
// so one that speaks is shut out as well. It ends when the connection is closed.
func watch(conn net.Conn, gone chan struct{}) {
	defer close(gone)
	var b [1]byte
	_, _ = conn.Read(b[:])
}

func (s *Sender) broken() bool {
	if s.conn == nil {
		return false
	}
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

func (s *Sender) write(ctx context.Context, frames [][]byte) error {
	deadline := time.Now().Add(s.c.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if s.c.Transport != UDP {
		_, err := s.conn.Write(bytes.Join(frames, nil))
		return err
	}
	for _, f := range frames {
		if _, err := s.conn.Write(f); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// keep remembers the last frames.
func (s *Sender) keep(frames [][]byte) {
	if s.c.Transport == UDP {
		return
	}
	for _, f := range frames {
		s.kept = append(s.kept, f)
		s.size += len(f)
	}
	for len(s.kept) > 0 && s.size > maxKept {
		s.size -= len(s.kept[0])
		s.kept = s.kept[1:]
	}
}

// drop closes the connection. What was kept stays for the next one.
func (s *Sender) drop() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	if s.c.Transport != UDP {
		<-s.gone
	}
	s.conn = nil
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
