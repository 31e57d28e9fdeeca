package inventory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

func TestFourteenLaptopsAreOneClient(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 14 {
			person := ann
			person.ID = fmt.Sprintf("per_%d", i)
			c := collection(fmt.Sprintf("c_%d", i), "Orders") // each path its own
			h.scan(person, meta(fmt.Sprintf("laptop-%d", i), 1), part(c))
		}
		c := h.only()
		if n := h.count("sighting WHERE gone_at = 0"); n != 14 {
			t.Fatalf("%d sightings", n)
		}
		if n := h.count("finding WHERE state = 'open'"); n != 1 {
			t.Fatalf("%d findings for one secret", n)
		}
		if c.Name != "Orders" || c.Environment != "staging" || c.State != clientele.Discovered || c.Risk != clientele.High || !c.HasSecrets || c.Personal {
			t.Fatalf("%+v", c)
		}
		if s, e := h.count("service"), h.count("endpoint WHERE service_id IS NOT NULL"); s != 1 || e != 2 {
			t.Fatalf("%d services, %d endpoints: the port of https is no other host", s, e)
		}
	})
}

func TestOnePersonsClientIsPersonal(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "Mine")))
		if !h.only().Personal {
			t.Fatal("on one laptop alone, and not personal")
		}
		shared := collection("c_1", "Mine")
		shared.Sync = []api.Sync{{Mode: "git", Where: "git@github.com:acme/shop.git", Detail: "tracked"}}
		h.scan(ann, meta("laptop", 1), part(shared))
		if h.only().Personal {
			t.Fatal("in a repository, and personal")
		}
	})
}

func TestVendorsIdAndRepositoryMakeOneClient(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := collection("c_a", "A")
		a.ExternalID = "123-abc"
		b := collection("c_b", "renamed")
		b.ExternalID = "123-abc"
		h.scan(ann, meta("one", 1), part(a))
		h.scan(bob, meta("two", 1), part(b))
		if c := h.only(); c.Name != "renamed" {
			t.Fatalf("the name is %q", c.Name)
		}
		job := func(where string) api.Client {
			return api.Client{ID: "c_repo", Name: "deploy", Tool: "github-actions", Kind: "ci_job", Risk: "info", Sync: []api.Sync{{Mode: "git", Where: where}}}
		}
		h.scan(ann, meta("one", 1, "/work"), part(job("https://github.com/acme/shop")))
		h.scan(bob, meta("two", 1, "/work"), part(job("git@github.com:acme/shop.git")))
		other := job("git@github.com:acme/other.git")
		other.ID = "c_other" // the repository is in it
		h.scan(bob, meta("two", 1, "/other"), part(other))
		if n := h.count("client WHERE tool = 'github-actions'"); n != 2 {
			t.Fatalf("%d jobs in two repositories", n)
		}
	})
}

// ~/.netrc of two people has one id in their scans, and is two clients.
func TestSamePathOnTwoHostsIsTwoClients(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := api.Client{ID: "c_netrc", Name: "api.example.com", Tool: "netrc", Kind: "cli", Risk: "info", Endpoints: []api.Endpoint{{Scheme: "https", Host: "api.example.com", Path: "/"}}}
		h.scan(ann, meta("one", 1), part(c))
		h.scan(bob, meta("two", 1), part(c))
		if n := h.count("client"); n != 2 {
			t.Fatalf("%d clients", n)
		}
	})
}

func TestKeysOfTwoClientsJoinNeitherAndAreNoted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		vendor := collection("c_1", "One")
		vendor.ExternalID = "v1"
		other := collection("c_2", "Two")
		h.scan(ann, meta("a", 1), part(vendor))
		h.scan(bob, meta("b", 1), part(other))
		both := collection("c_3", "Two")
		both.ExternalID = "v1"
		s := h.scan(security, meta("c", 1), part(both))
		if n := h.count("client"); n != 2 || s.Discovered != 0 {
			t.Fatalf("%d clients, %d discovered", n, s.Discovered)
		}
		if n := h.count("client_duplicate"); n != 1 {
			t.Fatalf("%d notes", n)
		}
		if got := h.text("SELECT c.name FROM sighting AS s JOIN client AS c ON c.id = s.client_id WHERE s.host = 'c'"); got != "Two" {
			t.Fatalf("the sighting went to %q", got)
		}
		if n := h.count("client WHERE search LIKE 'two%'"); n != 2 { // the discovered one took the new name
			t.Fatalf("%d", n)
		}
	})
}

func TestReuseIsSeen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := collection("c_a", "A"), collection("c_b", "B")
		a.Credentials = []api.Credential{secret("same-secret")}
		b.Credentials = []api.Credential{secret("same-secret"), secret("own-secret")}
		h.scan(ann, meta("laptop", 1), part(a, b))
		if n := h.count("credential"); n != 2 {
			t.Fatalf("%d credentials", n)
		}
		if n := h.count("credential WHERE hash LIKE '%secret%'"); n != 0 {
			t.Fatal("a fingerprint is kept as it came")
		}
		h.read(func(ctx context.Context, tx *db.Tx) error {
			list, _, err := inventory.Reused(ctx, tx, inventory.Page{})
			if err != nil || len(list) != 1 || len(list[0].In) != 2 || list[0].Clients != 2 {
				t.Fatalf("%+v %v", list, err)
			}
			for _, id := range list[0].In {
				if shared, err := inventory.Shared(ctx, tx, id); err != nil || len(shared) != 1 {
					t.Fatalf("%+v %v", shared, err)
				}
			}
			got, _, err := inventory.Search(ctx, tx, inventory.Filter{Shared: true}, inventory.Page{})
			if len(got) != 2 {
				t.Fatalf("%d", len(got))
			}
			return err
		})
		b.Credentials = b.Credentials[1:]
		h.scan(ann, meta("laptop", 1), part(a, b))
		if n := h.count("credential WHERE holders > 1"); n != 0 {
			t.Fatal("it is no longer shared")
		}
	})
}

func TestFindingsOpenCloseAndReopen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		with, without := collection("c_1", "C"), collection("c_1", "C")
		without.Credentials = nil
		state := func(want string, reopened, risk int) {
			t.Helper()
			got := h.text("SELECT state || ' ' || CAST(reopened AS TEXT) FROM finding")
			if got != fmt.Sprint(want, " ", reopened) || h.only().Risk != clientele.Severity(risk) {
				t.Fatalf("%s, risk %v", got, h.only().Risk)
			}
		}
		h.scan(ann, meta("laptop", 1), part(with))
		state("open", 0, 3)
		if s := h.scan(ann, meta("laptop", 1), part(without)); s.Closed != 1 {
			t.Fatalf("%+v", s)
		}
		state("closed", 0, 0)
		if h.only().HasSecrets {
			t.Fatal("the secret is gone")
		}
		if s := h.scan(ann, meta("laptop", 1), part(with)); s.Opened != 1 {
			t.Fatalf("%+v", s)
		}
		state("open", 1, 3)
		h.scan(ann, meta("laptop", 1), api.ScanPart{}) // the client is gone as a whole
		state("closed", 1, 0)
		if n := h.count("sighting WHERE gone_at = 0"); n != 0 {
			t.Fatalf("%d sightings", n)
		}
	})
}

func TestNoScanEndsWhatItDidNotLookAt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("one", 1, "/home/x", "/srv"), part(collection("c_1", "C")))
		h.scan(bob, meta("two", 1), part(collection("c_1", "C")))
		open := func(want int, why string) {
			t.Helper()
			if n := h.count("finding_place WHERE gone_at = 0"); n != want {
				t.Fatalf("%s: %d places", why, n)
			}
		}
		h.scan(ann, meta("one", 1), api.ScanPart{})
		open(2, "other roots")
		partial := meta("one", 1, "/")
		partial.Complete = false
		h.scan(ann, partial, api.ScanPart{})
		open(2, "not complete")
		if _, err := h.begin(ann, meta("one", 1, "/")); err != nil {
			t.Fatal(err)
		}
		open(2, "broken off")
		h.scan(ann, meta("one", 1, "/"), api.ScanPart{})
		open(1, "a complete scan of all")
		if n := h.count("finding WHERE state = 'open'"); n != 1 {
			t.Fatal("it is still on the other host")
		}
		h.scan(bob, meta("two", 1), api.ScanPart{})
		if n := h.count("finding WHERE state = 'open'"); n != 0 {
			t.Fatal("it is nowhere")
		}
	})
}

func TestAnothersHostIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		if _, err := h.begin(bob, meta("LAPTOP", 1)); clientele.KindOf(err) != clientele.Denied {
			t.Fatalf("%v", err)
		}
		s, err := h.begin(ann, meta("laptop", 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.part(bob, s.ID, 1, api.ScanPart{}); clientele.KindOf(err) != clientele.NotFound {
			t.Fatalf("%v", err)
		}
		h.scan(security, meta("laptop", 1), part(collection("c_1", "C")))
	})
}

func TestPartsMayComeTwiceAndInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		s, err := h.begin(ann, meta("laptop", 3))
		if err != nil {
			t.Fatal(err)
		}
		parts := []api.ScanPart{part(collection("c_1", "A")), part(collection("c_2", "B")), part(collection("c_3", "C"))}
		send := func(n int) inventory.Scan {
			t.Helper()
			s, err := h.part(ann, s.ID, n, parts[n-1])
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := send(3); s.Received != 1 || s.Applied != 0 || h.count("client") != 0 {
			t.Fatalf("%+v", s)
		}
		send(3)
		if _, err := h.part(ann, s.ID, 3, parts[0]); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("another part under its number: %v", err)
		}
		if _, err := h.part(ann, s.ID, 4, parts[0]); clientele.KindOf(err) != clientele.Invalid {
			t.Fatalf("a fourth of three: %v", err)
		}
		if _, err := h.finish(ann, s.ID); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("parts are missing: %v", err)
		}
		var missing []int
		h.read(func(ctx context.Context, tx *db.Tx) error {
			now, err := inventory.GetScan(ctx, tx, s.ID)
			if err != nil {
				return err
			}
			missing, err = now.Missing(ctx, tx)
			return err
		})
		if !slices.Equal(missing, []int{1, 2}) {
			t.Fatalf("missing %v", missing)
		}
		send(1)
		if s := send(2); s.Applied != 3 || s.Clients != 3 {
			t.Fatalf("%+v", s)
		}
		send(1)
		if s, err := h.finish(ann, s.ID); err != nil || s.Discovered != 3 || s.Opened != 3 {
			t.Fatalf("%+v %v", s, err)
		}
		if s := send(2); s.State != inventory.ScanFinished {
			t.Fatalf("%+v", s)
		}
		if n := h.count("scan_part WHERE length(body) > 0"); n != 0 {
			t.Fatal("bodies were kept")
		}
		long, err := h.begin(ann, meta("laptop", 100))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.part(ann, long.ID, 17, parts[0]); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("beyond the window: %v", err)
		}
	})
}

func TestBeginIsOnceForAKey(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		m := meta("laptop", 1)
		m.Key = "k1"
		a, err1 := h.begin(ann, m)
		b, err2 := h.begin(ann, m)
		if err1 != nil || err2 != nil || a.ID != b.ID {
			t.Fatalf("%v %v %v %v", a, b, err1, err2)
		}
		m.Parts = 2
		if _, err := h.begin(ann, m); clientele.KindOf(err) != clientele.Conflict {
			t.Fatalf("%v", err)
		}
	})
}

func TestHostileScansAreRefusedByPlace(t *testing.T) {
	good := func() api.ScanPart { return part(collection("c_1", "C")) }
	for want, spoil := range map[string]func(*api.ScanPart){
		"clients[0].name":                       func(p *api.ScanPart) { p.Clients[0].Name = strings.Repeat("x", 1<<20) },
		"clients[0].endpoints[1].path":          func(p *api.ScanPart) { p.Clients[0].Endpoints[1].Path = "/a\x00b" },
		"clients[0].endpoints[0].host":          func(p *api.ScanPart) { p.Clients[0].Endpoints[0].Host = "a\x1b[31m" },
		"clients[0].kind":                       func(p *api.ScanPart) { p.Clients[0].Kind = "toaster" },
		"clients[0].tool":                       func(p *api.ScanPart) { p.Clients[0].Tool = "Po stman" },
		"clients[0].id":                         func(p *api.ScanPart) { p.Clients[0].ID = "" },
		"clients[1].id":                         func(p *api.ScanPart) { p.Clients = append(p.Clients, p.Clients[0]) },
		"clients[0].environment":                func(p *api.ScanPart) { p.Clients[0].Environment = "staging,moon" },
		"clients[0].risk":                       func(p *api.ScanPart) { p.Clients[0].Risk = "awful" },
		"clients[0].credentials[0].class":       func(p *api.ScanPart) { p.Clients[0].Credentials[0].Class = "leaked" },
		"clients[0].credentials[0].fingerprint": func(p *api.ScanPart) { p.Clients[0].Credentials[0].Fingerprint = "" },
		"clients[0].identities[0].kind":         func(p *api.ScanPart) { p.Clients[0].Identities[0].Kind = "dog" },
		"clients[0].owners[0].confidence":       func(p *api.ScanPart) { p.Clients[0].Owners[0].Confidence = 2 },
		"clients[0].sync[0].mode":               func(p *api.ScanPart) { p.Clients[0].Sync[0].Mode = "pigeon" },
		"clients[0].endpoints":                  func(p *api.ScanPart) { p.Clients[0].Endpoints = make([]api.Endpoint, 5001) },
		"findings[0].severity":                  func(p *api.ScanPart) { p.Findings[0].Severity = "9" },
		"findings[0].rule":                      func(p *api.ScanPart) { p.Findings[0].Rule = "x' OR 1=1" },
		"findings[0].client":                    func(p *api.ScanPart) { p.Findings[0].Client = "c_other" },
		"findings[0].location.path":             func(p *api.ScanPart) { p.Findings[0].Location.Path = make([]string, 100) },
		"findings[0].message":                   func(p *api.ScanPart) { p.Findings[0].Message = "a\nb" },
	} {
		p := good()
		spoil(&p)
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = inventory.ReadPart(body)
		if clientele.KindOf(err) != clientele.Invalid || !strings.HasPrefix(err.Error(), want+": ") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := inventory.ReadPart(make([]byte, inventory.MaxPart+1)); clientele.KindOf(err) != clientele.Limit {
		t.Error(err)
	}
	if _, err := inventory.ReadPart([]byte(`{"clients":[{"id":7}]}`)); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
	if _, err := inventory.ReadPart([]byte(strings.Repeat("[", 1<<20))); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
}

func TestScanMetaIsChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for want, spoil := range map[string]func(*inventory.ScanMeta){
			"host":       func(m *inventory.ScanMeta) { m.Host = "" },
			"parts":      func(m *inventory.ScanMeta) { m.Parts = inventory.MaxParts + 1 },
			"roots":      func(m *inventory.ScanMeta) { m.Roots = nil },
			"started_at": func(m *inventory.ScanMeta) { m.StartedAt = start.Add(48 * time.Hour) },
		} {
			m := meta("laptop", 1)
			spoil(&m)
			if _, err := h.begin(ann, m); clientele.KindOf(err) != clientele.Invalid || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
}

func TestTwoHostsAtOnceMakeOneInventory(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		for i, who := range []clientele.Actor{ann, bob} {
			wg.Go(func() {
				s, err := h.begin(who, meta(fmt.Sprint("host-", i), 10))
				for n := 1; n <= 10 && err == nil; n++ {
					var list []api.Client
					for k := range 20 {
						list = append(list, collection(fmt.Sprintf("c_%d_%d", n, k), fmt.Sprintf("C%d-%d", n, k)))
					}
					_, err = h.part(who, s.ID, n, part(list...))
				}
				if err == nil {
					_, err = h.finish(who, s.ID)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if c, s, f := h.count("client"), h.count("sighting"), h.count("finding"); c != 200 || s != 400 || f != 200 {
			t.Fatalf("%d clients, %d sightings, %d findings", c, s, f)
		}
	})
}

func TestRetiredClientThatIsSeenAgainIsFound(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		c := h.only()
		for _, e := range []clientele.Event{clientele.Retire, clientele.ConfirmDead} {
			err := h.do(security, "client:retire", func(act *guard.Act) error {
				c, err := inventory.Get(act.Context(), act.Tx, c.ID)
				if err != nil {
					return err
				}
				if err := act.Allow(c.Resource()); err != nil {
					return err
				}
				return inventory.Move(act, &c, e)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		again := func(want string) {
			t.Helper()
			if got := h.text("SELECT state FROM finding WHERE rule = 'retired-client-in-use'"); got != want {
				t.Fatal(got)
			}
			if h.only().State != clientele.Retired {
				t.Fatal("it came back to life")
			}
		}
		h.scan(ann, meta("laptop", 1), part(collection("c_1", "C")))
		again("open")
		h.scan(ann, meta("laptop", 1), api.ScanPart{})
		again("closed")
	})
}
