package graphql_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/graphql"
)

func TestSuite(t *testing.T) { codectest.Run(t, graphql.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, graphql.Decoders) }

func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, graphql.Decoders, path, text)
}

func TestURLAsAKeyIsARequestAndNoSecretInTheChain(t *testing.T) {
	p := decode(t, ".graphqlrc", "schema:\n  - https://u:p4ss@h.test/graphql?key=k:\n      headers:\n        Authorization: Bearer x\n")[0]
	if len(p.Requests) != 1 || p.Requests[0].Auth == nil || p.Requests[0].Auth.Scheme != "bearer" {
		t.Fatalf("requests are %+v", p.Requests)
	}
	if got := p.Requests[0].Chain[1]; got != "h.test" {
		t.Errorf("chain ends in %q", got)
	}
}

func TestSchemaInAFileIsNoClient(t *testing.T) {
	if parts := decode(t, "codegen.yml", "schema: ./schema.graphql\ngenerates:\n  src/types.ts:\n    plugins: [typescript]\n"); parts != nil {
		t.Errorf("%d parts", len(parts))
	}
}

func TestServiceKeyNamesItsGraph(t *testing.T) {
	p := decode(t, "rover/profiles/ci/.sensitive", `api_key = "service:my-graph:abc"`)[0]
	if id := p.Identities[0]; id.Principal != "my-graph" || id.Kind != clientele.Machine {
		t.Errorf("identity is %+v", id)
	}
}
