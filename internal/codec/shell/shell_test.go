package shell_test

import (
	"slices"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/shell"
)

func TestSuite(t *testing.T) { codectest.Run(t, shell.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, shell.Decoders) }

// decode runs the one decoder of that name on a text.
func decode(t *testing.T, decoder, path, text string) []clientele.Part {
	t.Helper()
	return codectest.DecodeBy(t, shell.Decoders, decoder, path, text)
}

func TestScriptsThatCallNothingAreNoClients(t *testing.T) {
	for _, c := range []struct{ decoder, path, text string }{
		{"shell script", "a.sh", "#!/bin/sh\nDIR=$(dirname $0)\ncd $DIR && make -j4 all\nfor f in *.c; do echo $f; done\n"},
		{"shell script", "doc.md", "run `#!/bin/bash` and\ncurl https://a.test\n"},
		{"shell script", "a.sh", "#!/usr/bin/env python3\nimport os\n"},
		{"makefile", "Makefile", "CC = gcc\nall: a.o\n\t$(CC) -o a a.o\n"},
		{"dockerfile", "Dockerfile", "FROM alpine\nENV LANG=C PORT=80\nRUN apk add curl\n"},
		{"dockerfile", "Dockerfile", "this is no Dockerfile\nRUN curl https://a.test\n"},
		{"shell history", ".bash_history", "ls\ncd ..\ngit status\n"},
		{"netrc", ".netrc", "# nothing\n"},
	} {
		if parts := decode(t, c.decoder, c.path, c.text); len(parts) > 0 {
			t.Errorf("%s %q: %s", c.decoder, c.path, codectest.Dump(parts))
		}
	}
}

func TestHistoryEntriesDoNotReachEachOther(t *testing.T) {
	for path, text := range map[string]string{
		".bash_history": "echo don't\ncurl https://a.test -d '{\n\"x\":1}'\nif x\ncurl https://b.test\n",
		".zsh_history":  ": 1700000000:0;echo don't\n: 1700000001:3;curl https://a.test -d '{\\\n\"x\":1}'\n: 1700000002:0;curl https://b.test\n",
		"fish_history":  "- cmd: echo don't\n  when: 1\n- cmd: curl https://a.test -d '{\\n\"x\":1}'\n  when: 2\n- cmd: curl https://b.test\n  when: 3\n",
	} {
		var got []string
		for _, p := range decode(t, "shell history", path, text) {
			for _, r := range p.Requests {
				got = append(got, r.Method+" "+r.URL.Reveal())
			}
			for _, s := range p.Texts {
				if !s.Recorded {
					t.Errorf("%s: a text is not recorded", path)
				}
			}
		}
		if !slices.Equal(got, []string{"POST https://a.test", "GET https://b.test"}) {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestNetrcTokens(t *testing.T) {
	for text, want := range map[string]string{
		"machine h login u password p":                          "h u p",
		"machine h\n# password no\n\tpassword p login u\n":      "h u p",
		"machine h login u password #p":                         "h u #p",
		"machine h login u password \"a b \\\"c\\\"\"":          "h u a b \"c\"",
		"macdef x\nmachine no login no\n\nmachine h password p": "h  p",
		"default login u password p":                            "default u p",
		"machine h login password password p":                   "h password p",
	} {
		got := ""
		for _, p := range decode(t, "netrc", ".netrc", text) {
			v := map[string]string{}
			for _, s := range p.Slots {
				v[s.Name] = s.Value.Reveal()
			}
			got += p.Name + " " + v["login"] + " " + v["password"]
		}
		if got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

func TestDockerfileLinesHoldOverContinuations(t *testing.T) {
	parts := decode(t, "dockerfile", "Dockerfile", "FROM a\nRUN true \\\n# comment\n && curl https://a.test \\\n      -u u:p\nENV A=1 \\\n    API_TOKEN=\"x y\"\n")
	if r := parts[0].Requests[0]; r.Line != 4 {
		t.Error(r.Line)
	}
	if v := parts[0].Variables[1]; v.Name != "API_TOKEN" || v.Line != 7 || v.Value.Reveal() != "x y" {
		t.Error(v.Name, v.Line)
	}
}
