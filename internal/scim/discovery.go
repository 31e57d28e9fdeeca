package scim

import (
	"net/http"
	"strings"
)

// described are the schemas that we announce: those of the resource types, and their
// extensions.
type described struct {
	urn, name, about string
	attrs            []attribute
}

func describedSchemas() []described {
	var all []described
	for _, t := range []*resourceType{userType, groupType} {
		all = append(all, described{t.urn, t.name, t.about, t.attrs})
	}
	ext := find(userType.attrs, enterpriseURN)
	return append(all, described{ext.name, "EnterpriseUser", ext.about, ext.sub})
}

func schemas(base string) []object {
	var all []object
	for _, s := range describedSchemas() {
		all = append(all, object{
			"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"},
			"id":          s.urn,
			"name":        s.name,
			"description": s.about,
			"attributes":  describe(s.attrs),
			"meta":        object{"resourceType": "Schema", "location": base + "/Schemas/" + s.urn},
		})
	}
	return all
}

// describe is the attributes as RFC 7643 §7 describes them, without those that every
// resource has, that belong to a schema of their own, or that are not kept.
func describe(attrs []attribute) []object {
	var all []object
	for _, a := range attrs {
		if a.mutability == ignored || isURN(a.name) || find(common, a.name) != nil {
			continue
		}
		all = append(all, a.describe())
	}
	return all
}

func (a *attribute) describe() object {
	o := object{
		"name": a.name, "type": a.kind, "description": a.about, "multiValued": a.multi,
		"required": a.required, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	if a.mutability != "" {
		o["mutability"] = a.mutability
	}
	if a.unique {
		o["uniqueness"] = "server"
	}
	if a.kind == text || a.kind == reference {
		o["caseExact"] = a.exact || a.kind == reference
	}
	if len(a.suggested) > 0 {
		o["canonicalValues"] = a.suggested
	}
	if len(a.refers) > 0 {
		o["referenceTypes"] = a.refers
	}
	if len(a.sub) > 0 {
		o["subAttributes"] = describe(a.sub)
	}
	return o
}

func resourceTypes(base string) []object {
	var all []object
	for _, t := range []*resourceType{userType, groupType} {
		o := object{
			"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
			"id":          t.name,
			"name":        t.name,
			"description": t.about,
			"endpoint":    "/" + t.endpoint,
			"schema":      t.urn,
			"meta":        object{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + t.name},
		}
		var extensions []object
		for _, a := range t.attrs {
			if isURN(a.name) {
				extensions = append(extensions, object{"schema": a.name, "required": false})
			}
		}
		if extensions != nil {
			o["schemaExtensions"] = extensions
		}
		all = append(all, o)
	}
	return all
}

// discover answers with all of the list, or with the one of that id.
func (h *handler) discover(all []object, id string) method {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("filter") { // RFC 7644 §4
			return &Error{http.StatusForbidden, "", "this list cannot be filtered"}
		}
		if id == "" {
			return replyPage(w, all, len(all), 1)
		}
		for _, o := range all {
			if strings.EqualFold(o.text("id"), id) {
				return reply(w, http.StatusOK, o)
			}
		}
		return &Error{http.StatusNotFound, "", "nothing is here"}
	}
}

func (h *handler) providerConfig(w http.ResponseWriter, _ *http.Request) error {
	yes, no := object{"supported": true}, object{"supported": false}
	return reply(w, http.StatusOK, object{
		"schemas":               []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":                 yes,
		"bulk":                  object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":                object{"supported": true, "maxResults": h.opts.MaxResults},
		"changePassword":        no,
		"sort":                  no,
		"etag":                  yes,
		"authenticationSchemes": h.opts.Authentication,
		"meta":                  object{"resourceType": "ServiceProviderConfig", "location": h.opts.BaseURL + "/ServiceProviderConfig"},
	})
}
