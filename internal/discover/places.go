package discover

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// knownPlaces are folders of a home that hold what API clients keep, slash-separated. The
// plain files of the home folder itself are read as well.
var knownPlaces = []string{
	// cloud and command-line tools
	".aws", ".azure", ".config/gcloud", ".kube", ".docker", ".config/containers", ".config/gh", ".config/glab-cli", ".config/git", ".ssh", ".m2", ".gradle", ".cargo", ".nuget", ".microsoft/usersecrets",
	".config/helm", ".config/argocd", ".terraform.d", ".pulumi", ".config/op", ".doppler", ".infisical", ".config/doctl", ".config/hcloud", ".oci", ".bluemix", ".config/scw", ".aliyun", ".tccli", ".fly", ".render", ".railway",
	".config/netlify", ".local/share/com.vercel.cli", ".config/configstore", ".supabase", ".config/.wrangler", ".wrangler", ".cloudflared", ".config/stripe", ".twilio-cli", ".newrelic", ".circleci", ".config/.jira", ".sfdx", ".sf", ".config/ngrok", ".ngrok2",
	".kaggle", ".cache/huggingface", ".config/rclone", ".mc", ".config/filezilla", ".config/pypoetry", ".config/pip", ".pip", ".config/uv", ".local/share/uv", ".gem", ".bundle", ".hex", ".config/composer", ".composer", ".ivy2", ".sbt", ".tsh", ".config/sops", ".azd", ".IdentityService",
	// API clients
	".config/Postman", "Postman", ".postman", ".config/Insomnia", ".config/insomnia", ".config/bruno", ".config/httpie", ".httpie", ".config/HTTPie", ".config/hoppscotch", ".config/io.hoppscotch.desktop", ".local/share/io.hoppscotch.desktop", ".local/share/app.yaak.desktop", ".config/Kreya",
	".rest-client", ".cache/rest-client", ".config/k6", ".config/loadimpact", ".config/rover", ".config/altair", "snap/postman", "snap/insomnia", ".var/app/com.getpostman.Postman", ".var/app/rest.insomnia.Insomnia", ".var/app/com.usebruno.Bruno",
	// data-store clients
	".dbeaver", ".local/share/DBeaverData", ".pgadmin", ".config/pgadmin", ".config/MongoDB Compass", ".mongodb", ".redis-insight", ".redisinsight-app", ".dbtools", ".snowflake", ".config/snowflake", ".snowsql", ".databricks", ".dbt", ".clickhouse-client", ".cassandra", ".mysql", ".influxdbv2", ".config/beekeeper-studio", ".config/JetBrains",
	// AI agents and editors
	".claude", ".config/Claude", ".cursor", ".codeium", ".codex", ".gemini", ".config/goose", ".continue", ".cline", ".copilot", ".config/github-copilot", ".mcp-auth", ".config/zed", ".kiro", ".junie", ".config/opencode", ".config/crush", ".lmstudio", ".aws/amazonq", ".roo",
	".config/Code/User", ".config/Cursor/User", ".config/Code - Insiders/User", ".config/VSCodium/User", ".vscode-server/data/User", ".config/Windsurf/User",
	// macOS
	"Library/Application Support/Postman", "Library/Application Support/Insomnia", "Library/Application Support/bruno", "Library/Application Support/HTTPie", "Library/Application Support/io.hoppscotch.desktop", "Library/Application Support/app.yaak.desktop",
	"Library/Application Support/Code/User", "Library/Application Support/Cursor/User", "Library/Application Support/Claude", "Library/Application Support/MongoDB Compass", "Library/Application Support/com.tinyapp.TablePlus", "Library/DBeaverData", "Library/Preferences/netlify",
	// Windows
	"AppData/Roaming/Postman", "AppData/Roaming/Insomnia", "AppData/Roaming/bruno", "AppData/Roaming/httpie", "AppData/Roaming/HTTPie", "AppData/Roaming/gcloud", "AppData/Roaming/GitHub CLI", "AppData/Roaming/Claude", "AppData/Roaming/Code/User", "AppData/Roaming/Cursor/User",
	"AppData/Roaming/MongoDB Compass", "AppData/Roaming/DBeaverData", "AppData/Roaming/pgAdmin", "AppData/Roaming/postgresql", "AppData/Roaming/MySQL", "AppData/Roaming/TablePlus", "AppData/Roaming/Microsoft/UserSecrets", "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine", "AppData/Roaming/Block/goose",
}

// browserPlaces are added when browser profiles are to be read.
var browserPlaces = []string{
	".config/google-chrome", ".config/chromium", ".config/microsoft-edge", ".config/BraveSoftware", ".mozilla/firefox",
	"Library/Application Support/Google/Chrome", "Library/Application Support/Microsoft Edge", "Library/Application Support/Firefox",
	"AppData/Local/Google/Chrome/User Data", "AppData/Local/Microsoft/Edge/User Data", "AppData/Roaming/Mozilla/Firefox",
}

// maxHomeFile is the size up to which a plain file of the home folder is taken for
// settings; histories are larger.
const maxHomeFile = 64 << 20

// HomePlaces lists what a scan without a path reads of a home folder: the places where tools
// are known to keep what they need, as far as they exist, and the plain files whose names
// begin with a dot.
func HomePlaces(home string, browser bool) []string {
	var all []string
	places := knownPlaces
	if browser {
		places = append(places[:len(places):len(places)], browserPlaces...)
	}
	for _, p := range places {
		full := filepath.Join(home, filepath.FromSlash(p))
		if info := atHome(home, full); info != nil && info.IsDir() {
			all = append(all, full)
		}
	}
	entries, _ := os.ReadDir(home)
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") {
			continue
		}
		full := filepath.Join(home, e.Name())
		if info := atHome(home, full); info != nil && info.Mode().IsRegular() && info.Size() <= maxHomeFile {
			all = append(all, full)
		}
	}
	sort.Strings(all)
	return outermost(all)
}

// atHome is what lies at a path. A link counts if it leads to another place of the same
// home, as those of dotfile managers do.
func atHome(home, full string) fs.FileInfo {
	info, err := os.Lstat(full)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return info
	}
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return nil
	}
	if home, err = filepath.EvalSymlinks(home); err != nil || !within(slashed(real), slashed(home)) {
		return nil
	}
	info, _ = os.Stat(real)
	return info
}

// outermost drops paths that lie below another of the list.
func outermost(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(p string) bool {
		return slices.ContainsFunc(list, func(o string) bool { return o != p && within(slashed(p), slashed(o)) })
	})
}
