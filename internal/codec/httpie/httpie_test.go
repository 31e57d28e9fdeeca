package httpie_test

import (
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/httpie"
)

func TestSuite(t *testing.T) { codectest.Run(t, httpie.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, httpie.Decoders) }

// decode runs every decoder that the path or the text brings the file to.
func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, httpie.Decoders, path, text)
}

// slots are the values of a part by place and name.
func slots(p clientele.Part) map[string]clientele.Slot {
	m := map[string]clientele.Slot{}
	for _, s := range p.Slots {
		m[string(s.Place)+" "+s.Name] = s
	}
	return m
}

func session(rest string) string {
	return `{"__meta__":{"about":"HTTPie session file","httpie":"3.2.4"},` + rest + `}`
}

func TestBothShapesOfASessionSayTheSame(t *testing.T) {
	for name, text := range map[string]string{
		"old": session(`"auth":{"type":"basic","username":"u","password":"p:q"},"headers":{"X-K":"h"},"cookies":{"c":{"value":"v","expires":10}}`),
		"new": session(`"auth":{"type":"basic","raw_auth":"u:p:q"},"headers":[{"name":"X-K","value":"h"}],"cookies":[{"name":"c","value":"v","expires":10}]`),
	} {
		p := decode(t, "sessions/api.x_81/me.json", text)
		if len(p) != 1 || p[0].Name != "api.x:81 as me" {
			t.Fatalf("%s: %+v", name, p)
		}
		s := slots(p[0])
		if v := s["auth password"]; v.Value.Reveal() != "p:q" || v.Principal != "u" || v.Host != "api.x:81" || v.Role != clientele.Password {
			t.Errorf("%s: password %+v", name, v)
		}
		if v := s["header X-K"]; v.Value.Reveal() != "h" || v.Host != "api.x:81" {
			t.Errorf("%s: header %+v", name, v)
		}
		if v := s["cookie c"]; v.Value.Reveal() != "v" || !v.Recorded || !v.ExpiresAt.Equal(time.Unix(10, 0)) {
			t.Errorf("%s: cookie %+v", name, v)
		}
	}
}

func TestBearerIsOneToken(t *testing.T) {
	s := slots(decode(t, "x.json", session(`"auth":{"type":"bearer","raw_auth":"a:b"}`))[0])
	if v := s["auth token"]; v.Value.Reveal() != "a:b" || v.Role != clientele.Token {
		t.Errorf("%+v", s)
	}
}

func TestKeyInThePlaceOfTheUserIsNobody(t *testing.T) {
	p := decode(t, "x.json", session(`"auth":{"type":"basic","raw_auth":"sk_live_x:"}`))[0]
	if len(p.Identities) != 0 || p.Slots[0].Role != "" {
		t.Errorf("%+v", p)
	}
}

func TestOptionsWithAndWithoutEquals(t *testing.T) {
	for _, options := range []string{`"--auth=u:p"`, `"--auth","u:p"`, `"-a","u:p"`, `"-au:p"`} {
		s := slots(decode(t, ".httpie/config.json", `{"default_options":["--style=x",`+options+`]}`)[0])
		if v := s["auth password"]; v.Value.Reveal() != "p" || v.Principal != "u" {
			t.Errorf("%s: %+v", options, s)
		}
	}
	s := slots(decode(t, ".httpie/config.json", `{"default_options":["-a","tok","-A","bearer"]}`)[0])
	if v := s["auth token"]; v.Value.Reveal() != "tok" {
		t.Errorf("auth type behind the auth: %+v", s)
	}
}

func TestCollectionsOfASpaceAreClients(t *testing.T) {
	p := decode(t, "s.json", `{"meta":{"format":"httpie","contentType":"workspace","schema":"https://schema.httpie.io/1.0.0.json"},"entry":{
		"collections":[{"id":"a","name":"A","auth":{"type":"bearer","credentials":{"password":"t"}},"requests":[{"name":"r","url":"https://x","auth":{"type":"inherited"}}]},{"name":"B"}],
		"environments":[{"name":"E","isLocalOnly":true,"variables":[{"name":"v","value":"1","isSecret":true}]}]}}`)
	if len(p) != 3 || p[0].Bind.Key != "a" || p[1].Bind.Key != "B" || p[2].Bind.As != clientele.Supplies {
		t.Fatalf("%+v", p)
	}
	if a := p[0].Requests[0].Auth; a.Scheme != "bearer" || a.Chain[0] != "A" {
		t.Errorf("%+v", a)
	}
	if !p[2].Variables[0].Marked || p[2].Sync[0].Mode != clientele.SyncLocal {
		t.Errorf("%+v", p[2])
	}
}

func TestSourceThatMentionsSessionsIsNone(t *testing.T) {
	if p := decode(t, "sessions.py", "about = 'HTTPie session file'\n"); len(p) != 0 {
		t.Errorf("%+v", p)
	}
}
