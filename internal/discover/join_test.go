package discover_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/fingerprint"
)

const (
	shop = `{"info": {"name": "Shop", "_postman_id": "11111111-2222-4333-8444-555555555555", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"item": [{"name": "orders", "request": {"method": "GET", "header": [{"key": "X-Api-Key", "value": "{{api_key}}"}], "url": "{{host}}/v1/orders"}}]}`
	secretA = "tQ7x9Lm2Kp4Rv8ZsA1"
	secretB = "pW3n6Yc8Hd1Jf5GtB2"
)

func environment(name, host, key string) string {
	return fmt.Sprintf(`{"name": %q, "values": [{"key": "host", "value": %q, "enabled": true}, {"key": "api_key", "value": %q, "type": "secret", "enabled": true}], "_postman_variable_scope": "environment"}`, name, host, key)
}

func hosts(c *clientele.Client) []string {
	var all []string
	for _, e := range c.Endpoints {
		all = append(all, e.Host)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func byName(t *testing.T, res *discover.Result, name string) *clientele.Client {
	t.Helper()
	var names []string
	for _, c := range res.Clients {
		if c.Name == name {
			return c
		}
		names = append(names, fmt.Sprintf("%s (%s): %q", c.Name, c.Tool, c.Files))
	}
	t.Fatalf("no client %q among %q", name, names)
	return nil
}

func rulesOf(res *discover.Result, c *clientele.Client) []string {
	var all []string
	for _, f := range res.Findings {
		if f.Client == c.ID {
			all = append(all, string(f.Rule))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestCollectionEnvironmentsAndWorkflowAreOneClient(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		".git/config":                        "[core]\n",
		"api/shop.postman_collection.json":   shop,
		"api/prod.postman_environment.json":  environment("Production", "https://api.acme.io", secretA),
		"api/stage.postman_environment.json": environment("Staging", "https://api.stage.acme.io", secretB),
		".github/workflows/api.yml":          "on: push\njobs:\n  smoke:\n    runs-on: ubuntu-latest\n    steps:\n      - run: newman run api/shop.postman_collection.json -e api/prod.postman_environment.json --reporters json\n",
	})
	res := scan(t, discover.Options{NoGit: true}, dir)
	c := only(t, res)
	if want := []string{".github/workflows/api.yml", "api/prod.postman_environment.json", "api/shop.postman_collection.json", "api/stage.postman_environment.json"}; !slices.Equal(c.Files, want) {
		t.Errorf("files %q, want %q", c.Files, want)
	}
	if c.Name != "Shop" || c.Tool != "postman" || c.Kind != clientele.APIClient {
		t.Errorf("%s, %s, %s", c.Name, c.Tool, c.Kind)
	}
	if want := []string{"api.acme.io", "api.stage.acme.io"}; !slices.Equal(hosts(c), want) {
		t.Errorf("hosts %q, want %q", hosts(c), want)
	}
	if c.Environment != "production,staging" {
		t.Errorf("environment %q", c.Environment)
	}
	severities := map[string]clientele.Severity{}
	for _, f := range res.Findings {
		if f.Rule == "embedded-secret" {
			severities[f.Location.File] = f.Severity
		}
	}
	if severities["api/prod.postman_environment.json"] != clientele.Critical || severities["api/stage.postman_environment.json"] != clientele.High {
		t.Errorf("severities %v", severities)
	}
	for _, cr := range c.Credentials {
		if cr.Class == clientele.Reference && cr.Place == clientele.InHeader && len(cr.DefinedAt) != 2 {
			t.Errorf("the header's reference leads to %v", cr.DefinedAt)
		}
	}
}

func TestEnvironmentNobodyUsesIsAClient(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"api/shop.postman_collection.json":    strings.NewReplacer("{{host}}", "https://api.acme.io", "{{api_key}}", "{{other}}").Replace(shop),
		"envs/lone.postman_environment.json":  environment("Lone", "https://x.acme.io", secretA),
		"far/away/x.postman_environment.json": environment("Far", "https://y.acme.io", secretB),
	})
	res := scan(t, discover.Options{NoGit: true}, dir)
	for name, files := range map[string]string{"Shop": "api/shop.postman_collection.json", "Lone": "envs/lone.postman_environment.json", "Far": "far/away/x.postman_environment.json"} {
		if c := byName(t, res, name); !slices.Equal(c.Files, []string{files}) {
			t.Errorf("%s: %q", name, c.Files)
		}
	}
}

func TestBrunoTreeInheritsAuth(t *testing.T) {
	dir := t.TempDir()
	request := func(name, auth string) string {
		return "meta {\n  name: " + name + "\n  type: http\n}\n\nget {\n  url: {{host}}/" + name + "\n  auth: " + auth + "\n}\n"
	}
	write(t, dir, map[string]string{
		"api/bruno.json":            `{"version": "1", "name": "Tree", "type": "collection"}`,
		"api/collection.bru":        "auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: {{token}}\n}\n",
		"api/top.bru":               request("top", "inherit"),
		"api/open.bru":              request("open", "none"),
		"api/admin/folder.bru":      "meta {\n  name: admin\n}\n\nauth {\n  mode: basic\n}\n\nauth:basic {\n  username: root\n  password: {{password}}\n}\n",
		"api/admin/users.bru":       request("users", "inherit"),
		"api/admin/deep/roles.bru":  request("roles", "inherit"),
		"api/other/plain.bru":       request("plain", "inherit"),
		"api/environments/Prod.bru": "vars {\n  host: https://b.acme.io\n  password: " + secretA + "\n}\n",
	})
	c := only(t, scan(t, discover.Options{NoGit: true}, dir))
	if c.Name != "Tree" || len(c.Files) != 9 {
		t.Errorf("%s: %q", c.Name, c.Files)
	}
	want := map[string]string{"/top": "bearer collection.bru", "/open": "none", "/users": "basic folder.bru", "/roles": "basic folder.bru", "/plain": "bearer collection.bru"}
	for _, e := range c.Endpoints {
		if got := strings.TrimSpace(e.Auth + " " + strings.Join(e.AuthFrom[:min(1, len(e.AuthFrom))], "")); got != want[e.Path] || e.Host != "b.acme.io" {
			t.Errorf("%s%s: %q (%q), want %q", e.Host, e.Path, got, e.AuthFrom, want[e.Path])
		}
		delete(want, e.Path)
	}
	if len(want) > 0 {
		t.Error("no endpoint for", want)
	}
}

func TestHTTPFilesAndTheirEnvironmentsAreOneClient(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"rest/a.http":                       "GET {{host}}/a\nAuthorization: Bearer {{token}}\n",
		"rest/b.http":                       "GET {{host}}/b\n",
		"rest/http-client.env.json":         `{"dev": {"host": "https://dev.acme.io"}, "prod": {"host": "https://api.acme.io"}}`,
		"rest/http-client.private.env.json": `{"prod": {"token": "` + secretA + `"}}`,
	})
	c := only(t, scan(t, discover.Options{NoGit: true}, dir))
	if len(c.Files) != 4 {
		t.Errorf("files %q", c.Files)
	}
	if want := []string{"api.acme.io", "dev.acme.io"}; !slices.Equal(hosts(c), want) {
		t.Errorf("hosts %q, want %q", hosts(c), want)
	}
}

func TestReusedSecret(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"one/c.json": strings.NewReplacer("{{host}}", "https://a.acme.io", "{{api_key}}", secretA, `"Shop"`, `"One"`).Replace(shop),
		"two/c.json": strings.NewReplacer("{{host}}", "https://b.acme.io", "{{api_key}}", secretA, `"Shop"`, `"Two"`).Replace(shop),
		"three/.env": "API_KEY=" + secretB + "\n",
	})
	res := scan(t, discover.Options{NoGit: true}, dir)
	for _, name := range []string{"One", "Two"} {
		if c := byName(t, res, name); !slices.Contains(rulesOf(res, c), "reused-secret") {
			t.Errorf("%s: %q", name, rulesOf(res, c))
		}
	}
	for _, f := range res.Findings {
		if f.Rule == "reused-secret" && f.Credential != testKey.Fingerprint(secretA) {
			t.Errorf("%+v", f)
		}
	}
}

// An environment that two collections share is one place, not two copies.
func TestSharedEnvironmentIsNoReuse(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"api/one.postman_collection.json":   strings.Replace(shop, `"Shop"`, `"One"`, 1),
		"api/two.postman_collection.json":   strings.Replace(shop, `"Shop"`, `"Two"`, 1),
		"api/prod.postman_environment.json": environment("Production", "https://api.acme.io", secretA),
	})
	res := scan(t, discover.Options{NoGit: true}, dir)
	if has(res, "reused-secret") {
		t.Error("sharing an environment counts as reuse")
	}
	if len(foundIn(res, secretA)) != 1 {
		t.Errorf("the secret is reported %d times", len(foundIn(res, secretA)))
	}
	for _, name := range []string{"One", "Two"} {
		c := byName(t, res, name)
		if want := []string{"api.acme.io"}; !slices.Equal(hosts(c), want) {
			t.Errorf("%s calls %q", name, hosts(c))
		}
		if !slices.Contains(c.Files, "api/prod.postman_environment.json") {
			t.Errorf("%s: %q", name, c.Files)
		}
	}
}

// prints are all ids and fingerprints of a result, but not the lines.
func prints(res *discover.Result) string {
	var all []string
	for _, c := range res.Clients {
		all = append(all, string(c.ID)+" "+c.Name)
		for _, cr := range c.Credentials {
			all = append(all, cr.Fingerprint+" "+cr.Name)
		}
	}
	for _, f := range res.Findings {
		all = append(all, f.Fingerprint+" "+string(f.Rule)+" "+f.Location.File)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestFingerprintsAreStable(t *testing.T) {
	files := map[string]string{
		"api/shop.postman_collection.json": shop, "api/prod.postman_environment.json": environment("Production", "https://api.acme.io", secretA),
		"app/.env": "API_KEY=" + secretB + "\n", "deploy.sh": "curl -u svc:" + secretA + " https://x.acme.io/\n", "notes.txt": "# notes\n" + canary + "\n",
		".mcp.json": `{"mcpServers": {"web": {"url": "https://m.acme.io/mcp", "headers": {"Authorization": "Bearer ` + secretB + `"}}}}`,
	}
	dir := filepath.Join(t.TempDir(), "tree")
	write(t, dir, files)
	first := prints(scan(t, discover.Options{NoGit: true}, dir))
	if again := prints(scan(t, discover.Options{NoGit: true, Workers: 1}, dir)); again != first {
		t.Errorf("a second scan says\n%s\nthe first said\n%s", again, first)
	}
	moved := filepath.Join(t.TempDir(), "tree")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if got := prints(scan(t, discover.Options{NoGit: true}, moved)); got != first {
		t.Errorf("after a move\n%s\nbefore\n%s", got, first)
	}
	write(t, moved, map[string]string{
		"app/.env": "# one\n\n# two\n" + files["app/.env"], "deploy.sh": "# a comment\n\n" + files["deploy.sh"], "notes.txt": "\n\n" + files["notes.txt"],
		".mcp.json": "\n\n" + files[".mcp.json"], "api/shop.postman_collection.json": "\n\n" + shop,
	})
	if got := prints(scan(t, discover.Options{NoGit: true}, moved)); got != first {
		t.Errorf("with lines above\n%s\nbefore\n%s", got, first)
	}
}

func TestFingerprintsNeedTheKey(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{".env": canaryEnv})
	one := scan(t, discover.Options{NoGit: true}, dir)
	other, err := fingerprint.ParseKey("ff0102030405060708090a0b0c0d0e0f")
	if err != nil {
		t.Fatal(err)
	}
	two, err := discover.Scan(t.Context(), discover.Options{Roots: []string{dir}, Key: other, Decoders: codec.All(), NoGit: true, Home: "/nobody"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := only(t, one), only(t, two)
	if a.ID != b.ID {
		t.Error("the client's id depends on the key")
	}
	if a.Credentials[0].Fingerprint == b.Credentials[0].Fingerprint || one.Findings[0].Fingerprint == two.Findings[0].Fingerprint {
		t.Error("a fingerprint does not depend on the key")
	}
	if _, err := discover.Scan(t.Context(), discover.Options{Roots: []string{dir}}); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("a scan without a key says %v", err)
	}
}
