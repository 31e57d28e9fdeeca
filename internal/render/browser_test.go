package render_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	pages "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/clientele/clientele/api"
)

// tab is a real browser with one page of ours in it.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu    sync.Mutex // guards the fields below
	asked []string   // requests other than for the page
	cries []string   // dialogs, exceptions and violations of the policy
}

// browse opens a scan's page in Chromium.
func browse(t *testing.T, s api.Scan) *tab {
	t.Helper()
	bin, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the page is not tried in a browser")
	}
	file := filepath.Join(t.TempDir(), "scan.html")
	if err := os.WriteFile(file, asHTML(t, s), 0o600); err != nil {
		t.Fatal(err)
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(bin), chromedp.UserDataDir(t.TempDir())}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "force-color-profile=srgb"} {
		name, value, has := strings.Cut(f, "=")
		if has {
			opts = append(opts, chromedp.Flag(name, value))
		} else {
			opts = append(opts, chromedp.Flag(name, true))
		}
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(done)
	b := &tab{t: t, ctx: ctx, url: "file://" + file}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do(b.enable(), chromedp.Navigate(b.url))
	return b
}

// hear notes what the page does. It runs in the loop that reads the tab's messages.
func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if ev.Request.URL != b.url && !strings.HasPrefix(ev.Request.URL, "data:") {
			b.asked = append(b.asked, ev.Request.URL)
		}
	case *pages.EventJavascriptDialogOpening:
		b.cries = append(b.cries, "dialog: "+ev.Message)
	case *runtime.EventExceptionThrown:
		b.cries = append(b.cries, "exception: "+ev.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.cries = append(b.cries, "log: "+ev.Entry.Text)
	}
}

// heard is what was heard until now.
func (b *tab) heard() (asked, cries []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked, b.cries
}

func (b *tab) enable() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, log.Enable, cdp.Empty{})
		return err
	})
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// names are those of the clients in view.
func (b *tab) names() []string {
	b.t.Helper()
	return ask[[]string](b, `[...document.querySelectorAll(".client:not([hidden]) h3")].map(h => h.textContent)`)
}

func (b *tab) search(words string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.ID("q")), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(words))
}

func (b *tab) wants(what string, want ...string) {
	b.t.Helper()
	if got := b.names(); fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("%s shows %q, want %q", what, got, want)
	}
}

func TestPageInABrowser(t *testing.T) {
	b := browse(t, scan())

	b.search("stripe")
	b.wants("a host", "Payments API")
	b.search("static-cloud OIDC")
	b.wants("a rule and a word", "deploy")
	b.search("tracked-secret")
	if n := ask[int](b, `document.querySelectorAll(".client:not([hidden]) .rule:not([hidden])").length`); n != 1 {
		t.Errorf("searching for a rule leaves %d findings", n)
	}
	b.search("nothing like that")
	b.wants("no match")
	if s := ask[string](b, `document.getElementById("shown").textContent`); !strings.Contains(s, "No client matches") {
		t.Errorf("it says %q", s)
	}
	b.search("")
	if n := len(b.names()); n != 6 {
		t.Errorf("escape leaves %d clients", n)
	}

	b.do(chromedp.Click(chromedp.CSS(".chip.critical")))
	b.wants("critical", "Payments API")
	b.do(chromedp.Click(chromedp.CSS(".chip.critical")), chromedp.Click(chromedp.CSS(".chip.none")))
	b.wants("without findings", "weather")
	b.do(chromedp.Click(chromedp.ID("clear")), chromedp.Click(chromedp.CSS(`.pick[data-rule="broad-approval"]`)))
	b.wants("a rule's button", "github (MCP server)")
	ask[chromedp.Void](b, `(() => { clear.click; const t = document.getElementById("tool"); document.getElementById("clear").click(); t.value = "psql"; t.dispatchEvent(new Event("change")) })()`)
	b.wants("a tool", "warehouse.acme.example/orders")
	b.quiet()
}

func TestPageByKeyboard(t *testing.T) {
	b := browse(t, scan())
	b.do(chromedp.KeyEvent("/"), chromedp.KeyEvent("payments"))
	b.wants("slash and a name", "Payments API")
	for range 8 {
		if ask[string](b, `document.activeElement.tagName`) == "SUMMARY" {
			break
		}
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	if ring := ask[string](b, `getComputedStyle(document.activeElement).outlineStyle`); ring != "solid" {
		t.Errorf("the focus shows as %q", ring)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	if !ask[bool](b, `document.querySelector(".client:not([hidden])").open`) {
		t.Error("Enter does not open the client")
	}
	b.quiet()
}

// quiet fails the test if the page asked for anything, or a name of the sample acted.
func (b *tab) quiet() {
	b.t.Helper()
	asked, cries := b.heard()
	if len(asked) > 0 || len(cries) > 0 {
		b.t.Errorf("the page asked for %q and cried %q", asked, cries)
	}
}

// TestPolicyHolds puts in what a name would if the escaping failed.
func TestPolicyHolds(t *testing.T) {
	b := browse(t, scan())
	b.quiet()
	ask[chromedp.Void](b, `(() => { try { document.body.setAttribute("onclick", "window.hit = 1") } catch {} document.body.click();
		const s = document.createElement("style"); s.textContent = "body{color:red}"; document.head.append(s);
		const i = new Image(); i.src = "http://127.0.0.1:9/x.png"; document.body.append(i); })()`)
	time.Sleep(100 * time.Millisecond) // the log comes in its own time
	if ask[bool](b, `window.hit === 1`) {
		t.Error("an inline handler ran")
	}
	if _, cries := b.heard(); len(cries) < 3 {
		t.Errorf("the policy stopped only %q", cries)
	}
	if colour := ask[string](b, `getComputedStyle(document.body).color`); colour == "rgb(255, 0, 0)" {
		t.Error("a foreign style applies")
	}
}

func TestLargePageSearchesFast(t *testing.T) {
	b := browse(t, crowd(2000))
	ms := ask[float64](b, `(() => { const q = document.getElementById("q"); let worst = 0;
		for (const s of ["p", "pay", "payments api 19", "zzz", "", "embedded-secret", "stripe ledger"]) {
			let best = 1e9; // of three: other work on the machine is not ours
			for (let i = 0; i < 3; i++) {
				q.value = ""; q.dispatchEvent(new Event("input")); document.body.offsetHeight;
				q.value = s; const t = performance.now(); q.dispatchEvent(new Event("input")); document.body.offsetHeight; best = Math.min(best, performance.now() - t);
			}
			worst = Math.max(worst, best);
		} return worst })()`)
	t.Logf("slowest search: %.0f ms", ms)
	if ms > 100 {
		t.Errorf("a search takes %.0f ms, want 100 at most", ms)
	}
	ask[chromedp.Void](b, `document.querySelector(".client").open = true`)
	time.Sleep(50 * time.Millisecond) // toggle comes later
	if why := ask[string](b, `document.querySelector(".client .rule p").textContent`); !strings.Contains(why, "Remedy:") {
		t.Errorf("opening a client of a large page explains %q", why)
	}
}

// TestScreenshots is for people: RENDER_SHOTS=dir go test -run Screenshots ./internal/render
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("RENDER_SHOTS")
	if dir == "" {
		t.Skip("RENDER_SHOTS names no folder for the pictures")
	}
	for _, shot := range []struct {
		name   string
		width  int64
		scheme string
		open   bool
	}{{"light", 1200, "light", false}, {"open", 1200, "light", true}, {"dark", 1200, "dark", true}, {"phone", 360, "light", true}, {"small", 360, "dark", false}} {
		b := browse(t, scan())
		b.do(chromedp.EmulateViewport(shot.width, 2400), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: shot.scheme}}})
			return err
		}))
		if shot.open {
			ask[chromedp.Void](b, `document.querySelectorAll(".client").forEach((c, i) => { c.open = i < 2 })`)
		}
		if shot.name == "phone" {
			b.search("warehouse")
		}
		if wide := ask[int64](b, `document.documentElement.scrollWidth`); wide > shot.width {
			t.Errorf("%s: the page is %d wide", shot.name, wide)
		}
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name+".png"), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
