package witness_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
)

func TestAClientThatDoesNotKnowTheSizeLearnsIt(t *testing.T) {
	w, l := setUp(t)
	for _, step := range []struct{ guess, size int64 }{{5, 10}, {0, 20}, {40, 30}} {
		if _, err := w.Cosign(t.Context(), l.checkpoint(step.size), step.guess, l.prove(step.size)); err != nil {
			t.Errorf("%+v: %v", step, err)
		}
	}
}

func TestAClientBelievesNoBadWitness(t *testing.T) {
	_, l := setUp(t)
	key, other := mustKey(t, tlog.TypeWitness, "w.example"), mustKey(t, tlog.TypeWitness, "w.example")
	line := func(k *tlog.Key, size int64) string {
		root, err := tlog.Root(size, l.tree)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := tlog.Sign(tlog.Checkpoint{Origin: origin, Size: size, Root: root}, k)
		if err != nil {
			t.Fatal(err)
		}
		return string(tlog.SignatureLines(msg))
	}
	for name, c := range map[string]struct {
		status int
		header string
		body   string
		want   clientele.ErrorKind
	}{
		"another key":      {200, "", line(other, 5), clientele.Invalid},
		"another tree":     {200, "", line(key, 6), clientele.Invalid},
		"nothing":          {200, "", "", clientele.Invalid},
		"endless":          {200, "", strings.Repeat("x", 1<<20), clientele.Invalid},
		"no size":          {409, "text/x.tlog.size", "many\n", clientele.Invalid},
		"a size below":     {409, "text/x.tlog.size", "-1\n", clientele.Invalid},
		"a redirect":       {307, "", "", clientele.Unavailable},
		"unknown log":      {404, "", "", clientele.NotFound},
		"unknown key":      {403, "", "", clientele.Denied},
		"its own mishap":   {500, "", "", clientele.Unavailable},
		"a proof it finds": {422, "", "bad", clientele.Invalid},
	} {
		var asked int
		srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Content-Type", c.header)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		client := witness.Client{URL: srv.URL, Witness: key.Verifier(), HTTP: srv.Client()}
		msg, err := client.Cosign(t.Context(), l.checkpoint(5), 0, l.prove(5))
		if err == nil || clientele.KindOf(err) != c.want || asked != 1 {
			t.Errorf("%s: %s, %v (%s), asked %d times", name, msg, err, clientele.KindOf(err), asked)
		}
		srv.Close()
		if _, err := client.Submit(t.Context(), l.request(0, 5)); clientele.KindOf(err) != clientele.Unavailable {
			t.Errorf("a witness that is gone: %v", err)
		}
	}
}

func TestAClientWaitsForASilentWitnessSoLongAndNoLonger(t *testing.T) {
	_, l := setUp(t)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer srv.Close()
	client := witness.Client{URL: srv.URL, Witness: mustKey(t, tlog.TypeWitness, "w").Verifier(), HTTP: srv.Client(), Timeout: 20 * time.Millisecond}
	_, err := client.Submit(context.Background(), l.request(0, 5))
	if clientele.KindOf(err) != clientele.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
