package audit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/keywrap"
)

// box holds what an entry says of one person, sealed with that person's key.
type box struct {
	seq        int64
	subject    string
	ciphertext []byte
}

// subjectKeys are the keys of everybody that entries say something of, asked for at once.
// Those of whom there is none yet are made; a nil one was destroyed.
func (l *Log) subjectKeys(ctx context.Context, tx *db.Tx, entries []*clientele.Entry) (map[string]*keywrap.Wrapper, error) {
	var wanted []any
	keys := map[string]*keywrap.Wrapper{}
	for _, e := range entries {
		for subject := range bySubject(e) {
			if _, ok := keys[subject]; !ok {
				keys[subject] = nil
				wanted = append(wanted, subject)
			}
		}
	}
	if len(wanted) == 0 {
		return keys, nil
	}
	for chunk := range slices.Chunk(wanted, 500) {
		if err := l.readKeys(ctx, tx, chunk, keys); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (l *Log) readKeys(ctx context.Context, tx *db.Tx, subjects []any, keys map[string]*keywrap.Wrapper) error {
	known := map[string]bool{}
	err := tx.Each(ctx, "SELECT subject, wrapped, shredded_at FROM subject_key WHERE subject IN "+db.Marks(len(subjects)), subjects, func(r db.Row) error {
		var subject string
		var wrapped []byte
		var shredded int64
		if err := r.Scan(&subject, &wrapped, &shredded); err != nil {
			return err
		}
		known[subject] = true
		if shredded != 0 {
			return nil
		}
		key, err := l.wrap.Unwrap(wrapped, keyPlace(subject))
		if err != nil {
			return err
		}
		keys[subject], err = keywrap.New(key)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the keys of persons: %w", err)
	}
	for _, s := range subjects {
		if subject := s.(string); !known[subject] {
			if keys[subject], err = l.makeKey(ctx, tx, subject); err != nil {
				return err
			}
		}
	}
	return nil
}

// bySubject is what an entry says of people, by person: the one named before the colon of
// the key ("per_…:reason"), else the actor.
func bySubject(e *clientele.Entry) map[string]map[string]string {
	facts := map[string]map[string]string{}
	for k, v := range e.Private {
		subject, name, ok := strings.Cut(k, ":")
		if !ok {
			subject, name = actorID(e), k
		}
		if facts[subject] == nil {
			facts[subject] = map[string]string{}
		}
		facts[subject][name] = v
	}
	return facts
}

// seal seals an entry's private facts, a box for each person.
func seal(e *clientele.Entry, keys map[string]*keywrap.Wrapper) ([]box, error) {
	all := bySubject(e)
	var boxes []box
	for _, subject := range slices.Sorted(maps.Keys(all)) {
		w := keys[subject]
		if w == nil {
			continue // what is said of somebody whose key was destroyed is not kept
		}
		plain, err := json.Marshal(all[subject])
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, box{e.Seq, subject, w.Wrap(plain, boxPlace(e.Seq, subject))})
	}
	return boxes, nil
}

// actorID is the actor without its kind: "per_…" of "person:per_…".
func actorID(e *clientele.Entry) string {
	_, id, _ := strings.Cut(e.Actor, ":")
	return id
}

func boxPlace(seq int64, subject string) string { return fmt.Sprintf("entry %d %s", seq, subject) }

func keyPlace(subject string) string { return "subject " + subject }

var errShredded = errors.New("the key was destroyed")

// makeKey makes the key of a person.
func (l *Log) makeKey(ctx context.Context, tx *db.Tx, subject string) (*keywrap.Wrapper, error) {
	key := make([]byte, keywrap.KeySize)
	_, _ = rand.Read(key)
	if err := tx.Later(ctx, "INSERT INTO subject_key (subject, wrapped) VALUES (?, ?)", subject, l.wrap.Wrap(key, keyPlace(subject))); err != nil {
		return nil, fmt.Errorf("make a person's key: %w", err)
	}
	return keywrap.New(key)
}

// subjectKey is the key of a person.
func (l *Log) subjectKey(ctx context.Context, tx *db.Tx, subject string) (*keywrap.Wrapper, error) {
	var wrapped []byte
	var shredded int64
	err := tx.Row(ctx, "SELECT wrapped, shredded_at FROM subject_key WHERE subject = ?", []any{subject}, &wrapped, &shredded)
	if err != nil {
		return nil, fmt.Errorf("read a person's key: %w", err)
	}
	if shredded != 0 {
		return nil, errShredded
	}
	key, err := l.wrap.Unwrap(wrapped, keyPlace(subject))
	if err != nil {
		return nil, fmt.Errorf("read a person's key: %w", err)
	}
	return keywrap.New(key)
}

func writeBoxes(ctx context.Context, tx *db.Tx, boxes []box) error {
	for _, b := range boxes {
		if err := tx.Later(ctx, "INSERT INTO entry_box (seq, subject, ciphertext) VALUES (?, ?, ?)", b.seq, b.subject, b.ciphertext); err != nil {
			return fmt.Errorf("write what an entry says of a person: %w", err)
		}
	}
	return nil
}

// Unseal opens the private facts of an entry. Those of a person whose key was destroyed are
// left out.
func (l *Log) Unseal(ctx context.Context, tx *db.Tx, e *clientele.Entry) error {
	var boxes []box
	err := tx.Each(ctx, "SELECT subject, ciphertext FROM entry_box WHERE seq = ? ORDER BY subject", []any{e.Seq}, func(r db.Row) error {
		b := box{seq: e.Seq}
		boxes = append(boxes, b)
		return r.Scan(&boxes[len(boxes)-1].subject, &boxes[len(boxes)-1].ciphertext)
	})
	if err != nil {
		return fmt.Errorf("read what an entry says of people: %w", err)
	}
	for _, b := range boxes {
		w, err := l.subjectKey(ctx, tx, b.subject)
		if errors.Is(err, errShredded) || errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		plain, err := w.Unwrap(b.ciphertext, boxPlace(b.seq, b.subject))
		if err != nil {
			return err
		}
		facts := map[string]string{}
		if err := json.Unmarshal(plain, &facts); err != nil {
			return err
		}
		if e.Private == nil {
			e.Private = map[string]string{}
		}
		for k, v := range facts {
			if b.subject != actorID(e) {
				k = b.subject + ":" + k
			}
			e.Private[k] = v
		}
	}
	return nil
}
