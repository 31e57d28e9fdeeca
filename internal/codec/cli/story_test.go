package cli_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/cli"
	"github.com/clientele/clientele/internal/codec/codectest"
)

// decode runs every decoder that the path or content brings in.
func decode(t *testing.T, path, data string, beside map[string]string) []clientele.Part {
	t.Helper()
	return codectest.DecodeBeside(t, cli.Decoders, path, data, beside)
}

// slot is the one slot of that role.
func slot(t *testing.T, parts []clientele.Part, role clientele.Role) clientele.Slot {
	t.Helper()
	var found []clientele.Slot
	for _, p := range parts {
		for _, s := range p.Slots {
			if s.Role == role {
				found = append(found, s)
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d slots with role %s, want 1:\n%s", len(found), role, codectest.Dump(parts))
	}
	return found[0]
}

// The vectors are those of rclone's own tests (fs/config/obscure/obscure_test.go).
func TestRcloneObscuredPasswordsAreRecovered(t *testing.T) {
	for _, sealed := range []string{"YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ", "YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw"} {
		s := slot(t, decode(t, "home/rclone.conf", "[x]\ntype = sftp\nuser = u\npass = "+sealed+"\n", nil), clientele.Password)
		if s.Value.Reveal() != "potato" || s.Class != clientele.Obfuscated || s.Principal != "u" {
			t.Errorf("%s: got %q, %s, of %q", sealed, s.Value.Reveal(), s.Class, s.Principal)
		}
	}
}

func TestRclonePasswordThatWasNeverObscuredStaysAsItIs(t *testing.T) {
	s := slot(t, decode(t, "home/rclone.conf", "[x]\ntype = sftp\npass = Sommer 2024!\n", nil), clientele.Password)
	if s.Value.Reveal() != "Sommer 2024!" || s.Class != "" {
		t.Errorf("got %q, class %q", s.Value.Reveal(), s.Class)
	}
}

// Both values were made by Maven itself: mvn -emp mypassword, then mvn -ep loremIpsum (from
// a published how-to, akadir.github.io 2019/10 encrypt-passwords).
func TestMavenPasswordsOpenWithTheFileBeside(t *testing.T) {
	const security = `<settingsSecurity><master>{rsB56BJcqoEHZqEZ0R1VR4TIspmODx1Ln8/PVvsgaGw=}</master></settingsSecurity>`
	master := slot(t, decode(t, ".m2/settings-security.xml", security, nil), clientele.Passphrase)
	if master.Value.Reveal() != "mypassword" || master.Class != clientele.Obfuscated {
		t.Errorf("master: got %q, %s", master.Value.Reveal(), master.Class)
	}
	const settings = `<settings><servers><server><id>a</id><username>u</username><password>mine: {7SX3V+1VIcEHBN9GukeB+dwz5e5GLHHzXe2xinPsjLE=}</password></server></servers></settings>`
	s := slot(t, decode(t, ".m2/settings.xml", settings, map[string]string{"settings-security.xml": security}), clientele.Password)
	if s.Value.Reveal() != "loremIpsum" || s.Class != clientele.Obfuscated {
		t.Errorf("password: got %q, %s", s.Value.Reveal(), s.Class)
	}
}

func TestMavenPasswordStaysSealedWithoutItsMaster(t *testing.T) {
	const file = `<settings><servers><server><id>a</id><username>u</username><password>{COQLCE6DU6GtcS5PCOQLCE6DU6GtcS5PCOQLCE6DU6E=}</password></server></servers></settings>`
	s := slot(t, decode(t, ".m2/settings.xml", file, nil), clientele.Password)
	if s.Class != clientele.Encrypted {
		t.Errorf("class %q, want encrypted", s.Class)
	}
}

func TestSettingsXMLOfAnotherProgramIsLeftAlone(t *testing.T) {
	if parts := decode(t, "app/settings.xml", `<settings2><server><password>x</password></server></settings2>`, nil); parts != nil {
		t.Errorf("got %s", codectest.Dump(parts))
	}
}

func TestComposerLeavesOtherAuthFilesAlone(t *testing.T) {
	const codex = `{"OPENAI_API_KEY":"sk-1","tokens":{"access_token":"x"}}`
	if parts := decode(t, "home/.codex/auth.json", codex, nil); parts != nil {
		t.Errorf("got %s", codectest.Dump(parts))
	}
}

func TestTokenInTheUsersPlaceNamesNobody(t *testing.T) {
	parts := decode(t, "home/.git-credentials", "https://ghp_abcdefghijklmnopqrstuvwxyz0123456789:x-oauth-basic@github.com\n", nil)
	if len(parts) != 1 || len(parts[0].Identities) != 0 || parts[0].Name != "github.com" || parts[0].Bind.Key != "github.com" {
		t.Errorf("got %s", codectest.Dump(parts))
	}
}

func TestNoChainOrNameHoldsASecret(t *testing.T) {
	parts := decode(t, "repo/.git/config", "[url \"https://oauth2:glpat-p@ss@host/\"]\n\tinsteadOf = https://host/\n[http \"https://u:s3cr3t@h/\"]\n\textraheader = X-Token: t\n", nil)
	if len(parts) != 1 {
		t.Fatalf("%d parts", len(parts))
	}
	for _, r := range parts[0].Requests {
		if c := strings.Join(r.Chain, " "); strings.Contains(c, "ss@") || strings.Contains(c, "s3cr3t") {
			t.Errorf("chain %q", c)
		}
	}
	for _, s := range parts[0].Slots {
		if c := strings.Join(s.Chain, " "); strings.Contains(c, "s3cr3t") {
			t.Errorf("chain %q", c)
		}
	}
}

func TestKubeconfigJoinsContextClusterAndUser(t *testing.T) {
	const file = `{"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],
		"clusters":[{"name":"k","cluster":{"server":"https://k.test:6443"}}],
		"users":[{"name":"u","user":{"token":"tok"}},{"name":"left","user":{"token":"tok2"}}]}`
	parts := decode(t, "x/anything.json", file, nil)
	if len(parts) != 2 {
		t.Fatalf("%d parts, want the context and the user left over", len(parts))
	}
	c, left := parts[0], parts[1]
	if c.Slots[0].Host != "k.test:6443" || c.Requests[0].Auth.Scheme != "bearer" || c.Slots[0].Dormant {
		t.Errorf("context: %s", codectest.Dump(parts[:1]))
	}
	if !left.Slots[0].Dormant {
		t.Error("the token of a user whom no context names is not dormant")
	}
}

func TestAWSTemporaryKeysEnd(t *testing.T) {
	const file = `{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-02T03:04:05UTC"}}`
	s := slot(t, decode(t, ".aws/cli/cache/a.json", file, nil), clientele.SecretKey)
	if s.Principal != "ASIAX" || s.ExpiresAt.Format("2006-01-02 15:04") != "2026-01-02 03:04" {
		t.Errorf("principal %q, ends %v", s.Principal, s.ExpiresAt)
	}
}

func TestSalesforceTokensAreSealedWithoutTheirKey(t *testing.T) {
	sealed := strings.Repeat("ab", 40) + ":" + strings.Repeat("0", 32)
	const key = `{"service":"sfdx","account":"local","key":"0123456789abcdef0123456789abcdef"}`
	for _, beside := range []map[string]string{nil, {"key.json": key}} { // the key beside it is another's
		s := slot(t, decode(t, ".sfdx/a@b.json", `{"accessToken":"`+sealed+`","username":"a@b"}`, beside), clientele.Token)
		if s.Class != clientele.Encrypted {
			t.Errorf("class %q, want encrypted", s.Class)
		}
	}
}

func TestEncryptedStateIsNotReadAsSecrets(t *testing.T) {
	parts := decode(t, "m/terraform.tfstate", `{"meta":{},"encrypted_data":"AAAA","encryption_version":"v0"}`, nil)
	if s := slot(t, parts, clientele.OtherSecret); s.Class != clientele.Encrypted {
		t.Errorf("class %q", s.Class)
	}
}

func TestStateMakesAClientOfItsModule(t *testing.T) {
	for path, dir := range map[string]string{
		"/r/infra/terraform.tfstate":                          "/r/infra",
		"/r/infra/.terraform/terraform.tfstate":               "/r/infra",
		"/r/infra/terraform.tfstate.d/prod/terraform.tfstate": "/r/infra",
		"r/terraform.tfstate.d/prod/terraform.tfstate.backup": "r",
		"modules/a.terraform/terraform.tfstate":               "modules/a.terraform",
	} {
		parts := decode(t, path, `{"version":4,"resources":[]}`, nil)
		if len(parts) != 1 || parts[0].Bind.Dir != dir || parts[0].Bind.As != clientele.Root {
			t.Errorf("%s: %+v", path, parts)
		}
	}
}

func TestPublicKeysAndCertificatesAreNoSecrets(t *testing.T) {
	const pub = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nBBBB\n-----END PUBLIC KEY-----\n"
	if parts := decode(t, "c/ca.pem", pub, nil); parts != nil {
		t.Errorf("got %s", codectest.Dump(parts))
	}
}

func TestSourceThatMentionsAKeyIsNoKeyFile(t *testing.T) {
	const src = "package x\n\nvar k = `-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`\n"
	if parts := decode(t, "x/key.go", src, nil); parts != nil {
		t.Errorf("got %s", codectest.Dump(parts))
	}
}

const profiles = "[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\naws_secret_access_key = k9\n"

func TestProseAboutAFormatIsNoClient(t *testing.T) {
	manual := "# Deploy\n\nPut this into your settings and go on as before:\n\n```\n" + profiles + "```\n\nThen run make and wait.\n"
	for _, path := range []string{"README.md", "docs/deploy", "docs/deploy.txt"} {
		if parts := decode(t, path, manual, nil); len(parts) != 0 {
			t.Errorf("%s: got\n%s", path, codectest.Dump(parts))
		}
	}
	if parts := decode(t, "notes.md", profiles, nil); len(parts) != 0 {
		t.Errorf("a Markdown file made %d clients", len(parts))
	}
	if parts := decode(t, "backup/aws", "# old\n"+profiles, nil); len(parts) != 1 {
		t.Errorf("a copy of the file made %d clients", len(parts))
	}
}

func TestAKubeconfigsKeyIsTheKeyItself(t *testing.T) {
	pem := "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB7mQxW2cVvR0pYt9sKfJ4hNnLz6\n-----END EC PRIVATE KEY-----"
	data := base64.StdEncoding.EncodeToString([]byte(pem + "\n"))
	config := "clusters:\n- {name: c, cluster: {server: \"https://h:6443\"}}\nusers:\n- {name: u, user: {client-key-data: " + data + "}}\n"
	s := slot(t, decode(t, ".kube/config", config, nil), clientele.PrivateKey)
	if s.Value.Reveal() != pem || s.Class != clientele.Obfuscated || !s.Dormant {
		t.Errorf("got %q, %s, dormant %v", s.Value.Reveal(), s.Class, s.Dormant)
	}
}

func TestABrokenKubeconfigIsAnError(t *testing.T) {
	for _, d := range cli.Decoders {
		if d.Name != "kubeconfig" {
			continue
		}
		src := "clusters: [\nusers: {\ncurrent-context: x\n"
		if _, err := d.Decode(clientele.File{Path: "home/.kube/config", Data: []byte(src)}); err == nil {
			t.Error("no error")
		}
		if _, err := d.Decode(clientele.File{Path: "README.md", Data: []byte(src)}); err != nil {
			t.Error(err)
		}
	}
}

func TestAnSSOCacheIsCalledByItsStartURL(t *testing.T) {
	src := `{"startUrl":"https://d-1.awsapps.com/start","accessToken":"t","expiresAt":"2031-01-01T00:00:00Z"}`
	if parts := decode(t, ".aws/sso/cache/6b1f9c0d2e3a4b5c6d7e8f90112233445566778a.json", src, nil); parts[0].Name != "d-1.awsapps.com" {
		t.Errorf("it is called %q", parts[0].Name)
	}
}

func TestThePublishedSecretOfGcloudIsNone(t *testing.T) {
	src := `{"type":"authorized_user","client_id":"764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com","client_secret":"d-FL95Q19q7MQmFpd7hHD0Ty","refresh_token":"1//x"}`
	slot(t, decode(t, "gcloud/application_default_credentials.json", src, nil), clientele.NotSecret)
	own := strings.Replace(src, "764086051850-", "123456789012-", 1)
	slot(t, decode(t, "gcloud/application_default_credentials.json", own, nil), clientele.ClientSecret)
}

func TestExpressionsDoNotEndABlock(t *testing.T) {
	src := "resource \"a\" \"b\" {\n  tags = merge(var.tags, {\n    Name = \"x\"\n  })\n  for = { for k, v in var.m : k => v }\n  password = \"p1\"\n}\n}\nlocals {\n  api_key = \"k1\"\n}\n"
	var got []string
	for _, p := range decode(t, "x/main.tf", src, nil) {
		for _, s := range p.Slots {
			got = append(got, strings.Join(s.Chain, " ")+" "+s.Name+"="+s.Value.Reveal())
		}
	}
	if want := "resource a b password=p1; locals api_key=k1"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}
