package render_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/render"
)

func asHTML(t testing.TB, s api.Scan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.HTML(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPageEscapesNames(t *testing.T) {
	b := asHTML(t, scan())
	if n := bytes.Count(b, []byte("<script")); n != 1 {
		t.Errorf("%d scripts, want the page's own", n)
	}
	if bytes.Contains(b, []byte("<img")) || bytes.ContainsAny(b, "\x1b\u009b\u202e") {
		t.Error("a name came through as it is")
	}
	if !bytes.Contains(b, []byte("&lt;script&gt;alert(1)")) || !bytes.Contains(b, []byte(`\u202e`)) {
		t.Error("a name is missing")
	}
}

// TestPageHoldsTogether checks what a browser forgives: ids that occur twice, links that lead
// nowhere, labels without a field.
func TestPageHoldsTogether(t *testing.T) {
	b := string(asHTML(t, scan()))
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(b, -1) {
		if ids[m[1]] {
			t.Errorf("id %s occurs twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]*)"`).FindAllStringSubmatch(b, -1) {
		if !ids[m[1]] {
			t.Errorf("nothing has the id %s", m[1])
		}
	}
	if regexp.MustCompile(`(?i)(src|href|action|url)\s*[=(]\s*["']?(https?:)?//`).MatchString(b) {
		t.Error("the page refers to something outside of itself")
	}
	if strings.Contains(b, " style=") || regexp.MustCompile(`(?i)\son[a-z]+="`).MatchString(b) {
		t.Error("an inline style or handler: the policy forbids them")
	}
	for _, th := range regexp.MustCompile(`<th[^>]*>`).FindAllString(b, -1) {
		if !strings.Contains(th, "scope=") && !strings.HasPrefix(th, "<thead") {
			t.Errorf("%s has no scope", th)
		}
	}
}

// crowd is a scan of many clients.
func crowd(n int) api.Scan {
	res := sample()
	kinds := []func() *clientele.Client{payments, agent, warehouse, deploy, plainOne}
	res.Clients, res.Findings = nil, nil
	of := map[clientele.ClientID][]clientele.Finding{}
	for _, f := range sampleFindings() {
		of[f.Client] = append(of[f.Client], f)
	}
	for i := range n {
		c := kinds[i%len(kinds)]()
		for _, f := range of[c.ID] {
			f.Client = clientele.ClientID(fmt.Sprintf("c_%016x", i))
			f.Fingerprint = fmt.Sprintf("%032x", len(res.Findings))
			res.Findings = append(res.Findings, f)
		}
		c.ID, c.Name = clientele.ClientID(fmt.Sprintf("c_%016x", i)), fmt.Sprintf("%s %d", c.Name, i)
		res.Clients = append(res.Clients, c)
	}
	return render.Wire(res, "0.1.0")
}

func TestLargePageStaysSmall(t *testing.T) {
	b := asHTML(t, crowd(2000))
	t.Logf("2,000 clients: %.1f MB", float64(len(b))/1e6)
	if len(b) > 6_000_000 {
		t.Errorf("the page has %d bytes, want 6 MB at most", len(b))
	}
}
