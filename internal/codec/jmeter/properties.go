package jmeter

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// known are the properties of JMeter and of Java that hold credentials.
var known = map[string]struct {
	place clientele.Place
	role  clientele.Role
}{
	"http.proxyUser": {clientele.InProxy, clientele.Username}, "http.proxyPass": {clientele.InProxy, clientele.Password},
	"http.proxyPassword": {clientele.InProxy, clientele.Password}, "https.proxyPassword": {clientele.InProxy, clientele.Password},
	"https.proxyUser": {clientele.InProxy, clientele.Username}, "https.proxyPass": {clientele.InProxy, clientele.Password},
	"javax.net.ssl.keyStorePassword":     {clientele.InCertificate, clientele.Passphrase},
	"javax.net.ssl.trustStorePassword":   {clientele.InCertificate, clientele.Passphrase},
	"server.rmi.ssl.keystore.password":   {clientele.InCertificate, clientele.Passphrase},
	"server.rmi.ssl.truststore.password": {clientele.InCertificate, clientele.Passphrase},
	"proxy.cert.keystorepass":            {clientele.InCertificate, clientele.Passphrase},
	"proxy.cert.keypassword":             {clientele.InCertificate, clientele.Passphrase},
}

// own begin the names of settings that are JMeter's: the others are for plans to read.
var own = []string{
	"jmeter.", "jmeterengine.", "httpclient", "http.", "https.", "httpsampler.", "summariser.", "sampleresult.", "beanshell.", "log_level.",
	"proxy.", "server.", "client.", "remote_hosts", "mode", "java.", "javax.", "CookieManager.", "HTTPResponse.", "htmlParser.",
	"xpath.", "csvdataset.", "jsr223.", "groovy.", "view.results.", "rampup.", "not_in_menu", "upgrade_properties", "language",
	"search_paths", "plugin_dependency_paths", "user.classpath", "cacheable_key_types", "ssl.", "hc.", "cache_manager.",
}

// decodeProperties reads the properties that JMeter starts with. Those a plan reads, as
// ${__P(name)}, are variables.
func decodeProperties(f clientele.File) ([]clientele.Part, error) {
	n := doc.Properties(f.Data)
	if !properties(f, n) {
		return nil, nil
	}
	part := newPart(f, "properties")
	part.Name = path.Base(f.Path)
	part.Bind.As = clientele.Supplies
	for _, p := range n.Fields() {
		if k, ok := known[p.Key]; ok && p.Text != "" {
			s := clientele.Slot{Place: k.place, Role: k.role, Name: p.Key, Value: p.Secret(), Line: p.Line}
			if user := n.Get(strings.TrimSuffix(strings.TrimSuffix(p.Key, "word"), "Pass") + "User"); k.role == clientele.Password {
				s.Principal = user.Str()
			}
			part.Slots = append(part.Slots, s)
		} else if p.Text != "" && !settings(p.Key) {
			part.Variables = append(part.Variables, clientele.Variable{
				Name: p.Key, Value: p.Secret(), Scope: "global", Line: p.Line,
			})
		}
	}
	if len(part.Slots)+len(part.Variables) == 0 {
		return nil, nil
	}
	return []clientele.Part{part}, nil
}

// properties reports whether a file of properties is JMeter's: the names of its files are
// common, but not what stands in them.
func properties(f clientele.File, n *doc.Node) bool {
	if strings.EqualFold(path.Base(f.Path), "jmeter.properties") || bytes.Contains(bytes.ToLower(f.Data[:min(len(f.Data), 4096)]), []byte("jmeter")) {
		return true
	}
	for _, p := range n.Fields() {
		if _, ok := known[p.Key]; ok || strings.HasPrefix(p.Key, "jmeter.") {
			return true
		}
	}
	return false
}

func settings(name string) bool {
	for _, o := range own {
		if strings.HasPrefix(name, o) {
			return true
		}
	}
	return false
}
