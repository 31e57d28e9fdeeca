package guard

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// once is a request that must have its effect once, however often it is sent.
type once struct {
	key     string
	request [32]byte
	status  int
	answer  []byte
}

type (
	onceKey      struct{}
	requestNoKey struct{}
)

// MaxKey is the longest idempotency key, in bytes.
const MaxKey = 128

// WithKey makes the first act under ctx happen once for this actor and key. request is what
// was asked; the same key with another request is a conflict. (The header is that of
// draft-ietf-httpapi-idempotency-key-header.)
func WithKey(ctx context.Context, key string, request []byte) (context.Context, error) {
	if len(key) > MaxKey {
		return nil, clientele.Errorf(clientele.Invalid, "the idempotency key is longer than %d bytes", MaxKey)
	}
	return context.WithValue(ctx, onceKey{}, &once{key: key, request: sha256.Sum256(request)}), nil
}

// WithoutKey lets requests of several acts see to being repeated themselves.
func WithoutKey(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, (*once)(nil))
}

func onceOf(ctx context.Context) *once {
	o, _ := ctx.Value(onceKey{}).(*once)
	return o
}

// WithRequestNo names the request that causes the acts under ctx.
func WithRequestNo(ctx context.Context, no string) context.Context {
	return context.WithValue(ctx, requestNoKey{}, no)
}

// RequestNo is the number of the request under ctx, or empty.
func RequestNo(ctx context.Context) string {
	s, _ := ctx.Value(requestNoKey{}).(string)
	return s
}

// Replay is the error that stands for the answer of an earlier request with the same key:
// the act is not run again, and the door sends this answer.
type Replay struct {
	Status int
	Body   []byte
}

func (r *Replay) Error() string { return "answered before" }

// Answer is what the door will answer to the request. It is kept with the act, for a
// repetition of the request.
func (a *Act) Answer(status int, v any) error {
	if a.once == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	a.once.status, a.once.answer = status, b
	return nil
}

// replayed looks whether the request was answered before.
func (a *Act) replayed() error {
	if a.once == nil {
		return nil
	}
	var request, answer []byte
	var status int
	err := a.Tx.Row(a.ctx, "SELECT request, status, answer FROM idempotency WHERE actor = ? AND key = ?", []any{a.Actor.String(), a.once.key}, &request, &status, &answer)
	switch {
	case NoRows(err):
		return nil
	case err != nil:
		return fmt.Errorf("look for an earlier answer: %w", err)
	case string(request) != string(a.once.request[:]):
		return clientele.Errorf(clientele.Conflict, "this idempotency key was used for another request").WithHint("use a new key for a new request")
	}
	return &Replay{status, answer}
}

// remember keeps the answer, in the act's transaction.
func (a *Act) remember() error {
	if a.once == nil {
		return nil
	}
	if a.once.status == 0 {
		return fmt.Errorf("act %s has no answer to repeat", a.name)
	}
	_, err := a.Tx.Exec(a.ctx, "INSERT INTO idempotency (actor, key, request, status, answer, at) VALUES (?, ?, ?, ?, ?, ?)",
		a.Actor.String(), a.once.key, a.once.request[:], a.once.status, a.once.answer, db.Micro(a.At))
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	return nil
}

func as(err error, target **clientele.Error) bool { return errors.As(err, target) }
