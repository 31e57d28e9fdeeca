package datastore

import (
	"bytes"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeKafka reads librdkafka's and the Java client's properties. Java's have user and
// password inside sasl.jaas.config: a module's name, flags, then name="value" pairs.
func decodeKafka(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("sasl.")) && !bytes.Contains(f.Data, []byte("bootstrap.servers")) &&
		!bytes.Contains(f.Data, []byte("metadata.broker.list")) {
		return nil, nil
	}
	root := doc.Properties(f.Data)
	c := format{tool: "kafka", words: "client properties", scheme: "kafka", syntax: clientele.SyntaxGeneric}.connect("kafka", "", 1)
	if strings.Contains(f.Path, "kcat") || strings.Contains(f.Path, "kafkacat") {
		c.part.Tool, c.part.Name, c.chain = "kcat", "kcat", []string{"kcat"}
	}
	for _, p := range root.Fields() {
		switch {
		case strings.HasSuffix(p.Key, "jaas.config"):
			c.block(p.Key, "", false, func(b *connection) {
				b.fields(jaas(p))
				set(&c.user, b.user)
			})
		case strings.HasSuffix(p.Key, "user.info"): // schema registry: user:password
			user, password, _ := strings.Cut(p.Text, ":")
			c.slot(clientele.Slot{
				Place: clientele.InAuth, Role: clientele.Password, Name: p.Key,
				Value: clientele.Secret(password), Line: p.Line, Principal: user,
			})
		case strings.HasSuffix(p.Key, ".url"):
			c.locator(p)
		default:
			c.field(p)
		}
	}
	return []clientele.Part{c.done()}, nil
}

// jaas reads the pairs of a JAAS line.
func jaas(p *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.Map, Line: p.Line}
	rest := p.Text
	for {
		name, after, ok := strings.Cut(rest, `="`)
		if !ok {
			return out
		}
		if i := strings.LastIndexAny(name, " \t"); i >= 0 {
			name = name[i+1:]
		}
		value, after, _ := strings.Cut(after, `"`)
		out.Kids = append(out.Kids, &doc.Node{Kind: doc.String, Key: name, Text: value, Line: p.Line})
		rest = after
	}
}
