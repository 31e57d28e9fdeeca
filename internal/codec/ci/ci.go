// Package ci decodes pipelines and deployments: what jobs call, with which secrets, and whom
// they sign in as.
//
// Systems: GitHub Actions (and Gitea, Forgejo), GitLab CI, Jenkins, CircleCI, Azure
// Pipelines, Bitbucket, Drone, Woodpecker, Buildkite, Travis, CodeBuild, Argo Workflows,
// Tekton; docker-compose and Kubernetes manifests, which hold the same kinds of variables;
// and the scripts of a package.json. Formats are those of the vendors' references
// (docs.github.com/actions/reference/workflow-syntax, docs.gitlab.com/ci/yaml,
// jenkins.io/doc/book/pipeline/syntax, circleci.com/docs/configuration-reference,
// learn.microsoft.com/azure/devops/pipelines/yaml-schema and so on).
//
// One client is one job. Variables that hold for a whole file are a part of their own, which
// supplies the jobs. What a command does is package command's business.
package ci

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the decoders of this package.
var Decoders = []clientele.Decoder{
	{Name: "github workflow", Paths: []string{
		".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitea/workflows/*.yml", ".gitea/workflows/*.yaml",
		".forgejo/workflows/*.yml", ".forgejo/workflows/*.yaml", "action.yml", "action.yaml",
	}, Decode: yamlDecoder(decodeGitHub)},
	{Name: "gitlab pipeline", Paths: []string{
		".gitlab-ci.yml", ".gitlab-ci.yaml", "*.gitlab-ci.yml", "*.gitlab-ci.yaml", ".gitlab-ci-*.yml", ".gitlab/ci/*.yml", ".gitlab/ci/*.yaml",
		".gitlab-ci/*.yml", "gitlab-ci/*.yml", ".gitlab/*.yml",
	}, Decode: yamlDecoder(decodeGitLab)},
	{Name: "jenkins pipeline", Paths: []string{"jenkinsfile", "jenkinsfile.*", "*.jenkinsfile", "jenkinsfile-*", "vars/*.groovy", "jenkins/*.groovy", "pipeline*.groovy"}, Decode: decodeJenkinsfile},
	{Name: "jenkins job", Marks: []string{"<flow-definition", "<maven2-moduleset", "<com.cloudbees.plugins.credentials"}, Paths: []string{"jobs/*/config.xml", "credentials.xml"}, Decode: decodeJenkinsXML},
	{Name: "circleci pipeline", Paths: []string{".circleci/*.yml", ".circleci/*.yaml"}, Decode: yamlDecoder(decodeCircle)},
	{Name: "azure pipeline", Paths: []string{
		"azure-pipelines*.yml", "azure-pipelines*.yaml", ".azure-pipelines/*.yml", ".azure-pipelines/*.yaml", ".azuredevops/*.yml", ".azure/pipelines/*.yml",
		"azure-pipelines/*.yml", "*.azure-pipelines.yml",
	}, Decode: yamlDecoder(decodeAzure)},
	{Name: "bitbucket pipeline", Paths: []string{"bitbucket-pipelines.yml", "bitbucket-pipelines.yaml"}, Decode: yamlDecoder(decodeBitbucket)},
	{Name: "drone pipeline", Paths: []string{".drone.yml", ".drone.yaml", ".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/*.yml", ".woodpecker/*.yaml"}, Decode: yamlDecoder(decodeDrone)},
	{Name: "buildkite pipeline", Paths: []string{".buildkite/*.yml", ".buildkite/*.yaml", "buildkite.yml"}, Decode: yamlDecoder(decodeBuildkite)},
	{Name: "travis pipeline", Paths: []string{".travis.yml", ".travis.yaml"}, Decode: yamlDecoder(decodeTravis)},
	{Name: "codebuild project", Paths: []string{"buildspec*.yml", "buildspec*.yaml", "*.buildspec.yml"}, Decode: yamlDecoder(decodeCodeBuild)},
	{Name: "docker compose", Paths: []string{
		"docker-compose*.yml", "docker-compose*.yaml", "compose.yml", "compose.yaml", "compose.*.yml", "compose.*.yaml", "*.docker-compose.yml",
	}, Decode: yamlDecoder(decodeCompose)},
	{Name: "kubernetes manifest", Marks: []string{
		"kind: Secret", "kind: ConfigMap", "kind: SealedSecret", "kind: Deployment", "kind: CronJob", "kind: StatefulSet", "kind: DaemonSet",
		"kind: ServiceAccount", "argoproj.io/v1alpha1", "tekton.dev/v1", `"kind": "Secret"`, `"kind":"Secret"`,
	}, Decode: decodeManifests},
	{Name: "package scripts", Paths: []string{"package.json"}, Decode: decodePackage},
}

// source is a file under decoding, with what all its jobs share.
type source struct {
	clientele.File
	tool   clientele.Tool
	format string
	lines  []string
	root   *doc.Node
}

// yamlDecoder reads the file's first document and gives it to decode. What a fault leaves of
// the document is decoded as well.
func yamlDecoder(decode func(*source) []clientele.Part) func(clientele.File) ([]clientele.Part, error) {
	return func(f clientele.File) ([]clientele.Part, error) {
		docs, err := doc.YAML(f.Data)
		var parts []clientele.Part
		for _, d := range docs {
			if d.Kind == doc.Map || d.Kind == doc.List {
				parts = append(parts, decode(&source{File: f, root: d, lines: strings.Split(string(f.Data), "\n")})...)
			}
		}
		return parts, err
	}
}

// job is a part that is being gathered.
type job struct {
	clientele.Part
	src *source
	// token is the identity of the job's own token, which counts only for a job that is a
	// client for another reason or uses it.
	token *clientele.Identity
}

func (s *source) job(key string, line int) *job {
	return &job{src: s, Part: clientele.Part{
		Tool: s.tool, Kind: clientele.CIJob, Format: s.format, Name: key, Line: line,
		Syntax: clientele.SyntaxCI, Bind: clientele.Bind{Key: key},
	}}
}

// shared is the part of variables that hold for all jobs of the file.
func (s *source) shared(line int) *job {
	j := s.job("variables", line)
	j.Name = path.Base(s.Path) + " variables"
	j.Bind.As = clientele.Supplies
	return j
}

// done gives the part, if it is a client.
func (j *job) done() []clientele.Part {
	j.Texts = slices.DeleteFunc(j.Texts, handedOn)
	if !command.Worth(j.Part) {
		return nil
	}
	if j.token != nil {
		j.Identities = append(j.Identities, *j.token)
	}
	return []clientele.Part{j.Part}
}

// secretly is what a text has that is worth a search.
var secretly = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|cred|auth|://`)

// handedOn reports whether a text is what a step tells the next one (a version, a list of
// files) and no more.
func handedOn(t clientele.Text) bool {
	to := ""
	if len(t.Chain) > 0 {
		to = t.Chain[len(t.Chain)-1]
	}
	return strings.Contains(to, "GITHUB_") && !secretly.MatchString(t.Text.Reveal())
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}

// variables takes a map of names, or a list of NAME=value texts or of {name, value} maps.
func (j *job) variables(n *doc.Node, chain ...string) {
	for _, v := range n.Fields() {
		j.variable(v.Key, v, chain)
	}
	for _, v := range n.Items() {
		name, value := v.First("name", "key", "Name"), v.First("value", "Value")
		switch {
		case v.IsScalar():
			j.assignment(v.Str(), v.Line, chain)
		case name != nil && value != nil:
			j.variable(name.Str(), value, chain)
		case name != nil:
			j.variable(name.Str(), v, chain)
		}
	}
}

// assignment is NAME=value, as lists of variables have it.
func (j *job) assignment(s string, line int, chain []string) {
	if name, value, ok := strings.Cut(s, "="); ok {
		j.add(clientele.Variable{Name: strings.TrimSpace(name), Value: clientele.Secret(unquote(value)), Line: line, Chain: chain})
	}
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// variable is one name with a scalar, or with a map that says where the value is kept.
func (j *job) variable(name string, v *doc.Node, chain []string) {
	if v.IsScalar() {
		j.add(clientele.Variable{Name: name, Value: v.Secret(), Line: v.Line, Chain: chain})
		return
	}
	if s := v.First("value", "secure", "default"); s.IsScalar() {
		x := clientele.Variable{Name: name, Value: s.Secret(), Line: s.Line, Chain: chain}
		if s.Key == "secure" {
			x.Class = clientele.Encrypted
		}
		j.add(x)
		return
	}
	if where := external(v); where != "" {
		j.add(clientele.Variable{Name: name, External: where, Line: v.Line, Chain: chain, Marked: true})
	}
}

// external says where a value is kept: the keys of the map in order, and the scalars below.
func external(v *doc.Node) string {
	for _, k := range []string{"from_secret", "valueFrom", "vault", "gcp_secret_manager", "azure_key_vault", "aws_secrets_manager", "akeyless", "secretKeyRef"} {
		n := v.Get(k)
		if n == nil {
			continue
		}
		if n.IsScalar() {
			return k + ": " + n.Str()
		}
		if k == "valueFrom" && len(n.Fields()) > 0 {
			n = n.Kids[0]
			k = n.Key
		}
		var words []string
		n.Walk(func(_ []string, x *doc.Node) bool {
			if x.IsScalar() && len(words) < 6 {
				words = append(words, x.Str())
			}
			return true
		})
		return k + ": " + strings.Join(words, "/")
	}
	return ""
}

func (j *job) add(v clientele.Variable) {
	if v.Name == "" || v.Value.Empty() && v.External == "" {
		return
	}
	if v.Scope == "" {
		v.Scope = "environment"
	}
	if strings.HasPrefix(v.Value.Reveal(), "ENC[AES256_GCM,") {
		v.Class = clientele.Encrypted
	}
	if user, password, ok := strings.Cut(v.Value.Reveal(), "/"); ok && v.Name == "NEO4J_AUTH" {
		j.Slots = append(j.Slots, clientele.Slot{
			Place: clientele.InEnv, Role: clientele.Password, Name: v.Name, Chain: v.Chain, Value: clientele.Secret(password), Line: v.Line, Principal: user,
		})
		return
	}
	j.Variables = append(j.Variables, v)
}

// script reads commands: a text, or a list of texts and of lists.
func (j *job) script(n *doc.Node, chain ...string) {
	if n == nil {
		return
	}
	if n.IsScalar() {
		j.read(n.Str(), n.Line, chain)
		return
	}
	for i, k := range n.Items() {
		if i < 2000 {
			j.script(k, chain...)
		}
	}
}

func (j *job) read(text string, line int, chain []string) {
	command.Add(&j.Part, command.Read(text, line), chain...)
	j.secretsIn(text, line, chain)
	j.written(text, line, chain)
}

// secretNames are the references that a pipeline fills in before the shell sees a command.
var secretNames = regexp.MustCompile(`\$\{\{\s*(?:secrets\.([A-Za-z_]\w*)|secrets\['([^'\]]+)'\]|(github\.token))\s*\}\}`)

// secretsIn notes the secrets that stand in a text as references, and whether the job's own
// token is used.
func (j *job) secretsIn(text string, line int, chain []string) {
	seen := map[string]bool{}
	for _, m := range secretNames.FindAllStringSubmatchIndex(text, 100) {
		ref := text[m[0]:m[1]]
		name := ""
		for g := 2; g+1 < len(m); g += 2 {
			if m[g] >= 0 {
				name = text[m[g]:m[g+1]]
			}
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		j.Slots = append(j.Slots, clientele.Slot{
			Place: clientele.InScript, Name: name, Chain: chain, Value: clientele.Secret(ref), Line: line + strings.Count(text[:m[0]], "\n"),
		})
	}
}

// netrcLine is a login that a command writes to ~/.netrc.
var netrcLine = regexp.MustCompile(`machine\s+(\S+)\s+(?:login\s+(\S+)\s+)?password\s+([^\s"'\\]+)`)

// uploader is Codecov's script run as it comes from the network, with its upload token.
var uploader = regexp.MustCompile(`codecov\.io/\S*\)[^\n;|&]*?\s-t\s*([^\s"';|&]+)`)

// written notes the logins that a text writes into a .netrc, and the token given to a script
// from the network: both stand in words that are no option of a known command.
func (j *job) written(text string, line int, chain []string) {
	for _, m := range netrcLine.FindAllStringSubmatchIndex(text, 20) {
		s := clientele.Slot{Role: clientele.Password, Name: "password", Host: text[m[2]:m[3]], Chain: below(chain, ".netrc")}
		if m[4] >= 0 {
			s.Principal = text[m[4]:m[5]]
		}
		j.found(s, text, m[6], m[7], line)
	}
	for _, m := range uploader.FindAllStringSubmatchIndex(text, 20) {
		j.found(clientele.Slot{Role: clientele.Token, Name: "-t", Host: "codecov.io", Chain: below(chain, "codecov")}, text, m[2], m[3], line)
	}
}

// found adds a slot for a piece of a text that begins at line.
func (j *job) found(s clientele.Slot, text string, from, to, line int) {
	s.Place, s.Value, s.Line = clientele.InScript, clientele.Secret(text[from:to]), line+strings.Count(text[:from], "\n")
	for _, old := range j.Slots {
		if old.Line == s.Line && old.Value == s.Value {
			return
		}
	}
	j.Slots = append(j.Slots, s)
}

// words reads a command given as a list of words, or as two of them.
func (j *job) words(chain []string, lists ...*doc.Node) {
	var argv []command.Word
	for _, l := range lists {
		if l.IsScalar() {
			argv = append(argv, command.Word{Text: l.Str(), Line: l.Line})
		}
		for _, w := range l.Items() {
			argv = append(argv, command.Word{Text: w.Str(), Line: w.Line})
		}
	}
	command.Add(&j.Part, command.Words(argv), chain...)
}

// names of fields that name whom the secrets beside them belong to.
var principals = []string{"username", "user", "aws-access-key-id", "client-id", "clientId", "login", "login_name", "appId", "email"}

// inputs takes the parameters of a step as slots.
func (j *job) inputs(n *doc.Node, chain ...string) {
	principal := n.First(principals...).Str()
	for _, v := range n.Fields() {
		switch {
		case !v.IsScalar():
			if where := external(v); where != "" {
				j.add(clientele.Variable{Name: v.Key, External: where, Line: v.Line, Chain: chain, Marked: true})
			} else if s := v.Get("secure"); s.IsScalar() {
				j.slot(v.Key, s, chain, clientele.Encrypted, principal)
			} else if v.Kind == doc.Map && len(chain) < 12 {
				j.inputs(v, below(chain, v.Key)...)
			}
		case strings.HasPrefix(strings.TrimSpace(v.Text), "{") && strings.Contains(v.Text, `"`):
			j.Texts = append(j.Texts, clientele.Text{Place: clientele.InSetting, Chain: below(chain, v.Key), Text: v.Secret(), Line: v.Line})
		case scriptInputs[v.Key] || strings.Contains(v.Text, "\n") && !strings.Contains(v.Text, "-----BEGIN"):
			j.script(v, below(chain, v.Key)...)
		default:
			j.slot(v.Key, v, chain, "", principal)
		}
	}
}

// scriptInputs are parameters that hold commands.
var scriptInputs = map[string]bool{
	"script": true, "inlineScript": true, "run": true, "command": true, "commands": true, "Inline": true, "args": true, "arguments": true, "pre": true, "post": true,
}

// phrase is a parameter's value that is words: the name of an artefact, of a set of rules.
var phrase = regexp.MustCompile(`^[a-z]+(?:[-_][a-z]+)+$`)

func (j *job) slot(name string, v *doc.Node, chain []string, class clientele.Class, principal string) {
	if v.Text == "" || class == "" && phrase.MatchString(v.Text) && !secretly.MatchString(name) && !slices.Contains(principals, name) {
		return
	}
	s := clientele.Slot{Place: clientele.InSetting, Name: name, Chain: chain, Value: v.Secret(), Line: v.Line, Class: class}
	if v.Text != principal {
		s.Principal = principal
	}
	j.Slots = append(j.Slots, s)
}

func (j *job) link(rel clientele.LinkRel, tool clientele.Tool, target, id string) {
	if target != "" || id != "" {
		j.Links = append(j.Links, clientele.Link{Rel: rel, Tool: tool, Path: target, ID: id})
	}
}

// machine is an identity that is no person's.
func (j *job) machine(scheme string, n *doc.Node, chain []string, issuer string, scopes ...string) {
	if n.Str() == "" {
		return
	}
	j.Identities = append(j.Identities, clientele.Identity{
		Scheme: scheme, Principal: n.Str(), Kind: clientele.Machine, Issuer: issuer, Scopes: scopes,
		Location: clientele.Location{Path: chain, Line: n.Line},
	})
}

// stepName is what a person calls a step, or its kind and number.
func stepName(n *doc.Node, i int) string {
	if s := n.First("name", "displayName", "label", "id", "task", "uses", "key"); s.IsScalar() {
		name, _, _ := strings.Cut(s.Str(), "@") // an action without its version
		return name
	}
	return "step " + itoa(i+1)
}
