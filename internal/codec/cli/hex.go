package cli

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// hexDecoder reads the settings of Hex, Elixir's package client: Erlang terms, of which only
// the binaries that have a name count here.
var hexDecoder = clientele.Decoder{Name: "hex config", Paths: []string{"hex.config"}, Decode: decodeHex}

// term is name => <<"value">> or {name, <<"value">>}; repo is the head of a repository's map.
var (
	term = regexp.MustCompile(`('[^']*'|<<"[^"]*">>|[a-z_]\w*)\s*(?:,|=>)\s*<<"((?:[^"\\]|\\.)*)"`)
	repo = regexp.MustCompile(`<<"([^"]+)">>\s*=>\s*#\{`)
)

var hexWords = map[string]string{
	"$write_key": "api_key", "$read_key": "api_key", "$encrypted_key": "sealed", "auth_key": "api_key", "oauth_token": "token",
	"access_token": "token", "refresh_token": "refresh_token", "username": "login", "url": "url", "api_url": "url",
	"http_proxy": "proxy", "https_proxy": "proxy", "repos_key": "api_key", "organization_key": "api_key", "key": "api_key",
}

func decodeHex(f clientele.File) ([]clientele.Part, error) {
	c := newClient("mix hex", "hex config", "", 1)
	c.part.Name, c.scheme = "hex", "api_key"
	b := c.enter(nil, 1)
	b.host = "hex.pm"
	heads := repo.FindAllSubmatchIndex(f.Data, 1000)
	line, at := 1, 0
	for _, m := range term.FindAllSubmatchIndex(f.Data, maxRequests) {
		line, at = line+bytes.Count(f.Data[at:m[4]], []byte("\n")), m[4]
		name := strings.Trim(string(f.Data[m[2]:m[3]]), `'<>"`)
		chain := []string(nil)
		for len(heads) > 1 && heads[1][0] < m[0] {
			heads = heads[1:]
		}
		if len(heads) > 0 && heads[0][0] < m[0] {
			chain = []string{string(f.Data[heads[0][2]:heads[0][3]])}
		}
		if word := meanings[hexWords[name]]; word != nil {
			word(c, b, value{name: name, chain: chain, node: scalar(string(f.Data[m[4]:m[5]]), line)})
		}
	}
	c.leave(b)
	if !c.solid {
		return nil, nil
	}
	return []clientele.Part{c.done()}, nil
}
