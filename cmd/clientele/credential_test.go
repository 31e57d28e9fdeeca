package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/fingerprint"
)

// The secret is compared by its fingerprint alone: no request and no output holds it.
func TestASecretIsFoundWithoutBeingSent(t *testing.T) {
	const secret, key = "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	k, err := fingerprint.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var sent bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintln(&sent, r.URL, r.Header, string(body))
		if !strings.Contains(string(body), k.Fingerprint(secret)) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"status":404,"detail":"there is no such credential, or none that you may see"}`)
			return
		}
		fmt.Fprint(w, `{"id":"crd_1","role":"token","holders":2,"clients":[{"id":"cli_1","name":"Orders","count":1}],"places":[{"client":"cli_1","file":"a.json","line":3}]}`)
	}))
	defer server.Close()
	t.Setenv("CLIENTELE_SERVER", server.URL)
	t.Setenv("CLIENTELE_TOKEN", "token")
	t.Setenv("CLIENTELE_FINGERPRINT_KEY", key)
	find := func(in string, args ...string) (int, string) {
		var out bytes.Buffer
		code := run(append([]string{"credential", "find"}, args...), strings.NewReader(in), &out, &out)
		return code, out.String()
	}
	code, out := find(secret + "\n")
	if code != exitOK || !strings.Contains(out, "held by 2 clients") || !strings.Contains(out, "a.json:3") {
		t.Errorf("%d %s", code, out)
	}
	if sent.Len() == 0 || strings.Contains(sent.String()+out, secret) {
		t.Errorf("the secret left the process: %s%s", sent.String(), out)
	}
	if code, out := find("s3cr3t-of-nobody"); code != exitUsage || !strings.Contains(out, "--key-file") || strings.Contains(out, "s3cr3t") {
		t.Errorf("%d %s", code, out)
	}
	if code, _ := find(""); code != exitUsage {
		t.Errorf("an empty secret: %d", code)
	}
	if code, _ := find(strings.Repeat("x", maxSecret+1)); code != exitUsage {
		t.Errorf("too long a secret: %d", code)
	}
	missing := filepath.Join(t.TempDir(), "key")
	if code, out := find(secret, "--key-file", missing); code != exitUsage || !strings.Contains(out, "no fingerprint key") {
		t.Errorf("a key was made that can fit nothing: %d %s", code, out)
	}
}

func TestUsesAreReadInEveryFormAndSentInStretches(t *testing.T) {
	one := `{"client":"cli_1","service":"srv_1","verb":"read","count":2,"first_at":"2026-03-02T08:00:00Z","last_at":"2026-03-02T09:00:00Z"}`
	for name, c := range map[string]struct {
		in   string
		want int
		bad  bool
	}{
		"one": {one, 1, false}, "lines": {one + "\n\n" + one + "\n", 2, false}, "a list": {"\n [" + one + "," + one + "]", 2, false}, "a report": {`{"uses":[` + one + `]}`, 1, false},
		"many": {strings.Repeat(one+"\n", 1201), 1201, false}, "an empty list": {"[]", 0, false},
		"nothing": {" ", 0, true}, "no JSON": {one + "\n{", 0, true}, "a list that breaks off": {"[" + one, 0, true}, "an unknown field": {`{"clients":"x"}`, 0, true}, "a number": {"7", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			sizes := 0
			sum, err := postUses(strings.NewReader(c.in), func(batch []api.ClientUse) (api.UsageTaken, error) {
				sizes += len(batch)
				if len(batch) > api.MaxUses {
					t.Errorf("%d at once", len(batch))
				}
				return api.UsageTaken{Uses: len(batch), Calls: int64(2 * len(batch))}, nil
			})
			if (err != nil) != c.bad || sum.Uses != c.want || sizes != c.want || sum.Calls != int64(2*c.want) {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
	full := errors.New("full")
	sum, err := postUses(strings.NewReader(strings.Repeat(one, 600)), func(batch []api.ClientUse) (api.UsageTaken, error) {
		if len(batch) < api.MaxUses {
			return api.UsageTaken{}, full
		}
		return api.UsageTaken{Uses: len(batch)}, nil
	})
	if !errors.Is(err, full) || sum.Uses != api.MaxUses {
		t.Errorf("%+v, %v", sum, err)
	}
}
