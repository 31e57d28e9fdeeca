package discover_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clientele/clientele/internal/discover"
)

// sown hands out secrets, each unlike the others, and remembers where each was put.
type sown struct {
	where map[string]string // by secret
	n     int
}

// secret makes one for a place, random enough to be taken for one.
func (s *sown) secret(where string) string {
	s.n++
	v := fmt.Sprintf("Zq%02dxK7vW%02dmT4bR9%02dnL2", s.n, 99-s.n%100, s.n*7%100)
	s.where[v] = where
	return v
}

// forms are the shapes in which a leaked secret would be as good as in the clear.
func forms(v string) map[string]string {
	all := map[string]string{
		"raw": v, "URL-escaped": url.QueryEscape(v), "upper case": strings.ToUpper(v), "lower case": strings.ToLower(v), "hexadecimal": hex.EncodeToString([]byte(v)),
		"first half": v[:len(v)/2+1], "second half": v[len(v)/2:], "reversed": reversed(v),
	}
	for shift := range 3 { // as a part of something encoded
		b := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("-", shift) + v))
		all[fmt.Sprint("base64 at ", shift)] = b[4 : len(b)-4]
	}
	return all
}

func reversed(s string) string {
	b := []byte(s)
	for i := range len(b) / 2 {
		b[i], b[len(b)-1-i] = b[len(b)-1-i], b[i]
	}
	return string(b)
}

// leaks lists which secrets can be had from a result, in which form and from where in it.
func leaks(t *testing.T, res *discover.Result, s *sown) []string {
	t.Helper()
	b, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", *res)
	for _, c := range res.Clients {
		text += fmt.Sprintf("%+v", *c)
	}
	var all []string
	for v, where := range s.where {
		for form, f := range forms(v) {
			for _, hay := range []string{string(b), text} {
				if i := strings.Index(hay, f); i >= 0 {
					all = append(all, fmt.Sprintf("%s: %s: …%q…", where, form, hay[max(0, i-90):min(len(hay), i+len(f)+30)]))
					break
				}
			}
		}
	}
	return all
}

// tree reads the files of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		all[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sow writes a file of each tool with a secret in each kind of place.
func sow(t *testing.T, dir string) *sown {
	s := &sown{where: map[string]string{}}
	at := s.secret
	basic := func(where string) string {
		return base64.StdEncoding.EncodeToString([]byte("svc:" + at(where)))
	}
	escaped := func(where string) string {
		v := at(where)
		return fmt.Sprintf("%%%02X%%%02X%s", v[0], v[1], v[2:])
	}
	inTitle, inFolder, inKey, inUser := at("postman: header, also in a title"), at("postman: bearer, also in a folder's name"), at("postman: variable, also a key in a body"), at("postman: password, also the user name")
	pem := `-----BEGIN PRIVATE KEY-----\nMIIEvQ` + at("PEM, first line") + `\n` + at("PEM, second line") + `\n-----END PRIVATE KEY-----\n`
	write(t, dir, map[string]string{
		"api/shop.postman_collection.json": `{"info": {"name": "Shop ` + inTitle + `", "_postman_id": "11111111-2222-4333-8444-555555555555", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
			"description": "login: svc / ` + at("postman: description") + `"},
			"auth": {"type": "apikey", "apikey": [{"key": "key", "value": "X-Api-Key"}, {"key": "value", "value": "` + at("postman: apikey auth") + `"}]},
			"variable": [{"key": "client_secret", "value": "` + inKey + `"}, {"key": "private_key", "value": "` + pem + `"}],
			"event": [{"listen": "prerequest", "script": {"exec": ["pm.environment.set('token', '` + at("postman: script") + `');", "const password = \"` + at("postman: script constant") + `\"", "// curl -u svc:` + at("postman: comment") + ` https://x.acme.io"]}}],
			"item": [{"name": "folder ` + inFolder + `", "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "` + inFolder + `"}]}, "item": [
				{"name": "get ` + inTitle + `", "request": {"method": "GET", "header": [{"key": "X-Auth-Token", "value": "` + inTitle + `"}, {"key": "Authorization", "value": "Basic ` + basic("postman: Basic header") + `"},
					{"key": "Cookie", "value": "sessionid=` + at("postman: cookie") + `; theme=dark"}, {"key": "X-Old-Token", "value": "` + at("postman: disabled header") + `", "disabled": true}],
					"url": "https://svc:` + at("postman: userinfo") + `@api.acme.io/v1/hooks/` + at("postman: path key") + `/x?api_key=` + at("postman: query") + `&access_token=` + escaped("postman: escaped query") + `&page=1"},
					"response": [{"name": "saved", "status": "OK", "code": 200, "header": [{"key": "Set-Cookie", "value": "sid=` + at("postman: Set-Cookie") + `; Path=/"}], "body": "{\"access_token\": \"` + at("postman: saved response") + `\", \"user\": {\"refresh_token\": \"` + at("postman: nested response") + `\"}}"}]},
				{"name": "post", "request": {"method": "POST", "auth": {"type": "basic", "basic": [{"key": "username", "value": "` + inUser + `"}, {"key": "password", "value": "` + inUser + `"}]},
					"body": {"mode": "raw", "raw": "{\"password\": \"` + at("postman: body") + `\", \"` + inKey + `\": {\"secret\": \"` + at("postman: below a key") + `\"}}"}, "url": "{{base}}/login?token=` + at("postman: query behind a reference") + `"}},
				{"name": "form", "request": {"method": "POST", "body": {"mode": "urlencoded", "urlencoded": [{"key": "client_secret", "value": "` + at("postman: form") + `"}]}, "url": {"raw": "https://api.acme.io/oauth/token", "query": [{"key": "sig", "value": "x"}]}}}
			]}]}`,
		"api/prod.postman_environment.json": `{"name": "Production", "values": [{"key": "base", "value": "https://svc:` + at("environment: userinfo in a variable") + `@api.acme.io", "enabled": true}, {"key": "db_password", "value": "` + at("environment") + `", "type": "secret"}], "_postman_variable_scope": "environment"}`,
		"insomnia/Insomnia_2024.json": `{"_type": "export", "__export_format": 4, "resources": [
			{"_id": "wrk_1", "_type": "workspace", "name": "Bank"}, {"_id": "fld_1", "parentId": "wrk_1", "_type": "request_group", "name": "g", "environment": {"token": "` + at("insomnia: group environment") + `"}},
			{"_id": "env_1", "parentId": "wrk_1", "_type": "environment", "name": "Base", "data": {"nested": {"api_key": "` + at("insomnia: environment") + `"}}},
			{"_id": "req_1", "parentId": "fld_1", "_type": "request", "name": "r", "method": "POST", "url": "https://bank.acme.io/x?token=` + at("insomnia: query") + `", "headers": [{"name": "Authorization", "value": "Bearer ` + at("insomnia: header") + `"}],
			 "authentication": {"type": "oauth2", "clientId": "shop", "clientSecret": "` + at("insomnia: client secret") + `", "username": "ada", "password": "` + at("insomnia: password") + `"}, "body": {"mimeType": "application/json", "text": "{\"pin_code_secret\": \"` + at("insomnia: body") + `\"}"}}]}`,
		"bruno/bruno.json":                  `{"version": "1", "name": "tree", "type": "collection"}`,
		"bruno/collection.bru":              "auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: " + at("bruno: collection") + "\n}\n",
		"bruno/folder/get.bru":              "meta {\n  name: get\n  type: http\n}\n\nget {\n  url: https://svc:" + at("bruno: userinfo") + "@b.acme.io/x?api_key=" + at("bruno: query") + "\n  auth: inherit\n}\n\nheaders {\n  X-Api-Key: " + at("bruno: header") + "\n  ~X-Old-Secret: " + at("bruno: disabled header") + "\n}\n\nscript:pre-request {\n  bru.setVar(\"token\", \"" + at("bruno: script") + "\");\n}\n\ndocs {\n  password: " + at("bruno: docs") + "\n}\n",
		"bruno/environments/Prod.bru":       "vars {\n  host: https://b.acme.io\n  password: " + at("bruno: variable") + "\n}\nvars:secret [\n  hidden\n]\n",
		"rest/calls.http":                   "@token = " + at("http: variable") + "\n\n### login\nPOST https://svc:" + at("http: userinfo") + "@h.acme.io/login?api_key=" + at("http: query") + " HTTP/1.1\nAuthorization: Bearer " + at("http: header") + "\nCookie: session=" + at("http: cookie") + "\n\n{\"password\": \"" + at("http: body") + "\"}\n\n### basic\nGET https://h.acme.io/\nAuthorization: Basic " + basic("http: Basic") + "\n\n### two words\nGET https://h.acme.io/\nAuthorization: Basic svc " + at("http: Basic in clear") + "\n",
		"rest/http-client.private.env.json": `{"prod": {"secret": "` + at("http: private environment") + `"}}`,
		"ops/deploy.sh":                     "#!/bin/sh\nexport API_TOKEN=" + at("shell: export") + "\ncurl -u svc:" + at("shell: curl -u") + " -H 'X-Api-Key: " + at("shell: header") + "' -H \"Authorization: Basic " + basic("shell: Basic") + "\" -b 'sid=" + at("shell: cookie") + "' --data '{\"password\":\"" + at("shell: body") + "\"}' \"https://c.acme.io/v1?access_token=" + at("shell: query") + "\"\nPGPASSWORD=" + at("shell: PGPASSWORD") + " psql -h db.acme.io -U svc shop\npsql postgres://svc:" + at("shell: DSN") + "@db.acme.io/shop\nmysql -usvc -p" + at("shell: mysql -p") + " shop\ndocker login -u svc -p " + at("shell: docker login") + " r.acme.io\nhttp POST https://c.acme.io/x Authorization:\"Bearer " + at("shell: httpie") + "\"\nredis-cli -a " + at("shell: redis-cli") + "\nsshpass -p " + at("shell: sshpass") + " ssh svc@h\n",
		"app/.env":                          "DB_PASSWORD=" + at("env: password") + "\nDATABASE_URL=postgres://svc:" + at("env: DSN") + "@db.acme.io/x\nPRIVATE_KEY=\"" + pem + "\"\nWEBHOOK_URL=https://hooks.slack.com/services/T00000000/B00000000/" + at("env: webhook") + "\n# OLD_API_KEY=" + at("env: comment") + "\nJDBC_URL=jdbc:mysql://h.acme.io/x?user=svc&password=" + at("env: JDBC") + "\nODBC=\"Server=h.acme.io;Uid=svc;Pwd=" + at("env: ODBC") + ";\"\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLF\nAWS_SECRET_ACCESS_KEY=" + at("env: AWS") + "0123456789abcdefgh\n",
		".mcp.json":                         `{"mcpServers": {"db": {"command": "npx", "args": ["-y", "server-postgres", "postgresql://svc:` + at("mcp: argument DSN") + `@db.acme.io/x", "--api-key", "` + at("mcp: argument") + `", "--token=` + at("mcp: argument with =") + `"], "env": {"API_KEY": "` + at("mcp: env") + `"}}, "web": {"type": "http", "url": "https://mcp.acme.io/` + at("mcp: path") + `/sse?key=` + at("mcp: query") + `", "headers": {"Authorization": "Bearer ` + at("mcp: header") + `"}}}}`,
		".github/workflows/ci.yml":          "on: push\nenv:\n  API_TOKEN: " + at("workflow: env") + "\njobs:\n  test:\n    runs-on: ubuntu-latest\n    env:\n      DB_PASSWORD: \"" + at("workflow: job env") + "\"\n    steps:\n      - run: |\n          curl -H 'Authorization: Bearer " + at("workflow: run") + "' https://api.acme.io/\n          newman run api/shop.postman_collection.json --env-var token=" + at("workflow: newman") + "\n      - uses: some/action@v1\n        with:\n          password: " + at("workflow: with") + "\n    services:\n      db:\n        image: postgres\n        env:\n          POSTGRES_PASSWORD: " + at("workflow: service") + "\n",
		"notes.txt":                         "token = ghp_" + at("text: token") + "AbCdEf01234567\n",
		"src/main.py":                       "API_KEY = \"" + at("source") + "\"\n",
	})
	return s
}

func TestNoSecretLeaves(t *testing.T) {
	dir := t.TempDir()
	s := sow(t, dir)
	res := scan(t, discover.Options{}, dir)
	missed := 0
	for v, where := range s.where {
		if len(foundIn(res, v)) == 0 {
			missed++
			t.Logf("not recognised as it is: %s", where)
		}
	}
	t.Logf("%d of %d not recognised; %d clients", missed, len(s.where), len(res.Clients))
	if missed > len(s.where)/3 {
		t.Error("too many to be a test of anything")
	}
	for _, l := range leaks(t, res, s) {
		t.Error(l)
	}
}

// Files that are wrong somewhere are reported with an error, which must not quote them.
func TestNoSecretLeavesInErrors(t *testing.T) {
	whole := t.TempDir()
	s := sow(t, whole)
	dir := t.TempDir()
	i := 0
	for name, text := range tree(t, whole) {
		for _, cut := range []int{3, 5, 10} { // a piece is missing
			broken := text[:len(text)/cut] + text[len(text)/cut+7:]
			i++
			write(t, dir, map[string]string{filepath.Join(fmt.Sprint(i), name): broken})
		}
		i++
		write(t, dir, map[string]string{filepath.Join(fmt.Sprint(i), name): text[:len(text)*2/3]})
	}
	wrong := s.secret("a value of the wrong type")
	write(t, dir, map[string]string{
		"w/a.postman_collection.json": `{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", "name": 7}, "item": "` + wrong + `", "auth": "` + wrong + `", "variable": {"` + wrong + `": 1}}`,
		"w/.mcp.json":                 `{"mcpServers": {"a": "` + wrong + `", "b": {"args": "` + wrong + `", "env": ["` + wrong + `"]}}}`,
		"w/.github/workflows/a.yml":   "jobs: {a: {steps: [&x *y " + wrong + "]}}\nenv:\n\t- token: \"" + wrong + "\n",
		"w/http-client.env.json":      `{"dev": {"password": "` + wrong + `" "x"}`,
		"w/x.bru":                     "get {\n url: https://x.acme.io\n}\nauth:bearer {\n token: " + wrong,
		"w/.env":                      "PASSWORD=\"" + wrong + "\nX",
		"w/.npmrc":                    "//r.acme.io/:_authToken=" + wrong + "\n[",
		"w/.aws/credentials":          "[default\naws_secret_access_key = " + wrong + "\n",
		"w/.kube/config":              "users:\n- name: a\n  user: {token: " + wrong + ", client-key-data: '%%%" + wrong + "'}\n bad\n",
		"w/.docker/config.json":       `{"auths": {"r.acme.io": {"auth": "!!` + wrong + `"}}}`,
		"w/config.toml":               "[a]\nmcp_servers = 1\npassword = \"" + wrong + "\n",
		"w/.netrc":                    "machine h login a password \"" + wrong + "\nmachine",
		"w/insomnia.yaml":             "type: collection.insomnia.rest/5.0\ncollection:\n  - url: [" + wrong + "\n",
	})
	res := scan(t, discover.Options{}, dir)
	if len(res.Unreadable) == 0 {
		t.Error("nothing was reported")
	}
	for _, u := range res.Unreadable {
		for v, where := range s.where {
			for form, f := range forms(v) {
				if strings.Contains(u.Reason, f) {
					t.Errorf("%s: %s: %s: %q", u.Path, where, form, u.Reason)
				}
			}
		}
	}
	for _, l := range leaks(t, res, s) {
		t.Error("from a broken file: ", l)
	}
}

// People paste secrets where names belong, in every shape, and into other files.
func TestNoSecretLeavesInNames(t *testing.T) {
	const head = `{"info": {"name": "%s", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": [{"name": "%s", "request": {"method": "GET", "header": [{"key": "%s", "value": "%s"}], "url": "%s"}}]}`
	for name, sow := range map[string]func(v string) map[string]string{
		"title": func(v string) map[string]string {
			return map[string]string{"c.json": fmt.Sprintf(head, v, v, "X-Api-Key", v, "https://x.acme.io/"+v)}
		},
		"title, with text around": func(v string) map[string]string {
			return map[string]string{"c.json": fmt.Sprintf(head, "key:"+v+"!", "x"+v+"x", "X-Api-Key", v, "https://x.acme.io/a-"+v+"-b")}
		},
		"header name": func(v string) map[string]string {
			return map[string]string{"c.json": fmt.Sprintf(head, "n", "n", v, "Bearer "+v, "https://x.acme.io/")}
		},
		"host": func(v string) map[string]string {
			return map[string]string{"c.json": fmt.Sprintf(head, "n", "n", "X-Api-Key", v, "https://"+v+".acme.io/")}
		},
		"shell, in an export's name": func(v string) map[string]string {
			return map[string]string{"dump.sh": "export PGPASSWORD=" + v + "\npg_dump -h db.acme.io -U svc -f " + v + ".sql shop\npg_dump postgres://svc:" + v + "@db.acme.io/shop > x.sql\nnewman run c.json --env-var token=" + v + " --export-environment " + v + ".json\n"}
		},
		"workflow, in names": func(v string) map[string]string {
			return map[string]string{".github/workflows/a.yml": "name: " + v + "\non: push\njobs:\n  " + v + ":\n    name: " + v + "\n    runs-on: x\n    env:\n      API_TOKEN: " + v + "\n    environment: " + v + "\n    steps:\n      - name: use " + v + "\n        run: curl -H 'X-Api-Key: " + v + "' https://x.acme.io/\n"}
		},
		"mcp server's name": func(v string) map[string]string {
			return map[string]string{".mcp.json": `{"mcpServers": {"` + v + `": {"command": "` + v + `", "args": ["--api-key", "` + v + `"], "alwaysAllow": ["` + v + `"]}}}`}
		},
		"git remote": func(v string) map[string]string {
			return map[string]string{".git/config": "[remote \"origin\"]\n\turl = https://svc:" + v + "@git.acme.io/x.git\n[remote \"b\"]\n\turl = https://" + v + "@git.acme.io/x?token=" + v + "\n", ".env": "TOKEN=" + v + "\n"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sown{where: map[string]string{}}
			dir := t.TempDir()
			write(t, dir, sow(s.secret(name)))
			res := scan(t, discover.Options{NoGit: true}, dir)
			for v := range s.where {
				if len(foundIn(res, v)) == 0 {
					t.Error("not found at all")
				}
			}
			for _, l := range leaks(t, res, s) {
				t.Error(l)
			}
		})
	}
}
