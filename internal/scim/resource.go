package scim

import "time"

// User is a person as an identity provider describes them (RFC 7643 §4.1, §4.3).
type User struct {
	ID          string // the store's, never used again
	ExternalID  string // the identity provider's
	UserName    string // unique, whatever the case of its letters
	Name        Name
	DisplayName string
	Title       string
	Emails      []Email
	Active      bool
	Groups      []GroupRef // read-only: changed through the groups
	Enterprise  Enterprise
	Meta        Meta
}

// Name is a person's name in parts.
type Name struct{ Formatted, GivenName, FamilyName string }

// Email is one address. At most one of a user's is primary.
type Email struct {
	Value   string
	Type    string // work, home, other, or what the identity provider calls it
	Primary bool
}

// GroupRef is a group that a user is in.
type GroupRef struct {
	ID      string
	Display string
}

// Enterprise is what the enterprise extension adds to a user.
type Enterprise struct {
	EmployeeNumber string
	Department     string
	Manager        string // the manager's id, or what the identity provider sends in its place
}

// Group is a group of users (RFC 7643 §4.2).
type Group struct {
	ID          string
	ExternalID  string
	DisplayName string
	Members     []Member
	Meta        Meta
}

// Member is one member of a group.
type Member struct {
	ID      string
	Display string // read-only
	Type    string // "User", "Group" or empty, which means a user
}

// Resource is a User or a Group.
type Resource interface {
	// attr is the value of the attribute of that name in the schema: a string, bool,
	// time.Time, object or []object, or nil where it is unassigned. What it returns is the
	// caller's to change.
	attr(name string) any
	meta() Meta
	id() string
}

// object is a resource, or a complex value of one, by the attribute names of the schema. It
// holds no empty strings, objects or lists: those are unassigned.
type object map[string]any

func (o object) attr(name string) any {
	v := o[name]
	if v == nil {
		return nil
	}
	return v
}

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

func (o object) flag(name string) bool {
	b, _ := o[name].(bool)
	return b
}

func (o object) child(name string) object {
	c, _ := o[name].(object)
	return c
}

// assigned is o without the values that mean nothing.
func assigned(o object) object {
	for name, v := range o {
		if means(v) == nil {
			delete(o, name)
		}
	}
	return o
}

// means is v, or nil where v is empty and so the same as unassigned.
func means(v any) any {
	empty := false
	switch v := v.(type) {
	case string:
		empty = v == ""
	case time.Time:
		empty = v.IsZero()
	case object:
		empty = len(v) == 0
	case []object:
		empty = len(v) == 0
	}
	if empty {
		return nil
	}
	return v
}

func (u User) id() string { return u.ID }
func (u User) meta() Meta { return u.Meta }

func (u User) attr(name string) any {
	switch name {
	case "id":
		return means(u.ID)
	case "externalId":
		return means(u.ExternalID)
	case "userName":
		return means(u.UserName)
	case "displayName":
		return means(u.DisplayName)
	case "title":
		return means(u.Title)
	case "active":
		return u.Active
	case "name":
		return means(assigned(object{
			"formatted": u.Name.Formatted, "givenName": u.Name.GivenName, "familyName": u.Name.FamilyName,
		}))
	case "emails":
		return means(objects(u.Emails, func(e Email) object {
			return object{"value": e.Value, "type": e.Type, "primary": e.Primary}
		}))
	case "groups":
		return means(objects(u.Groups, func(g GroupRef) object {
			return object{"value": g.ID, "display": g.Display}
		}))
	case enterpriseURN:
		return means(assigned(object{
			"employeeNumber": u.Enterprise.EmployeeNumber, "department": u.Enterprise.Department,
			"manager": assigned(object{"value": u.Enterprise.Manager}),
		}))
	case "meta":
		return metaObject("User", u.Meta)
	}
	return nil
}

// with is u with everything that a client may write taken from o. A user keeps being active
// or not where o does not say.
func (u User) with(o object) User {
	name, ent := o.child("name"), o.child(enterpriseURN)
	u.ExternalID, u.UserName = o.text("externalId"), o.text("userName")
	u.DisplayName, u.Title = o.text("displayName"), o.text("title")
	u.Name = Name{name.text("formatted"), name.text("givenName"), name.text("familyName")}
	u.Enterprise = Enterprise{ent.text("employeeNumber"), ent.text("department"), ent.child("manager").text("value")}
	u.Emails = values(o, "emails", func(e object) Email {
		return Email{e.text("value"), e.text("type"), e.flag("primary")}
	})
	if active, ok := o["active"].(bool); ok {
		u.Active = active
	}
	return u
}

func (g Group) id() string { return g.ID }
func (g Group) meta() Meta { return g.Meta }

func (g Group) attr(name string) any {
	switch name {
	case "id":
		return means(g.ID)
	case "externalId":
		return means(g.ExternalID)
	case "displayName":
		return means(g.DisplayName)
	case "members":
		return means(objects(g.Members, func(m Member) object {
			return object{"value": m.ID, "display": m.Display, "type": m.Type}
		}))
	case "meta":
		return metaObject("Group", g.Meta)
	}
	return nil
}

// with is g with everything that a client may write taken from o.
func (g Group) with(o object) Group {
	g.ExternalID, g.DisplayName = o.text("externalId"), o.text("displayName")
	g.Members = values(o, "members", func(m object) Member {
		return Member{m.text("value"), m.text("display"), m.text("type")}
	})
	return g
}

func metaObject(resourceType string, m Meta) any {
	return assigned(object{"resourceType": resourceType, "created": m.Created, "lastModified": m.LastModified})
}

func objects[T any](from []T, f func(T) object) []object {
	out := make([]object, 0, len(from))
	for _, v := range from {
		out = append(out, assigned(f(v)))
	}
	return out
}

func values[T any](o object, name string, f func(object) T) []T {
	list, _ := o[name].([]object)
	var out []T
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
