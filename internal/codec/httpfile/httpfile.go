// Package httpfile reads .http and .rest files and what their tools keep beside them.
//
// Five tools share the extension: REST Client for VS Code, the HTTP Client of the JetBrains
// IDEs with its command line ijhttp, Visual Studio, httpYac and Kulala for Neovim. They
// agree on requests, separators and file variables, and differ in scripts, forms of the
// Authorization header and environment files; one file is often meant for several of them,
// so it is read as the union of the dialects and not told apart.
//
// All files of a folder are one client of the tool "http-file": .http files are members of
// it, environment files and settings supply variables to it.
//
// Sources: github.com/Huachao/vscode-restclient (README and src/utils),
// jetbrains.com/help/idea/http-client-in-product-code-editor.html and its page on OAuth 2.0,
// learn.microsoft.com/aspnet/core/test/http-files, httpyac.github.io (guide, config),
// neovim.getkulala.net (usage).
package httpfile

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
)

const tool clientele.Tool = "http-file"

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{
		Name:   "http file",
		Paths:  []string{"*.http", "*.rest"},
		Decode: decodeRequests,
	},
	{
		Name:   "http environment",
		Paths:  []string{"http-client*.env.json*"},
		Decode: decodeEnvironments,
	},
	{
		Name: "rest client settings",
		Marks: []string{
			"rest-client.environmentVariables", "rest-client.certificates", "rest-client.defaultHeaders",
			"httpyac.environmentVariables", "httpyac.clientCertificates", "httpyac.defaultHeaders",
		},
		Decode: decodeSettings,
	},
	{
		Name:   "httpyac config",
		Paths:  []string{".httpyac.json", "httpyac.config.json"},
		Marks:  []string{`"httpyac": {`},
		Decode: decodeHTTPYac,
	},
	{
		Name:   "httpyac script",
		Paths:  []string{".httpyac.js", ".httpyac.cjs", "httpyac.config.js", "httpyac.config.cjs"},
		Decode: decodeHTTPYacScript,
	},
	{
		Name:   "rest client history",
		Paths:  []string{".rest-client/history.json", "rest-client/history.json"},
		Decode: decodeHistory,
	},
	{
		Name:   "rest client cookies",
		Paths:  []string{".rest-client/cookie.json", "rest-client/cookie.json"},
		Decode: decodeCookies,
	},
	{
		Name:   "jetbrains http cookies",
		Paths:  []string{"http-client.cookies"},
		Decode: decodeJetBrainsCookies,
	},
	{
		Name: "jetbrains http response",
		Paths: []string{
			"httpRequests/*.json", "httpRequests/*.txt", "httpRequests/*.html", "httpRequests/*.xml",
		},
		Decode: decodeJetBrainsResponse,
	},
}

// newPart begins a part of a file.
func newPart(f clientele.File, format string, bind clientele.BindAs) clientele.Part {
	return clientele.Part{
		Tool: tool, Kind: clientele.APIClient, Format: format, Name: folderName(f.Path), Line: 1,
		Syntax: clientele.SyntaxHTTPFile, Bind: clientele.Bind{As: bind},
	}
}

// folderName is what a person calls the files of a folder: the folder, but none that is
// hidden, or for a file that lies in none, the file.
func folderName(name string) string {
	dir := path.Dir(name)
	for len(path.Base(dir)) > 1 && strings.HasPrefix(path.Base(dir), ".") {
		dir = path.Dir(dir)
	}
	if dir := path.Base(dir); dir != "." && dir != "/" {
		return dir
	}
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

// sealed reports whether git-crypt has the file locked. There is nothing to read in it then.
func sealed(data []byte) bool { return bytes.HasPrefix(data, []byte("\x00GITCRYPT\x00")) }

// below is chain with more names after it, in an array of its own.
func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
