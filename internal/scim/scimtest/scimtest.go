// Package scimtest is the suite that every SCIM service provider of ours passes, whatever
// stores its users: the protocol by RFC 7643 and RFC 7644, and the conversations of Entra ID
// and Okta as their documentation shows them.
package scimtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const (
	base          = "/scim/v2"
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// Run runs the suite. Each call of fresh returns a handler that answers below /scim/v2 and
// has no users and no groups; its store refuses a userName that is taken and members that
// are no users.
func Run(t *testing.T, fresh func(t *testing.T) http.Handler) {
	stories := []struct {
		name string
		tell func(*client)
	}{
		{"a user is created, read, replaced and deleted", userLife},
		{"a group is created, read, replaced and deleted", groupLife},
		{"users are listed by page and by filter", listing},
		{"groups are found by name and by member", groupListing},
		{"a search by POST finds users and groups", searching},
		{"an answer holds the attributes asked for", choosing},
		{"versions guard against lost updates", versions},
		{"one of many writers of one version wins", oneWriterWins},
		{"a PATCH does what the standard says", patching},
		{"a PATCH is all or nothing", patchIsWhole},
		{"members are patched one by one", patchingMembers},
		{"what cannot be written is refused", refusals},
		{"Entra ID provisions a user", entraUser},
		{"Entra ID provisions a group", entraGroup},
		{"Okta provisions a user", oktaUser},
		{"Okta provisions a group", oktaGroup},
		{"the service describes itself", discovery},
		{"a leaver stays gone", leaver},
	}
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) { s.tell(&client{t, fresh(t)}) })
	}
}

// client speaks to one handler.
type client struct {
	*testing.T
	handler http.Handler
}

// answer is what came back.
type answer struct {
	*client
	asked  string
	Status int
	Header http.Header
	Body   map[string]any
}

// do sends one request. Headers come in pairs.
func (c *client) do(method, path, body string, headers ...string) *answer {
	c.Helper()
	r := httptest.NewRequest(method, base+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	a := &answer{c, method + " " + path, w.Code, w.Header(), nil}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a.Body); err != nil {
			c.Fatalf("%s: the answer is not a JSON object: %v\n%s", a.asked, err, w.Body)
		}
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/scim+json") {
			c.Errorf("%s: Content-Type %q", a.asked, got)
		}
	}
	return a
}

func (c *client) get(path string) *answer  { c.Helper(); return c.do("GET", path, "") }
func (c *client) post(p, b string) *answer { c.Helper(); return c.do("POST", p, b) }

// patch sends operations, the inside of their list.
func (c *client) patch(path, operations string, headers ...string) *answer {
	c.Helper()
	return c.do("PATCH", path, fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchURN, operations), headers...)
}

// user creates one and returns its path and id. The rest are more attributes.
func (c *client) user(name string, rest ...string) (string, string) {
	c.Helper()
	more := strings.Join(append([]string{""}, rest...), ",")
	a := c.post("/Users", fmt.Sprintf(`{"schemas":[%q],"userName":%q%s}`, userURN, name, more)).is(201)
	return "/Users/" + a.text("id"), a.text("id")
}

// group creates one and returns its path.
func (c *client) group(name string, members ...string) string {
	c.Helper()
	var list []string
	for _, id := range members {
		list = append(list, fmt.Sprintf(`{"value":%q}`, id))
	}
	a := c.post("/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, groupURN, name, strings.Join(list, ","))).is(201)
	return "/Groups/" + a.text("id")
}

// is fails the story unless the status is that.
func (a *answer) is(status int) *answer {
	a.Helper()
	if a.Status != status {
		a.Fatalf("%s: status %d, want %d: %v", a.asked, a.Status, status, a.Body)
	}
	return a
}

// refused holds an error against RFC 7644 §3.12.
func (a *answer) refused(status int, scimType string) *answer {
	a.Helper()
	a.is(status)
	got, _ := a.Body["scimType"].(string)
	if got != scimType {
		a.Errorf("%s: scimType %q, want %q: %v", a.asked, got, scimType, a.Body["detail"])
	}
	a.has("schemas", []any{errorURN}).has("status", fmt.Sprint(status))
	if a.text("detail") == "" {
		a.Errorf("%s: the error has no detail", a.asked)
	}
	return a
}

// at is the value at a dotted path: "emails.0.value". Steps are parted by "/" where a name
// holds a dot.
func (a *answer) at(path string) any {
	sep := "."
	if strings.Contains(path, "/") {
		sep = "/"
	}
	var v any = a.Body
	for step := range strings.SplitSeq(path, sep) {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a *answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// has compares the value at a path; nil means that there is none.
func (a *answer) has(path string, want any) *answer {
	a.Helper()
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if got := a.at(path); !reflect.DeepEqual(got, want) {
		a.Errorf("%s: %s is %#v, want %#v", a.asked, path, got, want)
	}
	return a
}

// lists compares what one sub-attribute or attribute of a list's elements is.
func (a *answer) lists(path, sub string, want ...string) *answer {
	a.Helper()
	list, _ := a.at(path).([]any)
	got := []string{}
	for _, v := range list {
		o, _ := v.(map[string]any)
		s, _ := o[sub].(string)
		got = append(got, s)
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		a.Errorf("%s: %s of %s are %q, want %q", a.asked, sub, path, got, want)
	}
	return a
}

// tag is the answer's entity tag.
func (a *answer) tag() string {
	a.Helper()
	tag := a.Header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) {
		a.Fatalf("%s: the ETag %q is no weak one", a.asked, tag)
	}
	return tag
}
