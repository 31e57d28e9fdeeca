// Package scim answers the SCIM 2.0 protocol (RFC 7643, RFC 7644) for users and groups, so
// that an identity provider can say who has joined, moved and left.
//
// The package holds the protocol and no data: a Store keeps people and groups, and Handler is
// the door to it. It does not authenticate; the caller mounts it behind a check of its own.
//
//	Handler ── decode ── bind to the schema ──┐
//	           filter ── parse to a Filter ───┼── Store
//	           PATCH ─── apply to the whole ──┘
//
// One table of attributes (see attributes.go) drives decoding, filters, PATCH and /Schemas, so
// what is announced is what is kept. Bulk, sorting and /Me are not offered.
//
// Identity providers depart from the standard, and a leaver must not stay because of it. So,
// knowingly:
//
//   - A boolean may be the string "False", an operation may be "Replace", a path may join an
//     extension's name and attribute with a dot, and a remove of members may list them in its
//     value (Entra ID). The manager may be a string instead of an object (Entra ID).
//   - A PATCH may repeat the resource's own id in its value (Okta).
//   - Attributes of RFC 7643 that are not kept here (phoneNumbers, nickName, …) are ignored in
//     a PATCH also, where unknown ones are refused: default mappings send them in one request
//     with active, and that must not fail. /Schemas does not list them.
//   - To add or replace emails[type eq "home"].value where there is none creates it, instead
//     of answering noTarget (Entra ID relies on it).
//   - A PUT that leaves out active leaves it as it is: an omission brings nobody back.
//   - A write that changes nothing does not reach the store.
package scim

import (
	"context"
	"iter"
	"log/slog"
	"time"
)

// Prefix is the path below which Handler answers.
const Prefix = "/scim/v2"

// The limits of a request.
const (
	MaxBody       = 1 << 20 // bytes of a request's body
	MaxMembers    = 10_000  // members of a group that one request may name
	MaxOperations = 1_000   // operations of one PATCH
	MaxFilter     = 4 << 10 // bytes of a filter
	maxEmails     = 100     // emails of one user
	maxText       = 2 << 10 // bytes of one string
	maxDepth      = 20      // nesting of a filter and of a JSON document
	maxTerms      = 100     // comparisons of a filter
)

// Options are the few things that a handler cannot know by itself.
type Options struct {
	// BaseURL is where the handler is reached from outside, as in
	// "https://clientele.example.com/scim/v2". Empty: locations are paths without a host.
	BaseURL string

	// MaxResults caps the resources of one page. Zero: 200.
	MaxResults int

	// Authentication is what the check in front of the handler accepts, for
	// /ServiceProviderConfig. Empty: a bearer token.
	Authentication []Authentication

	// Log hears of what a client is only told as "something went wrong". Nil: slog.Default.
	Log *slog.Logger
}

// Authentication describes one way to authenticate (RFC 7643 §5).
type Authentication struct {
	Type        string `json:"type"` // oauthbearertoken, httpbasic, …
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Store keeps users and groups. Its methods work on whole resources.
//
// What is not there is an Error of status 404 or a clientele.Error of kind NotFound; a name
// that is taken is Taken; any other Error is passed on as it is, and any other error is
// logged and answered with 500.
//
// Update reads the resource, calls change on it and writes what change left, all in one
// transaction. Delete calls check with the resource before it goes, in one transaction also.
// When change or check returns an error, nothing is written and the error is returned, wrapped
// or not. Both must see the resource as no other writer can change it any more: that is what
// If-Match relies on.
//
// The store sets ID, Meta and User.Groups, and the Display of members; what it is given in
// their place means nothing.
type Store interface {
	// Users is one page of the users that match, in an order that does not change between
	// calls, and the number of all that match.
	Users(ctx context.Context, q Query) ([]User, int, error)
	User(ctx context.Context, id string) (User, error)
	CreateUser(ctx context.Context, u User) (User, error)
	UpdateUser(ctx context.Context, id string, change func(*User) error) (User, error)
	// DeleteUser takes a user away for good. What becomes of what the user owned is the
	// store's to decide.
	DeleteUser(ctx context.Context, id string, check func(User) error) error

	Groups(ctx context.Context, q Query) ([]Group, int, error)
	Group(ctx context.Context, id string) (Group, error)
	CreateGroup(ctx context.Context, g Group) (Group, error)
	UpdateGroup(ctx context.Context, id string, change func(*Group) error) (Group, error)
	DeleteGroup(ctx context.Context, id string, check func(Group) error) error
}

// Query asks a store for one page.
type Query struct {
	Filter *Filter // nil matches everything
	Start  int     // the first one wanted, counted from 1
	Count  int     // how many at most; zero asks for the number alone

	// WithoutMembers says that nobody will look at Group.Members. A store may load them
	// nevertheless.
	WithoutMembers bool
}

// Page takes one page out of candidates, which come in the store's order and may hold
// resources that do not match. It is for stores that answer a part of a filter by an index
// (see Filter.Equality), or none of it.
func Page[R Resource](candidates iter.Seq2[R, error], q Query) ([]R, int, error) {
	var page []R
	total := 0
	for r, err := range candidates {
		if err != nil {
			return nil, 0, err
		}
		if !q.Filter.Matches(r) {
			continue
		}
		total++
		if total >= q.Start && len(page) < q.Count {
			page = append(page, r)
		}
	}
	return page, total, nil
}

// Meta is what a store knows of a resource's life.
type Meta struct {
	Created, LastModified time.Time
	// Version changes whenever the resource does. It consists of letters, digits, dots and
	// dashes; clients see it as a weak entity tag.
	Version string
}
