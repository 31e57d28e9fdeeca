package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// ErrFork says that the witness has cosigned another tree of the checkpoint's size. The log
// was rebuilt, or two of them use one key; asking again does not help.
var ErrFork = clientele.Errorf(clientele.Conflict, "the witness has seen another tree of the same size from this log").
	WithHint("compare the log with its last backup before anything else is written to it")

// Client asks one witness.
type Client struct {
	// URL is the witness's submission prefix: https, without "/add-checkpoint".
	URL string
	// Witness checks its cosignatures; lines by others are ignored.
	Witness note.Verifier
	// HTTP carries the calls; nil is a client with the system's roots. Redirects are not
	// followed.
	HTTP *http.Client
	// Timeout is for one call; zero is ten seconds.
	Timeout time.Duration
}

// Cosign has the witness cosign a signed checkpoint and gives it with the cosignature added.
// It begins from the size that the witness is thought to know, and tries once more from the
// one that it does know. prove gives the proof that the checkpoint's tree begins with the tree
// of an old size, as tlog.ProveConsistency does.
func (c *Client) Cosign(ctx context.Context, checkpoint []byte, old int64, prove func(old int64) ([]tlog.Hash, error)) ([]byte, error) {
	now, err := tlog.Unverified(checkpoint)
	if err != nil {
		return nil, err
	}
	old = min(old, now.Size)
	lines, err := c.prove(ctx, checkpoint, old, prove)
	var conflict *ConflictError
	if errors.As(err, &conflict) && conflict.Size != old && conflict.Size <= now.Size {
		lines, err = c.prove(ctx, checkpoint, conflict.Size, prove)
	}
	if err != nil {
		return nil, err
	}
	return tlog.AddCosignatures(checkpoint, lines, c.Witness)
}

func (c *Client) prove(ctx context.Context, checkpoint []byte, old int64, prove func(old int64) ([]tlog.Hash, error)) ([]byte, error) {
	proof, err := prove(old)
	if err != nil {
		return nil, fmt.Errorf("prove to the witness: %w", err)
	}
	return c.Submit(ctx, Request{old, proof, checkpoint})
}

// Submit makes one call and gives the witness's lines of cosignatures, checked. The
// error is a ConflictError if the witness knows another size, or ErrFork.
func (c *Client) Submit(ctx context.Context, r Request) ([]byte, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/add-checkpoint", bytes.NewReader(r.Marshal()))
	if err != nil {
		return nil, fmt.Errorf("ask the witness: %w", err)
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Unavailable, Msg: "the witness does not answer", Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, tlog.MaxCheckpoint+1))
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Unavailable, Msg: "the witness's answer broke off", Err: err}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp, body)
	}
	lines, err := tlog.CheckCosignatures(r.Checkpoint, body, c.Witness)
	if err != nil {
		return nil, fmt.Errorf("read the witness's answer: %w", err)
	}
	return lines, nil
}

func (c *Client) client() *http.Client {
	h := http.Client{}
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// refused is the error for an answer other than 200.
func refused(resp *http.Response, body []byte) error {
	switch resp.StatusCode {
	case http.StatusConflict:
		if resp.Header.Get("Content-Type") != "text/x.tlog.size" {
			return ErrFork
		}
		text, _ := strings.CutSuffix(string(body), "\n")
		size, err := tlog.ParseSize(text)
		if err != nil {
			return fmt.Errorf("read the size that the witness knows: %w", err)
		}
		return &ConflictError{size}
	case http.StatusNotFound:
		return clientele.Errorf(clientele.NotFound, "the witness does not know this log").WithHint("give the log's verifier key to whoever runs the witness")
	case http.StatusForbidden:
		return clientele.Errorf(clientele.Denied, "the witness knows this log by another key").WithHint("give the log's verifier key to whoever runs the witness")
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return clientele.Errorf(clientele.Invalid, "the witness refused the checkpoint: %s, %.200q", resp.Status, body)
	}
	return clientele.Errorf(clientele.Unavailable, "the witness answered %s", resp.Status)
}
