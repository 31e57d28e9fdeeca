package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clientele/clientele/api"
)

// Whatever a scan holds, its parts are small, and every client is in one of them.
func TestSplitScanFitsTheServersBounds(t *testing.T) {
	odd := "a\x00b\nc\u2028" + strings.Repeat("é", 3000)
	huge := api.Client{ID: "c_huge", Name: odd, Tool: "postman", Kind: "api_client", Files: []string{odd}}
	var s api.Scan
	for i := range 9000 {
		huge.Endpoints = append(huge.Endpoints, api.Endpoint{Host: odd, Path: "/" + odd, URLTemplate: odd})
		huge.Credentials = append(huge.Credentials, api.Credential{Name: odd, Location: api.Location{File: odd, Path: []string{odd, odd}}})
		s.Findings = append(s.Findings, api.Finding{Client: "c_huge", Message: odd, Fingerprint: fmt.Sprint(i)})
	}
	s.Clients = append(s.Clients, huge)
	for i := range 1100 {
		s.Clients = append(s.Clients, api.Client{ID: fmt.Sprint("c_", i), Name: "\n"})
	}
	parts := api.SplitScan(s)
	seen := 0
	for i, p := range parts {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 4<<20 || len(p.Clients) > 500 || len(p.Findings) > 10000 {
			t.Errorf("part %d: %d bytes, %d clients, %d findings", i, len(b), len(p.Clients), len(p.Findings))
		}
		seen += len(p.Clients)
		for _, c := range p.Clients {
			if len(c.Name) > 500 || !utf8.ValidString(c.Name) || strings.ContainsAny(c.Name, "\x00\n\u2028") || strings.TrimSpace(c.Name) == "" {
				t.Errorf("the name %q", c.Name)
			}
		}
	}
	if seen != 1101 || huge.Endpoints[0].URLTemplate == "" {
		t.Errorf("%d clients, or the scan itself was changed", seen)
	}
	if n := len(api.SplitScan(api.Scan{})); n != 1 {
		t.Errorf("an empty scan has %d parts", n)
	}
}
