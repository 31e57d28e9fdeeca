package settings

import "github.com/clientele/clientele"

var jvm = language{slashes: true, dollars: true, quotes: true, spaced: true}

// buildRows are the tools that build and test a program.
var buildRows = []row{
	{
		name: "gradle build", tool: "gradle", kind: clientele.CLI, read: readSource(jvm), strict: true,
		paths: []string{"*.gradle", "*.gradle.kts"},
		needs: "password credentials buildconfigfield apikey api_key token secret resvalue",
		fields: `**/storepassword:password **/keypassword:password **/keyalias:none **/storefile:- **/keystore:- **/username:user
			**/credentials/password:password **/password:password **/url:url **/uri:url **/implementation:- **/api:- **/id:-`,
	},
	{
		name: "sbt credentials", tool: "sbt", kind: clientele.CLI, read: readProperties, literal: true,
		paths:  []string{".sbt/.credentials", ".ivy2/.credentials", ".sbt/*credentials*", ".ivy2/*credentials*", ".sbt/*/.credentials"},
		is:     []string{"password", "pass"},
		fields: `realm:- host:host user:user username:user password:password pass:password`, scheme: "https",
	},
	{
		name: "sbt build", tool: "sbt", kind: clientele.CLI, read: readSource(language{slashes: true, quotes: true}), strict: true,
		paths: []string{"*.sbt"}, needs: "credentials( password token",
		fields: `**/host:host **/user:user **/password:password **/realm:-`, scheme: "https",
	},
	{
		name: "teamcity settings", tool: "teamcity", kind: clientele.CIJob, strict: true,
		read:  readSource(jvm),
		paths: []string{".teamcity/*.kts", ".teamcity/*/*.kts", ".teamcity/*/*/*.kts"},
		needs: "param password credentialsjson token secret",
		refs:  `^credentialsJSON:|^%[\w.:/! -]+%$`, sealed: `^zxx[0-9a-f]{8,}$`,
	},
	{
		name: "teamcity project", tool: "teamcity", kind: clientele.CIJob, read: readXML, strict: true,
		paths: []string{".teamcity/*.xml", ".teamcity/*/*.xml", ".teamcity/*/*/*.xml", "buildtypes/*.xml", "project-config.xml"},
		needs: "<param", refs: `^credentialsJSON:|^%[\w.:/! -]+%$`, sealed: `^zxx[0-9a-f]{8,}$`,
	},
	{
		name: "appveyor build", tool: "appveyor", kind: clientele.CIJob, read: readYAML, strict: true,
		paths:  []string{"appveyor.yml", ".appveyor.yml", "appveyor-*.yml", "appveyor.yaml"},
		fields: `**/install:command **/build_script:command **/test_script:command **/deploy_script:command **/ps:command **/cmd:command **/sh:command`,
	},
	{
		name: "cloud build", tool: "cloud-build", kind: clientele.CIJob, read: readYAML, strict: true,
		paths: []string{"cloudbuild.y*ml", "cloudbuild-*.y*ml", "cloudbuild.*.y*ml", "*.cloudbuild.y*ml", "cloudbuild.json", "cloudbuild/*.y*ml"},
		is:    []string{"steps"}, fields: `steps/*/name:- steps/*/id:- steps/*/secretenv:-`,
	},
	{
		name: "go environment", tool: "go", kind: clientele.CLI, read: readEnv, literal: true,
		paths:  []string{"go/env", "go/go.env"},
		fields: `goproxy:url gosumdb:named goprivate:- gonoproxy:- gonosumdb:- goflags:named goauth:named`,
	},
}
