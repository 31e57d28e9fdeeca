package scimtest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// jensen is close to the full user of RFC 7643 §8.2; much of it is not kept.
const jensen = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "id": "mine", "externalId": "701984", "userName": "bjensen@example.com",
  "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara",
    "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III"},
  "displayName": "Babs Jensen", "nickName": "Babs", "profileUrl": "https://login.example.com/bjensen",
  "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
  "addresses": [{"type": "work", "locality": "Hollywood", "primary": true}],
  "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
  "userType": "Employee", "title": "Tour Guide", "locale": "en-US", "timezone": "America/Los_Angeles",
  "active": true, "password": "t1meMa$heen", "unknown": {"deep": [1, 2.5, null]},
  "groups": [{"value": "admins"}], "x509Certificates": [{"value": "MIIDQzCC"}],
  "meta": {"resourceType": "User", "version": "W/\"mine\"", "location": "https://elsewhere.example"},
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    "employeeNumber": "701984", "costCenter": "4130", "department": "Tour Operations",
    "manager": {"value": "26118915", "$ref": "../Users/26118915", "displayName": "John Smith"}}
}`

func userLife(c *client) {
	made := c.post("/Users", jensen).is(201)
	id := made.text("id")
	if id == "" || id == "mine" {
		c.Errorf("the id %q is not the store's", id)
	}
	if got := made.Header.Get("Location"); got != made.text("meta.location") || !strings.HasSuffix(got, base+"/Users/"+id) {
		c.Errorf("Location %q, meta.location %q", got, made.text("meta.location"))
	}
	seen := c.get("/Users/" + id).is(200)
	for _, a := range []*answer{made, seen} {
		a.has("schemas", []any{userURN, enterpriseURN}).has("userName", "bjensen@example.com").has("externalId", "701984")
		a.has("name", map[string]any{"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara"})
		a.has("displayName", "Babs Jensen").has("title", "Tour Guide").has("active", true)
		a.lists("emails", "value", "bjensen@example.com", "babs@jensen.org").has("emails.0.primary", true)
		a.has(enterpriseURN+"/department", "Tour Operations").has(enterpriseURN+"/employeeNumber", "701984").has(enterpriseURN+"/manager/value", "26118915")
		a.has("password", nil).has("groups", nil).has("nickName", nil).has("unknown", nil)
		a.has("meta.resourceType", "User").has("meta.version", a.tag())
	}

	// What a PUT leaves out is gone; what it may not write it does not.
	c.do("PUT", "/Users/"+id, fmt.Sprintf(`{"schemas":[%q],"id":"other","USERNAME":"barbara","emails":[]}`, userURN)).is(200).
		has("id", id).has("userName", "barbara").has("emails", nil).has("name", nil).has("active", true).
		has("schemas", []any{userURN}).has("meta.created", made.text("meta.created"))
	c.do("DELETE", "/Users/"+id, "").is(204)
	c.get("/Users/"+id).refused(404, "")
	c.do("DELETE", "/Users/"+id, "").refused(404, "")
	c.do("PUT", "/Users/"+id, jensen).refused(404, "")
	c.patch("/Users/"+id, `{"op":"add","path":"title","value":"x"}`).refused(404, "")
}

func groupLife(c *client) {
	_, ann := c.user("ann")
	_, ben := c.user("ben")
	g := c.group("Tour Guides", ann, ben, ann)
	c.get(g).is(200).has("schemas", []any{groupURN}).lists("members", "value", ann, ben).has("meta.resourceType", "Group")
	c.get("/Users/"+ann).is(200).lists("groups", "display", "Tour Guides")
	if ref := c.get(g).text("members.0.$ref"); !strings.HasSuffix(ref, base+"/Users/"+ann) {
		c.Errorf("a member's $ref is %q", ref)
	}
	c.do("PUT", g, fmt.Sprintf(`{"schemas":[%q],"displayName":"Guides","members":[{"value":%q,"display":"whoever"}]}`, groupURN, ben)).
		is(200).has("displayName", "Guides").lists("members", "value", ben)
	c.get("/Users/"+ann).is(200).has("groups", nil)
	c.do("PUT", g, `{"displayName":"Guides"}`).is(200).has("members", nil)
	c.do("DELETE", g, "").is(204)
	c.get(g).refused(404, "")
}

func listing(c *client) {
	for i := range 7 {
		c.user(fmt.Sprintf("user%d@example.com", i), fmt.Sprintf(`"externalId":"X%d","active":%t`, i, i%2 == 0),
			fmt.Sprintf(`"emails":[{"value":"Mail%d@Example.com","type":"work"},{"value":"u%d@home.org","type":"home"}]`, i, i))
	}
	c.get("/Users").is(200).has("schemas", []any{listURN}).has("totalResults", 7).has("startIndex", 1).has("itemsPerPage", 7)
	var seen []string
	for start := 1; start <= 7; start += 3 {
		a := c.get(fmt.Sprintf("/Users?startIndex=%d&count=3", start)).is(200).has("totalResults", 7).has("startIndex", start)
		list, _ := a.at("Resources").([]any)
		for i := range list {
			seen = append(seen, a.text(fmt.Sprintf("Resources.%d.userName", i)))
		}
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(seen))); len(seen) != 7 || len(distinct) != 7 {
		c.Errorf("the pages hold %q", seen)
	}
	c.get("/Users?count=0").is(200).has("totalResults", 7).has("Resources", []any{})
	c.get("/Users?count=-3&startIndex=-2").is(200).has("startIndex", 1).has("itemsPerPage", 0)
	c.get("/Users?startIndex=100").is(200).has("totalResults", 7).has("Resources", []any{})
	c.get("/Users?count=many").refused(400, "invalidValue")
	c.get("/Users?count=99999999999999999999").refused(400, "invalidValue")

	found := func(filter string, want ...string) {
		c.Helper()
		c.get("/Users?filter="+url.QueryEscape(filter)).is(200).has("totalResults", len(want)).lists("Resources", "externalId", want...)
	}
	found(`userName eq "USER3@example.COM"`, "X3")
	found(`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user3@example.com"`, "X3")
	found(`userName eq "nobody"`)
	found(`externalId eq "X4"`, "X4")
	found(`externalId eq "x4"`)
	found(`USERNAME SW "user" AND active EQ false`, "X1", "X3", "X5")
	found(`emails[type eq "work"].value eq "mail5@example.com"`, "X5")
	found(`emails[type eq "home" and value co "mail"]`)
	found(`emails co "u6@"`, "X6")
	found(`not (active eq true) and (externalId eq "X1" or externalId eq "X2" or externalId eq "X3")`, "X1", "X3")
	found(`title pr`)
	for _, bad := range []string{`userName`, `userName eq`, `userName eq "x`, `(userName pr`, `userName is "x"`, `shoeSize eq "44"`, `active gt true`, `userName eq 3`, `emails[type eq "work"`} {
		c.get("/Users?filter="+url.QueryEscape(bad)).refused(400, "invalidFilter")
	}
	c.get("/Users?filter="+url.QueryEscape(`password eq "x"`)).refused(403, "sensitive")
}

func groupListing(c *client) {
	_, ann := c.user("ann")
	_, ben := c.user("ben")
	c.group("Alpha", ann)
	c.group("Beta", ann, ben)
	find := func(query string, want ...string) {
		c.Helper()
		c.get("/Groups?"+query).is(200).has("totalResults", len(want)).lists("Resources", "displayName", want...)
	}
	find("", "Alpha", "Beta")
	find("filter="+url.QueryEscape(`displayName eq "beta"`), "Beta")
	find("excludedAttributes=members&filter="+url.QueryEscape(fmt.Sprintf(`members eq %q`, ben)), "Beta")
	find("filter="+url.QueryEscape(fmt.Sprintf(`members[value eq %q]`, ann)), "Alpha", "Beta")
	c.get("/Groups?excludedAttributes=members").is(200).has("Resources.0.members", nil)
	c.get("/Groups").is(200).lists("Resources.1.members", "value", ann, ben)
}

func searching(c *client) {
	for i := range 3 {
		_, id := c.user(fmt.Sprintf("user%d", i), `"displayName":"Some Body"`)
		c.group(fmt.Sprintf("group %d", i), id)
	}
	body := func(rest string) string { return fmt.Sprintf(`{"schemas":[%q]%s}`, searchURN, rest) }
	c.post("/Users/.search", body(`,"filter":"userName eq \"user1\"","attributes":["userName"]`)).is(200).
		has("totalResults", 1).has("Resources.0.userName", "user1").has("Resources.0.displayName", nil)
	c.post("/Groups/.search", body(`,"startIndex":2,"count":1`)).is(200).has("totalResults", 3).lists("Resources", "displayName", "group 1")
	c.post("/.search", body(``)).is(200).has("totalResults", 6)
	c.post("/.search", body(`,"startIndex":3,"count":2`)).is(200).has("totalResults", 6).has("itemsPerPage", 2).
		has("Resources.0.userName", "user2").has("Resources.1.displayName", "group 0")
	c.post("/.search", body(`,"startIndex":5,"count":9`)).is(200).has("itemsPerPage", 2).lists("Resources", "displayName", "group 1", "group 2")
	c.post("/.search", body(`,"filter":"meta.resourceType eq \"Group\" and displayName sw \"GROUP\""`)).is(200).has("totalResults", 3)
	c.post("/.search", body(`,"filter":"userName pr","count":0`)).is(200).has("totalResults", 3).has("Resources", []any{})
	c.post("/.search", body(`,"filter":17`)).refused(400, "invalidValue")
	c.post("/.search", `{"schemas":["urn:other"]}`).refused(400, "invalidSyntax")
	c.get("/.search").refused(405, "")
}

func choosing(c *client) {
	c.post("/Users", jensen).is(201)
	first := func(query string) *answer { c.Helper(); return c.get("/Users?" + query).is(200) }
	first("attributes=userName,NAME.givenName,emails.value,"+enterpriseURN+":department").
		has("Resources.0.userName", "bjensen@example.com").has("Resources.0.name", map[string]any{"givenName": "Barbara"}).
		has("Resources.0.emails.1", map[string]any{"value": "babs@jensen.org"}).has("Resources.0.title", nil).has("Resources.0.meta", nil).
		has("Resources/0/"+enterpriseURN, map[string]any{"department": "Tour Operations"}).has("Resources.0.schemas", []any{userURN, enterpriseURN})
	a := first("excludedAttributes=name.familyName,emails,id,meta.created")
	a.has("Resources.0.name.givenName", "Barbara").has("Resources.0.name.familyName", nil).has("Resources.0.emails", nil).
		has("Resources.0.meta.created", nil).has("Resources.0.meta.resourceType", "User")
	if a.text("Resources.0.id") == "" {
		c.Error("the id was left out")
	}
	c.do("PUT", "/Users/"+a.text("Resources.0.id")+"?attributes=title", `{"userName":"b","title":"Chief"}`).is(200).
		has("title", "Chief").has("userName", nil)
}

func versions(c *client) {
	path, _ := c.user("ann")
	old := c.get(path).tag()
	c.do("GET", path, "", "If-None-Match", old).is(304)
	c.do("GET", path, "", "If-None-Match", `"other", `+old).is(304)
	c.do("PUT", path, `{"userName":"anna"}`, "If-Match", old).is(200)
	c.do("GET", path, "", "If-None-Match", old).is(200).has("userName", "anna")
	c.do("PUT", path, `{"userName":"anne"}`, "If-Match", old).refused(412, "")
	c.patch(path, `{"op":"replace","path":"title","value":"x"}`, "If-Match", old).refused(412, "")
	c.do("DELETE", path, "", "If-Match", old).refused(412, "")
	now := c.get(path).has("userName", "anna").tag()
	c.patch(path, `{"op":"replace","path":"userName","value":"anna"}`).is(200)
	if again := c.get(path).tag(); again != now {
		c.Errorf("a PATCH that changes nothing made %s of version %s", again, now)
	}
	c.do("DELETE", path, "", "If-Match", `W/"other", `+now).is(204)

	group := c.group("Team")
	old = c.get(group).tag()
	c.patch(group, `{"op":"replace","path":"displayName","value":"Crew"}`, "If-Match", old).is(204)
	c.patch(group, `{"op":"replace","path":"displayName","value":"Gang"}`, "If-Match", old).refused(412, "")
	c.do("DELETE", group, "", "If-Match", "*").is(204)
}

func oneWriterWins(c *client) {
	path, _ := c.user("ann")
	tag := c.get(path).tag()
	var mu sync.Mutex // guards won
	var won []string
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			title := fmt.Sprintf("title %d", i)
			a := c.patch(path, fmt.Sprintf(`{"op":"add","path":"title","value":%q}`, title), "If-Match", tag)
			mu.Lock()
			defer mu.Unlock()
			if a.Status == 200 {
				won = append(won, title)
			} else if a.Status != 412 {
				c.Errorf("status %d: %v", a.Status, a.Body)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		c.Fatalf("%d writers won: %q", len(won), won)
	}
	c.get(path).has("title", won[0])
}

func refusals(c *client) {
	path, id := c.user("ann")
	c.user("ben")
	c.post("/Users", `{"userName":"ANN"}`).refused(409, "uniqueness")
	c.do("PUT", path, `{"userName":"Ben"}`).refused(409, "uniqueness")
	c.patch(path, `{"op":"replace","path":"userName","value":"ben"}`).refused(409, "uniqueness")
	c.post("/Groups", `{"displayName":"x","members":[{"value":"nobody"}]}`).refused(400, "invalidValue")
	for body, scimType := range map[string]string{
		``:                                   "invalidSyntax",
		`[]`:                                 "invalidSyntax",
		`{"userName":"x"`:                    "invalidSyntax",
		`{"userName":"x"} {}`:                "invalidSyntax",
		`{"userName":"x","USERname":"y"}`:    "invalidSyntax",
		"{\"userName\":\"\xff\"}":            "invalidSyntax",
		`{"schemas":["urn:x"],"userName":1}`: "invalidSyntax",
		`{}`:                                 "invalidValue",
		`{"userName":" "}`:                   "invalidValue",
		`{"userName":7}`:                     "invalidValue",
		`{"userName":"a\u0000b"}`:            "invalidValue",
		`{"userName":"a\nb"}`:                "invalidValue",
		`{"userName":"x","active":"maybe"}`:  "invalidValue",
		`{"userName":"x","active":1}`:        "invalidValue",
		`{"userName":"x","name":"X"}`:        "invalidValue",
		`{"userName":"x","emails":"x@y"}`:    "invalidValue",
		`{"userName":"x","emails":["x@y"]}`:  "invalidValue",
		`{"userName":"x","emails":[{"type":"work"}]}`:                                                "invalidValue",
		`{"userName":"x","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`:      "invalidValue",
		`{"userName":"x","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":"Accounting"}`: "invalidValue",
	} {
		c.post("/Users", body).refused(400, scimType)
	}
	if detail := c.post("/Users", `{"userName":"x","name":{"givenName":[]}}`).refused(400, "invalidValue").text("detail"); !strings.Contains(detail, "name.givenName") {
		c.Errorf("the error does not name the attribute: %s", detail)
	}
	c.do("POST", "/Users", `{"userName":"x"}`, "Content-Type", "text/plain").refused(415, "")
	c.do("POST", "/Users", `{"userName":"json"}`, "Content-Type", "application/json; charset=utf-8").is(201)
	c.do("POST", "/Users", `{"userName":"`+strings.Repeat("x", 1<<20)+`"}`).refused(413, "")
	c.post(path, `{}`).refused(405, "")
	c.do("DELETE", "/Users", "").refused(405, "")
	c.get("/Robots").refused(404, "")
	c.get("/Users/"+id+"/emails").refused(404, "")
	c.get("/Me").refused(501, "")
	c.post("/Bulk", `{}`).refused(501, "")
	c.get("/Users").has("totalResults", 3)
}

func discovery(c *client) {
	c.get("/ServiceProviderConfig").is(200).has("patch.supported", true).has("bulk.supported", false).has("filter.supported", true).
		has("sort.supported", false).has("etag.supported", true).has("changePassword.supported", false)
	types := c.get("/ResourceTypes").is(200).has("totalResults", 2).lists("Resources", "endpoint", "/Users", "/Groups")
	types.has("Resources.0.schemaExtensions.0.schema", enterpriseURN)
	c.get("/ResourceTypes/Group").is(200).has("schema", groupURN)
	c.get("/ResourceTypes/Robot").refused(404, "")
	c.get("/Schemas").is(200).lists("Resources", "id", userURN, groupURN, enterpriseURN)
	c.get("/Schemas?filter=id%20pr").refused(403, "")
	c.get("/Schemas/"+enterpriseURN).is(200).lists("attributes", "name", "employeeNumber", "department", "manager")
	c.get("/Schemas/"+groupURN).is(200).lists("attributes", "name", "displayName", "members")
	c.get("/Schemas/"+userURN).is(200).has("attributes.0.name", "userName").has("attributes.0.uniqueness", "server").
		lists("attributes", "name", "userName", "name", "displayName", "title", "active", "emails", "groups")
}
