package postman_test

import (
	"errors"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/postman"
)

func TestSuite(t *testing.T) { codectest.Run(t, postman.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, postman.Decoders) }

// decode hands a file to every decoder that it would be offered to. Siblings are the other
// files of the tree.
func decode(t *testing.T, name, data string, siblings ...string) []clientele.Part {
	t.Helper()
	parts, err := tryDecode(name, data, siblings...)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func tryDecode(name, data string, siblings ...string) ([]clientele.Part, error) {
	f := clientele.File{Path: name, Data: []byte(data), Sibling: func(s string) ([]byte, error) {
		if slices.Contains(siblings, path.Join(path.Dir(name), s)) {
			return []byte("$kind: collection\n"), nil
		}
		return nil, fs.ErrNotExist
	}}
	var all []clientele.Part
	var first error
	for _, d := range postman.Decoders {
		if !codectest.Matches(d, f) {
			continue
		}
		parts, err := d.Decode(f)
		all = append(all, parts...)
		if first == nil {
			first = err
		}
	}
	return all, first
}

func one(t *testing.T, parts []clientele.Part) clientele.Part {
	t.Helper()
	if len(parts) != 1 {
		t.Fatalf("got %d parts, want 1", len(parts))
	}
	return parts[0]
}

// v21 is a collection with the given items and further root fields.
func v21(items, more string) string {
	return `{"info": {"_postman_id": "i", "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"item": [` + items + `]` + more + `}`
}

func slotsOf(p clientele.Part, value string) []clientele.Slot {
	var found []clientele.Slot
	for _, s := range p.Slots {
		if strings.Contains(s.Value.Reveal(), value) {
			found = append(found, s)
		}
	}
	return found
}

func TestNoauthOnAFolderStopsInheritance(t *testing.T) {
	const req = `"request": {"method": "GET", "url": "https://a.example/"}`
	p := one(t, decode(t, "c.json", v21(`
		{"name": "inherits", `+req+`},
		{"name": "open", "auth": {"type": "noauth"}, "item": [
			{"name": "of folder", `+req+`},
			{"name": "deep", "auth": null, "item": [{"name": "null is inherit", `+req+`}]},
			{"name": "own", "request": {"url": "x", "auth": {"type": "digest", "digest": []}}}]}`,
		`, "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{t}}"}]}`)))
	want := map[string]clientele.Auth{
		"inherits":        {Scheme: "bearer", Chain: []string{"auth bearer"}},
		"of folder":       {Scheme: "none", Chain: []string{"open", "auth noauth"}},
		"null is inherit": {Scheme: "none", Chain: []string{"open", "auth noauth"}},
		"own":             {Scheme: "digest"},
	}
	for _, r := range p.Requests {
		name := r.Chain[len(r.Chain)-1]
		if r.Auth == nil || !reflect.DeepEqual(*r.Auth, want[name]) {
			t.Errorf("%s: auth %+v, want %+v", name, r.Auth, want[name])
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("requests not seen: %v", want)
	}
}

func TestUnselectedAuthIsDormantAndNamesNobody(t *testing.T) {
	p := one(t, decode(t, "c.json", v21("", `, "auth": {"type": "noauth",
		"basic": [{"key": "username", "value": "mona"}, {"key": "password", "value": "left behind"}]}`)))
	got := slotsOf(p, "left behind")
	if len(got) != 1 || !got[0].Dormant || got[0].Role != clientele.Password || got[0].Principal != "mona" {
		t.Errorf("slots %+v, want one dormant password of mona", got)
	}
	if len(p.Identities) != 0 {
		t.Errorf("identities %+v, want none", p.Identities)
	}
}

func TestBothShapesOfAuthReadAlike(t *testing.T) {
	object := one(t, decode(t, "c.json", v21("", `, "auth": {"type": "apikey", "apikey": {"key": "X-Key", "value": "k1", "in": "header"}}`)))
	list := one(t, decode(t, "c.json", v21("", `, "auth": {"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"}, {"key": "value", "value": "k1"}, {"key": "in", "value": "header"}]}`)))
	if !reflect.DeepEqual(object.Slots, list.Slots) || len(list.Slots) != 1 || list.Slots[0].Role != clientele.APIKey {
		t.Errorf("object gives %+v\nlist gives %+v\nwant one API key each", object.Slots, list.Slots)
	}
}

func TestAKeyInPlaceOfAUserNameNamesNobody(t *testing.T) {
	p := one(t, decode(t, "c.json", v21("", `, "auth": {"type": "basic", "basic": [{"key": "username", "value": "sk_live_x"}, {"key": "password", "value": ""}]}`)))
	if len(p.Identities) != 0 {
		t.Errorf("identities %+v: a key would be printed as a principal", p.Identities)
	}
	if got := slotsOf(p, "sk_live_x"); len(got) != 1 || got[0].Role != "" {
		t.Errorf("slots %+v, want one without a role", got)
	}
}

func TestASecretInURLAndQueryIsEmittedOnce(t *testing.T) {
	p := one(t, decode(t, "c.json", v21(`{"name": "r", "request": {"url": {"raw": "https://a.example/?key=k%20one&x=1",
		"query": [{"key": "key", "value": "k one"}, {"key": "x", "value": "1"}, {"key": "old", "value": "k two", "disabled": true}]}}}`, "")))
	if got := slotsOf(p, "k one"); len(got) != 0 {
		t.Errorf("the URL shows this already: %+v", got)
	}
	if got := slotsOf(p, "k two"); len(got) != 1 || !got[0].Dormant {
		t.Errorf("disabled row: %+v, want one dormant slot", got)
	}
}

func TestSavedResponsesAreRecorded(t *testing.T) {
	p := one(t, decode(t, "c.json", v21(`{"name": "token", "request": "{{url}}", "response": [{"name": "ok",
		"originalRequest": {"url": "https://live.example/?sig=s1", "header": [{"key": "Authorization", "value": "Bearer live"}]},
		"header": null, "cookie": [{"name": "sid", "value": "c1", "domain": ".live.example"}],
		"body": "{\"refresh_token\": \"r1\"}"}]}`, "")))
	for _, value := range []string{"live", "c1"} {
		for _, s := range slotsOf(p, value) {
			if !s.Recorded {
				t.Errorf("%s is not recorded: %+v", value, s)
			}
		}
		if len(slotsOf(p, value)) == 0 {
			t.Errorf("%s is missing", value)
		}
	}
	if len(p.Texts) != 1 || !p.Texts[0].Recorded || p.Texts[0].Place != clientele.InResponse {
		t.Errorf("texts %+v, want the response's body", p.Texts)
	}
	for _, r := range p.Requests {
		if sent := r.URL.Reveal() == "https://live.example/?sig=s1"; r.Recorded != sent {
			t.Errorf("%s is recorded: %v", r.URL.Reveal(), r.Recorded)
		}
	}
	if len(p.Requests) != 2 {
		t.Errorf("%d requests, want the collection's and the one that was sent", len(p.Requests))
	}
}

func TestOfDuplicateVariablesTheLastEnabledCounts(t *testing.T) {
	p := one(t, decode(t, "e.postman_environment.json", `{"name": "e", "_postman_variable_scope": "environment", "values": [
		{"key": "a", "value": "1"}, {"key": "a", "value": "2", "enabled": true}, {"key": "a", "value": "3", "enabled": false}]}`))
	var dormant []bool
	for _, v := range p.Variables {
		dormant = append(dormant, v.Dormant)
	}
	if want := []bool{true, false, true}; !slices.Equal(dormant, want) {
		t.Errorf("dormant %v, want %v", dormant, want)
	}
}

func TestScriptsDefineVariables(t *testing.T) {
	script := `["// set up", "pm.environment.set(\"password\", \"it's mine\");", "pm.globals.set('q', 'say \\'hi\\'')", "pm.variables.set(` + "`k`, `plain`" + `)",
		"pm.environment.set(\"url\", base + \"/x\")", "pm.collectionVariables.set(` + "`k`, `a${b}`" + `)", "postman.setEnvironmentVariable(\"old\", \"way\")"]`
	p := one(t, decode(t, "c.json", v21("", ",\n\"event\": [{\"listen\": \"prerequest\", \"script\": {\"exec\": "+script+"}}]")))
	got := map[string]string{}
	for _, v := range p.Variables {
		got[v.Scope+" "+v.Name] = v.Value.Reveal()
	}
	want := map[string]string{"environment password": "it's mine", "global q": "say 'hi'", "local k": "plain", "environment old": "way"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestOwnersOfACollection(t *testing.T) {
	const uuid = "0ab98e51-3d62-4a6a-8f80-2ab16d86ad6f"
	for info, want := range map[string]string{
		`"_exporter_id": 42`:   "postman user 42",
		`"_exporter_id": "42"`: "postman user 42",
		`"_exporter_id": "42", "_collection_link": "https://go.postman.co/collection/42-` + uuid + `?source=collection_link"`:                     "postman user 42",
		`"_exporter_id": "7", "_collection_link": "https://go.postman.co/workspace/My-Team~w1/collection/42-` + uuid + `?source=collection_link"`: "postman user 7, postman user 42, postman workspace w1",
	} {
		p := one(t, decode(t, "c.json", `{"info": {"_postman_id": "`+uuid+`", "name": "c", `+info+`}, "item": []}`))
		var who []string
		for _, o := range p.Owners {
			who = append(who, o.Who)
		}
		if got := strings.Join(who, ", "); got != want {
			t.Errorf("%s: owners %s, want %s", info, got, want)
		}
		if len(p.Sync) != 1 || p.Sync[0].Mode != clientele.SyncCloud {
			t.Errorf("%s: sync %+v, want the cloud once", info, p.Sync)
		}
	}
}

func TestFoldersOfV1MayFormARing(t *testing.T) {
	p := one(t, decode(t, "old.postman_collection", `{"id": "c", "name": "c", "order": [], "folders": [
		{"id": "a", "name": "A", "folder": "b", "description": "once"}, {"id": "b", "name": "B", "folder": "a"}],
		"requests": [{"id": "r", "name": "R", "folder": "a", "url": "x", "currentHelper": "basicAuth", "helperAttributes": {"username": "u", "password": "p"}}]}`))
	if len(p.Requests) != 1 || p.Requests[0].Auth == nil || p.Requests[0].Auth.Scheme != "basic" {
		t.Errorf("requests %+v, want one with basic auth", p.Requests)
	}
	if len(p.Texts) != 1 {
		t.Errorf("%d texts: a folder was read more than once", len(p.Texts))
	}
}

func TestADefinitionBelowAnotherIsAFolder(t *testing.T) {
	const text = "$kind: collection\nname: n\nauth:\n  type: noauth\n"
	for name, want := range map[string]clientele.BindAs{
		"r/postman/collections/C/.resources/definition.yaml":             clientele.Root,
		"r/postman/collections/C/F/.resources/definition.yaml":           clientele.Member,
		"r/postman/collections/C/collections/.resources/definition.yaml": clientele.Member,
		"r/elsewhere/C/.resources/definition.yaml":                       clientele.Root,
		"r/elsewhere/C/without definition/F/.resources/definition.yaml":  clientele.Member,
		"r/elsewhere/collections/postman/C/.resources/definition.yaml":   clientele.Root,
		"C/.resources/definition.yaml":                                   clientele.Root,
	} {
		p := one(t, decode(t, name, text, "r/elsewhere/C/.resources/definition.yaml"))
		if p.Bind.As != want || p.Bind.Dir != path.Dir(path.Dir(name)) {
			t.Errorf("%s: bind %+v, want %s", name, p.Bind, want)
		}
		if p.Auth == nil || p.Auth.Scheme != "none" {
			t.Errorf("%s: auth %+v, want none", name, p.Auth)
		}
	}
}

func TestWhatOnlyLooksLikePostmanIsLeftAlone(t *testing.T) {
	for name, text := range map[string]string{
		"sdk/.postman/config.json": `{"sdkName": "acme", "languages": ["go"], "workspace": {"id": "x"}}`,
		"build.js":                 "const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'\nmodule.exports = {\"item\": []}",
		"schema.json":              `{"$schema": "x", "id": "https://schema.getpostman.com/json/collection/v2.1.0/", "definitions": {"item": {}}}`,
		"notes.md":                 "Write this:\n\n$kind: http-request\nurl: x\n",
		"cases.yaml":               "cases:\n  - text: |\n      $kind: http-request\n",
		"x/archive.json":           `{"collection": {"name": "stamps"}, "environment": "forest"}`,
		"web/environment.json":     `{"environment": {"production": true}, "values": [1, 2]}`,
		"chart.json":               `{"name": "c", "values": [{"key": "A", "value": 3}, {"key": "B", "value": 4}]}`,
		"table.json":               `{"name": "t", "values": [{"key": "A", "value": "b", "enabled": true}, 7]}`,
		"conda.environment.yaml":   "name: x\nvalues:\n  - a\n",
		"ssl.json":                 `[{"matches": ["<all_urls>"], "js": ["a.js"]}]`,
		"r/.postman/api":           "type = something\n",
	} {
		if parts := decode(t, name, text); len(parts) != 0 {
			t.Errorf("%s gives %d parts, want none", name, len(parts))
		}
	}
}

func TestATruncatedCollectionGivesWhatCameBefore(t *testing.T) {
	whole := v21(`{"name": "a", "request": "https://a.example/?k=first"}, {"name": "b", "request": "https://b.example/?k=second`, "")
	parts, err := tryDecode("c.json", whole[:strings.Index(whole, "second")+3])
	var e *clientele.Error
	if !errors.As(err, &e) || !strings.Contains(e.Msg, "line 2") || strings.Contains(e.Msg, "sec") {
		t.Errorf("error %v, want one that names line 2 and no value", err)
	}
	if p := one(t, parts); len(p.Requests) != 2 || p.Requests[0].URL.Reveal() != "https://a.example/?k=first" {
		t.Errorf("requests %+v, want what was read", p.Requests)
	}
}

func TestAKeyInNewmansURLStaysOutOfTheLink(t *testing.T) {
	p := one(t, decode(t, ".newmanrc", `{"collection": "https://api.getpostman.com/collections/42-x?apikey=PMAK-1"}`))
	want := []clientele.Link{{Rel: clientele.Runs, Tool: "postman", ID: "42-x"}}
	if !reflect.DeepEqual(p.Links, want) || len(slotsOf(p, "PMAK-1")) != 1 {
		t.Errorf("links %+v and slots %+v, want %+v and the URL in a slot", p.Links, p.Slots, want)
	}
}

func TestAFileThatIsPostmansAndCannotBeReadIsAnError(t *testing.T) {
	const conflict = `{
	"info": {"name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
<<<<<<< HEAD
	"item": []
}`
	var e *clientele.Error
	if _, err := tryDecode("api/c.json", conflict); !errors.As(err, &e) || !strings.Contains(e.Msg, "line 3") {
		t.Errorf("error %v, want one that names line 3", err)
	}
	if _, err := tryDecode("api/c.json", `{"values": [{"key": "a", "value": `); err != nil {
		t.Errorf("error %v for a file that may be anybody's", err)
	}
}
