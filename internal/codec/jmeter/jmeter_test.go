package jmeter_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/jmeter"
)

func TestSuite(t *testing.T) { codectest.Run(t, jmeter.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, jmeter.Decoders) }

// decode reads a plan whose elements are given.
func decode(t *testing.T, elements string, files map[string]string) clientele.Part {
	t.Helper()
	parts, err := jmeter.Decoders[0].Decode(clientele.File{
		Path: "plan.jmx",
		Data: []byte(`<jmeterTestPlan version="1.2"><hashTree><TestPlan testname="T" enabled="true"/><hashTree>` + elements + `</hashTree></hashTree></jmeterTestPlan>`),
		Sibling: func(name string) ([]byte, error) {
			if s, ok := files[name]; ok {
				return []byte(s), nil
			}
			return nil, fs.ErrNotExist
		},
	})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	return parts[0]
}

const defaults = `<ConfigTestElement testname="D" enabled="true"><stringProp name="HTTPSampler.domain">d.test</stringProp>
	<stringProp name="HTTPSampler.protocol">https</stringProp></ConfigTestElement><hashTree/>`

const sampler = `<HTTPSamplerProxy testname="S" enabled="true"><stringProp name="HTTPSampler.path">/x</stringProp></HTTPSamplerProxy>`

func TestDefaultsFillInWhatASamplerLeavesOut(t *testing.T) {
	p := decode(t, defaults+sampler+`<hashTree/>`, nil)
	if got := p.Requests[0].URL.Reveal(); got != "https://d.test/x" {
		t.Errorf("URL is %q", got)
	}
	p = decode(t, strings.Replace(defaults, "true", "false", 1)+sampler+`<hashTree/>`, nil)
	if got := p.Requests[0].URL.Reveal(); got != "/x" {
		t.Errorf("with the defaults switched off, URL is %q", got)
	}
}

func TestAuthorizationHoldsForItsURLsAndTheNearerCounts(t *testing.T) {
	manager := func(name, url, mechanism string) string {
		return `<AuthManager testname="` + name + `" enabled="true"><collectionProp name="AuthManager.auth_list"><elementProp name="">
			<stringProp name="Authorization.url">` + url + `</stringProp><stringProp name="Authorization.username">u</stringProp>
			<stringProp name="Authorization.mechanism">` + mechanism + `</stringProp></elementProp></collectionProp></AuthManager><hashTree/>`
	}
	p := decode(t, defaults+manager("other", "https://e.test", "DIGEST")+sampler+`<hashTree/>`, nil)
	if p.Requests[0].Auth != nil {
		t.Errorf("an authorization of another host is taken: %+v", p.Requests[0].Auth)
	}
	p = decode(t, defaults+manager("outer", "https://d.test", "BASIC")+sampler+`<hashTree>`+manager("inner", "", "DIGEST")+`</hashTree>`, nil)
	if a := p.Requests[0].Auth; a == nil || a.Scheme != "digest" || strings.Join(a.Chain, "/") != "T/S/inner" {
		t.Errorf("auth is %+v", a)
	}
}

func TestSwitchedOffElementsAndAllBelowAreDormant(t *testing.T) {
	p := decode(t, `<ThreadGroup testname="G" enabled="false"/><hashTree><HeaderManager testname="H" enabled="true"><collectionProp name="HeaderManager.headers">
		<elementProp><stringProp name="Header.name">X-Key</stringProp><stringProp name="Header.value">v</stringProp></elementProp></collectionProp></HeaderManager><hashTree/></hashTree>`, nil)
	if len(p.Slots) != 1 || !p.Slots[0].Dormant {
		t.Errorf("slots are %+v", p.Slots)
	}
}

func TestRowsOfADataFileAreVariables(t *testing.T) {
	p := decode(t, `<CSVDataSet testname="C" enabled="true"><stringProp name="filename">u.csv</stringProp><stringProp name="delimiter">;</stringProp></CSVDataSet><hashTree/>`,
		map[string]string{"u.csv": "login;password\nann;p1\nbob;p2\n"})
	if len(p.Variables) != 4 || p.Variables[3].Name != "password" || p.Variables[3].Value.Reveal() != "p2" {
		t.Errorf("variables are %+v", p.Variables)
	}
}
