// Package postman reads what Postman and its runner Newman leave on a disk: collections of
// format v1, v2.0 and v2.1, environments and globals, all of them also as Postman's API
// wraps them; data dumps in both forms; the file tree of Native Git (format v3); the link
// files of three generations in .postman; Newman's settings, reports and lists of client
// certificates; and the session of Postman's command-line tool.
//
// Sources: the schemas at schema.getpostman.com/json/collection; the code of
// github.com/postmanlabs/postman-collection, postman-collection-transformer,
// postman-runtime and newman; the manual at learning.postman.com (data dumps, Native Git,
// Postman CLI); and public repositories for what the manual leaves open, such as
// .postman/resources.yaml and the files of format v3.
//
// Values are written in Postman's own grammar: {{name}}, {{$guid}}, {{vault:name}}. Masking
// by type "secret" is a matter of display only: exports carry the value in clear.
package postman

import (
	"bytes"

	"github.com/clientele/clientele"
)

const tool clientele.Tool = "postman"

// Decoders are the readers of this package. What a JSON file is follows from its content,
// not from its name, so one decoder stands for all exports.
var Decoders = []clientele.Decoder{
	{
		Name: "postman export",
		Paths: []string{
			"*.postman_collection*", "*.postman_environment*",
			"*.postman_globals*", "*.postman_dump*", "*environment*.json", "*.globals.json",
			"archive.json",
			// The objects of a data dump are named for their ids.
			"????????-????-????-????-????????????.json",
			"*-????????-????-????-????-????????????.json",
		},
		Marks: []string{
			"schema.getpostman.com", "schema.postman.com", "_postman_id", "_postman_variable_scope",
			`"currentHelper"`, `"rawModeData"`, `"headerPresets"`,
			`"values": [`, `"values":[`, // an environment that says no more of itself, see bare
		},
		Decode: decodeExport,
	},
	{
		Name: "postman tree",
		Paths: []string{
			"*.request.y*ml", "*.example.y*ml", "*.message.y*ml", ".resources/definition.y*ml",
			"*.environment.y*ml", "*.globals.y*ml",
			"postman/environments/*.y*ml", "postman/globals/*.y*ml",
		},
		Marks:  treeMarks,
		Decode: decodeTree,
	},
	{
		Name:   "postman link",
		Paths:  []string{".postman/resources.y*ml", ".postman/config.json", ".postman/api", ".postman/api_*"},
		Decode: decodeLink,
	},
	{
		Name:   "newman settings",
		Paths:  []string{".newmanrc", ".postman/newmanrc", "postman/newmanrc"},
		Decode: decodeNewman,
	},
	{
		Name:   "newman client certificates",
		Paths:  []string{"*cert*.json", "*ssl*.json"},
		Decode: decodeCertificates,
	},
	{
		Name:   "postman session",
		Paths:  []string{".postman/postmanrc"},
		Decode: decodeSession,
	},
}

// begins reports whether the first byte that is no white space is c.
func begins(data []byte, c byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == c
}

// holdsAny reports whether one of the texts stands in data.
func holdsAny(data []byte, texts ...string) bool {
	for _, t := range texts {
		if bytes.Contains(data, []byte(t)) {
			return true
		}
	}
	return false
}
