package ci

import (
	"regexp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeTravis reads a build, whose parts of a job are one client.
func decodeTravis(s *source) []clientele.Part {
	s.tool, s.format = "travis", "pipeline"
	j := s.job("build", 1)
	j.Name = "travis build"
	j.travisEnv(s.root.Get("env"), "env")
	j.travis(s.root)
	for i, n := range s.root.First("jobs", "matrix").First("include").Items() {
		chain := []string{"jobs", stepName(n, i)}
		j.travisEnv(n.Get("env"), below(chain, "env")...)
		j.travis(n, chain...)
	}
	return j.done()
}

func (j *job) travis(n *doc.Node, chain ...string) {
	for _, k := range []string{"before_install", "install", "before_script", "script", "after_success", "after_failure", "after_script", "before_deploy", "after_deploy"} {
		j.script(n.Get(k), below(chain, k)...)
	}
	j.slack(n.Get("notifications", "slack"), below(chain, "notifications"))
	for _, k := range []string{"deploy", "notifications", "addons"} {
		v := n.Get(k)
		j.inputs(v, below(chain, k)...)
		for _, d := range v.Items() {
			j.inputs(d, below(chain, k, d.Get("provider").Str())...)
		}
	}
}

// slackRoom is account:token, with the channel to write to.
var slackRoom = regexp.MustCompile(`^([\w.-]+):([A-Za-z0-9]{20,})(?:#.*)?$`)

// slack takes the tokens out of Slack's rooms: one text, a list, or either under rooms.
func (j *job) slack(n *doc.Node, chain []string) {
	n.Walk(func(below []string, k *doc.Node) bool {
		if m := slackRoom.FindStringSubmatch(k.Str()); m != nil && k.IsScalar() && k.Key != "secure" {
			j.Slots = append(j.Slots, clientele.Slot{
				Place: clientele.InSetting, Role: clientele.Token, Name: "slack", Chain: chain, Value: clientele.Secret(m[2]),
				Line: k.Line, Principal: m[1], Host: m[1] + ".slack.com",
			})
		}
		return true
	})
}

// travisEnv is a text of several NAME=value, a list of such, secure values, or a map with
// global and jobs of these.
func (j *job) travisEnv(n *doc.Node, chain ...string) {
	switch {
	case n.IsScalar():
		j.read("export "+n.Str(), n.Line, chain)
	case n.Get("secure").IsScalar():
		s := n.Get("secure")
		j.Slots = append(j.Slots, clientele.Slot{Place: clientele.InEnv, Name: "secure", Chain: chain, Value: s.Secret(), Line: s.Line, Class: clientele.Encrypted, Marked: true})
	case n.Get("global") != nil || n.Get("jobs") != nil || n.Get("matrix") != nil:
		for _, k := range n.Kids {
			j.travisEnv(k, below(chain, k.Key)...)
		}
	case n.Items() != nil:
		for _, k := range n.Kids {
			if len(chain) < 10 {
				j.travisEnv(k, chain...)
			}
		}
	default:
		j.variables(n, chain...)
	}
}
