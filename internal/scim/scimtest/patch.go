package scimtest

import (
	"fmt"
	"strings"
)

// patching goes through RFC 7644 §3.5.2.1 to §3.5.2.3.
func patching(c *client) {
	path, id := c.user("ann", `"name":{"givenName":"Ann","familyName":"Lee"}`,
		`"emails":[{"value":"ann@work.com","type":"work","primary":true},{"value":"ann@home.org","type":"home"}]`)
	step := func(operations string) *answer { c.Helper(); return c.patch(path, operations).is(200) }

	// add
	step(`{"op":"add","value":{"title":"Guide","name":{"formatted":"Ann Lee"}}}`).has("title", "Guide").
		has("name", map[string]any{"formatted": "Ann Lee", "givenName": "Ann", "familyName": "Lee"})
	step(`{"op":"add","path":"emails","value":{"value":"ann@new.com","type":"other","primary":true}}`).
		lists("emails", "value", "ann@work.com", "ann@home.org", "ann@new.com").
		has("emails.0.primary", false).has("emails.2.primary", true)
	step(`{"op":"add","path":"emails","value":[{"value":"ANN@new.com","type":"other"}]}`).has("emails.3", nil)
	step(`{"op":"add","path":"`+enterpriseURN+`","value":{"department":"Tours"}}`).has(enterpriseURN+"/department", "Tours")
	step(`{"op":"add","path":"`+enterpriseURN+`:manager","value":{"value":"boss"}}`).has(enterpriseURN+"/manager/value", "boss")

	// replace
	step(`{"op":"replace","path":"name","value":{"familyName":"Kim"}}`).has("name.familyName", "Kim").has("name.givenName", "Ann")
	step(`{"op":"replace","path":"emails[type eq \"home\"]","value":{"value":"a@b.org","type":"home"}}`).has("emails.1.value", "a@b.org")
	step(`{"op":"replace","path":"emails[type eq \"work\" and value ew \".com\"].value","value":"w@work.com"}`).has("emails.0.value", "w@work.com")
	step(`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`).has("emails.1.primary", true).has("emails.2.primary", false)
	step(`{"op":"replace","value":{"displayName":"A","emails":[{"value":"only@x.org"}]}}`).has("displayName", "A").lists("emails", "value", "only@x.org")
	step(`{"op":"replace","path":"title","value":null}`).has("title", nil)
	step(`{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"Chief"}`).has("title", "Chief")

	// remove
	step(`{"op":"remove","path":"title"},{"op":"remove","path":"title"}`).has("title", nil)
	step(`{"op":"remove","path":"name.formatted"}`).has("name", map[string]any{"givenName": "Ann", "familyName": "Kim"})
	step(`{"op":"add","path":"emails","value":[{"value":"w@x.org","type":"work"}]},{"op":"remove","path":"emails[not (type pr)]"}`).lists("emails", "value", "w@x.org")
	step(`{"op":"remove","path":"emails[type eq \"work\"].type"}`).has("emails.0", map[string]any{"value": "w@x.org", "primary": false})
	step(`{"op":"remove","path":"emails"},{"op":"remove","path":"`+enterpriseURN+`:manager"}`).has("emails", nil).has(enterpriseURN+"/manager", nil)
	step(`{"op":"replace","path":"active","value":false}`).has("active", false).has("id", id)
}

// patchIsWhole sends what must be refused after something that could be done.
func patchIsWhole(c *client) {
	path, _ := c.user("ann", `"emails":[{"value":"a@x.org","type":"work"}]`, `"title":"Guide"`)
	before := c.get(path).tag()
	for operation, scimType := range map[string]string{
		`{"op":"move","path":"title","value":"x"}`: "invalidSyntax",
		`{"op":"add","path":7,"value":"x"}`:        "invalidSyntax",
		`7`:                                        "invalidSyntax",
		`{"op":"add","path":"shoeSize","value":"44"}`:                                         "invalidPath",
		`{"op":"add","value":{"shoeSize":"44"}}`:                                              "invalidPath",
		`{"op":"add","path":"urn:example:custom:2.0:User:shoeSize","value":"44"}`:             "invalidPath",
		`{"op":"add","value":{"urn:example:custom:2.0:User":{"shoeSize":"44"}}}`:              "invalidPath",
		`{"op":"add","path":"` + enterpriseURN + `:shoeSize","value":"44"}`:                   "invalidPath",
		`{"op":"add","path":"name.shoeSize","value":"44"}`:                                    "invalidPath",
		`{"op":"add","path":"title.x","value":"44"}`:                                          "invalidPath",
		`{"op":"add","path":"title extra","value":"x"}`:                                       "invalidPath",
		`{"op":"replace","path":"emails[type eq \"work\"]x","value":"x"}`:                     "invalidPath",
		`{"op":"replace","path":"emails[type eq]","value":"x"}`:                               "invalidFilter",
		`{"op":"replace","path":"title[type eq \"x\"]","value":"x"}`:                          "invalidFilter",
		`{"op":"replace","path":"emails[value eq \"gone@x.org\"].type","value":"x"}`:          "noTarget",
		`{"op":"replace","path":"emails[type eq \"home\" and value pr].value","value":"b@c"}`: "noTarget",
		`{"op":"remove"}`: "noTarget",
		`{"op":"replace","path":"id","value":"other"}`:                                                     "mutability",
		`{"op":"replace","value":{"id":"other"}}`:                                                          "mutability",
		`{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}`:                            "mutability",
		`{"op":"add","path":"groups","value":[{"value":"admins"}]}`:                                        "mutability",
		`{"op":"remove","path":"groups"}`:                                                                  "mutability",
		`{"op":"remove","path":"userName"}`:                                                                "mutability",
		`{"op":"remove","path":"active"}`:                                                                  "mutability",
		`{"op":"replace","path":"active","value":"perhaps"}`:                                               "invalidValue",
		`{"op":"replace","path":"title","value":{"a":"b"}}`:                                                "invalidValue",
		`{"op":"replace","path":"name","value":"Ann"}`:                                                     "invalidValue",
		`{"op":"replace","value":"Ann"}`:                                                                   "invalidValue",
		`{"op":"add","path":"emails","value":[{"type":"home"}]}`:                                           "invalidValue",
		`{"op":"add","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`: "invalidValue",
	} {
		c.patch(path, `{"op":"replace","path":"title","value":"Thief"},`+operation).refused(400, scimType)
	}
	c.do("PATCH", path, `{"Operations":[]}`).refused(400, "invalidSyntax")
	c.do("PATCH", path, `{"schemas":["urn:other"],"Operations":[{"op":"add","path":"title","value":"x"}]}`).refused(400, "invalidSyntax")
	c.patch(path, strings.Repeat(`{"op":"add","path":"title","value":"x"},`, 1000)+`{"op":"add","path":"title","value":"x"}`).refused(413, "")
	if after := c.get(path).has("title", "Guide").tag(); after != before {
		c.Errorf("refused PATCHes made version %s of %s", after, before)
	}
}

func patchingMembers(c *client) {
	_, ann := c.user("ann")
	_, ben := c.user("ben")
	_, cem := c.user("cem")
	path := c.group("Team", ann)
	members := func(operations string, want ...string) {
		c.Helper()
		c.patch(path, operations).is(204)
		c.get(path).lists("members", "value", want...)
	}
	members(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q},{"value":%q}]}`, ben, ann), ann, ben)
	members(fmt.Sprintf(`{"op":"add","value":{"members":[{"value":%q}]}}`, cem), ann, ben, cem)
	members(fmt.Sprintf(`{"op":"remove","path":"members[value eq %q or value eq %q]"}`, escape(ann), escape(cem)), ben)
	members(fmt.Sprintf(`{"op":"remove","path":"members[value eq %q]"}`, escape(ann)), ben)
	members(fmt.Sprintf(`{"op":"replace","path":"members","value":[{"value":%q}]}`, cem), cem)
	c.patch(path, fmt.Sprintf(`{"op":"replace","path":"members[value eq %q].value","value":%q}`, escape(cem), ann)).refused(400, "mutability")
	c.patch(path, fmt.Sprintf(`{"op":"replace","path":"members[value eq %q]","value":{"value":%q}}`, escape(cem), ann)).refused(400, "mutability")
	c.patch(path, `{"op":"add","path":"members[value eq \"gone\"].type","value":"User"}`).refused(400, "noTarget")
	c.patch(path, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q},{"value":"nobody"}]}`, ann)).refused(400, "invalidValue")
	c.patch(path, `{"op":"add","path":"members","value":[`+strings.Repeat(`{"value":"x"},`, 10_000)+`{"value":"x"}]}`).refused(413, "")
	c.get(path).lists("members", "value", cem)
	members(`{"op":"remove","path":"members"}`)
	c.do("PATCH", path+"?attributes=displayName",
		`{"Operations":[{"op":"add","path":"displayName","value":"Crew"}]}`).is(200).has("displayName", "Crew")
}

// escape prepares an id for a string inside a string.
func escape(id string) quoted { return quoted(id) }

type quoted string

// Format writes the id with quotes that are escaped for JSON.
func (q quoted) Format(f fmt.State, _ rune) { fmt.Fprintf(f, `\"%s\"`, string(q)) }
