package cli

import "github.com/clientele/clientele"

// forgeRows are the CLIs of code hosts and the clients of package registries.
var forgeRows = []row{
	{
		name: "glab config", tool: "glab", read: readYAML, paths: []string{"glab-cli/config.yml", "glab-cli/config.yaml"},
		is: []string{"hosts"}, each: []string{"hosts/*"}, keyIs: "host",
		fields: `token:token job_token:token oauth2_refresh_token:refresh_token oauth2_expiry_date:expires user:login username:login
			client_id:none api_host:- *protocol:- is_oauth2:- use_keyring:- container_registry_domains:- custom_headers/*/value:named
			custom_headers/*/valuefromenv:ref custom_headers/*/name:- client_key:ref client_cert:- ca_cert:- subfolder:- *:rest`,
	},
	{
		name: "tea config", tool: "tea", read: readYAML, paths: []string{"tea/config.yml"}, each: []string{"logins/*"}, key: "name",
		fields: `name:- url:url token:token refresh_token:refresh_token token_expiry:expires user:login ssh_key:ref
			ssh_passphrase:passphrase ssh_*:- default:- insecure:- created:- version_check:-`,
	},
	{
		name: "hub config", tool: "hub", read: readYAML, paths: []string{".config/hub"}, each: []string{"*/*"}, keyIs: "host",
		fields: `user:login oauth_token:token protocol:-`,
	},
	{
		name: "yarn berry config", tool: "yarn", read: readYAML, paths: []string{".yarnrc.yml", ".yarnrc.yaml"},
		each: []string{"", "npmregistries/*", "npmscopes/*"}, keyIs: "registry",
		fields: `npmauthtoken:token npmauthident:ident npmregistryserver:url npmpublishregistry:url httpproxy:proxy
			httpsproxy:proxy httpskeyfilepath:ref networksettings/*/http*proxy:proxy networksettings/*/httpskeyfilepath:ref
			npmregistries:- npmscopes:- **/*:-`,
		place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "bun config", tool: "bun", read: readTOML, paths: []string{"bunfig.toml", ".bunfig.toml"},
		each:   []string{"install/registry", "install/scopes/*"},
		fields: `.:url url:url token:token username:username password:password`,
		place:  clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "pypirc", tool: "twine", read: readINI, paths: []string{".pypirc", "pypirc"}, each: []string{"*"},
		fields: `repository:url username:username password:password index-servers:- ca_cert:- client_cert:ref`,
		place:  clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "pip config", tool: "pip", read: readINI, paths: []string{"pip.conf", "pip.ini"}, scheme: "basic",
		fields: `*/index-url:url */extra-index-url:urls */index:url */find-links:urls */proxy:proxy */client-cert:ref
			*/trusted-host:- */cert:- */timeout:- */*:-`,
		place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "poetry credentials", tool: "poetry", read: readTOML, paths: []string{"pypoetry/auth.toml"},
		each: []string{"http-basic/*", "pypi-token/*"}, fields: `.:token username:username password:password`,
	},
	{
		name: "uv credentials", tool: "uv", read: readTOML, paths: []string{"uv/credentials/credentials.toml", "uv/credentials.toml"},
		each: []string{"credential/*"}, key: "service", fields: `service:host username:username password:password token:token scheme:-`,
	},
	{
		name: "python package indexes", tool: "pip", read: readTOML, paths: []string{"pyproject.toml", "uv.toml", "pipfile"}, scheme: "basic",
		fields: `tool/uv/index/*/url:url tool/uv/index-url:url tool/uv/extra-index-url:urls tool/uv/find-links:urls
			tool/poetry/source/*/url:url tool/pdm/source/*/url:url tool/pdm/source/*/password:password
			tool/pdm/source/*/username:username source/*/url:url index/*/url:url index-url:url extra-index-url:urls **/*:-`,
		strict: true, place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "conda config", tool: "conda", read: readYAML, paths: []string{".condarc", "condarc", ".mambarc"}, scheme: "basic",
		fields: `channel_alias:url channels:url default_channels:url custom_channels/*:url custom_multichannels/*:url
			custom_multichannels/*/*:url migrated_channel_aliases:url allowlist_channels:url whitelist_channels:url
			proxy_servers/*:proxy client_ssl_cert_key:ref anaconda_upload:- **/*:-`,
		strict: true, place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "cargo credentials", tool: "cargo", read: readTOML,
		paths: []string{".cargo/credentials.toml", ".cargo/credentials", ".cargo/config.toml", ".cargo/config"},
		each:  []string{"", "registry", "registries/*"},
		fields: `token:token secret-key:private_key secret-key-subject:who credential-provider:ref index:url http/proxy:proxy
			source/*/registry:url net/*:- env/*:rest env/*/value:rest global-credential-providers:- default:- protocol:- **/*:-`,
		place: clientele.InSetting,
	},
	{
		name: "gradle and signing properties", tool: "gradle", read: readProperties,
		paths: []string{"gradle.properties", "keystore.properties", "key.properties", "signing.properties", "local.properties"},
		fields: `org.gradle.jvmargs:- org.gradle.java.home:- *dir:- sdk.*:- *keyringfile:ref *storefile:ref *file:rest *pass*:named *pwd*:named
			*token*:named *secret*:named *credential*:named *apikey*:named *api.key*:named *api_key*:named *auth*:named
			*accesskey*:named *keyid*:rest *user*:rest *url*:rest *key:named *:-`,
		strict: true, place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "sonar properties", tool: "sonar-scanner", read: readProperties, scheme: "bearer",
		paths:  []string{"sonar-project.properties", "sonar-scanner.properties"},
		fields: `sonar.token:token sonar.login:credential sonar.password:password sonar.host.url:url sonar.*.password:password sonar.organization:- *:-`,
		strict: true, place: clientele.InSetting, syntax: clientele.SyntaxShell,
	},
	{
		name: "ivy credentials", tool: "sbt", read: readProperties, paths: []string{".credentials", ".sbt/credentials", ".ivy2/credentials"},
		is: []string{"password"}, fields: `realm:- host:host user:username username:username password:password`,
	},
	{
		name: "coursier credentials", tool: "coursier", read: readProperties, paths: []string{"coursier/credentials.properties"},
		fields: `*.username:username *.password:password *.host:host *.realm:- *:-`,
	},
	{
		name: "dotnet user secrets", tool: "dotnet", read: readJSON,
		paths:  []string{"usersecrets/*/secrets.json"},
		fields: `connectionstrings/*:dsn connectionstrings?*:dsn **/*:named`,
		place:  clientele.InSetting,
	},
	{
		name: "composer auth", tool: "composer", read: readJSON, paths: []string{"auth.json"},
		is:   []string{"http-basic", "github-oauth", "gitlab-oauth", "gitlab-token", "bitbucket-oauth", "bearer", "forgejo-token", "custom-headers", "client-certificate"},
		each: []string{"http-basic/*", "github-oauth/*", "gitlab-oauth/*", "gitlab-token/*", "bitbucket-oauth/*", "bearer/*", "forgejo-token/*", "client-certificate/*"}, keyIs: "host",
		fields: composerFields,
	},
	{
		name: "composer auth headers", tool: "composer", read: readJSON, paths: []string{"auth.json"}, is: []string{"custom-headers"},
		fields: `custom-headers/*:header_row **/*:-`, strict: true,
	},
	{
		name: "composer config", tool: "composer", read: readJSON, paths: []string{"composer.json", "composer/config.json", ".composer/config.json"},
		is: []string{"config", "repositories"},
		each: []string{
			"config/http-basic/*", "config/github-oauth/*", "config/gitlab-oauth/*", "config/gitlab-token/*",
			"config/bitbucket-oauth/*", "config/bearer/*", "repositories/*",
		},
		fields: composerFields + ` url:url options/http/header:header_row **/*:-`, place: clientele.InSetting,
	},
	{
		name: "gem credentials", tool: "gem", read: readYAML, paths: []string{".gem/credentials", "gem/credentials"}, each: []string{"*"}, trim: ":",
		fields: `.:credential`,
	},
	{
		name: "bundler config", tool: "bundle", read: readYAML, paths: []string{".bundle/config"}, each: []string{"bundle_*__*"}, trim: "BUNDLE_",
		fields: `.:bundled`, place: clientele.InSetting,
	},
	{
		name: "jfrog config", tool: "jf", read: readJSON, paths: []string{".jfrog/jfrog-cli.conf*"}, each: []string{"servers/*"}, key: "serverid",
		fields: `serverid:- url:url artifactoryurl:- user:login password:password accesstoken:token refreshtoken:refresh_token
			artifactoryrefreshtoken:refresh_token apikey:api_key sshpassphrase:passphrase sshkeypath:ref clientcertkeypath:ref *url:- *:rest`,
	},
}

const composerFields = `.:token username:username password:password token:token consumer-key:client_id consumer-secret:client_secret
	access-token:token access-token-expiration:expires refresh-token:refresh_token expires-at:expires local_pk:ref passphrase:passphrase local_cert:-`
