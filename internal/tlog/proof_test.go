package tlog_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// The example of c2sp.org/tlog-proof, whose signatures are cut there.
const specProof = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ=
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw==
`

func makeProof(t testing.TB, size, index int64, log *tlog.Key, witnesses ...*tlog.Key) tlog.Proof {
	t.Helper()
	hashes, err := tlog.ProveInclusion(size, index, grow(t, size))
	if err != nil {
		t.Fatal(err)
	}
	msg := signed(t, size, log)
	for _, w := range witnesses {
		if msg, err = tlog.AddCosignatures(msg, tlog.SignatureLines(signed(t, size, w)), w.Verifier()); err != nil {
			t.Fatal(err)
		}
	}
	return tlog.Proof{Index: index, Hashes: hashes, Checkpoint: msg}
}

func TestAProofIsVerifiedWithoutTheLog(t *testing.T) {
	log, w := mustKey(t, tlog.TypeLog, logName), mustKey(t, tlog.TypeWitness, "w.example")
	for _, extra := range [][]byte{nil, []byte("anything\x00at all")} {
		made := makeProof(t, 11, 10, log, w)
		made.Extra = extra
		text := made.Marshal()
		p, err := tlog.ParseProof(text)
		if err != nil || !bytes.Equal(p.Marshal(), text) || !bytes.Equal(p.Extra, extra) {
			t.Fatalf("%s is read as %+v, %v", text, p, err)
		}
		s, err := p.Verify(leaves(10, 1)[0], log.Verifier(), w.Verifier())
		if err != nil || s.Size != 11 || s.Origin != logName || len(s.Cosigned) != 1 {
			t.Errorf("verified %+v, %v", s, err)
		}
	}
}

func TestAProofOfAnotherEntryLogOrTreeIsRefused(t *testing.T) {
	log := mustKey(t, tlog.TypeLog, logName)
	leaf := leaves(3, 1)[0]
	p := makeProof(t, 9, 3, log)
	_, err := p.Verify(leaves(4, 1)[0], log.Verifier())
	wantKind(t, err, clientele.Invalid)
	_, err = p.Verify(leaf, mustKey(t, tlog.TypeLog, logName).Verifier())
	wantKind(t, err, clientele.Invalid)
	older := p
	older.Checkpoint = signed(t, 8, log)
	_, err = older.Verify(leaf, log.Verifier())
	wantKind(t, err, clientele.Invalid)
	smaller := p
	smaller.Checkpoint = signed(t, 3, log)
	_, err = smaller.Verify(leaf, log.Verifier())
	wantKind(t, err, clientele.NotFound)
	cut := p
	cut.Hashes = cut.Hashes[1:]
	_, err = cut.Verify(leaf, log.Verifier())
	wantKind(t, err, clientele.Invalid)
	one := makeProof(t, 1, 0, log)
	if text := string(one.Marshal()); !strings.HasPrefix(text, "c2sp.org/tlog-proof@v1\nindex 0\n\n"+logName) {
		t.Errorf("a proof without hashes: %s", text)
	}
	back, err := tlog.ParseProof(one.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := back.Verify(leaves(0, 1)[0], log.Verifier()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoProofIsRefused(t *testing.T) {
	spec := strings.Replace(specProof, "kYXJ3aW4tYXJ=", "", 1)
	if p, err := tlog.ParseProof([]byte(spec)); err != nil || p.Index != 73894 || len(p.Hashes) != 2 || string(p.Extra) != "age-v1.2.1-darwin-arm64.tar.gz" || string(p.Marshal()) != spec {
		t.Fatalf("the standard's example is read as %+v, %v", p, err)
	}
	hash := "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
	for name, text := range map[string]string{
		"empty":              "",
		"another version":    strings.Replace(spec, "@v1", "@v2", 1),
		"no index":           strings.Replace(spec, "index 73894\n", "", 1),
		"signed index":       strings.Replace(spec, "index ", "index +", 1),
		"index with a zero":  strings.Replace(spec, "index ", "index 0", 1),
		"a huge index":       strings.Replace(spec, "index ", "index 99999999999999", 1),
		"index before extra": strings.Replace(strings.Replace(spec, "extra", "x", 1), "index 73894\n", "index 73894\nextra YQ==\n", 1),
		"empty extra":        strings.Replace(spec, "extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "extra ", 1),
		"broken extra":       strings.Replace(spec, "extra YW", "extra Y", 1),
		"short hash":         strings.Replace(spec, hash, hash[4:], 1),
		"hash with a return": strings.Replace(spec, hash, "\r"+hash, 1),
		"too many hashes":    strings.Replace(spec, hash, strings.Repeat(hash, 63), 1),
		"a great many":       strings.Replace(spec, hash, strings.Repeat(hash, 1<<16), 1),
		"no checkpoint":      spec[:strings.Index(spec, "\n\n")],
		"a huge checkpoint":  spec + strings.Repeat("x", tlog.MaxCheckpoint),
	} {
		p, err := tlog.ParseProof([]byte(text))
		if err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: read as %+v, %v", name, p, err)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte(strings.Replace(specProof, "kYXJ3aW4tYXJ=", "", 1)))
	log := mustKey(f, tlog.TypeLog, logName)
	f.Add(makeProof(f, 9, 3, log).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := tlog.ParseProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Marshal(), b) {
			t.Errorf("%q is read as %+v", b, p)
		}
		if _, err := p.Verify(tlog.LeafHash([]byte("never logged")), log.Verifier()); err == nil {
			t.Errorf("forged: %q", b)
		}
	})
}
