package scim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/scim"
)

var barbara = scim.User{
	ID: "2819c223", ExternalID: "Ext-1", UserName: "bJensen", DisplayName: `Babs "B" Jensen`, Active: true,
	Name:       scim.Name{FamilyName: "O'Malley", GivenName: "Barbara"},
	Emails:     []scim.Email{{Value: "bjensen@example.com", Type: "work", Primary: true}, {Value: "babs@jensen.org", Type: "home"}},
	Groups:     []scim.GroupRef{{ID: "g1", Display: "Tour Guides"}},
	Enterprise: scim.Enterprise{Department: "Tours", Manager: "26118915"},
	Meta:       scim.Meta{Created: time.Date(2011, 5, 13, 4, 42, 34, 0, time.UTC), LastModified: time.Date(2011, 5, 13, 4, 42, 34, 0, time.UTC), Version: "1"},
}

// The expressions of RFC 7644 §3.4.2.2 are among these, as far as their attributes are kept.
func TestFiltersMatch(t *testing.T) {
	for filter, want := range map[string]bool{
		`userName eq "bjensen"`:                       true,
		`userName Eq "BJENSEN"`:                       true,
		`name.familyName co "O'Malley"`:               true,
		`userName sw "J"`:                             false,
		`userName ew "SEN"`:                           true,
		`userName gt "a"`:                             true,
		`userName lt "a"`:                             false,
		`userName le "bjensen"`:                       true,
		`userName ge "bjensen"`:                       true,
		`userName ne "bjensen"`:                       false,
		`id eq "2819C223"`:                            false,
		`externalId eq "Ext-1"`:                       true,
		`displayName eq "Babs \"B\" Jensen"`:          true,
		`displayName eq "Babs \u0022B\u0022 Jensen"`:  true,
		`title pr`:                                    false,
		`title eq "x"`:                                false,
		`title ne "x"`:                                true,
		`title eq null`:                               true,
		`title ne null`:                               false,
		`userName eq null`:                            false,
		`userName ne null`:                            true,
		`emails pr`:                                   true,
		`name pr and not (title pr)`:                  true,
		`active eq true`:                              true,
		`active eq "True"`:                            true,
		`active ne TRUE`:                              false,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`: false,
		`meta.lastModified ge "2011-05-13T06:42:34+02:00"`:         true,
		`meta.created lt "2012-01-01T00:00:00.5Z"`:                 true,
		`emails co "example.com" or emails.value co "example.org"`: true,
		`emails.type eq "home"`:                                    true,
		`emails.type ne "home"`:                                    true,
		`not (emails.type eq "home")`:                              false,
		`emails[type eq "work" and value co "@example.com"]`:       true,
		`emails[type eq "home" and value co "@example.com"]`:       false,
		`emails[type eq "home"].value eq "babs@jensen.org"`:        true,
		`emails[type eq "work"].value eq "babs@jensen.org"`:        false,
		`emails[type eq "work"].primary pr`:                        true,
		`emails[primary eq true and not (type eq "home")]`:         true,
		`groups eq "g1"`:           true,
		`groups.display sw "tour"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tours"`:       true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915"`:       true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`:                          true,
		`userName eq "x" or userName eq "y" and title pr or active eq true`:                      true,
		`(userName eq "bjensen" or active eq false) and title pr`:                                false,
		`userName eq "bjensen" or active eq false and title pr`:                                  true,
		`  ( ( userName   eq   "bjensen" ) )  `:                                                  true,
		`NOT(title pr)`:                                                                          true,
	} {
		f, err := scim.ParseUserFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := f.Matches(barbara); got != want {
			t.Errorf("%s: %t, want %t", filter, got, want)
		}
	}
	if !(*scim.Filter)(nil).Matches(barbara) {
		t.Error("no filter matches nothing")
	}
}

func TestFiltersThatMakeNoSenseAreRefused(t *testing.T) {
	for _, filter := range []string{
		``, ` `, `(`, `()`, `)`, `userName`, `eq`, `userName eq`, `userName eq bjensen`, `userName eq 'bjensen'`, `userName eq "x`, `userName eq "\x"`,
		`userName eq "x" and`, `userName eq "x" userName eq "y"`, `and userName pr`, `not userName pr`, `not title`, `userName pr pr`,
		`userName eq true`, `userName eq 1`, `userName gt null`, `active gt true`, `active eq "yes"`, `active co true`,
		`meta.created gt "yesterday"`, `meta.created co "2011"`, `meta.location eq "x"`, `meta.version eq "x"`, `name eq "x"`, `members.$ref pr`,
		`nickName eq "x"`, `phoneNumbers[type eq "work"]`, `shoeSize gt 4`, `userName.x eq "y"`, `userName[value eq "x"]`, `emails[]`, `emails[type]`,
		`emails[type eq "work"`, `emails[type eq "work"].value`, `emails[type eq "work"].shoe eq "x"`, `emails[emails[type pr] pr]`, `emails[type eq "x"][type eq "y"]`,
		`urn:x:User:userName eq "x"`, `urn:ietf:params:scim:schemas:core:2.0:UserX:userName eq "x"`, "userName\teq \"x\"", "\xff",
		strings.Repeat("(", 25) + "title pr" + strings.Repeat(")", 25),
		strings.Repeat("not (", 25) + "title pr" + strings.Repeat(")", 25),
		strings.Repeat("title pr or ", 150) + "title pr",
		`userName eq "` + strings.Repeat("x", scim.MaxFilter) + `"`,
	} {
		_, err := scim.ParseUserFilter(filter)
		var e *scim.Error
		if !errors.As(err, &e) || e.Type != scim.InvalidFilter || e.Status != 400 {
			t.Errorf("%.60q: %v", filter, err)
		}
	}
}

func TestEqualityIsWhatEveryMatchMustHave(t *testing.T) {
	for _, c := range []struct{ filter, attribute, want string }{
		{`userName eq "Bjensen"`, "userName", "Bjensen"},
		{`USERNAME eq "x" and active eq true`, "userName", "x"},
		{`active eq true and (title pr and externalId eq "x")`, "externalId", "x"},
		{`id eq "1"`, "id", "1"},
		{`emails[type eq "work"].value eq "a@b"`, "emails.value", "a@b"},
		{`emails.value eq "a@b"`, "emails.value", "a@b"},
		{`emails eq "a@b"`, "emails.value", "a@b"},
		{`userName eq "x" or id eq "y"`, "userName", ""},
		{`not (userName eq "x")`, "userName", ""},
		{`userName ne "x"`, "userName", ""},
		{`userName eq null`, "userName", ""},
		{`userName eq "x"`, "id", ""},
		{`userName pr`, "userName", ""},
	} {
		f, err := scim.ParseUserFilter(c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Equality(c.attribute); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %s is %q, %t", c.filter, c.attribute, got, ok)
		}
	}
	f, err := scim.ParseGroupFilter(`id eq "g" and members eq "u"`)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := f.Equality("members.value"); got != "u" || !ok {
		t.Errorf("members.value is %q, %t", got, ok)
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		`userName eq "x" and not (emails[type eq "work" and value co "@"] or active eq false)`, `emails[type eq "work"].value eq "x"`,
		`meta.created gt "2011-05-13T04:42:34Z"`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value pr`, `a[b`, `"`, `((`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		filter, err := scim.ParseUserFilter(s)
		var e *scim.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v is no Error", s, err)
			}
			return
		}
		matches := filter.Matches(barbara)
		opposite, err := scim.ParseUserFilter("not (" + s + ")")
		if err == nil && opposite.Matches(barbara) == matches {
			t.Errorf("%q and its opposite are both %t", s, matches)
		}
		if id, ok := filter.Equality("id"); ok && matches && id != barbara.ID {
			t.Errorf("%q matches, and yet asks for the id %q", s, id)
		}
	})
}
