package soapui_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/soapui"
)

func TestSuite(t *testing.T) { codectest.Run(t, soapui.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, soapui.Decoders) }

const open = `<con:soapui-project name="P" xmlns:con="http://eviware.com/soapui/config">`

func decode(t *testing.T, data string) clientele.Part {
	t.Helper()
	parts, err := soapui.Decoders[0].Decode(clientele.File{Path: "p.xml", Data: []byte(data)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	return parts[0]
}

func TestHeadersInsideASetting(t *testing.T) {
	p := decode(t, open+`<con:interface name="I"><con:operation name="O"><con:call name="C"><con:settings>
		<con:setting id="com.eviware.soapui.impl.wsdl.WsdlRequest@request-headers">&lt;xml-fragment xmlns:con="http://eviware.com/soapui/config">
  &lt;con:entry key="X-Key" value="a&amp;quot;b"/>
&lt;/xml-fragment></con:setting></con:settings></con:call></con:operation></con:interface></con:soapui-project>`)
	if len(p.Slots) != 1 {
		t.Fatalf("%d slots, want 1", len(p.Slots))
	}
	s := p.Slots[0]
	if s.Name != "X-Key" || s.Value.Reveal() != `a"b` || s.Line != 3 || !slices.Equal(s.Chain, []string{"I", "O", "C", "header"}) {
		t.Errorf("slot is %q = %q in line %d at %q", s.Name, s.Value.Reveal(), s.Line, s.Chain)
	}
}

func TestUnselectedCredentialsAreDormant(t *testing.T) {
	for kind, want := range map[string]bool{"No Authorization": true, "OAuth 2.0": true, "Preemptive": false, "NTLM": false} {
		p := decode(t, open+`<con:interface name="I"><con:operation name="O"><con:call name="C"><con:endpoint>http://h.test</con:endpoint>
			<con:credentials><con:username>u</con:username><con:password>p</con:password><con:authType>`+kind+`</con:authType></con:credentials>
			</con:call></con:operation></con:interface></con:soapui-project>`)
		for _, s := range p.Slots {
			if s.Dormant != want {
				t.Errorf("%s: %s is dormant: %v", kind, s.Name, s.Dormant)
			}
		}
	}
}

func TestWhatIsSwitchedOffIsDormant(t *testing.T) {
	for _, off := range []string{"testSuite", "testCase", "testStep"} {
		doc := open + `<con:testSuite name="S"><con:testCase name="C"><con:testStep name="T" type="httprequest">
			<con:config method="GET"><con:endpoint>http://h.test/?key=k</con:endpoint>
			<con:parameters><con:entry key="api_key" value="v"/></con:parameters>
			<con:properties><con:property><con:name>pw</con:name><con:value>x</con:value></con:property></con:properties>
			</con:config></con:testStep></con:testCase></con:testSuite></con:soapui-project>`
		p := decode(t, strings.Replace(doc, "<con:"+off, `<con:`+off+` disabled="true"`, 1))
		if len(p.Requests) != 1 || len(p.Slots) != 1 || len(p.Variables) != 1 {
			t.Fatalf("got %d requests, %d slots, %d variables", len(p.Requests), len(p.Slots), len(p.Variables))
		}
		if !p.Requests[0].Dormant || !p.Slots[0].Dormant || !p.Variables[0].Dormant {
			t.Errorf("%s: not all is dormant: %s", off, codectest.Dump([]clientele.Part{p}))
		}
	}
}

func TestEndpointStrategyAuthenticatesItsRequests(t *testing.T) {
	p := decode(t, open+`<con:interface name="I"><con:operation name="O"><con:call name="C"><con:endpoint>http://h.test/s</con:endpoint></con:call></con:operation></con:interface>
		<con:endpointStrategy><con:endpoint mode="OVERRIDE" username="u" password="p">http://h.test/s</con:endpoint></con:endpointStrategy></con:soapui-project>`)
	if a := p.Requests[0].Auth; a == nil || a.Scheme != "basic" || len(a.Chain) == 0 {
		t.Errorf("auth is %+v", a)
	}
	if s := p.Slots[1]; s.Role != clientele.Password || s.Host != "h.test" || s.Principal != "u" {
		t.Errorf("slot is %+v", s)
	}
}

func TestEncryptedProjectIsSealed(t *testing.T) {
	p := decode(t, `<con:soapui-project name="P" encryptedContentAlgorithm="des3" xmlns:con="http://eviware.com/soapui/config"><con:encryptedContent>U2Fs</con:encryptedContent></con:soapui-project>`)
	if len(p.Slots) != 1 || p.Slots[0].Class != clientele.Encrypted {
		t.Errorf("slots are %+v", p.Slots)
	}
}
