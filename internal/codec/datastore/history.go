package datastore

import (
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

var historyTools = map[string]clientele.Tool{
	".psql_history": "psql", ".mysql_history": "mysql", ".rediscli_history": "redis-cli",
	"mongosh_repl_history": "mongosh", ".dbshell": "mongo", "cqlsh_history": "cqlsh", ".sqlite_history": "sqlite",
	".clickhouse-client-history": "clickhouse", ".influx_history": "influx",
}

var historyPaths = []string{
	".psql_history*", ".mysql_history", ".rediscli_history", "mongosh_repl_history", ".dbshell", "cqlsh_history",
	".sqlite_history", ".clickhouse-client-history", ".influx_history",
}

// statements are the ways in which the shells take a password; the first group is it.
var statements = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bidentified\s+(?:with\s+\S+\s+)?by\s+(?:password\s+)?'((?:[^'\\]|''|\\.){1,512})'`),
	regexp.MustCompile(`(?i)\bpassword\s*(?:=|\bto\b)?\s*(?:password\s*\(\s*)?'((?:[^'\\]|''|\\.){1,512})'`),
	regexp.MustCompile(`(?i)^\s*auth\s+(?:\S+\s+)?"?([^\s"]{1,512})"?\s*$`),
	regexp.MustCompile(`(?i)\b(?:requirepass|masterauth)\s+"?([^\s"]{1,512})`),
	regexp.MustCompile(`(?i)\bacl\s+setuser\b[^>]{0,200}>(\S{1,512})`),
	regexp.MustCompile(`\bdb\.auth\(\s*['"][^'"]{0,200}['"]\s*,\s*['"]([^'"]{1,512})['"]`),
	regexp.MustCompile(`\bpwd['"]?\s*:\s*['"]([^'"]{1,512})['"]`),
}

// decodeHistory reads what was typed into a database's shell. A line in which a password is
// set is taken apart; the rest is text.
func decodeHistory(f clientele.File) ([]clientele.Part, error) {
	base := strings.ToLower(path.Base(f.Path))
	tool := historyTools[base]
	if tool == "" {
		tool = "psql" // .psql_history-<database>
	}
	p := clientele.Part{
		Tool: tool, Kind: clientele.DataStoreClient, Format: "shell history", Name: string(tool) + " history", Line: 1,
		Bind: clientele.Bind{Key: "history"},
	}
	for i, line := range strings.Split(string(f.Data), "\n") {
		line = historyLine(strings.TrimSuffix(line, "\r"))
		if strings.TrimSpace(line) == "" || i > 100_000 {
			continue
		}
		passwords := passwordsIn(line)
		for _, v := range passwords {
			p.Slots = append(p.Slots, clientele.Slot{
				Place: clientele.InHistory, Role: clientele.Password, Name: "password", Chain: []string{"history"},
				Value: clientele.Secret(v), Line: i + 1, Recorded: true,
			})
		}
		if passwords == nil {
			p.Texts = append(p.Texts, clientele.Text{
				Place: clientele.InHistory, Chain: []string{"history"}, Text: clientele.Secret(line), Line: i + 1, Recorded: true,
			})
		}
	}
	if p.Slots == nil && p.Texts == nil {
		return nil, nil
	}
	return []clientele.Part{p}, nil
}

func passwordsIn(line string) []string {
	if len(line) > 1<<16 {
		return nil
	}
	var all []string
	for _, re := range statements {
		for _, m := range re.FindAllStringSubmatch(line, 20) {
			if v := strings.ReplaceAll(m[1], "''", "'"); len(all) == 0 || all[len(all)-1] != v {
				all = append(all, v)
			}
		}
	}
	return all
}

// historyLine undoes libedit's writing of blanks as \040.
func historyLine(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(s)
}
