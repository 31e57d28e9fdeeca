package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// Config is what a witness needs.
type Config struct {
	// Dir is where it keeps the last checkpoint of each log. It belongs to one witness, and
	// is worth a backup that is never restored to an older state.
	Dir string
	// Key signs the cosignatures; it is of tlog.TypeWitness.
	Key *tlog.Key
	// Logs are those that it witnesses.
	Logs []Log
	// Logger takes a line for each checkpoint that a known log has signed; nil is none.
	Logger *slog.Logger
}

// Log is a log that a witness knows.
type Log struct {
	// Origin is the first line of the log's checkpoints; empty is the name of its first key.
	Origin string
	// Keys are its verifier keys, "name+hash+key". A checkpoint is signed by one of them.
	Keys []string
}

// Server is a witness: an http.Handler for POST /add-checkpoint.
type Server struct {
	key   *tlog.Key
	logs  map[string]*witnessed // by origin, fixed
	store *store
	log   *slog.Logger
	mux   *http.ServeMux
}

// witnessed is a log with its place in the queue.
type witnessed struct {
	keys note.Verifiers
	mu   sync.Mutex // guards size and the log's file, from its reading to its writing
	size int64      // of the last known tree: a file that says less has been put back
}

// Open starts a witness on its directory, which no other may use until Close. State that
// cannot be read is an error here already.
func Open(c Config) (*Server, error) {
	if c.Key == nil || c.Key.Type() != tlog.TypeWitness {
		return nil, clientele.Errorf(clientele.Invalid, "a witness needs a witness's key").
			WithHint("the key of a log cannot be used for it")
	}
	logs := make(map[string]*witnessed)
	for _, l := range c.Logs {
		if err := addLog(logs, l); err != nil {
			return nil, err
		}
	}
	st, err := openStore(c.Dir)
	if err != nil {
		return nil, err
	}
	for origin, log := range logs {
		known, err := st.read(origin)
		if err != nil {
			return nil, errors.Join(err, st.close())
		}
		log.size = known.Size
	}
	s := &Server{key: c.Key, logs: logs, store: st, log: c.Logger, mux: http.NewServeMux()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.mux.HandleFunc("POST /add-checkpoint", s.addCheckpoint)
	return s, nil
}

func addLog(logs map[string]*witnessed, l Log) error {
	var keys []note.Verifier
	for _, text := range l.Keys {
		v, err := tlog.ParseVerifier(text)
		if err != nil {
			return fmt.Errorf("read the keys of the log %q: %w", l.Origin, err)
		}
		keys = append(keys, v)
	}
	if len(keys) == 0 {
		return clientele.Errorf(clientele.Invalid, "the log %q has no verifier key", l.Origin)
	}
	if l.Origin == "" {
		l.Origin = keys[0].Name()
	}
	if logs[l.Origin] != nil {
		return clientele.Errorf(clientele.Invalid, "the log %q is listed twice", l.Origin)
	}
	logs[l.Origin] = &witnessed{keys: note.VerifierList(keys...)}
	return nil
}

// Close lets go of the directory. No request may be running.
func (s *Server) Close() error { return s.store.close() }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// refusal is an answer other than a cosignature.
type refusal struct {
	status int
	msg    string
}

func (e *refusal) Error() string { return e.msg }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func (s *Server) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	var lines []byte
	body, err := readBody(w, r)
	if err == nil {
		lines, err = s.cosign(r.Context(), body)
	}
	var conflict *ConflictError
	var refused *refusal
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(lines)
	case errors.As(err, &conflict):
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, "%d\n", conflict.Size)
	case errors.As(err, &refused):
		http.Error(w, refused.msg, refused.status)
	case clientele.KindOf(err) == clientele.Invalid:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		s.log.ErrorContext(r.Context(), "the witness cannot cosign", "err", err)
		http.Error(w, "Something went wrong", http.StatusInternalServerError)
	}
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the request is longer than %d bytes", maxRequest)
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the request broke off")
	}
	return body, nil
}

// cosign answers a request with the line of a cosignature. The checks, their order and their
// answers are those of c2sp.org/tlog-witness, "add-checkpoint".
func (s *Server) cosign(ctx context.Context, body []byte) ([]byte, error) {
	req, err := ParseRequest(body)
	if err != nil {
		return nil, err
	}
	origin, _, _ := bytes.Cut(req.Checkpoint, []byte("\n"))
	log := s.logs[string(origin)]
	if log == nil {
		return nil, refuse(http.StatusNotFound, "the log is not known here")
	}
	n, c, err := openCheckpoint(req.Checkpoint, log.keys)
	if err != nil {
		return nil, err
	}
	if req.Old > c.Size {
		return nil, refuse(http.StatusBadRequest, "the old size is larger than the checkpoint's")
	}
	if err := s.advance(ctx, log, req, c, n); err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "checkpoint cosigned", "origin", c.Origin, "old_size", req.Old, "size", c.Size)
	msg, err := note.Sign(&note.Note{Text: n.Text}, s.key)
	if err != nil {
		return nil, fmt.Errorf("cosign the checkpoint: %w", err)
	}
	return tlog.SignatureLines(msg), nil
}

// openCheckpoint reads a checkpoint that one of the keys has signed.
func openCheckpoint(msg []byte, keys note.Verifiers) (*note.Note, tlog.Checkpoint, error) {
	n, err := note.Open(msg, keys)
	var unsigned *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &unsigned):
		return nil, tlog.Checkpoint{}, refuse(http.StatusForbidden, "the checkpoint is not signed by a known key of the log")
	case errors.As(err, &forged):
		return nil, tlog.Checkpoint{}, refuse(http.StatusForbidden, "the log's signature on the checkpoint is wrong")
	case err != nil:
		return nil, tlog.Checkpoint{}, refuse(http.StatusBadRequest, "the checkpoint is no signed note")
	}
	c, err := tlog.ParseCheckpoint(n.Text)
	return n, c, err
}

// advance makes a checkpoint the last known one of its log, if its tree begins with that of
// the one before. What it kept is on disk when it returns: a signature after it can
// never be of a tree that the witness forgets.
func (s *Server) advance(ctx context.Context, log *witnessed, req Request, c tlog.Checkpoint, n *note.Note) error {
	evidence, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}) // without strangers' lines
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	known, err := s.store.read(c.Origin)
	if err != nil {
		return err
	}
	if known.Size < log.size {
		return fmt.Errorf("the file of %s was put back from %d to %d", c.Origin, log.size, known.Size)
	}
	if req.Old != known.Size {
		return &ConflictError{known.Size}
	}
	if known.Size > 0 && c.Size == known.Size && c.Root != known.Root {
		s.log.ErrorContext(ctx, "a log has shown two trees of one size", "origin", c.Origin, "size", c.Size, "known_root", known.Root.String(), "root", c.Root.String())
		if err := s.store.writeFork(c.Origin, evidence); err != nil {
			return err
		}
		return refuse(http.StatusConflict, "another tree of this size is known")
	}
	if err := tlog.CheckConsistency(req.Proof, known.Size, known.Root, c.Size, c.Root); err != nil {
		s.log.WarnContext(ctx, "proof of consistency refused", "origin", c.Origin, "old_size", req.Old, "size", c.Size, "root", c.Root.String())
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	// Written again even if it is the same: an earlier write may have failed half-way.
	if err := s.store.write(c.Origin, evidence); err != nil {
		return err
	}
	log.size = c.Size
	return nil
}
