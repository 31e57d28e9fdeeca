package altair

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// A document of RapidAPI (Paw) is what Core Data saves: as a rule SQLite or binary, which
// are left alone here, but XML or a property list when the author chose so. What the objects
// in it mean is not documented, so each object's attributes are written for their names to
// tell: an object with a name and a value is a header, parameter or variable.
func decodeRapidAPI(f clientele.File) ([]clientele.Part, error) {
	var n *doc.Node
	var err error
	switch first := bytes.TrimLeft(f.Data, " \t\r\n"); {
	case bytes.HasPrefix(first, []byte("<?xml")), bytes.HasPrefix(first, []byte("<database")), bytes.HasPrefix(first, []byte("<plist")):
		n, err = doc.XML(f.Data)
	case bytes.HasPrefix(first, []byte("{")):
		n, err = doc.JSON(f.Data)
	default:
		return nil, nil
	}
	p := clientele.Part{Tool: "rapidapi", Kind: clientele.APIClient, Format: "document", Syntax: clientele.SyntaxGeneric, Line: 1,
		Name: strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))}
	w := scribe{&p}
	w.objects(n)
	if len(p.Slots)+len(p.Requests) == 0 {
		return nil, err
	}
	return []clientele.Part{p}, err
}

// objects walks to the objects of any of the three notations.
func (w scribe) objects(n *doc.Node) {
	n.Walk(func(_ []string, k *doc.Node) bool {
		switch {
		case k.Kind != doc.Map:
		case k.Key == "object" || k.Key == "OBJECT":
			w.object(attributes(k))
			return false
		case k.Key == "dict":
			w.object(entries(k))
		case len(k.Kids) > 0 && k.Attr("version") == "" && k.Text == "":
			w.object(k)
		}
		return true
	})
}

// attributes are those of an object in Core Data's XML: <attribute name="…">value</attribute>.
func attributes(object *doc.Node) *doc.Node {
	flat := &doc.Node{Kind: doc.Map, Key: object.Attr("type"), Line: object.Line}
	for _, a := range append(object.All("attribute"), object.All("ATTRIBUTE")...) {
		flat.Kids = append(flat.Kids, &doc.Node{Kind: doc.String, Key: a.Attr("name"), Text: a.Text, Line: a.Line})
	}
	return flat
}

// entries are those of a property list's dictionary: <key>name</key><string>value</string>.
func entries(dict *doc.Node) *doc.Node {
	flat := &doc.Node{Kind: doc.Map, Line: dict.Line}
	key := ""
	for _, k := range dict.Kids {
		switch k.Key {
		case "key":
			key = k.Text
		case "string":
			flat.Kids = append(flat.Kids, &doc.Node{Kind: doc.String, Key: key, Text: k.Text, Line: k.Line})
		}
	}
	return flat
}

func (w scribe) object(o *doc.Node) {
	name := o.First("name", "title", "key").Str()
	if v := o.Get("value"); name != "" && v.IsScalar() {
		w.slot(clientele.Slot{Place: clientele.InSetting, Name: name, Value: v.Secret(), Line: v.Line, Dormant: o.Get("enabled").False() || o.Get("enabled").Str() == "0"})
		return
	}
	for _, f := range o.Fields() {
		if f.Kind != doc.String || f.Text == "" || strings.HasPrefix(f.Key, "@") || labels[f.Key] {
			continue
		}
		if strings.Contains(strings.ToLower(f.Key), "url") {
			w.part.Requests = append(w.part.Requests, clientele.Request{Chain: []string{name}, Method: strings.ToUpper(o.Get("method").Str()),
				URL: f.Secret(), Line: f.Line})
			continue
		}
		w.slot(clientele.Slot{Place: clientele.InSetting, Role: roles[f.Key], Name: f.Key, Chain: chainOf(name), Value: f.Secret(), Line: f.Line})
	}
}

// labels are attributes that name an object or say what it does.
var labels = map[string]bool{"name": true, "title": true, "method": true, "enabled": true, "key": true, "uuid": true}

func chainOf(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
