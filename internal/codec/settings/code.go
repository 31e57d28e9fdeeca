package settings

import "github.com/clientele/clientele"

// codeRows are programs whose settings are program text.
var codeRows = []row{
	{
		name: "wordpress configuration", tool: "wordpress", kind: clientele.SourceCode, read: readSource(language{hash: true, slashes: true}), literal: true, scheme: "mysql",
		paths: []string{"wp-config.php", "wp-config-*.php", "wp-config.php.*"}, needs: "db_password auth_key",
		fields: `db_password:password db_user:user db_host:host db_name:db *_salt:secret_key auth_key:secret_key secure_auth_key:secret_key logged_in_key:secret_key
			nonce_key:secret_key wp_cache_key_salt:named abspath:-`,
	},
	{
		name: "django settings", tool: "django", kind: clientele.SourceCode, read: readSource(python), literal: true, strict: true,
		paths: []string{"settings.py", "settings/*.py", "*_settings.py", "settings_*.py", "local_settings.py"}, needs: "secret_key databases password",
		fields: `secret_key:secret_key secret_key_fallbacks:secret_key databases/*/password:password databases/*/user:user databases/*/host:host databases/*/port:port databases/*/name:db
			databases/*/engine:- email_host_password:password email_host_user:user email_host:named auth_password_validators:- middleware:- installed_apps:- templates:- **/backend:named`,
	},
	{
		name: "jupyter configuration", tool: "jupyter", kind: clientele.SourceCode, read: readSource(python), literal: true, strict: true,
		paths: []string{"jupyter_*config.py", "jupyterhub_config.py", ".jupyter/*.py"}, needs: "c.", fields: jupyterFields, sealed: jupyterHash,
	},
	{
		name: "jupyter settings", tool: "jupyter", kind: clientele.SourceCode, read: readJSON, literal: true, strict: true,
		paths: []string{"jupyter_*config.json"}, fields: jupyterFields, sealed: jupyterHash,
	},
}

const (
	jupyterFields = `**/token:token **/password:password **/hashed_password:password **/api_token:token **/client_secret:client_secret **/cookie_secret:secret **/client_id:client_id
	**/proxy_auth_token:token **/db_url:url`
	jupyterHash = `^(argon2|sha1|sha256|sha512):`
)
