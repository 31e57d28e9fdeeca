package cli

import (
	"strings"

	"github.com/clientele/clientele"
)

// sshConfigDecoder reads the SSH client's configuration: one client a Host that names
// somebody to sign in as, or how. Settings of a pattern ("Host *") are settings, no client.
var sshConfigDecoder = clientele.Decoder{
	Name: "ssh config", Paths: []string{".ssh/config", ".ssh/config.d/*", "ssh/ssh_config", "ssh_config.d/*.conf"}, Decode: decodeSSHConfig,
}

func decodeSSHConfig(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	var h *sshHost
	for i, line := range strings.Split(string(f.Data), "\n") {
		key, val := sshPair(line)
		switch {
		case key == "host" || key == "match":
			parts = h.end(parts)
			h = newSSHHost(val, i+1)
			h.pattern = key == "match" || strings.ContainsAny(val, "*?!")
		case h != nil && val != "":
			h.setting(key, val, i+1)
		}
	}
	return h.end(parts), nil
}

// sshHost is one Host or Match of the configuration.
type sshHost struct {
	c          *client
	b          *block
	pattern    bool // for many hosts: there is no one address
	host, port string
}

func newSSHHost(names string, line int) *sshHost {
	names = strings.Join(strings.Fields(names), " ")
	h := &sshHost{c: newClient("ssh", "ssh config", names, line), host: names}
	h.c.scheme, h.c.place = "custom", clientele.InSetting
	h.b = h.c.enter([]string{names}, line)
	return h
}

func (h *sshHost) setting(key, val string, line int) {
	v := value{name: key, chain: h.b.chain, node: scalar(val, line)}
	switch key {
	case "hostname":
		h.host = val
	case "port":
		h.port = val
	case "user":
		h.b.who = val
	case "identityfile", "certificatefile":
		reference(h.c, h.b, v)
	case "proxycommand", "localcommand", "remotecommand", "knownhostscommand":
		text(h.c, h.b, v)
		h.c.part.Texts[len(h.c.part.Texts)-1].Language = "shell"
	case "setenv":
		if name, val, ok := strings.Cut(val, "="); ok {
			h.c.slot(clientele.Slot{Place: clientele.InEnv, Name: name, Chain: under(h.b.chain, "SetEnv"), Value: clientele.Secret(val), Line: line})
			h.c.solid = true
		}
	}
}

func (h *sshHost) end(parts []clientele.Part) []clientele.Part {
	if h == nil || len(parts) >= maxRequests {
		return parts
	}
	user := h.b.who
	h.c.leave(h.b)
	if !h.c.solid {
		return parts
	}
	if !h.pattern {
		h.c.request(h.b.chain, h.address(user), h.b.line)
	}
	p := h.c.done()
	for i := range p.Requests {
		p.Requests[i].Auth = nil
	}
	return append(parts, p)
}

func (h *sshHost) address(user string) string {
	a := h.host
	if user != "" {
		a = user + "@" + a
	}
	if h.port != "" && h.port != "22" {
		a += ":" + h.port
	}
	return "ssh://" + a
}

// sshPair splits "Key value" or "Key=value", with or without quotes.
func sshPair(line string) (key, val string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", ""
	}
	i := strings.IndexAny(line, " \t=")
	if i < 0 {
		return "", ""
	}
	val = strings.TrimLeft(line[i:], " \t=")
	if len(val) > 1 && val[0] == '"' && val[len(val)-1] == '"' {
		val = val[1 : len(val)-1]
	}
	return strings.ToLower(line[:i]), val
}
