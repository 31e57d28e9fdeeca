package openapi

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

var (
	start = regexp.MustCompile(`(?s)initOAuth\(\s*\{(.{0,1000}?)\}\s*\)`)
	field = regexp.MustCompile(`["']?(clientId|clientSecret)["']?\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)')`)
	given = regexp.MustCompile(`preauthorize(ApiKey|Basic)\(\s*["']([^"'\n]*)["']\s*,\s*["']([^"'\n]*)["'](?:\s*,\s*["']([^"'\n]*)["'])?`)
)

// decodePage reads the script or page that starts Swagger UI.
func decodePage(f clientele.File) ([]clientele.Part, error) {
	part := newPart(f, "Swagger UI", "")
	p := page{part: &part, src: f.Data}
	for _, m := range start.FindAllSubmatchIndex(f.Data, 20) {
		p.oauth(m[2], m[3])
	}
	for _, m := range given.FindAllSubmatchIndex(f.Data, 20) {
		p.preauthorized(m)
	}
	if len(part.Slots) == 0 {
		return nil, nil
	}
	return []clientele.Part{part}, nil
}

type page struct {
	part *clientele.Part
	src  []byte
}

// text is a group of a match, or empty.
func (p page) text(m []int, group int) string {
	if m[2*group] < 0 {
		return ""
	}
	return string(p.src[m[2*group]:m[2*group+1]])
}

func (p page) slot(role clientele.Role, name string, chain []string, value, principal string, at int) {
	if value == "" {
		return
	}
	p.part.Slots = append(p.part.Slots, clientele.Slot{
		Place: clientele.InAuth, Role: role, Name: name, Chain: chain, Value: clientele.Secret(value),
		Principal: principal, Line: 1 + bytes.Count(p.src[:at], []byte("\n")),
	})
}

// oauth reads the object that initOAuth is called with, which lies between two offsets.
func (p page) oauth(from, to int) {
	values, offsets := map[string]string{}, map[string]int{}
	for _, m := range field.FindAllSubmatchIndex(p.src[from:to], 10) {
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		name := p.text(m, 1)
		values[name], offsets[name] = p.text(m, 2)+p.text(m, 3), m[0]
	}
	id, secret := values["clientId"], values["clientSecret"]
	if secret == "" {
		return // the id of a public client is no news
	}
	chain := []string{"initOAuth"}
	p.slot(clientele.OAuthClientID, "clientId", chain, id, "", offsets["clientId"])
	p.slot(clientele.ClientSecret, "clientSecret", chain, secret, id, offsets["clientSecret"])
	if id != "" {
		p.part.Identities = append(p.part.Identities, clientele.Identity{
			Scheme: "oauth2", Principal: id, Location: clientele.Location{Path: chain},
		})
	}
}

func (p page) preauthorized(m []int) {
	kind, name := p.text(m, 1), p.text(m, 2)
	chain := []string{"preauthorize" + kind, name}
	if strings.EqualFold(kind, "ApiKey") {
		p.slot(clientele.APIKey, name, chain, p.text(m, 3), "", m[6])
		return
	}
	user := p.text(m, 3)
	p.slot(clientele.Username, "username", chain, user, "", m[6])
	if m[8] >= 0 {
		p.slot(clientele.Password, "password", chain, p.text(m, 4), user, m[8])
	}
}
