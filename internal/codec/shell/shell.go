// Package shell decodes what people write for shells and for the two commands that every
// shell has: scripts, rc files, recipes of Makefiles and their like, Dockerfiles, histories,
// and the configuration of curl and wget with the .netrc they share.
//
// What a command means is package command's business; here it is told where commands stand
// in each kind of file. Formats are those of the manuals: bash(1) and zsh(1) on HISTORY,
// fish-doc "history", about_PSReadLine, curl(1) -K, netrc(5) and
// everything.curl.dev/usingcurl/netrc, gnu.org/software/wget "Wgetrc Commands",
// gnu.org/software/make, docs.docker.com/reference/dockerfile, just.systems/man and
// taskfile.dev.
package shell

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
)

// Decoders are the decoders of this package.
var Decoders = []clientele.Decoder{
	{
		Name: "shell script",
		Paths: []string{
			"*.sh", "*.bash", "*.zsh", "*.ksh", "*.fish", "*.command", ".bashrc", ".bash_profile", ".bash_login",
			".bash_logout", ".bash_aliases", ".bash_exports", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
			".kshrc", ".xprofile", ".envrc", ".aliases", ".exports", ".functions", ".cshrc", ".tcshrc",
		},
		Marks: []string{
			"#!/bin/bash", "#!/bin/sh", "#!/bin/zsh", "#!/bin/ksh", "#! /bin/sh", "#! /bin/bash", "#!/usr/bin/bash",
			"#!/usr/bin/zsh", "#!/usr/bin/env bash", "#!/usr/bin/env sh", "#!/usr/bin/env zsh", "#!/usr/local/bin/bash",
		},
		Decode: decodeScript,
	},
	{Name: "windows script", Paths: []string{"*.ps1", "*.psm1", "*.bat", "*.cmd"}, Decode: decodeWindows},
	{Name: "makefile", Paths: []string{"makefile", "gnumakefile", "*.mk", "makefile.*"}, Decode: decodeMakefile},
	{Name: "justfile", Paths: []string{"justfile", ".justfile", "*.just"}, Decode: decodeJustfile},
	{Name: "taskfile", Paths: []string{"taskfile.yml", "taskfile.yaml", "taskfile.dist.yml", "taskfile.dist.yaml"}, Decode: decodeTaskfile},
	{Name: "dockerfile", Paths: []string{"dockerfile", "dockerfile.*", "*.dockerfile", "containerfile"}, Decode: decodeDockerfile},
	{
		Name: "shell history",
		Paths: []string{
			".bash_history", ".zsh_history", ".zhistory", ".histfile", ".sh_history", ".ash_history", ".history",
			"fish_history", "*host_history.txt", ".bash_history-*", ".zsh_history.*",
		},
		Decode: decodeHistory,
	},
	{
		Name: "interpreter history",
		Paths: []string{
			".python_history", ".node_repl_history", ".ts_node_repl_history", ".irb_history", ".pry_history",
			".php_history", ".psysh_history", ".rhistory", ".scala_history", "jshell_history", "repl_history.jl",
		},
		Decode: decodeInterpreter,
	},
	{Name: "curl configuration", Paths: []string{".curlrc", "curlrc", "_curlrc"}, Decode: decodeCurlrc},
	{Name: "netrc", Paths: []string{".netrc", "_netrc", "netrc", "*.netrc"}, Decode: decodeNetrc},
	{Name: "wget configuration", Paths: []string{".wgetrc", "wgetrc", ".wget2rc", "wget2rc"}, Decode: decodeWgetrc},
}

// script is the part of a file of commands, which is one client.
func script(f clientele.File, tool clientele.Tool, format string) clientele.Part {
	return clientele.Part{
		Tool: tool, Kind: clientele.Script, Format: format, Name: path.Base(f.Path), Line: 1, Syntax: clientele.SyntaxShell,
	}
}

// clients gives the part, if it calls a client or holds a value worth a look.
func clients(p clientele.Part) ([]clientele.Part, error) {
	if !command.Worth(p) {
		return nil, nil
	}
	return []clientele.Part{p}, nil
}

// decodeScript reads shell scripts and rc files.
func decodeScript(f clientele.File) ([]clientele.Part, error) {
	first, _, _ := bytes.Cut(f.Data, []byte("\n"))
	if bytes.IndexByte(f.Data[:min(len(f.Data), 1024)], 0) >= 0 || !isScript(path.Base(f.Path), string(first)) {
		return nil, nil
	}
	p := script(f, "shell", "script")
	if strings.HasPrefix(p.Name, ".") {
		p.Format = "rc file"
	}
	command.Add(&p, command.Read(string(f.Data), 1))
	return clients(p)
}

// isScript holds for files named so, and for those whose first line names a shell: a mark
// may stand anywhere.
func isScript(base, first string) bool {
	switch path.Ext(base) {
	case ".sh", ".bash", ".zsh", ".ksh", ".fish", ".command":
		return !strings.HasPrefix(first, "#!") || shebang.MatchString(first)
	}
	return strings.HasPrefix(base, ".") && !strings.HasPrefix(first, "#!") && path.Ext(base[1:]) == "" ||
		shebang.MatchString(first)
}

var shebang = regexp.MustCompile(`^#! ?/(usr/)?(local/)?bin/(env (-S )?)?(ba|z|k|da|a|fi|mk)?sh\b`)

// decodeWindows reads the lines of PowerShell and batch files that are understood.
func decodeWindows(f clientele.File) ([]clientele.Part, error) {
	tool, format := clientele.Tool("powershell"), "script"
	if e := strings.ToLower(path.Ext(f.Path)); e == ".bat" || e == ".cmd" {
		tool, format = "cmd", "batch file"
	}
	p := script(f, tool, format)
	read := command.Read(withoutRemarks(string(f.Data), tool == "cmd"), 1)
	read.Texts = keep(read.Texts, func(t clientele.Text) bool { return t.Place != clientele.InScript })
	command.Add(&p, read)
	return clients(p)
}

// withoutRemarks empties comment lines, whose apostrophes would open quotes, and takes the @
// off commands of a batch file.
func withoutRemarks(src string, batch bool) string {
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		t := strings.ToLower(strings.TrimSpace(l))
		switch {
		case batch && (strings.HasPrefix(t, "rem ") || strings.HasPrefix(t, "::") || t == "rem"):
			lines[i] = ""
		case batch && strings.HasPrefix(t, "@"):
			lines[i] = strings.TrimPrefix(strings.TrimSpace(l), "@")
		}
	}
	return strings.Join(lines, "\n")
}

func keep[T any](all []T, f func(T) bool) []T {
	var some []T
	for _, x := range all {
		if f(x) {
			some = append(some, x)
		}
	}
	return some
}
