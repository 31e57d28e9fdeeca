// Package audit keeps the record of governed acts: entries written in the transaction of the
// act itself, each a leaf of a Merkle tree (RFC 6962) in the same database, so that the
// house and its record cannot disagree. What an entry says of people is sealed with a key
// of the person, outside of the leaf, and can be shredded; bodies can be pruned; the tree
// verifies all the same.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/gowebpki/jcs"
)

// MaxEntry is the largest body of an entry, in bytes: what C2SP tlog-tiles can carry.
const MaxEntry = 1<<16 - 1

// Log appends entries and reads them.
type Log struct {
	db   *db.DB
	wrap *keywrap.Wrapper

	mu   sync.Mutex // guards edge
	edge edge
}

// edge is the right edge of the tree as it was after the last append, so that the next one
// reads nothing.
type edge struct {
	size  int64
	root  tlog.Hash
	nodes tlog.Nodes
}

// New makes the log of a database. wrap wraps the keys of persons.
func New(d *db.DB, wrap *keywrap.Wrapper) *Log { return &Log{db: d, wrap: wrap} }

// Head is the one row that every write locks.
type Head struct {
	Size   int64
	Root   tlog.Hash
	Policy int64 // the version of the policies in force
	Pruned int64 // bodies of entries below were pruned
}

// Lock reads the head and keeps all other writers waiting until the transaction ends.
func (l *Log) Lock(ctx context.Context, tx *db.Tx) (Head, error) {
	query := "SELECT size, root, policy, pruned FROM log_head WHERE id = 1"
	if tx.Dialect() == db.Postgres {
		query += " FOR UPDATE" // SQLite has one writer from the start
	}
	return readHead(ctx, tx, query)
}

// Head reads the head.
func (l *Log) Head(ctx context.Context, tx *db.Tx) (Head, error) {
	return readHead(ctx, tx, "SELECT size, root, policy, pruned FROM log_head WHERE id = 1")
}

func readHead(ctx context.Context, tx *db.Tx, query string) (h Head, err error) {
	var root []byte
	if err := tx.Row(ctx, query, nil, &h.Size, &root, &h.Policy, &h.Pruned); err != nil {
		return h, fmt.Errorf("read the head of the log: %w", err)
	}
	if len(root) != len(h.Root) {
		return h, clientele.Errorf(clientele.Internal, "the root of the log has %d bytes", len(root))
	}
	copy(h.Root[:], root)
	return h, nil
}

// Append writes entries after the head that Lock gave, and sets their places.
func (l *Log) Append(ctx context.Context, tx *db.Tx, h Head, entries []*clientele.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	keys, err := l.subjectKeys(ctx, tx, entries)
	if err != nil {
		return err
	}
	leaves := make([]tlog.Hash, len(entries))
	args := make([]any, 0, 12*len(entries))
	var boxes []box
	for i, e := range entries {
		e.Seq = h.Size + int64(i)
		sealed, err := seal(e, keys)
		if err != nil {
			return err
		}
		body, err := encode(e, sealed)
		if err != nil {
			return err
		}
		leaves[i] = tlog.LeafHash(body)
		boxes = append(boxes, sealed...)
		args = append(args, e.Seq, db.Micro(e.At), e.Act, e.Actor, e.Object, string(e.Client), e.Owner, e.Change, string(e.Verb), string(e.Outcome), leaves[i][:], string(body))
	}
	const columns = 12
	for chunk := range slices.Chunk(args, 500*columns) {
		if err := tx.Later(ctx, "INSERT INTO entry (seq, at, act, actor, object, client_id, owner_id, change_id, verb, outcome, leaf, body) VALUES "+
			db.Rows(len(chunk)/columns, columns), chunk...); err != nil {
			return fmt.Errorf("write the audit entry: %w", err)
		}
	}
	if err := writeBoxes(ctx, tx, boxes); err != nil {
		return err
	}
	return l.grow(ctx, tx, h, leaves)
}

// grow writes the tree's new nodes and its head.
func (l *Log) grow(ctx context.Context, tx *db.Tx, h Head, leaves []tlog.Hash) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.edge.nodes == nil || l.edge.size != h.Size || l.edge.root != h.Root {
		nodes, err := readNodes(ctx, tx, tlog.Edge(h.Size))
		if err != nil {
			return err
		}
		l.edge = edge{h.Size, h.Root, nodes}
	}
	nodes, err := tlog.Append(h.Size, leaves, l.edge.nodes)
	if err != nil {
		l.edge.nodes = nil
		return fmt.Errorf("append to the tree: %w", err)
	}
	if err := writeNodes(ctx, tx, nodes); err != nil {
		l.edge.nodes = nil
		return err
	}
	size := h.Size + int64(len(leaves))
	l.edge.nodes.Add(nodes)
	l.edge.nodes.Trim(size)
	root, err := tlog.Root(size, l.edge.nodes)
	if err != nil {
		return fmt.Errorf("root of the tree: %w", err)
	}
	// If the transaction is rolled back the head will not have this root, and the edge is
	// read again.
	l.edge.size, l.edge.root = size, root
	if err := tx.Later(ctx, "UPDATE log_head SET size = ?, root = ? WHERE id = 1", size, root[:]); err != nil {
		return fmt.Errorf("write the head of the log: %w", err)
	}
	return nil
}

func writeNodes(ctx context.Context, tx *db.Tx, nodes []tlog.Node) error {
	for chunk := range slices.Chunk(nodes, 2000) {
		args := make([]any, 0, 2*len(chunk))
		for _, n := range chunk {
			args = append(args, n.Pos, n.Hash[:])
		}
		if err := tx.Later(ctx, "INSERT INTO tree_node (pos, hash) VALUES "+db.Rows(len(chunk), 2), args...); err != nil {
			return fmt.Errorf("write the tree: %w", err)
		}
	}
	return nil
}

// body is an entry as it is hashed. Its canonical JSON (RFC 8785) is the leaf.
type body struct {
	V             int            `json:"v"`
	Seq           int64          `json:"seq"`
	At            string         `json:"at"`
	Act           string         `json:"act"`
	Actor         string         `json:"actor"`
	Rule          string         `json:"rule,omitempty"`
	OnBehalf      []string       `json:"on_behalf,omitempty"`
	Object        string         `json:"object"`
	Client        string         `json:"client,omitempty"`
	Owner         string         `json:"owner,omitempty"`
	Grant         string         `json:"grant,omitempty"`
	Change        string         `json:"change,omitempty"`
	PolicyVersion int64          `json:"policy_version"`
	Environment   string         `json:"environment,omitempty"`
	Verb          string         `json:"verb,omitempty"`
	DataClasses   []string       `json:"data_classes,omitempty"`
	Outcome       string         `json:"outcome"`
	Details       map[string]any `json:"details,omitempty"`
	RequestNo     string         `json:"request,omitempty"`
	Boxes         []boxRef       `json:"boxes,omitempty"`
}

// boxRef commits to a sealed box: whose key, and the hash of the ciphertext.
type boxRef struct {
	Key    string `json:"key"`
	SHA256 string `json:"sha256"`
}

const timeFormat = "2006-01-02T15:04:05.000000Z"

func encode(e *clientele.Entry, boxes []box) ([]byte, error) {
	b := body{
		V: 1, Seq: e.Seq, At: e.At.UTC().Format(timeFormat), Act: e.Act, Actor: e.Actor, Rule: e.Rule, OnBehalf: e.OnBehalf,
		Object: e.Object, Client: string(e.Client), Owner: e.Owner, Grant: e.Grant, Change: e.Change, PolicyVersion: e.PolicyVersion,
		Environment: e.Environment, Verb: string(e.Verb), DataClasses: e.DataClasses, Outcome: string(e.Outcome),
		Details: e.Details, RequestNo: e.RequestNo,
	}
	for _, x := range boxes {
		sum := sha256.Sum256(x.ciphertext)
		b.Boxes = append(b.Boxes, boxRef{x.subject, hex.EncodeToString(sum[:])})
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		return nil, fmt.Errorf("encode the audit entry: %w", err)
	}
	out, err := jcs.Transform(buf.Bytes())
	if err != nil {
		return nil, fmt.Errorf("encode the audit entry: %w", err)
	}
	if len(out) > MaxEntry {
		return nil, clientele.Errorf(clientele.Limit, "the record of this act would have %d bytes, the limit is %d", len(out), MaxEntry).
			WithHint("do it in smaller parts")
	}
	return out, nil
}

// Decode reads an entry's body. Private is left to Unseal.
func Decode(text []byte) (clientele.Entry, error) {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return clientele.Entry{}, fmt.Errorf("decode an audit entry: %w", err)
	}
	at, err := time.Parse(timeFormat, b.At)
	if err != nil {
		return clientele.Entry{}, fmt.Errorf("decode an audit entry: %w", err)
	}
	return clientele.Entry{
		Seq: b.Seq, At: at, Act: b.Act, Actor: b.Actor, Rule: b.Rule, OnBehalf: b.OnBehalf, Object: b.Object,
		Client: clientele.ClientID(b.Client), Owner: b.Owner, Grant: b.Grant, Change: b.Change, PolicyVersion: b.PolicyVersion,
		Environment: b.Environment, Verb: clientele.Verb(b.Verb), DataClasses: b.DataClasses, Outcome: clientele.Outcome(b.Outcome),
		Details: b.Details, RequestNo: b.RequestNo,
	}, nil
}
