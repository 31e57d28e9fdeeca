package scim

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// common are the attributes of every resource (RFC 7643 §3.1). No schema lists them.
var common = []attribute{
	{name: "id", kind: text, exact: true, mutability: readOnly},
	{name: "externalId", kind: text, exact: true},
	{name: "meta", kind: complexed, mutability: readOnly, sub: []attribute{
		{name: "resourceType", kind: text, exact: true, mutability: readOnly},
		{name: "created", kind: dateTime, mutability: readOnly},
		{name: "lastModified", kind: dateTime, mutability: readOnly},
		{name: "location", kind: reference, mutability: readOnly, unasked: true},
		{name: "version", kind: text, mutability: readOnly, unasked: true},
	}},
}

var userType = &resourceType{
	name: "User", endpoint: "Users", about: "A person", urn: userURN,
	attrs: append([]attribute{
		{name: "userName", kind: text, required: true, unique: true,
			about: "The name by which the person signs in. Unique, whatever the case of its letters."},
		{name: "name", kind: complexed, about: "The person's name in parts.", sub: []attribute{
			{name: "formatted", kind: text, about: "The whole name, as it is shown."},
			{name: "familyName", kind: text, about: "The family name."},
			{name: "givenName", kind: text, about: "The given name."},
			{name: "middleName", mutability: ignored},
			{name: "honorificPrefix", mutability: ignored},
			{name: "honorificSuffix", mutability: ignored},
		}},
		{name: "displayName", kind: text, about: "The name that is shown."},
		{name: "title", kind: text, about: "The person's position."},
		{name: "active", kind: boolean, about: "Whether the person is with the organisation. False suspends what is theirs."},
		{name: "emails", kind: complexed, multi: true, about: "E-mail addresses.", limit: maxEmails, key: []string{"value", "type"}, sub: []attribute{
			{name: "value", kind: text, required: true, about: "The address."},
			{name: "type", kind: text, about: "What the address is for.", suggested: []string{"work", "home", "other"}},
			{name: "primary", kind: boolean, about: "Whether this is the address to write to. At most one is."},
			{name: "display", mutability: ignored},
		}},
		{name: "groups", kind: complexed, multi: true, mutability: readOnly, about: "The groups that the person is in. Changed through the groups.", sub: []attribute{
			{name: "value", kind: text, exact: true, mutability: readOnly, about: "The group's id."},
			{name: "$ref", kind: reference, mutability: readOnly, about: "Where the group is.", refers: []string{"Group"}, unasked: true},
			{name: "display", kind: text, mutability: readOnly, about: "The group's name."},
		}},
		{name: enterpriseURN, kind: complexed, about: "What an organisation knows of the person.", sub: []attribute{
			{name: "employeeNumber", kind: text, about: "The number that the organisation gave the person."},
			{name: "department", kind: text, about: "The department's name."},
			{name: "manager", kind: complexed, about: "The person's manager.", sub: []attribute{
				{name: "value", kind: text, exact: true, about: "The id of the manager's user."},
				{name: "$ref", mutability: ignored},
				{name: "displayName", mutability: ignored},
			}},
			{name: "costCenter", mutability: ignored},
			{name: "organization", mutability: ignored},
			{name: "division", mutability: ignored},
		}},
		{name: "nickName", mutability: ignored},
		{name: "profileUrl", mutability: ignored},
		{name: "userType", mutability: ignored},
		{name: "preferredLanguage", mutability: ignored},
		{name: "locale", mutability: ignored},
		{name: "timezone", mutability: ignored},
		{name: "password", mutability: ignored},
		{name: "phoneNumbers", mutability: ignored},
		{name: "ims", mutability: ignored},
		{name: "photos", mutability: ignored},
		{name: "addresses", mutability: ignored},
		{name: "entitlements", mutability: ignored},
		{name: "roles", mutability: ignored},
		{name: "x509Certificates", mutability: ignored},
	}, common...),
}

var groupType = &resourceType{
	name: "Group", endpoint: "Groups", about: "A group of people", urn: groupURN,
	attrs: append([]attribute{
		{name: "displayName", kind: text, required: true, about: "The group's name."},
		{name: "members", kind: complexed, multi: true, about: "Who is in the group.", limit: MaxMembers, key: []string{"value"}, sub: []attribute{
			{name: "value", kind: text, exact: true, required: true, mutability: immutable, about: "The member's id."},
			{name: "$ref", kind: reference, mutability: readOnly, about: "Where the member is.", refers: []string{"User", "Group"}, unasked: true},
			{name: "display", kind: text, mutability: readOnly, about: "The member's name."},
			{name: "type", kind: text, mutability: immutable, about: "What the member is; a user where it is left out.", suggested: []string{"User", "Group"}},
		}},
	}, common...),
}
