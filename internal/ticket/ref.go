package ticket

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/clientele/clientele"
)

// Ref names one ticket. Its key has one of these forms, and no other:
//
//	jira        OPS-123
//	servicenow  CHG0030192, INC0010023, RITM0010001, or change_request:<sys_id>
//	github      owner/repo#12 (issues and pull requests share one row of numbers)
//	gitlab      group/sub/project#3 (issue), group/project!4 (merge request)
type Ref struct {
	System System
	Key    string
	// Host is the host, and the port if there is one, of the URL that the reference was
	// read from, in lower case. It is empty for the short form.
	Host string
}

// String is the short form, which ParseRef reads: jira:OPS-123.
func (r Ref) String() string { return string(r.System) + ":" + r.Key }

// Validate reports as Invalid a system that is not known and a key that is not exactly in
// the form that ParseRef returns.
func (r Ref) Validate() error {
	if key, ok := canonical(r.System, r.Key); !ok || key != r.Key {
		return notARef("this does not name a ticket of " + Line(string(r.System)))
	}
	return nil
}

// maxRef is longer than any address bar shows; a sys_id's URL with a stack has about 300.
const maxRef = 2048

// ParseRef reads what a person writes or pastes: a short form (JIRA:OPS-123,
// github:o/r#12), a ServiceNow number alone, or the address of the ticket's page. Errors are
// of kind Invalid and do not repeat the text.
func ParseRef(text string) (Ref, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxRef {
		return Ref{}, notARef("a reference to a ticket has at most 2048 bytes")
	}
	if key, ok := canonical(ServiceNow, text); ok {
		return Ref{System: ServiceNow, Key: key}, nil
	}
	prefix, rest, _ := strings.Cut(text, ":")
	switch system := System(strings.ToLower(prefix)); system {
	case "http", "https":
		return parseURL(text)
	case Jira, ServiceNow, GitHub, GitLab:
		if key, ok := canonical(system, rest); ok {
			return Ref{System: system, Key: key}, nil
		}
	}
	return Ref{}, notARef("this does not name a ticket")
}

func notARef(msg string) error {
	return &clientele.Error{
		Kind: clientele.Invalid,
		Msg:  msg,
		Hint: "write jira:OPS-123, servicenow:CHG0030192, github:owner/repo#12, gitlab:group/project!4, or the address of its page",
	}
}

var (
	jiraKey    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,31}-[1-9][0-9]{0,9}$`)
	snowNumber = regexp.MustCompile(`^(CHG|INC|RITM)[0-9]{4,15}$`)
	snowSysID  = regexp.MustCompile(`^(change_request|incident|sc_req_item):[0-9a-f]{32}$`)
	githubKey  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/([A-Za-z0-9._-]{1,100})#[1-9][0-9]{0,9}$`)
	gitlabKey  = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*){1,20})[#!][1-9][0-9]{0,9}$`)
)

// canonical is the one form of a key, and whether it is a key at all. Letters beyond ASCII
// are refused before the case is changed: the long s (U+017F) has S as its capital.
func canonical(system System, key string) (string, bool) {
	if strings.ContainsFunc(key, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", false
	}
	switch system {
	case Jira:
		key = strings.ToUpper(key)
		return key, jiraKey.MatchString(key)
	case ServiceNow:
		if lower := strings.ToLower(key); snowSysID.MatchString(lower) {
			return lower, true
		}
		key = strings.ToUpper(key)
		return key, snowNumber.MatchString(key)
	case GitHub:
		m := githubKey.FindStringSubmatch(key)
		return key, m != nil && m[1] != "." && m[1] != ".."
	case GitLab:
		m := gitlabKey.FindStringSubmatch(key)
		return key, m != nil && len(m[1]) <= 255
	}
	return "", false
}

var (
	jiraPage   = regexp.MustCompile(`^(?:/[^/]+)*/browse/([^/]+)/?$`)
	githubPage = regexp.MustCompile(`^/([^/]+/[^/]+)/(?:issues|pull)/([0-9]+)(?:/[a-z]+)?/?$`)
	gitlabPage = regexp.MustCompile(`^/(.+)/-/(issues|work_items|merge_requests)/([0-9]+)(?:/[a-z_]+)?/?$`)
)

// parseURL reads the address of a ticket's page. The system follows from the path, since
// any of them may run on any host; Drivers.Check holds the host against the one connected.
func parseURL(text string) (Ref, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return Ref{}, notARef("this is not the address of a ticket's page")
	}
	system, key := pageKey(u)
	key, ok := canonical(system, key)
	if !ok {
		return Ref{}, notARef("this is not the address of a ticket's page")
	}
	return Ref{System: system, Key: key, Host: strings.ToLower(u.Host)}, nil
}

func pageKey(u *url.URL) (System, string) {
	if m := jiraPage.FindStringSubmatch(u.Path); m != nil {
		return Jira, m[1]
	}
	if m := gitlabPage.FindStringSubmatch(u.Path); m != nil {
		sign := "#"
		if m[2] == "merge_requests" {
			sign = "!"
		}
		return GitLab, m[1] + sign + m[3]
	}
	if m := githubPage.FindStringSubmatch(u.Path); m != nil {
		return GitHub, m[1] + "#" + m[2]
	}
	return ServiceNow, snowPageKey(u)
}

var (
	snowForm   = regexp.MustCompile(`^/?(change_request|incident|sc_req_item)\.do\?(.*)$`)
	snowRecord = regexp.MustCompile(`/record/(change_request|incident|sc_req_item)/([0-9A-Fa-f]{32})(?:/|\?|$)`)
)

// snowPageKey reads the forms of a ServiceNow address: the classic frame (nav_to.do), the
// unified navigation around it, a form by itself, and a record in a workspace.
func snowPageKey(u *url.URL) string {
	target := u.Path + "?" + u.RawQuery
	if u.Path == "/nav_to.do" {
		target = u.Query().Get("uri")
	} else if _, inner, ok := strings.Cut(u.Path, "/params/target/"); ok {
		target = inner
	}
	if m := snowRecord.FindStringSubmatch(target); m != nil {
		return fmt.Sprintf("%s:%s", m[1], m[2])
	}
	m := snowForm.FindStringSubmatch(target)
	if m == nil {
		return ""
	}
	query, err := url.ParseQuery(m[2])
	if err != nil {
		return ""
	}
	if number, ok := strings.CutPrefix(query.Get("sysparm_query"), "number="); ok {
		return number
	}
	return m[1] + ":" + query.Get("sys_id")
}
