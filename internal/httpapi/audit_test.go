package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/tlog"
)

// newDesk is where a house under test gives evidence out.
func newDesk(t *testing.T, g *guard.Guard) *evidence.Desk {
	t.Helper()
	dir := t.TempDir()
	key, err := audit.OpenKey(dir, "example.com/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.NewSigner(g.Log(), audit.SignerConfig{Key: key, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return &evidence.Desk{Log: g.Log(), Key: key.Verifier(), KeyText: key.VerifierText(), Signer: signer}
}

// changes opens some change records, so that there is something to read.
func (h *house) changes(token string, n int) {
	h.t.Helper()
	for i := range n {
		h.want(201, token, "POST", "/v1/changes", fmt.Sprintf(`{"title":"Change %d"}`, i), nil)
	}
	if _, err := h.Evidence.Signer.Sign(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestTheAuditIsReadOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ann, aud, sec := h.as("per_ann", clientele.OwnerRole), h.as("per_aud", clientele.AuditorRole), h.as("per_sec", clientele.SecurityRole)
		h.changes(ann, 5)
		var list api.List[api.AuditEntry]
		h.want(200, aud, "GET", "/v1/audit/entries?act=change:&actor=per_ann&limit=3&private=true", "", &list)
		if len(list.Items) != 3 || list.Next == "" || list.Items[0].Seq != 4 || list.Items[0].Actor != "person:per_ann" || list.Items[0].Private["source"] != "127.0.0.1" {
			t.Fatalf("%+v", list)
		}
		var rest api.List[api.AuditEntry]
		h.want(200, aud, "GET", "/v1/audit/entries?act=change:&actor=per_ann&limit=3&after="+list.Next, "", &rest)
		if len(rest.Items) != 2 || rest.Next != "" || rest.Items[0].Private != nil {
			t.Fatalf("%+v", rest)
		}
		h.want(200, sec, "GET", "/v1/audit/entries?act=audit:read&oldest=true", "", &list)
		if len(list.Items) != 2 || list.Items[0].Actor != "person:per_aud" || list.Items[0].Details["private"] != true || list.Items[0].Details["actor"] != "person:per_ann" {
			t.Fatalf("%+v", list)
		}
		var e api.AuditEntry
		h.want(200, aud, "GET", "/v1/audit/entries/2", "", &e)
		if e.Seq != 2 || e.Private["source"] == "" {
			t.Fatalf("%+v", e)
		}
		var proof api.AuditProof
		h.want(200, aud, "GET", "/v1/audit/entries/2/proof", "", &proof)
		p, err := tlog.ParseProof([]byte(proof.Proof))
		if err != nil {
			t.Fatal(err)
		}
		var body []byte
		err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
			body, err = audit.Body(t.Context(), tx, 2)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Verify(tlog.LeafHash(body), h.Evidence.Key); err != nil {
			t.Error(err)
		}
		h.want(404, aud, "GET", "/v1/audit/entries/999", "", nil)
		h.want(404, aud, "GET", "/v1/audit/entries/999/proof", "", nil)
		for _, wrong := range []string{"?verb=steal", "?from=yesterday", "?limit=501", "?nosuch=1", "?after=x", "?actor=" + strings.Repeat("x", 300)} {
			h.want(400, aud, "GET", "/v1/audit/entries"+wrong, "", nil)
		}
		h.want(404, aud, "GET", "/v1/audit/entries?actor=nobody@example.com", "", nil)
		for _, path := range []string{"/v1/audit/entries", "/v1/audit/entries?actor=nobody@example.com", "/v1/audit/entries/2/proof", "/v1/audit/bundle", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1", "/v1/audit/legal-holds"} {
			h.want(403, ann, "GET", path, "", nil)
			h.want(401, "", "GET", path, "", nil)
		}
		h.want(404, ann, "GET", "/v1/audit/entries/2", "", nil)
	})
}

func TestTheBadgeTurnsGreenWhenSomebodyHoldsTheCheckpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ann, aud := h.as("per_ann", clientele.OwnerRole), h.as("per_aud", clientele.AuditorRole)
		h.changes(ann, 2)
		var s api.AuditStatus
		h.want(200, ann, "GET", "/v1/audit/status", "", &s)
		if s.Alarm != "red" || s.Signed != 2 || s.Key != h.Evidence.KeyText {
			t.Fatalf("%+v", s)
		}
		status, _, text := h.send("", "GET", "/log/checkpoint", "")
		if status != 200 || text != s.Checkpoint {
			t.Fatal(status, text)
		}
		shown, err := json.Marshal(api.ShownCheckpoint{Checkpoint: text})
		if err != nil {
			t.Fatal(err)
		}
		h.want(403, ann, "POST", "/v1/audit/checkpoints/hold", string(shown), nil)
		h.want(400, aud, "POST", "/v1/audit/checkpoints/hold", `{"checkpoint":"x"}`, nil)
		h.want(200, aud, "POST", "/v1/audit/checkpoints/hold", string(shown), nil)
		h.want(200, ann, "GET", "/v1/audit/status", "", &s)
		if s.Alarm != "green" || s.Held != 2 || len(s.Holders) != 1 || s.Holders[0].Name != "person:per_aud" {
			t.Fatalf("%+v", s)
		}
	})
}

func TestABundleIsTakenOutOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ann, aud := h.as("per_ann", clientele.OwnerRole), h.as("per_aud", clientele.AuditorRole)
		h.changes(ann, 3)
		var out bytes.Buffer
		r := api.NewRemote(h.url, aud)
		if err := r.AuditBundle(t.Context(), url.Values{"act": {"change:"}, "from": {"2020-01-01T00:00:00Z"}}, &out); err != nil {
			t.Fatal(err)
		}
		report, err := evidence.VerifyBundle(bytes.NewReader(out.Bytes()), int64(out.Len()), evidence.BundleCheck{Log: h.Evidence.KeyText}, nil)
		if err != nil || !report.OK() || report.Entries != 3 {
			t.Errorf("%+v, %v", report, err)
		}
		var list api.List[api.AuditEntry]
		h.want(200, aud, "GET", "/v1/audit/entries?act=audit:export", "", &list)
		if len(list.Items) != 1 || list.Items[0].Details["act"] != "change:" {
			t.Errorf("%+v", list)
		}
		for _, wrong := range []string{"?nosuch=1", "?from=x", "?act=a&act=b", "?client=" + strings.Repeat("x", 300)} {
			h.want(400, aud, "GET", "/v1/audit/bundle"+wrong, "", nil)
		}
	})
}

func TestTilesAreServedToWhoMayReadTheAudit(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	ann, aud := h.as("per_ann", clientele.OwnerRole), h.as("per_aud", clientele.AuditorRole)
	h.changes(ann, 3)
	status, _, hashes := h.send(aud, "GET", "/log/tile/0/000.p/3", "")
	if status != 200 || len(hashes) != 96 {
		t.Fatal(status, len(hashes))
	}
	status, header, bundle := h.send(aud, "GET", "/log/tile/entries/000.p/3", "")
	entries, err := tlog.ParseBundle([]byte(bundle))
	if status != 200 || err != nil || len(entries) != 3 || header.Get("Content-Type") != "application/octet-stream" {
		t.Fatal(status, err, header)
	}
	if leaf := tlog.LeafHash(entries[1]); string(leaf[:]) != hashes[32:64] {
		t.Error("entries and hashes differ")
	}
	for _, path := range []string{"/log/", "/log/tile/0/001", "/log/tile/entries/000", "/log/tile/0/000.p/3/x", "/log/log.key", "/log/tile/entries/%2e%2e/log.key"} {
		h.want(404, aud, "GET", path, "", nil)
	}
}

func TestHoldsAndPruningOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ann, aud, adm := h.as("per_ann", clientele.OwnerRole), h.as("per_aud", clientele.AuditorRole), h.as("per_adm", clientele.AdminRole)
		h.changes(ann, 3)
		var hold api.LegalHold
		h.want(201, aud, "POST", "/v1/audit/legal-holds", `{"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z","matter":"CASE-7"}`, &hold)
		for _, wrong := range []string{`{}`, `{"from":"2027-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z","matter":"CASE-7"}`, `{"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z","matter":"the case of Anna"}`} {
			h.want(400, aud, "POST", "/v1/audit/legal-holds", wrong, nil)
		}
		h.want(403, adm, "POST", "/v1/audit/legal-holds/"+hold.ID+"/lift", "", nil)
		h.want(200, aud, "POST", "/v1/audit/legal-holds/"+hold.ID+"/lift", "", nil)
		h.want(404, aud, "POST", "/v1/audit/legal-holds/"+hold.ID+"/lift", "", nil)
		var list api.List[api.LegalHold]
		h.want(200, aud, "GET", "/v1/audit/legal-holds", "", &list)
		if len(list.Items) != 1 || list.Items[0].LiftedAt.IsZero() {
			t.Fatalf("%+v", list)
		}
		h.want(400, adm, "POST", "/v1/audit/prune", fmt.Sprintf(`{"before":%q}`, time.Now().UTC().Format(time.RFC3339)), nil)
		h.want(403, aud, "POST", "/v1/audit/prune", `{}`, nil)
		h.Evidence.Retention = time.Nanosecond
		var p api.Pruning
		h.want(200, adm, "GET", "/v1/audit/prune", "", &p)
		if p.Bodies < 3 {
			t.Fatalf("%+v", p)
		}
		h.want(200, adm, "POST", "/v1/audit/prune", `{}`, &p)
		if p.Bodies < 3 || p.More || p.Below == 0 {
			t.Fatalf("%+v", p)
		}
		h.want(404, aud, "GET", "/v1/audit/entries/1", "", nil)
		r, err := audit.Verify(t.Context(), d, audit.Check{Log: h.Evidence.Key})
		if err != nil || !r.OK() {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
