package cli

import "github.com/clientele/clientele"

// moverRows are the tools that copy data in bulk.
var moverRows = []row{
	{
		name: "rclone config", tool: "rclone", read: readINI, paths: []string{"rclone.conf", ".rclone.conf"}, is: []string{"*/type"}, each: []string{"*"},
		fields: `pass:obscured password:obscured password2:obscured *_pass:obscured *_password:obscured 2fa:obscured
			type:- token:oauth client_id:client_id client_secret:client_secret access_key_id:key_id secret_access_key:secret_key session_token:token
			user:username username:username account:who key:secret_key bearer_token:token bearer_token_command:command
			key_pem:private_key key_file:ref service_account_file:ref service_account_credentials:text sas_url:url api_key:api_key
			access_token:token auth_token:token application_credential_secret:client_secret application_credential_id:key_id
			sse_customer_key:secret_key sse_customer_key_base64:secret_key connection_string:dsn sse_kms_key_id:none
			host:host url:url endpoint:url auth:url auth_url:issuer token_url:issuer passphrase:passphrase
			scope:- region:- provider:- env_auth:- remote:- root_folder_id:- team_drive:- drive_id:- drive_type:- *encryption:- md5sum*:- sha1sum*:- *:rest`,
		place: clientele.InSetting, exports: "rclone copy from",
	},
	{
		name: "s3cmd config", tool: "s3cmd", read: readINI, paths: []string{".s3cfg", "s3cfg", ".s3cfg-*", "*.s3cfg"}, is: []string{"*/access_key", "*/host_base"}, each: []string{"*"},
		fields: `access_key:key_id secret_key:secret_key access_token:token access_token_expiration:expires gpg_passphrase:passphrase
			host_base:host proxy_host:- proxy_port:- cloudfront_host:- kms_key:none *:-`,
		place: clientele.InSetting, exports: "s3cmd sync",
	},
	{
		name: "minio client config", tool: "mc", read: readJSON, paths: []string{".mc/config.json", ".mcli/config.json", "mc/config.json"},
		each:   []string{"aliases/*", "hosts/*"},
		fields: `url:url accesskey:key_id secretkey:secret_key sessiontoken:token api:- path:- lookup:- license:none apikey:api_key`,
		place:  clientele.InSetting, exports: "mc mirror",
	},
}
