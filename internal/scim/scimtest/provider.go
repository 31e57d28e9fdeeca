package scimtest

import (
	"fmt"
	"net/url"
)

// entraUser is what learn.microsoft.com shows under "Develop and plan provisioning for a SCIM
// endpoint", and under "Known issues with SCIM 2.0 protocol compliance" both without and with
// the flag aadOptscim062020.
func entraUser(c *client) {
	lookup := func(filter string) *answer {
		c.Helper()
		return c.get("/Users?filter=" + url.QueryEscape(filter)).is(200)
	}
	lookup(`userName eq "b32b0e2f-5a2a-4b5c-9f5e-1f1b7f2a5c11"`).has("totalResults", 0).has("Resources", []any{}) // "Test Connection"
	made := c.post("/Users", `{
	  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	  "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "Test_User@testuser.com", "active": true,
	  "emails": [{"primary": true, "type": "work", "value": "Test_Mail@testuser.com"}],
	  "meta": {"resourceType": "User"},
	  "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
	  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"Manager": "123456"},
	  "roles": []}`).is(201).has(enterpriseURN+"/manager/value", "123456")
	path := "/Users/" + made.text("id")
	lookup(`emails[type eq "work"].value eq "test_mail@testuser.com"`).lists("Resources", "id", made.text("id"))

	// Without the flag.
	c.patch(path, `
	  {"op":"Replace","path":"displayName","value":"Pvlo"},
	  {"op":"Replace","path":"emails[type eq \"work\"].value","value":"TestBcwqnm@test.microsoft.com"},
	  {"op":"Replace","path":"name.givenName","value":"Gtfd"},
	  {"op":"Replace","path":"name.familyName","value":"Pkqf"},
	  {"op":"Replace","path":"externalId","value":"Eqpj"},
	  {"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"Eqpj"},
	  {"op":"Add","path":"nickName","value":"Babs"},
	  {"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"555"},
	  {"op":"Replace","path":"addresses[type eq \"work\"].formatted","value":"18/2111"}`).is(200).
		has("displayName", "Pvlo").has("emails.0.value", "TestBcwqnm@test.microsoft.com").has("emails.0.primary", true).
		has("name.givenName", "Gtfd").has("externalId", "Eqpj").has(enterpriseURN+"/employeeNumber", "Eqpj").has("phoneNumbers", nil)
	c.patch(path, `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"777"}`).is(200).has(enterpriseURN+"/manager/value", "777")
	c.patch(path, `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department","value":"Retail"}`).is(200).has(enterpriseURN+"/department", "Retail")
	c.patch(path, `{"op":"Add","path":"emails[type eq \"home\"].value","value":"h@x.org"},{"op":"Replace","path":"emails[type eq \"other\"].value","value":"o@x.org"}`).
		is(200).lists("emails", "type", "work", "home", "other").lists("emails", "value", "TestBcwqnm@test.microsoft.com", "h@x.org", "o@x.org")
	c.patch(path, `{"op":"Remove","path":"emails[type eq \"home\"].value","value":"h@x.org"}`).is(200).lists("emails", "type", "work", "other")
	c.patch(path, `{"op":"Replace","path":"active","value":"False"}`).is(200).has("active", false)
	lookup(`externalId eq "Eqpj"`).has("totalResults", 1).has("Resources.0.active", false)
	c.patch(path, `{"op":"Add","path":"active","value":"True"}`).is(200).has("active", true)

	// With it.
	c.patch(path, `
	  {"op":"replace","path":"emails[type eq \"work\"].value","value":"TestMhvaes@test.microsoft.com"},
	  {"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","name.familyName":"Unua",
	    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}}`).is(200).
		has("displayName", "Bjfe").has("name.givenName", "Kkom").has("name.formatted", "givenName familyName").has(enterpriseURN+"/employeeNumber", "Aklq")
	c.patch(path, `{"op":"replace","path":"active","value":false}`).is(200).has("active", false)
	c.patch(path, `{"op":"replace","value":{"active":"True"}}`).is(200).has("active", true)
	c.do("DELETE", path, "").is(204)
}

func entraGroup(c *client) {
	_, ann := c.user("ann")
	_, ben := c.user("ben")
	made := c.post("/Groups", `{
	  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
	  "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "displayName", "meta": {"resourceType": "Group"}}`).is(201)
	path := "/Groups/" + made.text("id")
	c.get(path+"?excludedAttributes=members").is(200).has("members", nil).has("externalId", "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159")
	c.get("/Groups?excludedAttributes=members&filter="+url.QueryEscape(`displayName eq "displayName"`)).is(200).lists("Resources", "id", made.text("id"))
	c.patch(path, `{"op":"Replace","path":"displayName","value":"1879db59"}`).is(204)
	for _, id := range []string{ann, ben} {
		c.patch(path, fmt.Sprintf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":%q}]}`, id)).is(204)
	}
	c.get(path).has("displayName", "1879db59").lists("members", "value", ann, ben)
	c.patch(path, fmt.Sprintf(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":%q}]}`, ann)).is(204)
	c.get(path).lists("members", "value", ben)
	c.patch(path, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, ben)).is(204)
	c.get(path).has("members", nil)
	c.patch(path, `{"op":"Remove","path":"members","value":[]}`).is(204)
	c.do("DELETE", path, "").is(204)
}

// oktaUser is what developer.okta.com shows under "Okta and SCIM Version 2.0".
func oktaUser(c *client) {
	c.get(`/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100`).is(200).has("totalResults", 0).has("itemsPerPage", 0).has("Resources", []any{})
	create := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"test.user@okta.local",
	  "name":{"givenName":"Test","familyName":"User"},
	  "emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],
	  "displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true}`
	made := c.post("/Users", create).is(201).has("externalId", "00ujl29u0le5T6Aj10h7").has("password", nil)
	c.post("/Users", create).refused(409, "uniqueness")
	path := "/Users/" + made.text("id")
	c.get("/Users?startIndex=1&count=100").is(200).has("totalResults", 1)
	c.do("PUT", path, fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,"userName":"test.user@okta.local",
	  "name":{"givenName":"Another","middleName":"Excited","familyName":"User"},
	  "emails":[{"primary":true,"value":"test.user@okta.local","type":"work","display":"test.user@okta.local"}],
	  "active":true,"groups":[],"meta":{"resourceType":"User"}}`, made.text("id"))).is(200).has("name.givenName", "Another")
	c.patch(path, `{"op":"replace","value":{"active":false}}`).is(200).has("active", false).has("name.givenName", "Another")
	c.patch(path, `{"op":"replace","value":{"active":true}}`).is(200).has("active", true)
	c.patch(path, `{"op":"replace","value":{"password":"new"}}`).is(200).has("password", nil)
}

func oktaGroup(c *client) {
	_, ann := c.user("ann")
	_, ben := c.user("ben")
	made := c.post("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Test SCIMv2","members":[]}`).is(201)
	id := made.text("id")
	path := "/Groups/" + id
	c.get("/Groups?startIndex=1&count=100").is(200).has("totalResults", 1)
	c.patch(path, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q,"display":"test.user@okta.local"}]}`, ann)).is(204)
	c.patch(path, fmt.Sprintf(`{"op":"replace","value":{"id":%q,"displayName":"Test SCIMv20"}}`, id)).is(204)
	c.get(path).has("displayName", "Test SCIMv20").lists("members", "value", ann)
	c.patch(path, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"},{"op":"add","path":"members","value":[{"value":%q,"display":"b"}]}`, ann, ben)).is(204)
	c.get(path).lists("members", "value", ben)
	c.patch(path, fmt.Sprintf(`{"op":"replace","path":"members","value":[{"value":%q,"display":"a"},{"value":%q,"display":"b"}]}`, ann, ben)).is(204)
	c.get(path).lists("members", "value", ann, ben)
	c.do("PUT", path, fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":%q,"displayName":"Again","members":[{"value":%q,"display":"a"}]}`, id, ann)).
		is(200).has("displayName", "Again").lists("members", "value", ann)
	c.do("DELETE", path, "").is(204)
}

// leaver holds what must never bring a person back.
func leaver(c *client) {
	path, _ := c.user("ann", `"active":true`)
	c.patch(path, `{"op":"replace","value":{"active":false}}`).is(200)
	c.do("PUT", path, `{"userName":"ann","title":"Guide"}`).is(200).has("active", false)
	c.do("PUT", path, `{"userName":"ann","active":null}`).is(200).has("active", false)
	c.patch(path, `{"op":"remove","path":"active"}`).refused(400, "mutability")
	c.patch(path, `{"op":"replace","path":"active","value":null}`).refused(400, "mutability")
	c.patch(path, `{"op":"add","path":"title","value":"Chief"}`).is(200).has("active", false)
	c.get(`/Users?filter=`+url.QueryEscape(`userName eq "ann" and active eq false`)).is(200).has("totalResults", 1)
}
