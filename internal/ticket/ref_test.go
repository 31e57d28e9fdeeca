package ticket_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

const id = "a9e30c7dc61122760116894de7bcc7bd"

var references = []struct {
	text, short, host string
}{
	{"JIRA:OPS-123", "jira:OPS-123", ""},
	{"jira:ops-123", "jira:OPS-123", ""},
	{"  Jira:A_B2-9\n", "jira:A_B2-9", ""},
	{"https://acme.atlassian.net/browse/OPS-123", "jira:OPS-123", "acme.atlassian.net"},
	{"https://Tools.Example.com:8443/jira/browse/OPS-123/?focusedCommentId=7#x", "jira:OPS-123", "tools.example.com:8443"},
	{"CHG0030192", "servicenow:CHG0030192", ""},
	{"inc0010023", "servicenow:INC0010023", ""},
	{"servicenow:RITM0010001", "servicenow:RITM0010001", ""},
	{"servicenow:change_request:" + strings.ToUpper(id), "servicenow:change_request:" + id, ""},
	{"https://acme.service-now.com/nav_to.do?uri=change_request.do?sys_id=" + id, "servicenow:change_request:" + id, "acme.service-now.com"},
	{"https://acme.service-now.com/nav_to.do?uri=%2Fincident.do%3Fsys_id%3D" + id + "%26sysparm_stack%3D", "servicenow:incident:" + id, "acme.service-now.com"},
	{"https://acme.service-now.com/nav_to.do?uri=change_request.do%3Fsysparm_query%3Dnumber%3DCHG0030192", "servicenow:CHG0030192", "acme.service-now.com"},
	{"https://acme.service-now.com/now/nav/ui/classic/params/target/change_request.do%3Fsys_id%3D" + id, "servicenow:change_request:" + id, "acme.service-now.com"},
	{"https://acme.service-now.com/change_request.do?sysparm_query=number=CHG0030192", "servicenow:CHG0030192", "acme.service-now.com"},
	{"https://acme.service-now.com/now/sow/record/incident/" + id, "servicenow:incident:" + id, "acme.service-now.com"},
	{"github:o/r#12", "github:o/r#12", ""},
	{"GitHub:octo-cat_acme/.github#1", "github:octo-cat_acme/.github#1", ""},
	{"https://github.com/o/r/issues/12#issuecomment-1", "github:o/r#12", "github.com"},
	{"https://github.com/o/r/pull/12", "github:o/r#12", "github.com"},
	{"https://github.com/o/r/pull/12/files", "github:o/r#12", "github.com"},
	{"gitlab:g/p#3", "gitlab:g/p#3", ""},
	{"gitlab:g/p!4", "gitlab:g/p!4", ""},
	{"https://gitlab.com/g/sub/p/-/issues/3", "gitlab:g/sub/p#3", "gitlab.com"},
	{"https://gitlab.com/g/sub/p/-/work_items/3", "gitlab:g/sub/p#3", "gitlab.com"},
	{"https://gitlab.com/g/p/-/merge_requests/4/diffs", "gitlab:g/p!4", "gitlab.com"},
}

func TestReferencesPeopleWriteAreRead(t *testing.T) {
	for _, c := range references {
		got, err := ticket.ParseRef(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got.String() != c.short || got.Host != c.host {
			t.Errorf("%s: got %s at %q, want %s at %q", c.text, got, got.Host, c.short, c.host)
		}
	}
}

var refused = []string{
	"", "jira:", "OPS-123", "bugzilla:12", "jira:OPS", "jira:OPS-0", "jira:OPS-01", "jira:O-1", "jira:OPS-123 OR 1=1", "jira:OPS-1/../2",
	"jira:ſPS-1", "jira:OPS-1\x00", "jira:" + strings.Repeat("A", 40) + "-1", "CHG0030192^ORstate=3", "CHG", "CHG12", "TASK0010001",
	"servicenow:CHG0030192^NQstate=-1", "servicenow:change_request:" + id + "0", "servicenow:sys_user:" + id, "servicenow:javascript:gs.log",
	"github:o/r", "github:o#1", "github:o/r#0", "github:o/r#1#2", "github:o/..#1", "github:o/.#1", "github:-o/r#1", "github:o/r/x#1", "github:o/r?x#1",
	"github:o/r%2f#1", "github:" + strings.Repeat("o", 40) + "/r#1", "gitlab:p#1", "gitlab:g/../p#1", "gitlab:/g/p#1", "gitlab:g//p#1", "gitlab:g/p",
	"gitlab:g/p?!1", "gitlab:" + strings.Repeat("g", 255) + "/p#1", "gitlab:g/p#12345678901",
	"https://", "https://acme.atlassian.net/", "https://me@acme.atlassian.net/browse/OPS-1", "https://acme.atlassian.net/browse/OPS-1%2F..",
	"ftp://acme.atlassian.net/browse/OPS-1", "javascript://acme.atlassian.net/browse/OPS-1", "//acme.atlassian.net/browse/OPS-1",
	"https://github.com/o/r/issues/new", "https://github.com/o/../issues/1", "https://gitlab.com/g/p/-/issues/3/../../x",
	"https://acme.service-now.com/nav_to.do?uri=change_request.do?sysparm_query=number=CHG0030192%5EORstate=3",
	"https://acme.service-now.com/nav_to.do?uri=sys_user.do?sys_id=" + id, "https://acme.service-now.com/nav_to.do?uri=%zz",
	"https://acme.atlassian.net/browse/OPS-1?" + strings.Repeat("a", 2048),
}

func TestWhatIsNotExactlyAReferenceIsRefused(t *testing.T) {
	for _, text := range refused {
		got, err := ticket.ParseRef(text)
		if err == nil || clientele.KindOf(err) != clientele.Invalid || got != (ticket.Ref{}) {
			t.Errorf("%q: got %s, %v", text, got, err)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, c := range references {
		f.Add(c.text)
	}
	for _, text := range refused {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ticket.ParseRef(text)
		if err != nil {
			if clientele.KindOf(err) != clientele.Invalid {
				t.Errorf("kind of %v", err)
			}
			return
		}
		if err := r.Validate(); err != nil {
			t.Errorf("%q gives a reference that is none: %s", text, r)
		}
		again, err := ticket.ParseRef(r.String())
		if err != nil || again.System != r.System || again.Key != r.Key {
			t.Errorf("%s is read back as %s, %v", r, again, err)
		}
		if strings.ContainsAny(r.Key, "^%?&= \\\"'<>\x00\r\n") || strings.Contains(r.Key, "/../") || strings.HasPrefix(r.Key, "../") {
			t.Errorf("%q smuggles %q", text, r.Key)
		}
		if _, err := url.Parse("https://" + r.Host + "/"); err != nil {
			t.Errorf("host %q: %v", r.Host, err)
		}
	})
}

// at answers for one site whatever it is asked.
type at string

func (a at) Check(_ context.Context, key string) (ticket.Ticket, error) {
	return ticket.Ticket{Ref: ticket.Ref{System: ticket.Jira, Key: key}, URL: string(a) + "/browse/" + key}, nil
}

func TestALinkIsGoodOnlyForTheSiteItPointsTo(t *testing.T) {
	drivers := ticket.Drivers{ticket.Jira: at("https://acme.atlassian.net")}
	for text, want := range map[string]clientele.ErrorKind{
		"jira:OPS-1": "",
		"https://acme.atlassian.net/browse/OPS-1":      "",
		"https://ACME.atlassian.net/browse/OPS-1":      "",
		"https://evil.atlassian.net/browse/OPS-1":      clientele.Invalid,
		"https://acme.atlassian.net:444/browse/OPS-1":  clientele.Invalid,
		"https://acme.atlassian.net.evil/browse/OPS-1": clientele.Invalid,
		"github:o/r#1": clientele.Invalid,
	} {
		ref, err := ticket.ParseRef(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drivers.Check(t.Context(), ref)
		if want == "" && (err != nil || got.Ref.Key != "OPS-1") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if want != "" && (err == nil || clientele.KindOf(err) != want || got != (ticket.Ticket{})) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	if _, err := drivers.Check(t.Context(), ticket.Ref{System: ticket.Jira, Key: "../admin"}); clientele.KindOf(err) != clientele.Invalid || err == nil {
		t.Errorf("a key made by hand: %v", err)
	}
}

func TestALineIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		" a\n\tb\u00a0c ":               "a b c",
		"a\u202eb\x1b[31mc\x00\u200bd":  "ab[31mcd",
		"\xff\xfeé":                     "é",
		strings.Repeat("é", 400):        strings.Repeat("é", 300),
		"<script>alert(1)</script> … ☃": "<script>alert(1)</script> … ☃",
	} {
		if got := ticket.Line(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
