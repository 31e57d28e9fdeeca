package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/agent"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T) { codectest.Run(t, agent.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, agent.Decoders) }

func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, agent.Decoders, path, text)
}

func TestCommandLinesComeApart(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{`"--api-key","k1"`, "argument api-key=k1"},
		{`"--api-key=k1"`, "argument api-key=k1"},
		{`"--header","Authorization: Bearer k1"`, "header Authorization=Bearer k1"},
		{`"--header","Authorization:${T}"`, "header Authorization=${T}"},
		{`"-H","X-Key=k1"`, "header X-Key=k1"},
		{`"--verbose","operand"`, "argument argument=operand"},
		{`"mysql://u:p@h/d"`, "argument connection=mysql://u:p@h/d"},
		{`"KEY=value"`, "argument KEY=value"},
		{`"--flag","--other","x"`, "argument other=x"},
		{`"https://h/k1/sse"`, "url https://h/k1/sse"},
		{`"--config","{\"a\":\"b\"}"`, `text {"a":"b"}`},
		{`"--proxy","http://u:p@h:1"`, "proxy proxy=http://u:p@h:1"},
	} {
		parts := decode(t, "x.json", `{"mcpServers":{"s":{"command":"npx","args":["-y","pkg@1",`+c.args+`]}}}`)
		if len(parts) != 1 || parts[0].Format != "MCP server, stdio, npx pkg@1" {
			t.Fatalf("%s: %d parts", c.args, len(parts))
		}
		if got := first(parts[0]); got != c.want {
			t.Errorf("%s: got %s, want %s", c.args, got, c.want)
		}
	}
}

func first(p clientele.Part) string {
	switch {
	case len(p.Slots) > 0:
		return string(p.Slots[0].Place) + " " + p.Slots[0].Name + "=" + p.Slots[0].Value.Reveal()
	case len(p.Requests) > 0:
		return "url " + p.Requests[0].URL.Reveal()
	case len(p.Texts) > 0:
		return "text " + p.Texts[0].Text.Reveal()
	}
	return "nothing"
}

func TestPackagesAreFoundBehindTheirLaunchers(t *testing.T) {
	for words, want := range map[string]string{
		`"npx","-y","@a/b@2.1"`:                                "npx @a/b@2.1",
		`"C:\\node\\npx.cmd","-p","real","bin"`:                "npx real",
		`"cmd","/c","npx","-y","a"`:                            "npx a",
		`"uv","tool","run","--from","x==1","y"`:                "uv x==1",
		`"docker","run","-i","--rm","-e","A","-p","1:1","i:3"`: "docker i:3",
		`"docker","run","--env=A=b","i"`:                       "docker i",
		`"pnpm","dlx","a@next"`:                                "pnpm a@next",
		`"python3","-m","srv"`:                                 "python3 -m srv",
		`"env","A=b","npx","a"`:                                "",
	} {
		parts := decode(t, "opencode.json", `{"mcp":{"s":{"type":"stdio","command":[`+words+`]}}}`)
		if got := strings.TrimPrefix(strings.TrimPrefix(parts[0].Format, "MCP server, stdio"), ", "); got != want {
			t.Errorf("%s: got %q, want %q", words, got, want)
		}
	}
}

func TestBareFilesAreReadWhereTheProductAllowsThem(t *testing.T) {
	const bare = `{"s":{"command":"x","env":{"A_TOKEN":"b"}}}`
	if parts := decode(t, "plugin/.mcp.json", bare); len(parts) != 1 || parts[0].Bind.Key != "s" {
		t.Errorf("a bare .mcp.json gives %d parts", len(parts))
	}
	if parts := decode(t, "package.json", bare); parts != nil {
		t.Errorf("any other file gives %d parts", len(parts))
	}
}

func TestProjectsKeepServersOfOneNameApart(t *testing.T) {
	parts := decode(t, "home/u/.claude.json", `{"mcpServers":{"db":{"command":"a"}},
		"projects":{"/p":{"mcpServers":{"db":{"command":"b"}}},"/q":{"mcpServers":{"db":{"command":"c"}}}}}`)
	keys := map[string]bool{}
	for _, p := range parts {
		keys[p.Bind.Key] = true
	}
	if len(parts) != 3 || len(keys) != 3 {
		t.Errorf("got %d parts with keys %v", len(parts), keys)
	}
}

func TestApprovalsShowNoSecret(t *testing.T) {
	parts := decode(t, ".claude/settings.local.json", `{"permissions":{"allow":[
		"Bash(curl -H 'X-Key: s3cret' https://h)", "Bash(API_KEY=s3cret make)", "Bash(mysql -ps3cret)", "Bash(login s3cret)",
		"Bash(git push:*)", "Bash(*)", "Bash", "mcp__db", "mcp__db__query", "Edit(src/**)"]}}`)
	var got []string
	for _, a := range parts[0].Approvals {
		if strings.Contains(a.What, "s3cret") {
			t.Errorf("%q shows the secret", a.What)
		}
		if a.Broad {
			got = append(got, a.What)
		}
	}
	if want := "Bash(*) Bash mcp__db"; strings.Join(got, " ") != want {
		t.Errorf("broad are %q, want %s", got, want)
	}
	found := 0
	for _, x := range parts[0].Texts {
		found += strings.Count(x.Text.Reveal(), "s3cret")
	}
	if found != 4 {
		t.Errorf("%d of 4 secrets are in the commands to be parsed", found)
	}
}

func TestASwitchThatIsOffApprovesNothing(t *testing.T) {
	parts := decode(t, ".claude/settings.json", `{"enableAllProjectMcpServers":false,"permissions":{"defaultMode":"plan","allow":[]}}`)
	if len(parts) != 0 {
		t.Errorf("got %d parts", len(parts))
	}
}

func TestOtherProgramsSettingsAreLeftAlone(t *testing.T) {
	parts := decode(t, "Code/User/settings.json", `{"db.password":"x","sqltools.connections":[{"password":"y"}],"editor.token":"z"}`)
	if len(parts) != 0 {
		t.Errorf("got %d parts", len(parts))
	}
}

func TestATruncatedFileGivesWhatWasRead(t *testing.T) {
	d := agent.Decoders[0]
	parts, err := d.Decode(clientele.File{Path: ".mcp.json", Data: []byte(`{"mcpServers":{"a":{"url":"https://a"},"b":{"url":"https://b`)})
	if err == nil || len(parts) != 2 {
		t.Errorf("got %d parts and error %v", len(parts), err)
	}
}

func TestLongKeysNestedDeepTakeNoTime(t *testing.T) {
	deep := strings.Repeat(`{"`+strings.Repeat("k", 50_000)+`":`, 100)
	text := `{"mcpServers":{"s":{"command":"x"}},"a":` + deep + `{` + strings.Repeat(`"token":"x","allow":true,`, 2000) + `"z":1}` + strings.Repeat("}", 101)
	start := time.Now()
	decode(t, "x.json", text)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAnAccountIsNoSync(t *testing.T) {
	parts := decode(t, ".claude.json", `{"oauthAccount":{"emailAddress":"a@b.example","organizationUuid":"0d3c5b7a-9e8f-4a1b-8c2d-3e4f5a6b7c8d"},"primaryApiKey":"k"}`)
	for _, p := range parts {
		if len(p.Sync) > 0 || len(p.Owners) != 2 {
			t.Errorf("got %v and owners %v", p.Sync, p.Owners)
		}
	}
}

func TestAWildcardIsNoValue(t *testing.T) {
	parts := decode(t, ".claude/settings.json", `{"permissions":{"allow":["Bash(PGPASSWORD=* psql *)","Bash(curl --token=* --x=* h.example)","Bash(A_KEY=k1 psql *)"]}}`)
	var got []string
	for _, x := range parts[0].Texts {
		got = append(got, x.Text.Reveal())
	}
	if want := "psql * curl h.example A_KEY=k1 psql *"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
