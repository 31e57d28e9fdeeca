package store

import (
	"encoding/json"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// editors are the programs built on VS Code, by a word in the path of their state.
var editors = []struct{ word, tool, name string }{
	{"cursor", "cursor", "Cursor"}, {"windsurf", "windsurf", "Windsurf"}, {"antigravity", "antigravity", "Antigravity"},
	{"kiro", "kiro", "Kiro"}, {"trae", "trae", "Trae"}, {"vscodium", "vscode", "VSCodium"}, {"code", "vscode", "VS Code"},
}

// editorState reads the sign-ins in an editor's table of keys and values. The rest of that
// table is open files and window sizes, and is left alone.
func editorState(d *database) []clientele.Part {
	p := clientele.Part{Tool: "vscode", Kind: clientele.Agent, Format: "editor state", Name: "VS Code"}
	low := strings.ToLower(d.Path)
	for _, e := range editors {
		if strings.Contains(low, "/"+e.word) || strings.HasPrefix(low, e.word) {
			p.Tool, p.Name = clientele.Tool(e.tool), e.name
			break
		}
	}
	who := ""
	items := d.rows("ItemTable")
	for _, r := range items {
		if key := r.Text("key"); strings.HasSuffix(key, "/cachedEmail") {
			who = r.Text("value")
		}
	}
	for _, r := range items {
		key, value := r.Text("key"), r.Text("value")
		s := clientele.Slot{Place: clientele.InTokenCache, Name: key, Value: clientele.Secret(value), Principal: who}
		switch {
		case value == "" || len(p.Slots) > 10_000:
			continue
		case strings.HasPrefix(key, "secret://"):
			extension, name := secretName(key)
			s.Name, s.Role, s.Class, s.Principal, s.Marked = name, clientele.OtherSecret, clientele.Encrypted, "", true
			s.Chain = []string{"secret", extension}
		case strings.HasSuffix(key, "/accessToken"):
			s.Role = clientele.Token
		case strings.HasSuffix(key, "/refreshToken"):
			s.Role = clientele.RefreshToken
		case signIn(key):
			p.Texts = append(p.Texts, clientele.Text{Place: clientele.InTokenCache, Chain: []string{key}, Text: clientele.Secret(value)})
			continue
		default:
			continue
		}
		p.Slots = append(p.Slots, s)
	}
	if who != "" {
		p.Identities = []clientele.Identity{{Scheme: "oauth2", Principal: who, Kind: clientele.Person, Issuer: string(p.Tool)}}
		p.Owners = []clientele.Owner{{Who: who, Kind: clientele.PersonOwner, Evidence: "the account that " + p.Name + " is signed in with", Confidence: 0.7}}
	}
	if len(p.Slots)+len(p.Texts)+len(p.Identities) == 0 {
		return nil
	}
	return []clientele.Part{p}
}

// signIn reports whether a key, by its name, holds a sign-in that is not sealed.
func signIn(key string) bool {
	key = strings.ToLower(key)
	for _, end := range []string{"authstatus", "apikey", "api_key", "authtoken", "auth.token", "oauthtoken", "auth.session", "onboarding.token", "aikey"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// secretName takes a key such as secret://{"extensionId":"vscode.github-authentication",
// "key":"github.auth"} apart.
func secretName(key string) (string, string) {
	var k struct{ ExtensionID, Key string }
	if json.Unmarshal([]byte(strings.TrimPrefix(key, "secret://")), &k) != nil || k.Key == "" {
		return "", strings.TrimPrefix(key, "secret://")
	}
	if isJSON(k.Key) { // some name their secrets by whole documents
		k.Key = "secret"
	}
	return k.ExtensionID, k.Key
}

func isJSON(s string) bool {
	n, err := doc.JSON([]byte(s))
	return err == nil && n.Kind == doc.Map
}
