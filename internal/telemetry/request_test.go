package telemetry_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/clientele/clientele/internal/telemetry"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// lines collects what loggers of several goroutines write.
type lines struct {
	mu  sync.Mutex
	all []map[string]any
	bad []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var m map[string]any
	if err := json.Unmarshal(p, &m); err != nil {
		l.bad = append(l.bad, string(p))
	}
	l.all = append(l.all, m)
	return len(p), nil
}

func (l *lines) only(t *testing.T) map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) != 1 {
		t.Fatalf("%d lines, want one: %v", len(l.all), l.all)
	}
	return l.all[0]
}

func doorstep(t *testing.T) (telemetry.Requests, *lines) {
	t.Helper()
	l := &lines{}
	log, err := telemetry.Logger(l, "json", slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	return telemetry.Requests{Log: log, Metrics: telemetry.NewHTTPMetrics(telemetry.NewRegistry("v"), "api")}, l
}

func get(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp
}

func TestARequestIsOneWideLine(t *testing.T) {
	q, l := doorstep(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/clients/{id}", func(w http.ResponseWriter, r *http.Request) {
		e := telemetry.EventFrom(r.Context())
		e.Set("actor", "alice")
		e.Set("rows", 1)
		e.Set("rows", 2)
		e.Set("status", 999)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	})
	srv := httptest.NewServer(q.Wrap(mux))
	resp := get(t, srv.Client(), srv.URL+"/v1/clients/c-17?token="+canary)
	srv.Close() // the line is written after the answer

	line := l.only(t)
	for key, want := range map[string]any{
		"msg": "request", "level": "INFO", "method": "GET", "route": "/v1/clients/{id}", "status": 418.0,
		"bytes": 15.0, "actor": "alice", "rows": 2.0, "request_id": resp.Header.Get("X-Request-Id"),
	} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	if _, ok := line["duration_ms"].(float64); !ok {
		t.Errorf("duration_ms = %v", line["duration_ms"])
	}
	if s := fmt.Sprint(line); strings.Contains(s, canary) || strings.Contains(s, "c-17") {
		t.Errorf("the path or the query is on the line: %s", s)
	}
}

func TestAnIncomingRequestNumberIsNotTakenOver(t *testing.T) {
	q, l := doorstep(t)
	srv := httptest.NewServer(q.Wrap(http.NotFoundHandler()))
	req, _ := http.NewRequest("BREW", srv.URL, nil)
	req.Header.Set("X-Request-Id", "forged")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	srv.Close()
	line := l.only(t)
	if line["request_id"] == "forged" || line["request_id"] != resp.Header.Get("X-Request-Id") {
		t.Errorf("request_id = %v", line["request_id"])
	}
	if line["method"] != "other" || line["route"] != "unmatched" || line["status"] != 404.0 {
		t.Errorf("%v", line)
	}
}

func TestAPanicIsOneErrorLineAndABareAnswer(t *testing.T) {
	q, l := doorstep(t)
	srv := httptest.NewUnstartedServer(q.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("first\nsecond") })))
	var std strings.Builder
	srv.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&std, nil), slog.LevelError)
	srv.Start()
	resp, err := srv.Client().Get(srv.URL)
	if err == nil {
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusInternalServerError || strings.Contains(string(b), "first") {
			t.Errorf("%d %s", resp.StatusCode, b)
		}
	}
	srv.Close()
	line := l.only(t)
	if line["level"] != "ERROR" || line["status"] != 500.0 || line["panic"] != "first\nsecond" || !strings.Contains(fmt.Sprint(line["stack"]), "request_test.go") {
		t.Errorf("%v", line)
	}
	if std.Len() > 0 {
		t.Errorf("reported twice: %s", &std)
	}
}

func TestFlushReachesTheConnection(t *testing.T) {
	q, _ := doorstep(t)
	release := make(chan struct{})
	srv := httptest.NewServer(q.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "now")
		w.(http.Flusher).Flush()
		<-release
	})))
	defer srv.Close()
	defer close(release)
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b := make([]byte, 3); true {
		if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != "now" {
			t.Errorf("%q %v", b, err)
		}
	}
}

func TestManyRequestsAtOnceKeepTheirOwnEvents(t *testing.T) {
	q, l := doorstep(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /n/{n}", func(w http.ResponseWriter, r *http.Request) {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { telemetry.EventFrom(r.Context()).Set(fmt.Sprintf("part_%d", i), r.PathValue("n")) })
		}
		wg.Wait()
		w.Header().Set("N", telemetry.RequestID(r.Context()))
	})
	srv := httptest.NewServer(q.Wrap(mux))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 25 {
				resp, err := srv.Client().Get(fmt.Sprintf("%s/n/%d", srv.URL, i*25+j))
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	srv.Close()
	if len(l.all) != 200 || len(l.bad) != 0 {
		t.Fatalf("%d lines, broken: %v", len(l.all), l.bad)
	}
	ids, values := map[any]bool{}, map[any]bool{}
	for _, line := range l.all {
		ids[line["request_id"]], values[line["part_0"]] = true, true
		if line["part_0"] != line["part_3"] || line["part_0"] == nil {
			t.Errorf("mixed up: %v", line)
		}
	}
	if len(ids) != 200 || len(values) != 200 {
		t.Errorf("%d ids, %d values", len(ids), len(values))
	}
}

func TestAnEventIsBounded(t *testing.T) {
	q, l := doorstep(t)
	srv := httptest.NewServer(q.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for i := range 1000 {
			telemetry.EventFrom(r.Context()).Set(fmt.Sprintf("k%d", i), i)
		}
	})))
	get(t, srv.Client(), srv.URL)
	srv.Close()
	if line := l.only(t); len(line) > 80 || line["attrs_dropped"] != 936.0 {
		t.Errorf("%d attributes, dropped %v", len(line), line["attrs_dropped"])
	}
}

func TestOutsideOfARequestAnEventIsHarmless(t *testing.T) {
	telemetry.EventFrom(t.Context()).Set("k", 1)
	if id := telemetry.RequestID(t.Context()); id != "" {
		t.Error(id)
	}
}

func TestMetricsCountAndAreWellNamed(t *testing.T) {
	reg := telemetry.NewRegistry("v1.2.3")
	log, _ := logger(t, "json")
	q := telemetry.Requests{Log: log, Metrics: telemetry.NewHTTPMetrics(reg, "api")}
	telemetry.NewHTTPMetrics(reg, "gateway") // a second listener in the same registry
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/clients/{id}", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(q.Wrap(mux))
	for i := range 3 {
		get(t, srv.Client(), fmt.Sprintf("%s/v1/clients/%d", srv.URL, i))
	}
	get(t, srv.Client(), srv.URL+"/made/up")
	srv.Close()

	want := `
		# HELP clientele_http_requests_total Requests answered, by route, method and class of status.
		# TYPE clientele_http_requests_total counter
		clientele_http_requests_total{listener="api",method="GET",route="/v1/clients/{id}",status="2xx"} 3
		clientele_http_requests_total{listener="api",method="GET",route="unmatched",status="4xx"} 1
		# HELP clientele_http_requests_in_flight Requests that are being answered.
		# TYPE clientele_http_requests_in_flight gauge
		clientele_http_requests_in_flight{listener="api"} 0
		clientele_http_requests_in_flight{listener="gateway"} 0
	`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "clientele_http_requests_total", "clientele_http_requests_in_flight"); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	page := httptest.NewServer(telemetry.MetricsHandler(reg))
	defer page.Close()
	resp, err := page.Client().Get(page.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	for _, part := range []string{`clientele_build_info{version="v1.2.3"} 1`, "go_goroutines", "process_", "clientele_http_request_duration_seconds_bucket"} {
		if !strings.Contains(string(b), part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}
