package api

import (
	"encoding/json"
	"strings"
	"unicode"
)

// Bounds of the parts of a scan. The server refuses what is beyond its own, which are as
// large or larger; what is sent is made to fit.
const (
	partClients = 500
	partBytes   = 3 << 20
	listLength  = 5000
	fewLength   = 200
	depth       = 64
	textLength  = 500
	wordLength  = 100
	pathLength  = 1500
	longLength  = 4096
)

// SplitScan cuts a scan into parts within the server's bounds; there is always one. Texts
// from files that are too long are cut, control characters in them become spaces, and of
// lists beyond any measure the beginning stays.
func SplitScan(s Scan) []ScanPart {
	findings := map[string][]Finding{}
	for _, f := range s.Findings {
		findings[f.Client] = append(findings[f.Client], f)
	}
	parts := []ScanPart{{}}
	size := 0
	for _, c := range s.Clients {
		list := findings[c.ID]
		n := fit(&c, &list)
		if last := parts[len(parts)-1]; len(last.Clients) == partClients || len(last.Clients) > 0 && (size+n > partBytes || len(last.Findings)+len(list) > 2*listLength) {
			parts, size = append(parts, ScanPart{}), 0
		}
		last := &parts[len(parts)-1]
		last.Clients, last.Findings = append(last.Clients, c), append(last.Findings, list...)
		size += n
	}
	return parts
}

// fit makes a client and its findings fit, and returns their size in JSON.
func fit(c *Client, findings *[]Finding) int {
	for most := listLength; ; most /= 2 {
		shorten(c, most)
		*findings = head(*findings, most)
		b, err := json.Marshal(ScanPart{Clients: []Client{*c}, Findings: *findings})
		if err != nil || len(b) <= partBytes || most < 10 {
			break
		}
	}
	list := make([]Finding, len(*findings))
	for i, f := range *findings {
		f.Message, f.Remedy, f.Location = text(f.Message, longLength), text(f.Remedy, longLength), where(f.Location)
		if f.Suppressed != nil {
			f.Suppressed = &Suppressed{text(f.Suppressed.Reason, longLength)}
		}
		list[i] = f
	}
	*findings = list
	b, _ := json.Marshal(ScanPart{Clients: []Client{*c}, Findings: list}) // what was encoded before can be
	return len(b)
}

// shorten cuts lists and texts of a client. It changes copies.
func shorten(c *Client, most int) {
	if c.Name = text(c.Name, textLength); strings.TrimSpace(c.Name) == "" {
		c.Name = "(no name)"
	}
	c.ExternalID = text(c.ExternalID, textLength)
	c.Files = each(head(c.Files, most), func(f string) string { return text(f, longLength) })
	c.Endpoints = each(head(c.Endpoints, most), func(e Endpoint) Endpoint {
		e.Method, e.Scheme, e.Auth = text(e.Method, wordLength), text(e.Scheme, wordLength), text(e.Auth, wordLength)
		e.Host, e.Path, e.URLTemplate, e.Location = text(e.Host, textLength), text(e.Path, pathLength), "", Location{}
		return e
	})
	c.Identities = each(head(c.Identities, fewLength), func(i Identity) Identity {
		i.Scheme, i.Principal, i.Issuer, i.Audience = text(i.Scheme, wordLength), text(i.Principal, textLength), text(i.Issuer, textLength), text(i.Audience, textLength)
		i.Scopes = each(head(i.Scopes, fewLength), func(s string) string { return text(s, textLength) })
		return i
	})
	c.Credentials = each(head(c.Credentials, most), func(k Credential) Credential {
		k.Name, k.Excerpt, k.Principal, k.Provider = text(k.Name, textLength), text(k.Excerpt, textLength), text(k.Principal, textLength), text(k.Provider, wordLength)
		k.Location, k.DefinedAt, k.Refs = where(k.Location), nil, nil
		return k
	})
	c.Owners = each(head(c.Owners, fewLength), func(o Owner) Owner {
		o.Who, o.Evidence = text(o.Who, textLength), text(o.Evidence, longLength)
		return o
	})
	c.Sync = each(head(c.Sync, fewLength), func(s Sync) Sync {
		s.Where = text(s.Where, longLength)
		return s
	})
	c.Exports = head(c.Exports, fewLength)
	c.Outputs, c.Approvals = nil, nil // the server has no use for them
}

func where(l Location) Location {
	l.File = text(l.File, longLength)
	l.Path = each(head(l.Path, depth), func(s string) string { return text(s, textLength) })
	return l
}

func head[T any](list []T, n int) []T { return list[:min(len(list), n)] }

func each[T any](list []T, change func(T) T) []T {
	out := make([]T, len(list))
	for i, t := range list {
		out[i] = change(t)
	}
	return out
}

// text is a text on one line, within a number of bytes.
func text(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}
