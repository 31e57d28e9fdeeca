package witness_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
)

const origin = "example.com/log"

func mustKey(t testing.TB, typ tlog.Type, name string) *tlog.Key {
	t.Helper()
	text, err := tlog.GenerateKey(typ, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := tlog.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// log is a log of some entries, all in memory.
type log struct {
	t    testing.TB
	key  *tlog.Key
	tree tlog.Nodes
}

// newLog makes a log of n entries; logs of another kind have others.
func newLog(t testing.TB, key *tlog.Key, kind string, n int) *log {
	t.Helper()
	l := &log{t, key, tlog.Nodes{}}
	var leaves []tlog.Hash
	for i := range n {
		leaves = append(leaves, tlog.LeafHash(fmt.Appendf(nil, "%s %d", kind, i)))
	}
	nodes, err := tlog.Append(0, leaves, l.tree)
	if err != nil {
		t.Fatal(err)
	}
	l.tree.Add(nodes)
	return l
}

func (l *log) checkpoint(size int64) []byte {
	l.t.Helper()
	root, err := tlog.Root(size, l.tree)
	if err != nil {
		l.t.Fatal(err)
	}
	msg, err := tlog.Sign(tlog.Checkpoint{Origin: origin, Size: size, Root: root}, l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	return msg
}

func (l *log) prove(size int64) func(int64) ([]tlog.Hash, error) {
	return func(old int64) ([]tlog.Hash, error) { return tlog.ProveConsistency(old, size, l.tree) }
}

func (l *log) request(old, size int64) witness.Request {
	l.t.Helper()
	proof, err := l.prove(size)(old)
	if err != nil {
		l.t.Fatal(err)
	}
	return witness.Request{Old: old, Proof: proof, Checkpoint: l.checkpoint(size)}
}

// running is a witness behind real TLS, with its client.
type running struct {
	*witness.Client
	t      testing.TB
	config witness.Config
	server *witness.Server
	http   *httptest.Server
}

func start(t testing.TB, dir string, key *tlog.Key, logs ...*tlog.Key) *running {
	t.Helper()
	r := &running{t: t, config: witness.Config{Dir: dir, Key: key}}
	for _, l := range logs {
		r.config.Logs = append(r.config.Logs, witness.Log{Keys: []string{l.VerifierText()}})
	}
	r.up()
	t.Cleanup(r.down)
	return r
}

func (r *running) up() {
	r.t.Helper()
	var err error
	if r.server, err = witness.Open(r.config); err != nil {
		r.t.Fatal(err)
	}
	r.http = httptest.NewTLSServer(r.server)
	r.Client = &witness.Client{URL: r.http.URL + "/", Witness: r.config.Key.Verifier(), HTTP: r.http.Client()}
}

func (r *running) down() {
	r.http.Close()
	if err := r.server.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		r.t.Error(err)
	}
}

// post sends a body as it is.
func (r *running) post(body []byte) (status int, contentType, answer string) {
	r.t.Helper()
	resp, err := r.http.Client().Post(r.http.URL+"/add-checkpoint", "", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b)
}

// known is the size that the witness says it knows.
func (r *running) known(l *log) int64 {
	r.t.Helper()
	_, err := r.Submit(r.t.Context(), witness.Request{Old: 39, Checkpoint: l.checkpoint(39)})
	var conflict *witness.ConflictError
	if !errors.As(err, &conflict) {
		r.t.Fatalf("the witness answered %v", err)
	}
	return conflict.Size
}

func setUp(t testing.TB) (*running, *log) {
	t.Helper()
	key := mustKey(t, tlog.TypeLog, origin)
	return start(t, t.TempDir(), mustKey(t, tlog.TypeWitness, "w.example"), key), newLog(t, key, "entry", 40)
}
