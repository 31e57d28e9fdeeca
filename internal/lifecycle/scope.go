package lifecycle

import (
	"slices"
	"strings"

	"github.com/clientele/clientele"
)

// Scope is what a request asks for, and a grant allows: one verb at one service.
type Scope struct {
	ServiceID string
	Method    string // empty: any
	Path      string // empty: any; "/orders/*": all below
	Verb      clientele.Verb
	// RowCap and ByteCap bound one use; 0: no bound. An export needs both.
	RowCap, ByteCap int64
	// Destination and Mask belong to an export: where the data goes, and the profile that
	// masks it on the way, or NoMask.
	Destination, Mask string
}

// NoMask is the mask of an export that leaves the data as it is.
const NoMask = "none"

// MaxScopes is how many scopes a request may have.
const MaxScopes = 50

// check brings a scope to the form in which scopes are compared.
func (s *Scope) check() error {
	s.Method = strings.ToUpper(strings.TrimSpace(s.Method))
	s.Path, s.Destination, s.Mask = strings.TrimSpace(s.Path), strings.TrimSpace(s.Destination), strings.TrimSpace(s.Mask)
	if s.Path == "/*" || s.Path == "*" {
		s.Path = ""
	}
	for _, f := range []string{s.Method, s.Path, s.Destination, s.Mask} {
		if len(f) > 512 || strings.ContainsFunc(f, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
			return clientele.Errorf(clientele.Invalid, "a scope's method, path, destination and mask have at most 512 bytes on one line")
		}
	}
	switch {
	case s.ServiceID == "":
		return clientele.Errorf(clientele.Invalid, "a scope names a service").WithHint("clientele service list")
	case !slices.Contains(clientele.Verbs, s.Verb):
		return clientele.Errorf(clientele.Invalid, "there is no verb %q", s.Verb).WithHint("use read, write, admin or export")
	case s.RowCap < 0 || s.ByteCap < 0:
		return clientele.Errorf(clientele.Invalid, "a cap is not negative")
	case !validPath(s.Path):
		return clientele.Errorf(clientele.Invalid, "the path %q cannot be granted", s.Path).WithHint(`write /orders, or /orders/* for all below`)
	case s.Verb == clientele.Export && (s.RowCap == 0 || s.ByteCap == 0 || s.Destination == "" || s.Mask == ""):
		return clientele.Errorf(clientele.Invalid, "an export needs a destination, a row cap, a byte cap and a mask").
			WithHint(`say "none" as the mask if the data is to stay as it is`)
	case s.Verb != clientele.Export && (s.Destination != "" || s.Mask != ""):
		return clientele.Errorf(clientele.Invalid, "only an export has a destination and a mask")
	}
	return nil
}

// validPath: from the root, without a step up, and with a star at most for its last part.
func validPath(p string) bool {
	if p == "" {
		return true
	}
	parts := strings.Split(p, "/")
	for i, part := range parts {
		star := strings.Contains(part, "*")
		if part == ".." || part == "." || star && (part != "*" || i < len(parts)-1) {
			return false
		}
	}
	return parts[0] == ""
}

// within reports whether all that s allows is allowed by wide.
func (s Scope) within(wide Scope) bool {
	return s.ServiceID == wide.ServiceID && s.Verb == wide.Verb &&
		(wide.Method == "" || s.Method == wide.Method) && pathWithin(s.Path, wide.Path) &&
		capWithin(s.RowCap, wide.RowCap) && capWithin(s.ByteCap, wide.ByteCap) &&
		s.Destination == wide.Destination && (s.Mask == wide.Mask || wide.Mask == NoMask && s.Mask != "")
}

func pathWithin(p, wide string) bool {
	prefix, below := strings.CutSuffix(wide, "*")
	return wide == "" || p == wide || below && strings.HasPrefix(p, prefix)
}

func capWithin(n, wide int64) bool { return wide == 0 || n > 0 && n <= wide }

// Covers reports whether the scope allows a call.
func (s Scope) Covers(serviceID, method, path string, verb clientele.Verb) bool {
	return Scope{ServiceID: serviceID, Method: method, Path: path, Verb: verb, Destination: s.Destination, Mask: s.Mask, RowCap: s.RowCap, ByteCap: s.ByteCap}.within(s)
}

// checkScopes brings all into form, and takes doubles out.
func checkScopes(scopes []Scope) ([]Scope, error) {
	if len(scopes) > MaxScopes {
		return nil, clientele.Errorf(clientele.Limit, "%d scopes, the limit is %d", len(scopes), MaxScopes).WithHint("ask in several requests")
	}
	var out []Scope
	for _, s := range scopes {
		if err := s.check(); err != nil {
			return nil, err
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// verbsOf are the verbs of scopes, the most powerful last.
func verbsOf(scopes []Scope) []clientele.Verb {
	var verbs []clientele.Verb
	for _, v := range clientele.Verbs {
		if slices.ContainsFunc(scopes, func(s Scope) bool { return s.Verb == v }) {
			verbs = append(verbs, v)
		}
	}
	return verbs
}
