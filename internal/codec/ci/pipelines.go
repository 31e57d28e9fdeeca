package ci

import (
	"regexp"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeCircle reads jobs, reusable commands and executors, and what workflows give to jobs
// of orbs.
func decodeCircle(s *source) []clientele.Part {
	s.tool, s.format = "circleci", "pipeline"
	c := circle{source: s, jobs: map[string]*job{}}
	for _, section := range []string{"jobs", "commands", "executors"} {
		for _, n := range s.root.Get(section).Fields() {
			key := n.Key
			if section != "jobs" {
				key = section + " " + n.Key
			}
			j := c.job(key, n.Line)
			j.variables(n.Get("environment"), "environment")
			for _, image := range n.Get("docker").Items() {
				j.variables(image.Get("environment"), "docker", "environment")
				j.inputs(image.Get("auth"), "docker", "auth")
				j.inputs(image.Get("aws_auth"), "docker", "aws_auth")
			}
			j.circleSteps(n.Get("steps"), 0)
		}
	}
	c.workflows()
	var parts []clientele.Part
	for _, j := range c.order {
		parts = append(parts, j.done()...)
	}
	return parts
}

// circle gathers jobs, to which workflows may add.
type circle struct {
	*source
	jobs  map[string]*job
	order []*job
}

func (c *circle) job(key string, line int) *job {
	if c.jobs[key] == nil {
		c.jobs[key] = c.source.job(key, line)
		c.order = append(c.order, c.jobs[key])
	}
	return c.jobs[key]
}

// workflows adds to each job the contexts and parameters that workflows give it.
func (c *circle) workflows() {
	for _, w := range c.root.Get("workflows").Fields() {
		for _, n := range w.Get("jobs").Items() {
			if len(n.Fields()) != 1 {
				continue
			}
			with := n.Kids[0]
			j := c.job(with.Key, with.Line)
			for _, context := range append(with.Get("context").Items(), with.Get("context")) {
				if context.IsScalar() {
					j.link(clientele.UsesVars, "circleci", "", "context "+context.Str())
				}
			}
			if strings.Contains(with.Key, "/") {
				j.orb(with.Key, with)
				j.inputs(with, w.Key)
			}
		}
	}
}

// orb links what an orb's job or command is given to run. People choose the orb's name, and
// the author the command's.
func (j *job) orb(key string, with *doc.Node) {
	j.runner(key, with)
	j.runner(key[strings.LastIndexByte(key, '/')+1:], with)
}

func (j *job) circleSteps(steps *doc.Node, depth int) {
	for i, step := range steps.Items() {
		for _, f := range step.Fields() {
			chain := []string{f.Key}
			switch {
			case f.Key == "run":
				chain[0] = stepName(f, i)
				j.variables(f.Get("environment"), below(chain, "environment")...)
				if c := f.First("command"); c != nil {
					j.script(c, chain...)
				} else {
					j.script(f, chain...)
				}
				j.circleToken(f)
			case (f.Key == "when" || f.Key == "unless") && depth < 10:
				j.circleSteps(f.Get("steps"), depth+1)
			case f.Kind == doc.Map && f.Key != "save_cache" && f.Key != "restore_cache" && f.Key != "checkout":
				j.inputs(f, chain...)
				j.orb(f.Key, f)
			}
		}
	}
}

// circleToken notes the use of the job's OIDC token.
func (j *job) circleToken(n *doc.Node) {
	text := n.Str() + n.Get("command").Str()
	if strings.Contains(text, "CIRCLE_OIDC_TOKEN") {
		j.Identities = append(j.Identities, clientele.Identity{
			Scheme: "oidc", Principal: "CIRCLE_OIDC_TOKEN", Kind: clientele.Machine, Issuer: "circleci",
			Location: clientele.Location{Path: []string{"run"}, Line: n.Line},
		})
	}
}

// decodeAzure reads stages, jobs and steps, whichever of them the file begins with.
func decodeAzure(s *source) []clientele.Part {
	s.tool, s.format = "azure-pipelines", "pipeline"
	all := s.shared(s.root.Get("variables").LineOr(1))
	all.azureVariables(s.root.Get("variables"))
	parts := all.done()
	return append(parts, s.azure(s.root, nil, 0)...)
}

func (s *source) azure(n *doc.Node, chain []string, depth int) []clientele.Part {
	var parts []clientele.Part
	if depth > 20 {
		return nil
	}
	for _, list := range []string{"stages", "jobs"} {
		for _, k := range n.Get(list).Items() {
			if t := k.Get("template"); t.IsScalar() {
				j := s.job(strings.Join(below(chain, t.Str()), " "), k.Line)
				j.link(clientele.Includes, "azure-pipelines", t.Str(), "")
				j.inputs(k.Get("parameters"), "parameters")
				parts = append(parts, j.done()...)
				continue
			}
			name := below(chain, k.First("stage", "job", "deployment", "displayName").Str())
			parts = append(parts, s.azure(k, name, depth+1)...)
			for _, f := range k.Fields() { // - ${{ if … }}: [jobs]
				if strings.HasPrefix(f.Key, "${{") {
					inner := &doc.Node{Kind: doc.Map, Kids: []*doc.Node{{Kind: f.Kind, Key: list, Kids: f.Kids}}}
					parts = append(parts, s.azure(inner, chain, depth+1)...)
				}
			}
		}
	}
	steps := azureSteps(n)
	if steps == nil && !(len(chain) > 0 && n.Get("variables") != nil) {
		return parts
	}
	key := strings.Join(chain, " ")
	if key == "" {
		key = "job"
	}
	j := s.job(key, n.LineOr(1))
	if len(chain) > 0 {
		j.Name = strings.Join(chain, " › ")
	}
	if e := n.Get("environment"); e.IsScalar() {
		j.Environment = e.Str()
	} else {
		j.Environment = e.Get("name").Str()
	}
	if len(chain) > 0 {
		j.azureVariables(n.Get("variables"))
	}
	for _, list := range steps {
		j.azureSteps(list, 0)
	}
	return append(parts, j.done()...)
}

// azureSteps are the lists of steps of a job: its own, and those of a deployment's strategy.
func azureSteps(n *doc.Node) []*doc.Node {
	var lists []*doc.Node
	if s := n.Get("steps"); s != nil {
		lists = append(lists, s)
	}
	for _, strategy := range n.Get("strategy").Fields() {
		for _, hook := range strategy.Fields() {
			if s := hook.Get("steps"); s != nil {
				lists = append(lists, s)
			}
			for _, on := range hook.Fields() {
				if s := on.Get("steps"); s != nil {
					lists = append(lists, s)
				}
			}
		}
	}
	return lists
}

// azureVariables are a map, or a list of values, groups and templates.
func (j *job) azureVariables(n *doc.Node) {
	if n.Get("template") == nil {
		j.variables(n, "variables")
	}
	for _, v := range n.Items() {
		switch g := v.First("group", "template"); {
		case g == nil:
		case g.Key == "group":
			j.link(clientele.UsesVars, "azure-pipelines", "", "variable group "+g.Str())
		default:
			j.link(clientele.Includes, "azure-pipelines", g.Str(), "")
		}
	}
}

// connections are inputs that name a service connection.
var connections = []string{
	"azureSubscription", "connectedServiceName", "connectedServiceNameARM", "ConnectedServiceName", "azureResourceManagerConnection",
	"containerRegistry", "dockerRegistryServiceConnection", "dockerRegistryEndpoint", "kubernetesServiceConnection", "kubernetesServiceEndpoint",
	"awsCredentials", "backendServiceArm", "SonarQube", "npmAuthenticate", "serviceConnection", "sshEndpoint", "externalEndpoint",
}

func (j *job) azureSteps(steps *doc.Node, depth int) {
	if depth > 20 {
		return
	}
	for i, step := range steps.Items() {
		chain := []string{stepName(step, i)}
		for _, k := range []string{"script", "bash", "pwsh", "powershell"} {
			j.script(step.Get(k), chain...)
			j.systemToken(step.Get(k), chain)
		}
		j.variables(step.Get("env"), below(chain, "env")...)
		for _, v := range step.Get("env").Fields() {
			j.systemToken(v, chain)
		}
		in := step.Get("inputs")
		task, _, _ := strings.Cut(step.Get("task").Str(), "@")
		switch task {
		case "AzureKeyVault":
			filter := in.Get("SecretsFilter").Str()
			if filter == "" {
				filter = "*"
			}
			for _, name := range strings.Split(filter, ",") {
				j.add(clientele.Variable{
					Name: strings.TrimSpace(name), External: "azure-key-vault: " + in.Fold("KeyVaultName").Str(), Line: in.LineOr(step.Line), Chain: chain, Marked: true,
				})
			}
		case "Cache", "CacheBeta": // its key names files
		default:
			j.inputs(in, below(chain, "inputs")...)
		}
		j.runner(strings.ToLower(task), in)
		for _, c := range connections {
			j.machine("oauth2", in.Get(c), below(chain, c), "azure service connection")
		}
		if t := step.Get("template"); t.IsScalar() {
			j.link(clientele.Includes, "azure-pipelines", t.Str(), "")
			j.inputs(step.Get("parameters"), below(chain, "parameters")...)
		}
		for _, f := range step.Fields() {
			if strings.HasPrefix(f.Key, "${{") {
				j.azureSteps(f, depth+1)
			}
		}
	}
}

// systemToken notes the use of the build's own token.
func (j *job) systemToken(n *doc.Node, chain []string) {
	if j.token == nil && strings.Contains(n.Str(), "$(System.AccessToken)") {
		j.token = &clientele.Identity{
			Scheme: "bearer", Principal: "System.AccessToken", Kind: clientele.Machine, Issuer: "azure devops",
			Location: clientele.Location{Path: chain, Line: n.Line},
		}
	}
}

// decodeBitbucket reads the steps below every trigger.
func decodeBitbucket(s *source) []clientele.Part {
	s.tool, s.format = "bitbucket-pipelines", "pipeline"
	var parts []clientele.Part
	seen := map[int]bool{} // steps by line: an anchor stands for one step
	n := 0
	s.root.Get("pipelines").Walk(func(chain []string, step *doc.Node) bool {
		if step.Key != "step" || step.Kind != doc.Map || seen[step.Line] || n > 5000 {
			return true
		}
		n++
		seen[step.Line] = true
		var names []string
		for _, c := range chain {
			if c != "step" && c != "parallel" && c != "steps" && c != "stage" {
				names = append(names, c)
			}
		}
		name := step.Get("name").Str()
		if name == "" {
			name = "step " + itoa(n)
		}
		names = append(names, name)
		j := s.job(strings.Join(names, " "), step.Line)
		j.Name = strings.Join(names, " › ")
		j.Environment = step.Get("deployment").Str()
		if step.Get("oidc").True() {
			j.Identities = append(j.Identities, clientele.Identity{
				Scheme: "oidc", Principal: "BITBUCKET_STEP_OIDC_TOKEN", Kind: clientele.Machine, Issuer: "bitbucket",
				Location: clientele.Location{Path: []string{"oidc"}, Line: step.Get("oidc").Line},
			})
		}
		for _, k := range []string{"script", "after-script"} {
			for _, line := range step.Get(k).Items() {
				if pipe := line.Get("pipe"); pipe != nil {
					j.variables(line.Get("variables"), pipe.Str())
				} else {
					j.script(line, k)
				}
			}
		}
		j.inputs(step.Get("image"), "image")
		parts = append(parts, j.done()...)
		return false
	})
	services := s.job("services", 1)
	services.inputs(s.root.Get("image"), "image")
	for _, d := range s.root.Get("definitions", "services").Fields() {
		services.variables(d.First("variables", "environment"), d.Key)
	}
	return append(parts, services.done()...)
}

// decodeDrone reads a pipeline of Drone or Woodpecker, which name steps in a list or a map.
func decodeDrone(s *source) []clientele.Part {
	s.tool, s.format = "drone", "pipeline"
	if strings.Contains(s.Path, "woodpecker") {
		s.tool = "woodpecker"
	}
	if s.root.Get("kind").Str() == "secret" {
		j := s.job("secret "+s.root.Get("name").Str(), s.root.Line)
		if d := s.root.Get("data"); d.IsScalar() {
			j.add(clientele.Variable{Name: s.root.Get("name").Str(), Value: d.Secret(), Class: clientele.Encrypted, Line: d.Line, Marked: true})
		}
		if g := s.root.Get("get"); g != nil {
			j.add(clientele.Variable{Name: s.root.Get("name").Str(), External: g.Get("path").Str() + "#" + g.Get("name").Str(), Line: g.Line, Marked: true})
		}
		return j.done()
	}
	name := s.root.Get("name").Str()
	if name == "" {
		name = "pipeline"
	}
	j := s.job(name, s.root.Line)
	j.variables(s.root.Get("environment"), "environment")
	for _, list := range []string{"steps", "pipeline", "services", "clone"} {
		n := s.root.Get(list)
		for i, step := range append(n.Items(), n.Fields()...) {
			chain := []string{step.Key}
			if step.Key == "" {
				chain[0] = stepName(step, i)
			}
			j.variables(step.Get("environment"), below(chain, "environment")...)
			j.inputs(step.Get("settings"), below(chain, "settings")...)
			j.script(step.Get("commands"), chain...)
			for _, x := range step.Get("secrets").Items() {
				name := x.First("source", "target").Str() + x.Str()
				j.add(clientele.Variable{Name: name, External: "from_secret: " + name, Line: x.Line, Chain: chain, Marked: true})
			}
		}
	}
	return j.done()
}

// decodeBuildkite reads the steps of a pipeline, groups included.
func decodeBuildkite(s *source) []clientele.Part {
	s.tool, s.format = "buildkite", "pipeline"
	all := s.shared(s.root.Get("env").LineOr(1))
	all.variables(s.root.Get("env"), "env")
	steps := s.root.Get("steps")
	if s.root.Kind == doc.List {
		steps = s.root
	}
	return append(all.done(), s.buildkite(steps, 0)...)
}

func (s *source) buildkite(steps *doc.Node, depth int) []clientele.Part {
	var parts []clientele.Part
	for i, step := range steps.Items() {
		if g := step.Get("steps"); g != nil && depth < 10 {
			parts = append(parts, s.buildkite(g, depth+1)...)
			continue
		}
		j := s.job(stepName(step, i), step.Line)
		j.variables(step.Get("env"), "env")
		for _, k := range []string{"command", "commands"} {
			j.script(step.Get(k), k)
		}
		for _, p := range step.Get("plugins").Items() {
			j.plugins(p)
		}
		j.plugins(step.Get("plugins"))
		parts = append(parts, j.done()...)
	}
	return parts
}

// keepers are the plugins that fetch secrets: what they are given names them.
var keepers = regexp.MustCompile(`(?i)aws-sm|aws-ssm|secrets-?manager|vault|1password|doppler|(?:^|/)secrets#`)

// plugins reads a map of plugins with their parameters.
func (j *job) plugins(n *doc.Node) {
	for _, plugin := range n.Fields() {
		before := len(j.Slots)
		j.inputs(plugin, plugin.Key)
		if !keepers.MatchString(plugin.Key) {
			continue
		}
		for i := before; i < len(j.Slots); i++ {
			if slices.Contains(j.Slots[i].Chain, "env") || strings.Contains(j.Slots[i].Name, "secret") {
				j.Slots[i].Class = clientele.Reference
			}
		}
	}
}

// decodeCodeBuild reads a buildspec.
func decodeCodeBuild(s *source) []clientele.Part {
	if s.root.Get("phases") == nil && s.root.Get("env") == nil {
		return nil
	}
	s.tool, s.format = "codebuild", "buildspec"
	j := s.job("build", 1)
	j.Name = "codebuild"
	env := s.root.Get("env")
	j.variables(env.Get("variables"), "env")
	for _, store := range []string{"parameter-store", "secrets-manager"} {
		for _, v := range env.Get(store).Fields() {
			j.add(clientele.Variable{Name: v.Key, External: "aws " + store + ": " + v.Str(), Line: v.Line, Chain: []string{store}, Marked: true})
		}
	}
	for _, phase := range s.root.Get("phases").Fields() {
		j.script(phase.Get("commands"), phase.Key)
		j.script(phase.Get("finally"), phase.Key, "finally")
	}
	return j.done()
}
