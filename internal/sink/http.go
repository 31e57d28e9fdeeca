package sink

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
)

// HTTPConfig says where events are posted.
type HTTPConfig struct {
	// URL is https, or http to this machine. It may hold a token and so counts as a secret.
	URL clientele.Plaintext
	// Authorization is the whole value of the header of that name: "Splunk …", "Bearer …".
	Authorization clientele.Plaintext
	// Timeout bounds one post; 30 s unless set.
	Timeout time.Duration
	// Roots are the authorities that may vouch for the receiver; nil means the system's.
	Roots *x509.CertPool
}

// HTTP posts events as NDJSON, compressed with gzip. Only an answer of 2xx means that they
// have arrived. It follows no redirect, so that nothing reaches a place nobody named.
type HTTP struct {
	c      HTTPConfig
	client *http.Client
}

// NewHTTP checks the configuration. It connects to nothing.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, clientele.Errorf(clientele.Invalid, "the address to export to is an https address without a user name").
			WithHint("http is only for a receiver on this machine")
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	t.MaxResponseHeaderBytes = 64 << 10
	return &HTTP{c: c, client: &http.Client{
		Transport: t, Timeout: c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// errTooLarge is the answer 413.
var errTooLarge = errors.New("the receiver takes no request of that size")

// Deliver posts the records, in halves if they are too many at once for the receiver.
func (h *HTTP) Deliver(ctx context.Context, records []Record) error {
	err := h.post(ctx, records)
	if !errors.Is(err, errTooLarge) || len(records) < 2 {
		return err
	}
	half := len(records) / 2
	if err := h.Deliver(ctx, records[:half]); err != nil {
		return err
	}
	return h.Deliver(ctx, records[half:])
}

func (h *HTTP) post(ctx context.Context, records []Record) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, r := range records {
		_, _ = z.Write(append(r.JSON[:len(r.JSON):len(r.JSON)], '\n')) // to memory
	}
	if err := z.Close(); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.c.URL.Reveal(), &b)
	if err != nil {
		return errors.New("the address to export to cannot be used") // the error would repeat it
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Content-Encoding", "gzip")
	if !h.c.Authorization.Empty() {
		req.Header.Set("Authorization", h.c.Authorization.Reveal())
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	return judge(resp)
}

// unreachable takes the address, which may hold a token, out of an error.
func unreachable(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("the receiver cannot be reached: %w", err)
}

func judge(resp *http.Response) error {
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusRequestEntityTooLarge:
		return errTooLarge
	}
	err := fmt.Errorf("the receiver answered %d", resp.StatusCode)
	if after := notice.RetryAfter(resp.Header, time.Now()); after > 0 {
		return &laterError{err, after}
	}
	return err
}
