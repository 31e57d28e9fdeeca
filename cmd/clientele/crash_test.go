package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
)

// load opens change records from several goroutines until ctx ends, and returns the ids of
// those that were acknowledged.
func load(ctx context.Context, r *api.Remote, writers int) []string {
	var mu sync.Mutex
	var ids []string
	var wg sync.WaitGroup
	r.Retries = 0
	for w := range writers {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				c, err := r.OpenChange(ctx, api.ChangeInput{Title: fmt.Sprintf("change %d of %d", i, w)})
				if err != nil {
					return
				}
				mu.Lock()
				ids = append(ids, c.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return ids
}

// Killed at any point under load, the server comes back with every act that it
// acknowledged, each with its entry, no half of any other, and a log that verifies.
func TestKilledServerLosesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *server) {
		admin := s.admin()
		r := admin.remote()
		var acknowledged []string
		for range 4 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(200+rand.IntN(600))*time.Millisecond, func() { _ = s.cmd.Process.Kill() })
			acknowledged = append(acknowledged, load(ctx, r, 8)...)
			cancel()
			s.kill()
			s.start()
		}
		if len(acknowledged) < 20 {
			t.Fatalf("only %d acts were acknowledged", len(acknowledged))
		}
		entries := created(t, r)
		for _, id := range acknowledged {
			if _, err := r.Change(t.Context(), id); err != nil {
				t.Errorf("acknowledged and lost: %s: %v", id, err)
			}
			if !entries["change:"+id] {
				t.Errorf("no entry: %s", id)
			}
		}
		changes, err := api.All[api.Change](t.Context(), r, "/v1/changes", map[string][]string{"limit": {"500"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) != len(entries) {
			t.Errorf("%d change records, %d entries of their making", len(changes), len(entries))
		}
		s.stop()
		t.Log(len(acknowledged), "acts; ", strings.TrimSpace(s.verify(admin)))
	})
}

// verify runs clientele audit verify on the data of a stopped or running server.
func (s *server) verify(p *person) string {
	s.t.Helper()
	file, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(file, "audit", "verify", "--data", s.data)
	cmd.Env = append(cmd.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("audit verify: %v: %s", err, out)
	}
	return string(out)
}

// created are the objects whose making the audit records.
func created(t *testing.T, r *api.Remote) map[string]bool {
	t.Helper()
	entries, err := api.All[api.AuditEntry](t.Context(), r, "/v1/audit/entries", map[string][]string{"act": {"change:create"}, "limit": {"500"}})
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]bool{}
	for _, e := range entries {
		objects[e.Object] = true
	}
	return objects
}

// With the disk full an act is refused with words that help, nothing that was acknowledged
// is lost, and with space again the server goes on by itself.
func TestFullDiskRefusesAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be made here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	s := newServer(t, filepath.Join(dir, "data"))
	s.start()
	r := s.admin().remote()
	r.Retries = 0
	var kept []string
	var refused error
	title := strings.Repeat("a long title ", 20)
	for range 20000 {
		c, err := r.OpenChange(t.Context(), api.ChangeInput{Title: title})
		if err != nil {
			refused = err
			break
		}
		kept = append(kept, c.ID)
	}
	p, ok := refused.(*api.Problem)
	if !ok || p.Status != 503 || !strings.Contains(p.Detail, "disk") || p.Hint == "" {
		t.Fatalf("after %d acts: %v", len(kept), refused)
	}
	for _, id := range kept {
		if _, err := r.Change(t.Context(), id); err != nil {
			t.Fatalf("acknowledged and lost: %v", err)
		}
	}
	if out, err := exec.Command("mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	if _, err := r.OpenChange(t.Context(), api.ChangeInput{Title: title}); err != nil {
		t.Fatalf("with space again: %v", err)
	}
	s.stop()
	t.Log(len(kept), "acts before the disk was full; ", s.verify(nil))
}
