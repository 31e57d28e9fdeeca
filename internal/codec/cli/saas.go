package cli

import "github.com/clientele/clientele"

// saasRows are the CLIs of platforms and services that are called over HTTPS, and of keepers
// of secrets.
var saasRows = []row{
	{
		name: "netlify config", tool: "netlify", read: readJSON, host: "api.netlify.com", paths: []string{"netlify/config.json", ".netlify/config.json"},
		each:   []string{"users/*"},
		fields: `auth/token:token auth/github/token:token auth/github/*:- email:email name:name id:none`,
	},
	{
		name: "vercel auth", tool: "vercel", read: readJSON, host: "api.vercel.com",
		paths: []string{"com.vercel.cli/auth.json", "com.vercel.cli/data/auth.json", ".now/auth.json", "vercel/auth.json"},
		is:    []string{"token", "credentials"},
		fields: `token:token refreshtoken:refresh_token expiresat:expires userid:who credentials/*/token:token bitbuckettoken:token
			githubtoken:token gitlabtoken:token ???note:- ???docs:-`,
	},
	{
		name: "fly config", tool: "flyctl", read: readYAML, host: "api.fly.io", paths: []string{".fly/config.yml"},
		fields: `access_token:token metrics_token:token **/localprivate:private_key **/localpublic:none **/pubkey:none last_login:- app_secrets_minvers:- **/peerip:- **/endpointip:- *:rest`,
	},
	{
		name: "render config", tool: "render", read: readYAML, host: "api.render.com", paths: []string{".render/cli.yaml"},
		fields: `api/key:token api/expires_at:expires api/host:url api/refresh*token:refresh_token workspace:workspace workspace_name:- dashboard_url:- version:- project*:-`,
	},
	{
		name: "railway config", tool: "railway", read: readJSON, host: "backboard.railway.app",
		paths: []string{".railway/config.json", ".railway/config-*.json"}, is: []string{"user", "projects"},
		fields: `user/token:token user/accesstoken:token user/refreshtoken:refresh_token user/tokenexpiresat:expires user/email:email projects:- linkedfunctions:-`,
	},
	{
		name: "firebase tools", tool: "firebase", read: readJSON, host: "googleapis.com", scheme: "oauth2",
		paths: []string{"configstore/firebase-tools.json"}, each: []string{"", "additionalaccounts/*"},
		fields: `tokens/refresh_token:refresh_token tokens/access_token:token tokens/id_token:id_token tokens/expires_at:expires
			tokens/scopes:scope tokens/scope:- tokens/token_type:- tokens/expires_in:- user/email:email user/iss:issuer user/*:-
			motd:- motd/*:- usage:- analytics*:- lasterror:- activeprojects:- activeaccounts:- previews:- gcloud*:- additionalaccounts:- webframeworks:-`,
	},
	{
		name: "supabase token", tool: "supabase", read: readPlain, host: "api.supabase.com", paths: []string{".supabase/access-token"}, is: []string{"token"},
		fields: `token:token`,
	},
	{
		name: "wrangler config", tool: "wrangler", read: readTOML, host: "api.cloudflare.com", scheme: "oauth2",
		paths: []string{".wrangler/config/*.toml", "wrangler/config/*.toml"}, is: []string{"oauth_token", "api_token", "refresh_token"},
		fields: `oauth_token:token api_token:token refresh_token:refresh_token expiration_time:expires scopes:scope`,
	},
	{
		name: "cloudflared tunnel", tool: "cloudflared", read: readJSON, paths: []string{".cloudflared/*.json", "cloudflared/*.json"},
		is: []string{"tunnelsecret"}, kind: clientele.Machine,
		fields: `tunnelsecret:secret tunnelid:external tunnelname:who accounttag:workspace endpoint:-`,
	},
	{
		name: "stripe config", tool: "stripe", read: readTOML, host: "api.stripe.com", paths: []string{"stripe/config.toml"}, each: []string{"*"},
		fields: `test_mode_api_key:api_key live_mode_api_key:api_key api_key:api_key secret_key:api_key test_mode_pub_key:none live_mode_pub_key:none
			*publishable_key:none test_mode_key_expires_at:expires=test_mode_api_key live_mode_key_expires_at:expires=live_mode_api_key
			account_id:workspace display_name:- device_name:- *:rest`,
	},
	{
		name: "twilio config", tool: "twilio", read: readJSON, host: "api.twilio.com", scheme: "basic", paths: []string{".twilio-cli/config.json"},
		each: []string{"profiles/*", "projects/*"}, key: "id",
		fields: `apikey:key_id apisecret:client_secret authtoken:password accountsid:who id:- region:- edge:-`,
	},
	{
		name: "sentry cli", tool: "sentry-cli", read: readINI, host: "sentry.io", paths: []string{".sentryclirc"},
		fields: `auth/token:token auth/api_key:api_key auth/dsn:link defaults/url:site defaults/org:workspace defaults/project:- */*:rest`,
		syntax: clientele.SyntaxShell,
	},
	{
		name: "sentry properties", tool: "sentry-cli", read: readProperties, host: "sentry.io", paths: []string{"sentry.properties"}, strict: true,
		fields: `auth.token:token auth.api_key:api_key auth.dsn:link dsn:link defaults.url:site defaults.org:workspace *:-`, syntax: clientele.SyntaxShell,
	},
	{
		name: "datadog dogrc", tool: "dogshell", read: readINI, host: "api.datadoghq.com", paths: []string{".dogrc"},
		fields: `*/apikey:api_key */appkey:api_key */application_key:api_key */api_host:url *:-`,
	},
	{
		name: "datadog ci", tool: "datadog-ci", read: readJSON, paths: []string{"datadog-ci*.json"}, strict: true,
		fields: `apikey:api_key appkey:api_key **/apikey:api_key **/appkey:api_key datadogsite:host proxy/auth/username:proxy_user proxy/auth/password:proxy_password **/*:-`,
	},
	{
		name: "new relic credentials", tool: "newrelic", read: readJSON, host: "api.newrelic.com", paths: []string{".newrelic/credentials.json"}, each: []string{"*"},
		fields: `apikey:api_key licensekey:api_key insightsinsertkey:api_key accountid:workspace region:-`,
	},
	{
		name: "snyk config", tool: "snyk", read: readJSON, host: "api.snyk.io", paths: []string{"configstore/snyk.json"},
		fields: `api:token internal_oauth_token_storage:text endpoint:url org:workspace internal_snyk_*:- *:rest`,
	},
	{
		name: "circleci config", tool: "circleci", read: readYAML, paths: []string{".circleci/cli.yml"},
		fields: `token:token host:url endpoint:- rest_endpoint:- orb_publishing/*:- *:-`,
	},
	{
		name: "jira config", tool: "jira", read: readYAML, scheme: "basic", paths: []string{".jira/.config.yml", "jira/.config.yml", ".jira.d/config.yml"},
		fields: `server:url endpoint:url login:email user:email token:token api_token:token password:password password-source:ref auth_type:-
			mtls/client_key:ref mtls/*:- project:- project/*:- board/*:- epic/*:- issue/*:- installation:- timezone:- **/*:-`,
	},
	{
		name: "algolia config", tool: "algolia", read: readTOML, paths: []string{"algolia/config.toml"}, each: []string{"*"},
		fields: `application_id:who api_key:api_key admin_api_key:api_key crawler_user_id:none crawler_api_key:api_key default:- search_hosts:-`,
	},
	{
		name: "contentful config", tool: "contentful", read: readJSON, host: "api.contentful.com", paths: []string{".contentfulrc.json", ".contentfulrc"},
		fields: `managementtoken:token cmatoken:token accesstoken:token deliverytoken:token previewtoken:token activespaceid:workspace activeenvironmentid:- host:host *:rest`,
	},
	{
		name: "okta config", tool: "okta", read: readYAML, paths: []string{".okta/okta.yaml", ".okta/okta.yml"},
		fields: `okta/client/orgurl:url okta/client/token:token okta/client/clientid:client_id okta/client/privatekey:private_key
			okta/client/scopes:scope okta/client/proxy/username:proxy_user okta/client/proxy/password:proxy_password okta/client/authorizationmode:- **/*:-`,
	},
	{
		name: "auth0 config", tool: "auth0", read: readJSON, scheme: "oauth2", paths: []string{"auth0/config.json"}, each: []string{"tenants/*"},
		fields: `access_token:token expires_at:expires client_id:client_id client_secret:client_secret domain:host name:- scopes:scope apps:- *:-`,
	},
	{
		name: "localstack auth", tool: "localstack", read: readJSON, host: "api.localstack.cloud", paths: []string{".localstack/auth.json"},
		fields: `token:token localstack_auth_token:token api_key:api_key username:email bearer:header *:rest`,
	},
	{
		name: "shopify config", tool: "shopify", read: readJSON, paths: []string{"shopify-cli-kit-nodejs/config.json"},
		fields: `sessionstore:text currentsessionid:none cache:- **/*:-`,
	},
	{
		name: "ngrok config", tool: "ngrok", read: readYAML, host: "tunnel.ngrok.com", paths: []string{"ngrok/ngrok.yml", ".ngrok2/ngrok.yml", "ngrok.yml"},
		is: []string{"authtoken", "agent/authtoken", "api_key", "agent/api_key", "tunnels", "endpoints"},
		fields: `authtoken:token api_key:api_key agent/authtoken:token agent/api_key:api_key tunnels/*/auth:ident tunnels/*/basic_auth:ident
			tunnels/*/oauth*:named tunnels/*/oidc/client_secret:client_secret tunnels/*/oidc/client_id:client_id tunnels/*/verify_webhook/secret:secret
			proxy_url:proxy agent/proxy_url:proxy **/client_secret:client_secret **/client_id:client_id tunnels/*/oauth/*:- **/*:-`,
	},
	{
		name: "kaggle credentials", tool: "kaggle", read: readJSON, host: "www.kaggle.com", scheme: "basic", paths: []string{".kaggle/kaggle.json", "kaggle.json"},
		is: []string{"username", "key"}, fields: `username:login key:api_key`,
	},
	{
		name: "hugging face token", tool: "huggingface-cli", read: readPlain, host: "huggingface.co", paths: []string{"huggingface/token", ".huggingface/token"},
		is: []string{"token"}, fields: `token:token`,
	},
	{
		name: "hugging face tokens", tool: "huggingface-cli", read: readINI, host: "huggingface.co", paths: []string{"huggingface/stored_tokens"},
		each: []string{"*"}, fields: `hf_token:token`,
	},
	{
		name: "doppler config", tool: "doppler", read: readYAML, host: "api.doppler.com", paths: []string{".doppler/.doppler.yaml"}, each: []string{"scoped/*"},
		fields: `token:token api-host:url dashboard-host:- enclave.project:workspace enclave.config:- verify-tls:-`,
	},
	{
		name: "infisical config", tool: "infisical", read: readJSON, host: "app.infisical.com", paths: []string{".infisical/infisical-config.json"},
		fields: `loggedinuseremail:email loggedinuserdomain:url loggedinusers/*/email:email loggedinusers/*/domain:url
			vaultbackendpassphrase:base64 vaultbackendtype:- domains:- *:rest`,
	},
	{
		name: "infisical login", tool: "infisical", read: readJSON, scheme: "bearer", paths: []string{".infisical/*credentials*.json"},
		is: []string{"jtwtoken", "refreshtoken"}, fields: `email:email privatekey:private_key jtwtoken:token refreshtoken:refresh_token`,
	},
	{
		name: "1password config", tool: "op", read: readJSON, paths: []string{"op/config", ".op/config"}, each: []string{"accounts/*"}, key: "shorthand", scheme: "custom",
		fields: `accountkey:secret email:email url:url shorthand:- useruuid:none accountuuid:none dsecret:secret`,
	},
	{
		name: "akeyless profile", tool: "akeyless", read: readTOML, host: "api.akeyless.io", paths: []string{".akeyless/profiles/*.toml"}, each: []string{"*"},
		fields: `access_id:key_id access_key:secret_key access_type:- admin_email:email admin_password:password k8s*:- *:rest`,
	},
	{
		name: "teleport profile", tool: "tsh", read: readYAML, scheme: "mtls", paths: []string{".tsh/*.yaml"}, is: []string{"web_proxy_addr"}, kind: clientele.Person,
		fields: `web_proxy_addr:server user:who cluster:- **/*:-`,
	},
	{
		name: "expo state", tool: "eas", read: readJSON, host: "api.expo.dev", paths: []string{".expo/state.json"},
		fields: `auth/sessionsecret:session auth/username:login auth/userid:none auth/currentconnection:- **/*:-`,
	},
	{
		name: "planetscale token", tool: "pscale", read: readPlain, host: "api.planetscale.com", paths: []string{"planetscale/access-token"}, is: []string{"token"},
		fields: `token:token`,
	},
	{
		name: "neon credentials", tool: "neonctl", read: readJSON, host: "console.neon.tech", scheme: "oauth2", paths: []string{"neonctl/credentials.json"},
		fields: `access_token:token refresh_token:refresh_token id_token:id_token expires_at:expires scope:scope user_id:who token_type:- expires_in:-`,
	},
	{
		name: "turso settings", tool: "turso", read: readJSON, host: "api.turso.tech", paths: []string{"turso/settings.json"},
		fields: `token:token username:login organization:workspace **/*:-`,
	},
	{
		name: "confluent config", tool: "confluent", read: readJSON, paths: []string{".confluent/config.json"}, each: []string{"credentials/*", "context_states/*"},
		fields: `username:email password:password api_key_pair/api_key:key_id api_key_pair/api_secret:secret_key auth_token:token
			auth_refresh_token:refresh_token auth/user/email:email auth/user/*:- auth/account/*:- auth/accounts/*:- **/api_key:key_id **/api_secret:secret_key **/*:-`,
	},
	{
		name: "launchdarkly config", tool: "ldcli", read: readYAML, host: "app.launchdarkly.com", paths: []string{"ldcli/config.yml"},
		fields: `access-token:token base-uri:url **/*:-`,
	},
	{
		name: "slack cli", tool: "slack", read: readJSON, host: "slack.com", paths: []string{".slack/credentials.json"}, each: []string{"*"},
		fields: `token:token refresh_token:refresh_token exp:expires user_id:who team_id:workspace team_domain:name enterprise_id:- last_updated:- is_enterprise_install:- api_host:-`,
	},
	{
		name: "clasp credentials", tool: "clasp", read: readJSON, host: "script.googleapis.com", scheme: "oauth2", paths: []string{".clasprc.json"},
		fields: `**/access_token:token **/refresh_token:refresh_token **/id_token:id_token **/expiry_date:expires **/clientid:client_id **/client_id:client_id
			**/clientsecret:client_secret **/client_secret:client_secret **/scope:scope **/*:-`,
	},
	{
		name: "fastly config", tool: "fastly", read: readTOML, host: "api.fastly.com", paths: []string{"fastly/config.toml"}, each: []string{"profile/*", "user", "auth/tokens/*"},
		fields: `token:token email:email access_token:token refresh_token:refresh_token customer_id:workspace customer_name:- default:- *:-`,
	},
	{
		name: "buildkite config", tool: "bk", read: readYAML, host: "api.buildkite.com", paths: []string{".config/bk.yaml", "bk.yaml"}, each: []string{"organizations/*"},
		fields: `api_token:token`,
	},
	{
		name: "travis config", tool: "travis", read: readYAML, paths: []string{".travis/config.yml"}, each: []string{"endpoints/*"}, keyIs: "host",
		fields: `access_token:token **/*:-`,
	},
	{
		name: "appwrite prefs", tool: "appwrite", read: readJSON, paths: []string{".appwrite/prefs.json"}, each: []string{"*"},
		fields: `endpoint:url email:email cookie:cookie key:api_key *:-`,
	},
	{
		name: "sanity config", tool: "sanity", read: readJSON, host: "api.sanity.io", paths: []string{"sanity/config.json"}, is: []string{"authtoken"},
		fields: `authtoken:token authtype:- **/*:-`,
	},
	{
		name: "modal config", tool: "modal", read: readTOML, host: "api.modal.com", paths: []string{".modal.toml"}, each: []string{"*"},
		fields: `token_id:key_id token_secret:secret_key active:- environment:- *:-`,
	},
	{
		name: "coder session", tool: "coder", read: readPlain, paths: []string{"coderv2/session"}, is: []string{"token"}, fields: `token:session`,
	},
	{
		name: "prefect profiles", tool: "prefect", read: readTOML, paths: []string{".prefect/profiles.toml"}, each: []string{"profiles/*"},
		fields: `prefect_api_key:api_key prefect_api_url:url prefect_api_database_connection_url:dsn *:rest`,
	},
}
