package ci

import (
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

func itoa(i int) string { return strconv.Itoa(i) }

// decodeGitHub reads a workflow or a composite action.
func decodeGitHub(s *source) []clientele.Part {
	s.tool, s.format = "github-actions", "workflow"
	if runs := s.root.Get("runs"); runs.Get("steps") != nil {
		s.format = "composite action"
		name := s.root.Get("name").Str()
		if name == "" {
			name = path.Base(path.Dir(s.Path))
		}
		j := s.job(name, s.root.Line)
		j.githubSteps(runs.Get("steps"))
		return j.done()
	}
	if s.root.Get("jobs").Fields() == nil {
		return nil
	}
	if t := triggers(s.root.First("on", "true")); t != "" {
		s.format += " on " + t
	}
	all := s.shared(s.root.Get("env").LineOr(1))
	all.variables(s.root.Get("env"), "env")
	parts := all.done()
	for _, n := range s.root.Get("jobs").Fields() {
		parts = append(parts, s.githubJob(n)...)
	}
	return parts
}

// workflow is the workflow's name, or its file's.
func (s *source) workflow() string {
	if n := s.root.Get("name"); n.IsScalar() && n.Text != "" && !strings.Contains(n.Text, "${{") {
		return n.Text
	}
	base := path.Base(s.Path)
	return strings.TrimSuffix(base, path.Ext(base))
}

// triggers names the events, those that let strangers' code run first.
func triggers(on *doc.Node) string {
	var names []string
	if on.IsScalar() {
		names = append(names, on.Str())
	}
	for _, k := range on.Items() {
		names = append(names, k.Str())
	}
	for _, k := range on.Fields() {
		names = append(names, k.Key)
	}
	sort.SliceStable(names, func(i, k int) bool { return foreign[names[i]] && !foreign[names[k]] })
	return strings.Join(names[:min(len(names), 6)], ", ")
}

// foreign are events that a fork's author can cause while the workflow has its secrets.
var foreign = map[string]bool{"pull_request_target": true, "workflow_run": true, "issue_comment": true, "issues": true, "discussion_comment": true}

func (s *source) githubJob(n *doc.Node) []clientele.Part {
	j := s.job(n.Key, n.Line)
	if name := n.Get("name"); name.IsScalar() && !strings.Contains(name.Text, "${{") {
		j.Name = name.Str()
	}
	if w := s.workflow(); w != j.Name {
		j.Name = w + " › " + j.Name
	}
	env := n.Get("environment")
	if e := env.Get("name"); e != nil {
		env = e
	}
	if !strings.Contains(env.Str(), "${{") {
		j.Environment = env.Str()
	}
	j.variables(n.Get("env"), "env")
	j.githubToken(n)
	j.container(n.Get("container"), "container")
	for _, c := range n.Get("services").Fields() {
		j.container(c, "services", c.Key)
	}
	if uses := n.Get("uses"); uses.IsScalar() { // another workflow
		j.inputs(n.Get("with"), "with")
		j.inputs(n.Get("secrets"), "secrets")
		if inherit := n.Get("secrets"); inherit.Str() == "inherit" || len(inherit.Fields()) > 0 {
			j.link(clientele.Includes, "github-actions", uses.Str(), "")
		}
		if inherit := n.Get("secrets"); inherit.Str() == "inherit" {
			j.Slots = append(j.Slots, clientele.Slot{
				Place: clientele.InSetting, Name: "secrets", Chain: []string{"secrets"}, Value: clientele.Secret("${{ secrets }}"), Line: inherit.Line,
			})
		}
	}
	j.githubSteps(n.Get("steps"))
	return j.done()
}

// container is an image with variables and, for a private registry, credentials.
func (j *job) container(n *doc.Node, chain ...string) {
	j.variables(n.Get("env"), below(chain, "env")...)
	j.inputs(n.Get("credentials"), below(chain, "credentials")...)
}

// githubToken notes what GITHUB_TOKEN may do in the job.
func (j *job) githubToken(n *doc.Node) {
	p := n.Get("permissions")
	if p == nil {
		p = j.src.root.Get("permissions")
	}
	var scopes []string
	if p.IsScalar() {
		scopes = append(scopes, p.Str())
	}
	for _, k := range p.Fields() {
		if k.Str() != "none" {
			scopes = append(scopes, k.Key+": "+k.Str())
		}
	}
	line := p.LineOr(n.Line)
	j.token = &clientele.Identity{
		Scheme: "bearer", Principal: "GITHUB_TOKEN", Kind: clientele.Machine, Issuer: "github", Scopes: scopes,
		Location: clientele.Location{Path: []string{n.Key, "permissions"}, Line: line},
	}
}

func (j *job) githubSteps(steps *doc.Node) {
	for i, step := range steps.Items() {
		chain := []string{stepName(step, i)}
		j.variables(step.Get("env"), below(chain, "env")...)
		if run := step.Get("run"); run.IsScalar() {
			j.script(run, chain...)
		}
		with := step.Get("with")
		action, _, _ := strings.Cut(strings.ToLower(step.Get("uses").Str()), "@")
		if action == "actions/cache" || strings.HasPrefix(action, "actions/cache/") {
			continue // its key names files
		}
		j.inputs(with, below(chain, "with")...)
		j.githubAction(action, with, chain)
	}
}

// runner says which inputs of an action name the files it runs.
type runner struct {
	tool             clientele.Tool
	runs, uses, outs []string
}

var runners = map[string]runner{
	"matt-ball/newman-action":     {"postman", []string{"collection"}, []string{"environment", "globals", "iterationData"}, nil},
	"anthonyvscode/newman-action": {"postman", []string{"collection"}, []string{"environment", "globals"}, nil},
	"grafana/k6-action":           {"k6", []string{"filename"}, nil, nil},
	"grafana/run-k6-action":       {"k6", []string{"path"}, nil, nil},
	"newmanpostman":               {"postman", []string{"collectionFileSource", "collectionURL"}, []string{"environment", "environmentFile", "globalVars"}, []string{"reporterHtmlExport", "reporterJUnitExport"}},
	"newman-run":                  {"postman", []string{"collection"}, []string{"environment", "globals"}, nil},
	"newman_run":                  {"postman", []string{"collection"}, []string{"environment", "globals"}, nil},
	"k6io/test":                   {"k6", []string{"script"}, nil, nil},
}

// runner links the files that a step of a known kind is given.
func (j *job) runner(kind string, with *doc.Node) {
	r, known := runners[kind]
	if !known {
		return
	}
	for _, k := range r.runs {
		j.link(clientele.Runs, r.tool, with.Fold(k).Str(), "")
	}
	for _, k := range r.uses {
		j.link(clientele.UsesVars, r.tool, with.Fold(k).Str(), "")
	}
	for _, k := range r.outs {
		if o := with.Fold(k).Str(); strings.Contains(o, ".") {
			j.Outputs = append(j.Outputs, o)
		}
	}
}

// githubAction knows the actions that sign a job in.
func (j *job) githubAction(action string, with *doc.Node, chain []string) {
	j.runner(action, with)
	at := below(chain, "with")
	switch action {
	case "aws-actions/configure-aws-credentials":
		if keyID := with.Get("aws-access-key-id"); keyID != nil {
			j.machine("aws_sigv4", keyID, at, "aws")
		} else {
			j.machine("oidc", with.Get("role-to-assume"), at, "aws")
		}
	case "azure/login":
		issuer := "azure"
		if t := with.Get("tenant-id").Str(); t != "" {
			issuer = "https://login.microsoftonline.com/" + t
		}
		j.machine("oidc", with.Get("client-id"), at, issuer)
	case "google-github-actions/auth":
		if with.Get("workload_identity_provider") != nil {
			who := with.First("service_account", "workload_identity_provider")
			j.machine("oidc", who, at, with.Get("workload_identity_provider").Str())
		}
	case "hashicorp/vault-action":
		if m := with.Get("method").Str(); m == "jwt" {
			j.machine("oidc", with.Get("role"), at, with.Get("url").Str())
		}
	case "docker/login-action":
		issuer := with.Get("registry").Str()
		if issuer == "" {
			issuer = "docker.io"
		}
		j.machine("basic", with.Get("username"), at, issuer)
	case "actions/create-github-app-token", "tibdex/github-app-token":
		j.machine("jwt", with.First("app-id", "app_id"), at, "github")
	}
}
