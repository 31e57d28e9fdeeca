package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 64 << 20

// Remote speaks to a Clientele server. The files of this package named for nouns add what it
// can ask.
type Remote struct {
	// Base is the server's address: "https://clientele.example".
	Base string
	// Token is a session's or machine's token, and empty before sign-in.
	Token string
	HTTP  *http.Client
	// Retries is how often a request that is safe to repeat is repeated when the server does
	// not answer or says that it is unavailable.
	Retries int
}

// NewRemote makes a Remote with sane limits.
func NewRemote(base, token string) *Remote {
	return &Remote{Base: strings.TrimRight(base, "/"), Token: token, Retries: 3, HTTP: &http.Client{
		Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a token never follows a redirect
		},
	}}
}

// Get asks for path with a query and decodes the answer into out.
func (r *Remote) Get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return r.Call(ctx, http.MethodGet, path, nil, out)
}

// Call sends in as JSON and decodes the answer into out, which may be nil. Every request but
// GET carries an idempotency key, so that repeating it is safe.
func (r *Remote) Call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	header := http.Header{"Accept": {"application/json"}}
	if in != nil {
		header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		header.Set("Idempotency-Key", rand.Text())
	}
	return r.Send(ctx, method, path, header, body, out)
}

// Send sends a request with its own header and body, and decodes a JSON answer into out, or
// copies any answer if out is an io.Writer.
func (r *Remote) Send(ctx context.Context, method, path string, header http.Header, body []byte, out any) error {
	for try := 0; ; try++ {
		err := r.once(ctx, method, path, header, body, out)
		if err == nil || try >= r.Retries || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(1<<try) * 100 * time.Millisecond):
		}
	}
}

// again reports whether a request may have better luck later.
func again(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status == http.StatusServiceUnavailable
	}
	var u *url.Error
	return errors.As(err, &u) && !errors.Is(err, context.Canceled)
}

func (r *Remote) once(ctx context.Context, method, path string, header http.Header, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.Base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header.Clone()
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	res, err := r.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return problemOf(res)
	}
	if w, ok := out.(io.Writer); ok {
		_, err := io.Copy(w, res.Body)
		return err
	}
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// problemOf reads the problem in an answer, or makes one of its status.
func problemOf(res *http.Response) error {
	p := &Problem{}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if json.Unmarshal(b, p) != nil || p.Status == 0 {
		p = &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode), Detail: fmt.Sprintf("the server answered %s", res.Status)}
	}
	return p
}

// All asks for every page of a list.
func All[T any](ctx context.Context, r *Remote, path string, query url.Values) ([]T, error) {
	var all []T
	if query == nil {
		query = url.Values{}
	}
	for {
		var page List[T]
		if err := r.Get(ctx, path, query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("after", page.Next)
	}
}
