package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/policy"
)

// auditHouse is a server on a data folder, as `clientele up` would have made it, and the folder.
type auditHouse struct {
	dir    string
	db     *db.DB
	signer *audit.Signer
	desk   *evidence.Desk
}

func auditServer(t *testing.T, witnesses ...audit.Witness) *auditHouse {
	t.Helper()
	h := &auditHouse{dir: t.TempDir()}
	var err error
	if h.db, err = db.Open(t.Context(), db.Config{Dir: h.dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.db.Close() })
	if err := h.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrap, err := keywrap.OpenFile(filepath.Join(h.dir, "wrap.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := audit.OpenKey(h.dir, "example.com/log")
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New(h.db, wrap)
	if h.signer, err = audit.NewSigner(log, audit.SignerConfig{Key: key, Dir: h.dir, Witnesses: witnesses}); err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(t.Context(), h.db, log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		err := g.Do(t.Context(), clientele.System("test", "a test says so"), "service:write", func(act *guard.Act) error {
			act.Private("per_a:reason", "typed by Anna")
			return act.Allow(policy.Resource{Type: "Service", ID: fmt.Sprintf("srv_%d", i), Attrs: map[string]any{}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.desk = &evidence.Desk{Log: log, Key: key.Verifier(), KeyText: key.VerifierText(), Signer: h.signer}
	house := &httpapi.House{Guard: g, Version: "test", Evidence: h.desk}
	house.Authenticate = func(_ context.Context, token clientele.Plaintext) (clientele.Actor, error) {
		role := map[string]clientele.SystemRole{"aud": clientele.AuditorRole, "adm": clientele.AdminRole, "ann": clientele.OwnerRole}[token.Reveal()]
		return clientele.Actor{Kind: clientele.PersonActor, ID: "per_" + token.Reveal(), Roles: []clientele.SystemRole{role}, Session: "ses_" + token.Reveal()}, nil
	}
	server := httptest.NewServer(httpapi.Doorstep(house, httpapi.New(house)))
	t.Cleanup(server.Close)
	t.Setenv("CLIENTELE_SERVER", server.URL)
	h.sign(t)
	return h
}

func (h *auditHouse) sign(t *testing.T) {
	t.Helper()
	if _, err := h.signer.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.signer.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheAuditIsReadByCommand(t *testing.T) {
	auditServer(t)
	code, out := as(t, "aud", "", "audit", "search", "--act", "service:", "--limit", "3", "--private")
	says(t, code, out, exitOK, "service:srv_19", "a test says so", "17  per_a:reason: typed by Anna", "there are more")
	code, out = as(t, "aud", "", "audit", "search", "--act", "service:", "--all", "--oldest", "--format", "json")
	says(t, code, out, exitOK, `"seq": 19`)
	code, out = as(t, "aud", "", "audit", "search", "--actor", "per_aud", "--from", "-1h")
	says(t, code, out, exitOK, "audit:read")
	code, out = as(t, "aud", "", "audit", "show", "3")
	says(t, code, out, exitOK, "entry 3", "service:srv_3", "typed by Anna", "clientele audit proof 3")
	code, out = as(t, "aud", "", "audit", "proof", "3")
	says(t, code, out, exitOK, "c2sp.org/tlog-proof@v1\nindex 3\n", "example.com/log\n")
	code, out = as(t, "aud", "", "audit", "show", "x")
	says(t, code, out, exitUsage, "not the number of an entry")
	code, out = as(t, "ann", "", "audit", "search")
	says(t, code, out, exitDenied, "you may not read the audit")
}

func TestABundleIsTakenOutAndVerifiedByCommand(t *testing.T) {
	h := auditServer(t)
	file := filepath.Join(t.TempDir(), "evidence.zip")
	code, out := as(t, "aud", "", "audit", "bundle", "--act", "service:", "-o", file)
	says(t, code, out, exitOK, "clientele audit verify "+file)
	code, out = as(t, "", "", "audit", "verify", file)
	says(t, code, out, exitOK, "20 entries", "came with the bundle", h.desk.KeyText)
	code, out = as(t, "", "", "audit", "verify", file, "--log", h.desk.KeyText, "--format", "json")
	says(t, code, out, exitOK, `"ok": true`, `"entries": 20`)
	code, out = as(t, "", "", "audit", "verify", file, "--log", strings.Replace(h.desk.KeyText, "example.com", "example.org", 1))
	says(t, code, out, exitUsage)
	code, out = as(t, "ann", "", "audit", "bundle", "-o", file+"2")
	says(t, code, out, exitDenied)
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("a refused bundle left a file")
	}
}

func TestTheDatabaseIsVerifiedByCommandWhileTheServerRuns(t *testing.T) {
	h := auditServer(t)
	code, out := as(t, "", "", "audit", "verify", "--data", h.dir)
	says(t, code, out, exitOK, "20 entries and 1 checkpoints verified", "nobody else holds a checkpoint")
	kept := filepath.Join(t.TempDir(), "checkpoint.txt")
	code, out = as(t, "ann", "", "audit", "checkpoint")
	says(t, code, out, exitOK, "example.com/log\n20\n")
	if err := os.WriteFile(kept, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out = as(t, "ann", "", "audit", "status")
	says(t, code, out, exitOK, "RED", "clientele audit hold")
	code, out = as(t, "aud", "", "audit", "hold", kept)
	says(t, code, out, exitOK, "your checkpoint of 20 entries")
	code, out = as(t, "ann", "", "audit", "status")
	says(t, code, out, exitOK, "held         20  by person:per_aud")
	code, out = as(t, "", "", "audit", "verify", "--data", h.dir, "--checkpoint", kept)
	says(t, code, out, exitOK, "others hold the log up to entry 20")
	if _, err := h.db.Handle().Exec("UPDATE entry SET actor = 'person:per_x' WHERE seq = 7"); err != nil {
		t.Fatal(err)
	}
	code, out = as(t, "", "", "audit", "verify", "--data", h.dir)
	says(t, code, out, exitFindings, "altered   entry 7", "actor is")
	code, out = as(t, "", "", "audit", "verify", "--data", t.TempDir())
	says(t, code, out, exitUsage, "--data")
}

func TestHoldsAndPruningByCommand(t *testing.T) {
	h := auditServer(t)
	code, out := as(t, "aud", "", "audit", "legal-hold", "place", "CASE-1", "--from", "2026-01-01", "--to", "2126-01-01")
	says(t, code, out, exitOK, "placed hld_")
	id := regexp.MustCompile(`hld_\w+`).FindString(out)
	h.desk.Retention = time.Nanosecond
	code, out = as(t, "adm", "", "audit", "prune")
	says(t, code, out, exitOK, "0 entries from before")
	code, out = as(t, "aud", "", "audit", "legal-hold", "lift", id)
	says(t, code, out, exitUsage, "--yes")
	code, out = as(t, "aud", "", "audit", "legal-hold", "lift", id, "--yes")
	says(t, code, out, exitOK, "lifted")
	code, out = as(t, "aud", "", "audit", "legal-hold", "list")
	says(t, code, out, exitOK, id, "CASE-1")
	code, out = as(t, "adm", "", "audit", "prune")
	says(t, code, out, exitOK, "would lose their text", "--yes")
	code, out = as(t, "adm", "", "audit", "prune", "--yes")
	says(t, code, out, exitOK, "lost their text")
	code, out = as(t, "", "", "audit", "verify", "--data", h.dir)
	says(t, code, out, exitOK)
}

// A witness in a process of its own cosigns, and finds out a log that was rewritten by
// somebody who holds its key.
func TestAWitnessHoldsTheLogElsewhere(t *testing.T) {
	first := auditServer(t)
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	cmd := newRoot()
	dir := t.TempDir()
	cmd.SetArgs([]string{"witness", "--dir", dir, "--listen", "127.0.0.1:0", "--name", "w.example", "--log", first.desk.KeyText})
	cmd.SetOut(w)
	cmd.SetErr(io.Discard)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var said audit.Witness
	for lines := bufio.NewScanner(r); said.Key == "" && lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch last := fields[len(fields)-1]; {
		case strings.Contains(lines.Text(), "url:"):
			said.URL = last
		case strings.Contains(lines.Text(), "key:"):
			said.Key = last
		}
	}
	key, err := audit.OpenKey(first.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := audit.NewSigner(first.desk.Log, audit.SignerConfig{Key: key, Dir: first.dir, Witnesses: []audit.Witness{said}})
	if err != nil {
		t.Fatal(err)
	}
	first.signer = s
	first.sign(t)
	code, out := as(t, "ann", "", "audit", "status")
	says(t, code, out, exitOK, "held         20  by w.example")
	code, out = as(t, "", "", "audit", "verify", "--data", first.dir, "--witness", said.Key)
	says(t, code, out, exitOK, "others hold the log up to entry 20")

	code, out = as(t, "", "", "witness", "--dir", t.TempDir(), "--listen", ":0", "--log", first.desk.KeyText)
	says(t, code, out, exitUsage, "there is no TLS")
	code, out = as(t, "", "", "witness", "--dir", dir, "--listen", "127.0.0.1:0", "--log", "nonsense")
	says(t, code, out, exitUsage)
}
