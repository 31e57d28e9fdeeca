// Package settings decodes the settings of build tools, deployment tools and small clients:
// the files in which a program's passwords stand among a hundred harmless options.
//
// Every format is read into one kind of tree (tree.go for what is JSON, YAML, TOML, INI or
// XML by its grammar, lines.go for files of lines, source.go for programs, of which only the
// literals are read), and one engine (client.go) walks it. A row of a table says what a
// format's fields mean where their names alone do not:
//
//	build.go    gradle, sbt, TeamCity, AppVeyor, Cloud Build, Go
//	deploy.go   ansible, helm, CloudFormation, serverless, kustomize, Fly, Render, Vercel …
//	data.go     sequelize, knex, Prisma, Liquibase, Flyway, Alembic, pgcli, pgAdmin …
//	small.go    SFTP, OpenVPN, WireGuard, msmtp, Mercurial, Subversion, cookie jars …
//	code.go     WordPress, Django, Jupyter
//
// Most fields are handed on with their name and nothing else, as the scanner judges names.
// What a tool keeps elsewhere (!Ref, valueFrom, env("X"), os.environ/X) counts as a
// reference by its structure; what it seals (secure:, $ANSIBLE_VAULT) as encrypted.
//
// Sources: the documentation of each tool (docs.gradle.org, docs.ansible.com, helm.sh,
// AWS CloudFormation and Serverless Framework user guides, render.com/docs/blueprint-spec,
// appveyor.com/docs, cloud.google.com/build, prisma.io, knexjs.org, documentation.red-gate.com,
// pgbouncer.org, pgadmin.org, marlam.de/msmtp, openvpn(8), wg-quick(8), hgrc(5), Subversion's
// svn_auth.h, curl.se/docs/http-cookies.html) and files found in public repositories.
package settings

import (
	"slices"

	"github.com/clientele/clientele"
)

// Decoders are the decoders of the package.
var Decoders = decoders()

func decoders() []clientele.Decoder {
	all := []clientele.Decoder{{Name: "cookie jar", Marks: []string{"# Netscape HTTP Cookie File", "# HTTP Cookie File"}, Decode: decodeCookies}}
	for _, r := range slices.Concat(buildRows, deployRows, dataRows, smallRows, codeRows) {
		all = append(all, r.decoder())
	}
	return all
}
