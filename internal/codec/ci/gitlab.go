package ci

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// gitlabWords are the top-level keys that are no jobs.
var gitlabWords = map[string]bool{
	"stages": true, "variables": true, "default": true, "include": true, "workflow": true, "image": true, "services": true,
	"before_script": true, "after_script": true, "cache": true, "spec": true, "types": true,
}

// decodeGitLab reads a pipeline. Hidden jobs are templates; they are clients like the rest.
func decodeGitLab(s *source) []clientele.Part {
	s.tool, s.format = "gitlab-ci", "pipeline"
	all := s.shared(s.root.Get("variables").LineOr(1))
	all.variables(s.root.Get("variables"), "variables")
	for _, n := range []*doc.Node{s.root, s.root.Get("default")} {
		all.gitlabSteps(n, "default")
	}
	all.includes(s.root.Get("include"))
	parts := all.done()
	if len(parts) > 0 && len(parts[0].Requests) > 0 {
		parts[0].Bind.As = clientele.Alone // it calls something itself
	}
	for _, n := range s.root.Fields() {
		if n.Kind == doc.Map && !gitlabWords[n.Key] {
			parts = append(parts, s.gitlabJob(n)...)
		}
	}
	return parts
}

// includes link the files that make the pipeline.
func (j *job) includes(n *doc.Node) {
	items := n.Items()
	if n != nil && len(items) == 0 {
		items = []*doc.Node{n}
	}
	for _, i := range items {
		if i.IsScalar() {
			j.link(clientele.Includes, "gitlab-ci", i.Str(), "")
			continue
		}
		file := i.First("local", "remote", "file", "component")
		for _, f := range append(file.Items(), file) {
			if f.IsScalar() {
				j.link(clientele.Includes, "gitlab-ci", f.Str(), i.Get("project").Str())
			}
		}
	}
}

func (s *source) gitlabJob(n *doc.Node) []clientele.Part {
	j := s.job(n.Key, n.Line)
	env := n.Get("environment")
	if e := env.Get("name"); e != nil {
		env = e
	}
	if !strings.Contains(env.Str(), "$") {
		j.Environment = env.Str()
	}
	j.variables(n.Get("variables"), "variables")
	j.variables(n.Get("secrets"), "secrets")
	for _, t := range n.Get("id_tokens").Fields() {
		j.Identities = append(j.Identities, clientele.Identity{
			Scheme: "oidc", Principal: t.Key, Kind: clientele.Machine, Issuer: "gitlab", Audience: firstText(t.Get("aud")),
			Location: clientele.Location{Path: []string{"id_tokens", t.Key}, Line: t.Line},
		})
	}
	for _, v := range n.Get("services").Items() {
		j.variables(v.Get("variables"), "services", v.First("alias", "name").Str())
	}
	j.gitlabSteps(n)
	j.release(n)
	return j.done()
}

func firstText(n *doc.Node) string {
	if len(n.Items()) > 0 {
		n = n.Kids[0]
	}
	return n.Str()
}

func (j *job) gitlabSteps(n *doc.Node, chain ...string) {
	for _, k := range []string{"before_script", "script", "after_script"} {
		j.script(n.Get(k), below(chain, k)...)
	}
	j.jobToken(n)
}

// jobToken notes that commands use the job's own token.
func (j *job) jobToken(n *doc.Node) {
	for _, k := range []string{"before_script", "script", "after_script"} {
		n.Get(k).Walk(func(_ []string, x *doc.Node) bool {
			if j.token == nil && x.IsScalar() && strings.Contains(x.Text, "CI_JOB_TOKEN") {
				j.token = &clientele.Identity{
					Scheme: "bearer", Principal: "CI_JOB_TOKEN", Kind: clientele.Machine, Issuer: "gitlab",
					Location: clientele.Location{Path: []string{k}, Line: x.Line},
				}
			}
			return true
		})
	}
}

// release and trigger have no commands, but may name another project's pipeline.
func (j *job) release(n *doc.Node) {
	if t := n.Get("trigger"); t.Get("include") != nil {
		j.includes(t.Get("include"))
	}
}
