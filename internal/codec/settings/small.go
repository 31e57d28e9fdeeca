package settings

import "github.com/clientele/clientele"

const sftpFields = `host:host port:port protocol:scheme username:user user:user password:password pass:password passphrase:passphrase privatekeypath:- privatekey:- name:-
	remotepath:- remote:- context:- watcher:- ignore:- hop:named **/host:host **/username:user **/password:password **/passphrase:passphrase **/privatekeypath:- **/*:named`

// smallRows are clients with a file or two of their own.
var smallRows = []row{
	{
		name: "sftp extension", tool: "sftp", kind: clientele.CLI, read: readJSON, literal: true, scheme: "sftp", paths: []string{".vscode/sftp.json", "sftp-config.json", "sftp-config-alt*.json"},
		is: []string{"host", "*/host", "profiles", "*/profiles", "remote"}, key: "name", fields: sftpFields,
	},
	{
		name: "remote ftp", tool: "remote-ftp", kind: clientele.CLI, read: readJSON, literal: true, scheme: "sftp", paths: []string{".ftpconfig", ".ftpconfig.*", ".remote-sync.json"},
		is: []string{"host", "hostname"}, fields: sftpFields,
	},
	{
		name: "msmtp accounts", tool: "msmtp", kind: clientele.CLI, read: readAccounts, literal: true, scheme: "smtp", paths: []string{".msmtprc", "msmtprc", "msmtp/config"},
		each: []string{"*"}, fields: `host:host port:port user:user password:password passwordeval:ref from:- auth:- tls_*:- logfile:-`,
	},
	{
		name: "mercurial configuration", tool: "hg", kind: clientele.CLI, read: readDotted, literal: true, strict: true, paths: []string{".hgrc", "hgrc", "mercurial.ini", ".hg/hgrc"},
		fields: `auth/*/username:user auth/*/password:password auth/*/prefix:- auth/*/key:- auth/*/schemes:- paths/*:url http_proxy/user:user http_proxy/passwd:password http_proxy/host:host
			smtp/username:user smtp/password:password smtp/host:host ui/username:- hostfingerprints/*:- hostsecurity/*:-`,
	},
	{
		name: "subversion credentials", tool: "svn", kind: clientele.CLI, read: readHash, literal: true, paths: []string{"svn.simple/*", "svn.ssl.client-passphrase/*", "svn.username/*"},
		fields: `svn:realmstring:- passtype:- username:user password:password passphrase:passphrase url:url`,
	},
	{
		name: "openvpn profile", tool: "openvpn", kind: clientele.CLI, read: readTunnel, literal: true, scheme: "openvpn", paths: []string{"*.ovpn", "openvpn/*.conf"},
		fields: `remote:host */username:user */password:password key:private_key tls-auth:secret_key tls-crypt:secret_key tls-crypt-v2:secret_key secret:secret_key pkcs12:private_key
			ca:none cert:none dh:none extra-certs:none client:- dev:-`,
	},
	{
		name: "wireguard interface", tool: "wireguard", kind: clientele.CLI, read: readINI, literal: true, paths: []string{"wireguard/*.conf", "wg*.conf", "amneziawg/*.conf"},
		is: []string{"interface"}, fields: `*/privatekey:private_key */presharedkey:secret */publickey:none */postup:command */postdown:command */preup:command */predown:command`,
	},
	{
		name: "edgegrid credentials", tool: "akamai", kind: clientele.CLI, read: readINI, literal: true, auth: "edgegrid", scheme: "https", paths: []string{".edgerc", "edgerc"},
		is: []string{"*/client_secret", "*/client_token"}, each: []string{"*"}, fields: `client_secret:client_secret client_token:token access_token:token host:host max*:- account_key:named`,
	},
}
