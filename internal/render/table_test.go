package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/render"
)

func asTable(t *testing.T, s api.Scan, opts render.TableOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Table(&b, s, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableFitsTheTerminal(t *testing.T) {
	for _, width := range []int{40, 60, 80, 132} {
		for _, l := range strings.Split(asTable(t, scan(), render.TableOptions{Width: width}), "\n") {
			if n := utf8.RuneCountInString(strings.NewReplacer("日", "xx", "本", "xx", "語", "xx").Replace(l)); n > width {
				t.Errorf("%d columns of %d: %q", n, width, l)
			}
			if strings.TrimRight(l, " ") != l {
				t.Errorf("blanks at the end of %q", l)
			}
		}
	}
}

func TestTableColoursOnlyWhenAsked(t *testing.T) {
	without := asTable(t, scan(), render.TableOptions{Width: 100})
	with := asTable(t, scan(), render.TableOptions{Width: 100, Colour: true})
	if strings.Contains(without, "\x1b") || !strings.Contains(with, "\x1b[1;31mCRITICAL\x1b[0m") {
		t.Error("colour is not as asked")
	}
	if n := strings.Count(with, "\x1b["); n%2 != 0 {
		t.Errorf("%d sequences: one is not closed", n)
	}
}

func TestTableSaysWhenIdentitiesEnd(t *testing.T) {
	day := 24 * time.Hour
	for want, left := range map[string]time.Duration{
		"expires in 3 days": 3 * day, "expires in 47 hours": 47 * time.Hour, "expires in 3 months": 91 * day, "expires in 2 years": 800 * day,
		"expired 2 months ago": -62 * day, "expired 1 minute ago": -80 * time.Second, "expired less than a minute ago": 0,
	} {
		s := scan()
		at := began.Add(left)
		s.Clients[0].Identities[0].ExpiresAt = &at
		if got := asTable(t, s, render.TableOptions{Width: 200}); !strings.Contains(got, want) {
			t.Errorf("%v: it does not say %q", left, want)
		}
	}
	if !strings.Contains(asTable(t, scan(), render.TableOptions{Width: 200}), "never expires") {
		t.Error("a token without an end is not said to be one")
	}
}

func TestTableShortensPaths(t *testing.T) {
	out := asTable(t, scan(), render.TableOptions{Width: 200, Home: "/home/ana", Dir: "/home/ana/work"})
	for _, want := range []string{"API clients in ~/work", "file      ~/.pgpass", "file      .claude/settings.json", "tracked by git in pay ments/"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(out, "/home/ana") {
		t.Error("a path is not shortened")
	}
	if out := asTable(t, scan(), render.TableOptions{Home: "/home/an"}); strings.Contains(out, "~") {
		t.Error("another folder was taken for the home folder")
	}
}

func TestTableCountsManyQuietClients(t *testing.T) {
	res := sample()
	for range 20 {
		res.Clients = append(res.Clients, plainOne())
		res.Clients[len(res.Clients)-1].ID = clientele.ClientID(fmt.Sprint("c_quiet", len(res.Clients)))
	}
	s := render.Wire(res, "0.1.0")
	if out := asTable(t, s, render.TableOptions{}); !strings.Contains(out, "21 clients with nothing to mend: 21 httpfile") {
		t.Error("quiet clients are not counted")
	}
	if out := asTable(t, s, render.TableOptions{Verbose: true}); strings.Count(out, "weather (httpfile") != 21 {
		t.Error("verbose does not list them")
	}
}

func TestTableOfNothing(t *testing.T) {
	out := asTable(t, render.Wire(&discover.Result{Roots: []string{"/srv"}}, "0.1.0"), render.TableOptions{})
	if !strings.HasPrefix(out, "No API clients in /srv\n") || !strings.Contains(out, "Scan where developers work") {
		t.Errorf("%s", out)
	}
}

// TestNextStepsDiffer: one secret that breaks several rules takes one step, not all three.
func TestNextStepsDiffer(t *testing.T) {
	_, steps, _ := strings.Cut(asTable(t, scan(), render.TableOptions{Width: 200}), "Next\n")
	for i, want := range []string{"1. Payments API and 1 other client: Move", "explain embedded-secret", "2. deploy: ", "explain static-cloud-key", "3. github (MCP server): ", "explain broad-approval"} {
		if !strings.Contains(strings.Split(steps, "\n")[i], want) {
			t.Errorf("line %d of the steps lacks %q:\n%s", i, want, steps)
		}
	}
}

func TestSuppressedFindingsDoNotCount(t *testing.T) {
	s := scan()
	for i := range s.Findings {
		s.Findings[i].Suppressed = &api.Suppressed{Reason: "accepted"}
	}
	out := asTable(t, s, render.TableOptions{})
	if !strings.Contains(out, "findings  none (13 more suppressed)") || !strings.Contains(out, "6 clients with nothing to mend") {
		t.Errorf("%s", out)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left on device")

func TestWritersReportErrors(t *testing.T) {
	for name, err := range map[string]error{
		"table": render.Table(fullDisk{}, scan(), render.TableOptions{}), "JSON": render.JSON(fullDisk{}, scan()), "CSV": render.CSV(fullDisk{}, scan()),
		"SARIF": render.SARIF(fullDisk{}, scan()), "HTML": render.HTML(fullDisk{}, scan()),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
