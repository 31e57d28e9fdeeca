package shell

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// setting is the part of a tool's own configuration file.
func setting(f clientele.File, tool clientele.Tool) clientele.Part {
	p := script(f, tool, "configuration")
	p.Kind, p.Syntax = clientele.CLI, clientele.SyntaxNone
	return p
}

func decodeCurlrc(f clientele.File) ([]clientele.Part, error) {
	p := setting(f, "curl")
	command.Add(&p, command.Curlrc(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), 1))
	return clients(p)
}

// decodeWgetrc reads name = value lines. Each command is an option of wget; dashes,
// underlines and case do not matter in its name.
func decodeWgetrc(f clientele.File) ([]clientele.Part, error) {
	argv := []command.Word{{Text: "wget", Line: 1}}
	for _, n := range doc.Properties(f.Data).Fields() {
		name := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(n.Key))
		option, known := wgetCommands[name]
		if !known || n.Text == "" {
			continue
		}
		argv = append(argv, command.Word{Text: "--" + option + "=" + n.Text, Line: n.Line})
	}
	if len(argv) == 1 {
		return nil, nil
	}
	p := setting(f, "wget")
	command.Add(&p, command.Words(argv))
	return clients(p)
}

// wgetCommands are the options that a .wgetrc's commands stand for, those that matter here.
var wgetCommands = map[string]string{
	"user": "user", "password": "password", "httpuser": "http-user", "httppassword": "http-password",
	"httppasswd": "http-password", "ftpuser": "ftp-user", "login": "ftp-user", "ftppassword": "ftp-password", "passwd": "ftp-password",
	"ftppasswd": "ftp-password", "proxyuser": "proxy-user", "proxypassword": "proxy-password", "proxypasswd": "proxy-password",
	"header": "header", "httpproxy": "http-proxy", "httpsproxy": "https-proxy", "ftpproxy": "ftp-proxy", "postdata": "post-data",
	"loadcookies": "load-cookies", "savecookies": "save-cookies",
}
