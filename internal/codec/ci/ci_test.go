package ci_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/ci"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T) { codectest.Run(t, ci.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, ci.Decoders) }

// decode runs the one decoder of that name on a text.
func decode(t *testing.T, decoder, path, text string) []clientele.Part {
	t.Helper()
	return codectest.DecodeBy(t, ci.Decoders, decoder, path, text)
}

func TestJobsWithoutAnyClientSecretOrIdentityAreNone(t *testing.T) {
	for _, c := range []struct{ decoder, path, text string }{
		{"github workflow", ".github/workflows/x.yml", "on: push\nenv: {CI: true}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n        with: {fetch-depth: 0}\n      - run: make test\n"},
		{"gitlab pipeline", ".gitlab-ci.yml", "variables: {GIT_DEPTH: 5}\ntest:\n  script: [make test]\n"},
		{"jenkins pipeline", "Jenkinsfile", "pipeline { agent any\n stages { stage('x') { steps { sh 'make test' } } } }"},
		{"circleci pipeline", ".circleci/config.yml", "jobs:\n  a:\n    docker: [{image: x}]\n    steps: [checkout, {run: make}]\n"},
		{"docker compose", "compose.yml", "services:\n  web: {image: nginx, environment: [PORT=80]}\n"},
		{"kubernetes manifest", "x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {LOG: info}\n"},
		{"package scripts", "package.json", `{"scripts":{"build":"tsc","test":"jest --coverage"}}`},
		{"kubernetes manifest", "x.yaml", "kind: Secret\nthis: is no manifest\n"},
	} {
		if parts := decode(t, c.decoder, c.path, c.text); len(parts) > 0 {
			t.Errorf("%s: %s", c.decoder, codectest.Dump(parts))
		}
	}
}

func TestOneClientForEachJobWithItsLinks(t *testing.T) {
	parts := decode(t, "github workflow", ".github/workflows/x.yml", `
on: {pull_request_target: {}, push: {}}
jobs:
  a:
    steps:
      - run: newman run a.json -e a-env.json
  b:
    permissions: {id-token: write}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::1:role/x"}
`)
	if len(parts) != 2 || parts[0].Bind.Key != "a" || parts[1].Bind.Key != "b" {
		t.Fatal(codectest.Dump(parts))
	}
	want := []clientele.Link{{Rel: clientele.UsesVars, Tool: "postman", Path: "a-env.json"}, {Rel: clientele.Runs, Tool: "postman", Path: "a.json"}}
	if !slices.Equal(parts[0].Links, want) {
		t.Error(parts[0].Links)
	}
	if id := parts[1].Identities[0]; id.Scheme != "oidc" || id.Principal != "arn:aws:iam::1:role/x" || id.Kind != clientele.Machine {
		t.Error(id)
	}
	if id := parts[1].Identities[1]; id.Principal != "GITHUB_TOKEN" || !slices.Equal(id.Scopes, []string{"id-token: write"}) {
		t.Error(id)
	}
	if parts[0].Format != "workflow on pull_request_target, push" {
		t.Error(parts[0].Format)
	}
}

func TestSecretsDataIsDecodedUnlessItIsSealed(t *testing.T) {
	parts := decode(t, "kubernetes manifest", "s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  plain: aHVudGVyMg==\n  tmpl: PHB1dC1pdC1oZXJlPg==\n  bad: '***'\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\ndata: {x: aHVudGVyMg==}\nsops: {}\n")
	got := map[string]clientele.Slot{}
	for _, p := range parts {
		for _, s := range p.Slots {
			got[p.Name+" "+s.Name] = s
		}
	}
	if s := got["Secret a plain"]; s.Class != clientele.Obfuscated || s.Value.Reveal() != "hunter2" {
		t.Error(s.Class, s.Value.Reveal())
	}
	if s := got["Secret a tmpl"]; s.Class != "" || s.Value.Reveal() != "<put-it-here>" {
		t.Error(s.Class, s.Value.Reveal())
	}
	if s := got["Secret b x"]; s.Class != clientele.Encrypted {
		t.Error(s.Class)
	}
}

func TestScriptsOfBlockScalarsKeepTheirLines(t *testing.T) {
	parts := decode(t, "gitlab pipeline", ".gitlab-ci.yml", "a:\n  script:\n    - |\n      echo\n      curl https://a.test\n    - curl https://b.test\n    - >-\n      curl\n      https://c.test\n")
	lines := map[string]int{}
	for _, r := range parts[0].Requests {
		lines[r.URL.Reveal()] = r.Line
	}
	for u, l := range map[string]int{"https://a.test": 5, "https://b.test": 6, "https://c.test": 8} {
		if lines[u] != l {
			t.Errorf("%s on line %d, not %d", u, lines[u], l)
		}
	}
}

func TestJenkinsStagesAndBindings(t *testing.T) {
	parts := decode(t, "jenkins pipeline", "Jenkinsfile", `node {
  // sh 'curl https://comment.test'
  stage('One') {
    withCredentials([string(credentialsId: 'id-a', variable: 'A'), string(credentialsId: 'id-b', variable: 'B')]) {
      sh "curl -H 'X: ${A}' https://one.test"
    }
  }
  stage('Two') { sh script: '''
      curl https://two.test
    ''' }
}`)
	var chains []string
	for _, r := range parts[0].Requests {
		chains = append(chains, strings.Join(r.Chain, "/"))
	}
	if !slices.Equal(chains, []string{"One/curl one.test", "Two/curl two.test"}) {
		t.Error(chains)
	}
	var external []string
	for _, v := range parts[0].Variables {
		external = append(external, v.Name+" "+v.External)
	}
	if !slices.Equal(external, []string{"A jenkins-credentials: id-a", "B jenkins-credentials: id-b"}) {
		t.Error(external)
	}
}

func TestAJobThatCallsNobodyIsNoClient(t *testing.T) {
	src := "name: CI\non: push\npermissions: {contents: read}\njobs:\n  sums:\n    steps:\n" +
		"      - uses: actions/cache@v4\n        with: {path: x, key: pip-0f3b9c1d7e5a28461122}\n" +
		"      - uses: github/codeql-action/init@v3\n        with: {queries: security-and-quality}\n      - run: echo \"v=$(git describe)\" >> $GITHUB_OUTPUT\n"
	if parts := codectest.Decode(t, ci.Decoders, ".github/workflows/ci.yml", src); len(parts) != 0 {
		t.Errorf("got\n%s", codectest.Dump(parts))
	}
	loud := src + "      - run: echo \"token=abc123\" >> $GITHUB_OUTPUT\n"
	if parts := codectest.Decode(t, ci.Decoders, ".github/workflows/ci.yml", loud); len(parts) != 1 || parts[0].Name != "CI › sums" {
		t.Errorf("got\n%s", codectest.Dump(parts))
	}
}
