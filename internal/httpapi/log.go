package httpapi

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
)

// logPlain serves the log as c2sp.org/tlog-tiles, and bundles of it. The checkpoint is for
// everybody, so that everybody can hold the log to it; the rest is for who may read the
// audit.
var logPlain = []plain{
	{"GET /log/checkpoint", true, func(h *House) http.Handler { return http.HandlerFunc(h.serveCheckpoint) }},
	{"GET /log/", false, func(h *House) http.Handler { return http.HandlerFunc(h.serveTile) }},
	{"GET /v1/audit/bundle", false, func(h *House) http.Handler { return http.HandlerFunc(h.serveBundle) }},
}

func (h *House) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	var text []byte
	err := h.Guard.DB().Read(r.Context(), func(tx *db.Tx) (err error) {
		text, err = audit.Published(r.Context(), tx)
		return err
	})
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text)
}

// serveTile serves hashes after a look at who asks; entries by an act, as all reading of the
// audit is.
func (h *House) serveTile(w http.ResponseWriter, r *http.Request) {
	ctx, path := r.Context(), strings.TrimPrefix(r.URL.Path, "/log/")
	var tile []byte
	var err error
	if strings.HasPrefix(path, "tile/entries/") {
		err = h.Guard.Do(ctx, actorOf(ctx), "audit:read", func(act *guard.Act) (err error) {
			if err := act.Allow(evidence.Everything()); err != nil {
				return err
			}
			if tile, err = h.Evidence.Log.Tile(act.Context(), act.Tx, path); err == nil {
				act.Detail("tile", path)
			}
			return err
		})
	} else {
		err = h.Guard.View(ctx, actorOf(ctx), "audit:read", func(v *guard.View) (err error) {
			if err := v.Allow(evidence.Everything()); err != nil {
				return err
			}
			tile, err = h.Evidence.Log.Tile(ctx, v.Tx, path)
			return err
		})
	}
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = w.Write(tile)
}

// serveBundle answers with a zip. It is made whole before it is sent, so that an error is
// still one.
func (h *House) serveBundle(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	in, err := bundleQuery(r.URL.Query())
	if err != nil {
		refuse(w, r, err)
		return
	}
	var f audit.Filter
	err = h.Guard.Do(ctx, actorOf(ctx), "audit:export", func(act *guard.Act) (err error) {
		if err := act.Allow(evidence.Everything()); err != nil {
			return err
		}
		if f, err = in.filter(act.Context(), act.Tx); err != nil {
			return err
		}
		return h.Evidence.Export(act, f)
	})
	var out bytes.Buffer
	var b evidence.Bundle
	if err == nil {
		err = h.Guard.DB().Read(ctx, func(tx *db.Tx) (err error) {
			b, err = h.Evidence.WriteBundle(ctx, tx, &out, f, h.Guard.Now())
			return err
		})
	}
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence.zip"`)
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.Header().Set("Clientele-Entries", strconv.Itoa(b.Entries))
	w.Header().Set("Clientele-More", strconv.FormatBool(b.More))
	_, _ = out.WriteTo(w)
}

// bundleQuery reads the filter of a request that huma does not.
func bundleQuery(q url.Values) (*EntryFilter, error) {
	f := &EntryFilter{}
	texts := map[string]*string{
		"client": &f.Client, "actor": &f.Actor, "object": &f.Object, "owner": &f.Owner, "change": &f.Change, "act": &f.Act, "verb": &f.Verb, "outcome": &f.Outcome,
	}
	times := map[string]*time.Time{"from": &f.From, "to": &f.To}
	for name, values := range q {
		text, at := texts[name], times[name]
		switch {
		case len(values) != 1 || len(values[0]) > 254 || text == nil && at == nil:
			return nil, clientele.Errorf(clientele.Invalid, "the query has a %.40q that is not known, too long or there twice", name)
		case text != nil:
			*text = values[0]
		default:
			t, err := time.Parse(time.RFC3339, values[0])
			if err != nil {
				return nil, clientele.Errorf(clientele.Invalid, "%s: %.40q is not a time", name, values[0]).WithHint("write it like 2026-03-03T20:00:00Z")
			}
			*at = t
		}
	}
	return f, nil
}
