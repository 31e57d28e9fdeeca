package soapui

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// scope is where the walk is.
type scope struct {
	chain       []string
	level       string // of variables: collection, folder, request, environment
	environment string
	path        string // of the REST resources around, joined
	method      string // of the REST method around
	dormant     bool   // in a step, case or suite that is switched off
	keystore    bool   // inside a keystore's settings: a password opens a key
}

type walker struct {
	part       *clientele.Part
	strategies map[string]*doc.Node
}

// levels are the elements that have a name of their own in the chain, with the level of the
// variables in them; an empty level leaves it as it is.
var levels = map[string]string{
	"interface": "folder", "operation": "", "resource": "", "method": "", "call": "request",
	"request": "request", "restRequest": "request", "httpRequest": "request",
	"testSuite": "folder", "testCase": "folder", "testStep": "request",
	"mockService": "folder", "restMockService": "folder", "mockOperation": "", "response": "",
	"oAuth2Profile": "", "oAuth1Profile": "", "databaseConnection": "", "outgoing": "", "incoming": "",
	"environment": "environment", "service": "", "authEntries": "", "restMockAction": "",
}

// containers are elements without a name whose own name says what is below.
var containers = map[string]string{
	"oAuth2ProfileContainer": "OAuth 2.0", "oAuth1ProfileContainer": "OAuth 1.0",
	"wssContainer": "WS-Security", "databaseConnectionContainer": "databases", "endpointStrategy": "endpoints",
	"credentials": "credentials", "crypto": "keystore", "jmsConfig": "JMS", "authRepository": "authorization",
}

// enter is the scope inside an element.
func (s scope) enter(n *doc.Node) scope {
	if level, ok := levels[n.Key]; ok {
		if name := nameOf(n); name != "" {
			s.chain = below(s.chain, name)
		}
		if level != "" {
			s.level = level
		}
	}
	if label := containers[n.Key]; label != "" {
		s.chain = below(s.chain, label)
	}
	s.dormant = s.dormant || strings.EqualFold(n.Attr("disabled"), "true")
	switch n.Key {
	case "resource":
		s.path += n.Attr("path")
	case "method":
		s.method = n.Attr("method")
	case "environment":
		s.environment = nameOf(n)
	case "crypto":
		s.keystore = true
		s.chain = below(s.chain, n.Get("source").Str())
	case "interface":
		s.path = strings.TrimSuffix(n.Attr("basePath"), "/")
	case "config": // of a test step
		s.path = n.Attr("resourcePath")
	}
	return s
}

func (w *walker) walk(s scope, n *doc.Node) {
	s = s.enter(n)
	switch n.Key {
	case "definitionCache": // WSDL and XSD of the service
		return
	case "setting": // read with its siblings
		return
	case "property":
		w.property(s, n, 1)
		return
	case "parameter":
		w.parameter(s, n)
		return
	case "entry":
		if n.Attr("key") != "" {
			w.row(s, clientele.InQuery, n.Attr("key"), n.Attr("value"), n.Line)
		}
	}
	w.settings(s, n)
	w.request(s, n)
	w.identity(s, n)
	w.fields(s, n)
	for _, k := range n.Kids {
		if k.Kind == doc.Map {
			w.walk(s, k)
		}
	}
}

func (w *walker) slot(s scope, slot clientele.Slot) {
	slot.Dormant = slot.Dormant || s.dormant
	w.part.Slots = append(w.part.Slots, slot)
}

func (w *walker) text(s scope, t clientele.Text) {
	t.Dormant = t.Dormant || s.dormant
	w.part.Texts = append(w.part.Texts, t)
}

// roles are the elements and attributes that hold or name a credential, in lower case.
var roles = map[string]clientele.Role{
	"username":              clientele.Username,
	"password":              clientele.Password,
	"resourceownername":     clientele.Username,
	"resourceownerpassword": clientele.Password,
	"clientid":              clientele.OAuthClientID,
	"clientsecret":          clientele.ClientSecret,
	"accesstoken":           clientele.Token,
	"refreshtoken":          clientele.RefreshToken,
	"consumerkey":           clientele.OAuthClientID,
	"consumersecret":        clientele.ClientSecret,
	"tokensecret":           clientele.Token,
	"aliaspassword":         clientele.Passphrase,
	"decryptpassword":       clientele.Passphrase,
	"keypassword":           clientele.Passphrase,
	"keystorepassword":      clientele.Passphrase,
	"sslkeystorepassword":   clientele.Passphrase,
	"connectionstring":      clientele.ConnectionString,
	"connstr":               clientele.ConnectionString,
	"encryptedcontent":      clientele.OtherSecret,
}

// fields reads what stands in n itself, as attributes and as children without children.
func (w *walker) fields(s scope, n *doc.Node) {
	for _, f := range n.Kids {
		name := strings.TrimPrefix(f.Key, "@")
		role := roles[strings.ToLower(name)]
		switch {
		case role != "" && f.Text != "":
			w.credential(s, n, f, name, role)
		case f.Kind == doc.Map && f.Text != "":
			w.prose(s, n, f)
		}
	}
}

func (w *walker) credential(s scope, n, f *doc.Node, name string, role clientele.Role) {
	slot := clientele.Slot{
		Place: clientele.InAuth, Role: role, Name: name, Chain: s.chain, Value: f.Secret(), Line: f.Line,
	}
	if role.Secret() {
		slot.Principal = principal(n)
	}
	switch strings.ToLower(name) {
	case "password":
		if s.keystore {
			slot.Role = clientele.Passphrase
		}
	case "accesstoken":
		slot.Place, slot.Recorded = clientele.InTokenCache, true
		_, slot.ExpiresAt = lifetime(n)
	case "refreshtoken":
		slot.Place, slot.Recorded = clientele.InTokenCache, true
	case "encryptedcontent":
		slot.Class, slot.Principal = clientele.Encrypted, ""
	}
	if slot.Role == clientele.Passphrase {
		slot.Place = clientele.InCertificate
	}
	if n.Key == "credentials" {
		slot.Dormant = dormant(n)
	}
	if n.Key == "endpoint" && n.Text != "" {
		slot.Chain = below(s.chain, "endpoint")
		slot.Host = dsn.HostOf(n.Text)
	}
	w.slot(s, slot)
}

// principal is whom a block names.
func principal(n *doc.Node) string {
	for _, k := range []string{"username", "resourceOwnerName", "clientID", "consumerKey"} {
		if s := n.Attr(k); s != "" {
			return s
		}
		if s := n.Get(k).Str(); s != "" {
			return s
		}
	}
	return ""
}

// prose reads scripts, descriptions, bodies and responses.
func (w *walker) prose(s scope, n, f *doc.Node) {
	t := clientele.Text{Chain: below(s.chain, f.Key), Text: f.Secret(), Line: f.Line}
	switch key := strings.ToLower(f.Key); {
	case strings.HasSuffix(key, "script") || n.Key == "javaScripts":
		t.Place = clientele.InScript
	case key == "description" || key == "documentation" || key == "query":
		t.Place = clientele.InText
	case key == "responsecontent":
		t.Place, t.Recorded = clientele.InResponse, true
	case key == "request" && f.Attr("name") == "":
		w.body(s, f)
		return
	default:
		return
	}
	w.text(s, t)
}

// body reads a request's body. The leaves of an XML body are slots, as its user name tokens
// are in the fields of a SOAP header.
func (w *walker) body(s scope, f *doc.Node) {
	chain := below(s.chain, "body")
	if strings.HasPrefix(f.Text, "<") {
		if root, err := doc.XML([]byte(f.Text)); err == nil {
			root.Walk(func(_ []string, n *doc.Node) bool {
				if n.Kind == doc.Map && n.Text != "" {
					w.slot(s, clientele.Slot{
						Place: clientele.InBody, Name: n.Key, Chain: chain, Value: n.Secret(), Line: f.Line + n.Line - 1,
					})
				}
				return true
			})
			return
		}
	}
	w.text(s, clientele.Text{Place: clientele.InBody, Chain: chain, Text: f.Secret(), Line: f.Line})
}
