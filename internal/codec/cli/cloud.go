package cli

import "github.com/clientele/clientele"

// cloudRows are the providers of machines, clusters and networks.
var cloudRows = []row{
	{
		name: "aws profiles", tool: "aws", read: readProfiles, scheme: "aws_sigv4",
		paths: []string{".aws/credentials", ".aws/config", "aws/credentials", "aws_credentials", "*.aws-credentials"},
		marks: []string{"[default]\naws_access_key_id", "[default]\r\naws_access_key_id"},
		each:  []string{"*"}, trim: "profile ",
		fields: `aws_access_key_id:key_id aws_secret_access_key:secret_key aws_session_token:token aws_security_token:token
			expiration:expires x_security_token_expires:expires aws_expiration:expires
			role_arn:machine x_principal_arn:who login_session:who source_profile:ref credential_source:ref sso_session:ref
			web_identity_token_file:ref credential_process:command sso_start_url:issuer sso_account_id:account
			sso_role_name:who sso_registration_scopes:scope mfa_serial:none external_id:rest region:- output:- sso_region:-
			cli_*:- s3:- max_*:- endpoint_url:url *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "aws sso cache", tool: "aws", read: readJSON, scheme: "oauth2",
		paths: []string{".aws/sso/cache/*.json"}, is: []string{"accesstoken", "clientsecret", "refreshtoken"},
		fields: `accesstoken:token refreshtoken:refresh_token clientid:client_id clientsecret:client_secret
			expiresat:expires registrationexpiresat:expires=clientSecret scopes:scope starturl:issuer issuerurl:issuer sessionname:-
			profilearn:who region:- clientidhash:none *:rest`,
		names: []string{"sessionname", "starturl", "issuerurl"},
	},
	{
		name: "aws role cache", tool: "aws", read: readJSON, scheme: "aws_sigv4",
		paths: []string{".aws/cli/cache/*.json", ".aws/boto/cache/*.json"}, is: []string{"credentials"},
		fields: `credentials/accesskeyid:key_id credentials/secretaccesskey:secret_key credentials/sessiontoken:token
			credentials/expiration:expires credentials/accountid:id assumedroleuser/arn:machine assumedroleuser/assumedroleid:id
			providertype:- responsemetadata:-`,
		names: []string{"assumedroleuser/arn", "credentials/accesskeyid"},
	},
	{
		name: "aws login cache", tool: "aws", read: readJSON, scheme: "aws_sigv4",
		paths: []string{".aws/login/cache/*.json"}, is: []string{"accesstoken", "refreshtoken"},
		fields: `accesstoken/accesskeyid:key_id accesstoken/secretaccesskey:secret_key accesstoken/sessiontoken:token
			accesstoken/accountid:id accesstoken/expiresat:expires refreshtoken:refresh_token idtoken:id_token
			identitytoken:id_token dpopkey:private_key clientid:none tokentype:-`,
	},
	{
		name: "boto config", tool: "boto", read: readINI, scheme: "aws_sigv4",
		paths: []string{".boto", "boto.cfg", "legacy_credentials/*/.boto"},
		is:    []string{"credentials", "boto", "oauth2", "gsutil"},
		fields: `credentials/aws_access_key_id:key_id credentials/aws_secret_access_key:secret_key
			credentials/gs_access_key_id:key_id credentials/gs_secret_access_key:secret_key
			credentials/gs_oauth2_refresh_token:refresh_token credentials/gs_service_key_file:ref
			credentials/gs_service_client_id:machine credentials/gs_service_key_file_password:passphrase
			boto/proxy_user:proxy_user boto/proxy_pass:proxy_password boto/proxy*:- oauth2/client_id:client_id
			oauth2/client_secret:client_secret gsutil/*:- boto/*:- *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "google credentials", tool: "gcloud", read: readJSON, scheme: "oauth2",
		paths: []string{"application_default_credentials.json", "legacy_credentials/*/adc.json", "client_secret*.json", "gcloud/*.json"},
		marks: []string{`"private_key_id"`, `"authorized_user"`, `"external_account"`, `"impersonated_service_account"`, `"auth_provider_x509_cert_url"`},
		is: []string{"private_key", "refresh_token", "subject_token_type", "source_credentials", "installed/client_id",
			"web/client_id", "service_account_impersonation_url"},
		key: "client_email",
		fields: `**/private_key:private_key **/private_key_id:id client_email:email **/client_secret:google_secret
			**/refresh_token:refresh_token account:email type:kind source_credentials/type:-
			source_credentials/client_email:machine **/client_id:client_id audience:audience token_uri:issuer
			token_url:issuer **/auth_uri:- **/token_uri:issuer **/token_url:issuer service_account_impersonation_url:acts_as
			credential_source/format/*:- credential_source/file:ref credential_source/executable/command:command credential_source/url:url
			**/auth_provider_x509_cert_url:- **/client_x509_cert_url:- **/redirect_uris:- **/universe_domain:- **/project_id:workspace
			quota_project_id:- revoke_uri:- scopes:scope **/subject_token_type:- **/javascript_origins:- *:rest`,
	},
	{
		name: "gcloud configuration", tool: "gcloud", read: readINI, scheme: "oauth2",
		paths: []string{"gcloud/configurations/config_*", "gcloud/properties", "google-cloud-sdk/properties"},
		is:    []string{"*/*"},
		fields: `core/account:email core/project:workspace auth/impersonate_service_account:machine auth/access_token_file:ref
			auth/credential_file_override:ref auth/login_config_file:ref auth/token_host:url auth/client_id:rest
			auth/client_secret:client_secret proxy/username:proxy_user proxy/password:proxy_password proxy/*:- core/*:- compute/*:- run/*:-`,
		place: clientele.InSetting,
	},
	{
		name: "azure profile", tool: "az", read: readJSON, scheme: "oauth2", paths: []string{".azure/azureprofile.json"},
		is: []string{"subscriptions"},
		fields: `subscriptions/*/user/name:email subscriptions/*/user/type:kind subscriptions/*/tenantid:issuer
			subscriptions/*:- **/*:-`,
	},
	{
		name: "azure service principals", tool: "az", read: readJSON, scheme: "oauth2", kind: clientele.Machine,
		paths: []string{"service_principal_entries.json"}, each: []string{"*"}, key: "client_id",
		fields: `client_id:client_id tenant:issuer client_secret:client_secret client_assertion:token certificate:ref
			serviceprincipalid:client_id serviceprincipaltenant:issuer accesstoken:client_secret certificatefile:ref use_cert_sn_issuer:-`,
	},
	{
		name: "azure access tokens", tool: "az", read: readJSON, scheme: "oauth2", paths: []string{"accesstokens.json"},
		is: []string{"*/accesstoken", "*/refreshtoken"},
		fields: `*/accesstoken:token */refreshtoken:refresh_token */userid:email */_clientid:none */_authority:issuer
			*/expireson:expires */serviceprincipalid:client_id */serviceprincipaltenant:issuer */resource:- */oid:none
			*/tokentype:- */tenantid:none */identityprovider:-`,
	},
	{
		name: "azure developer cli secret", tool: "azd", read: readJSON, scheme: "oauth2", kind: clientele.Machine,
		paths:  []string{".azd/auth/*.json", ".azd/auth/msal/*.json"},
		is:     []string{"clientsecret", "clientcertificate", "federatedtoken", "federatedauth"},
		fields: `clientsecret:client_secret clientcertificate:private_key federatedtoken:token federatedauth/*:ref`,
	},
	{
		name: "azure powershell context", tool: "azure-powershell", read: readJSON, scheme: "oauth2",
		paths: []string{"azurermcontext.json"}, each: []string{"contexts/*"},
		fields: `account/id:email account/type:kind account/extendedproperties/serviceprincipalsecret:client_secret
			account/extendedproperties/certificatepassword:passphrase account/extendedproperties/*accesstoken:token
			account/extendedproperties/certificatepath:ref account/extendedproperties/homeaccountid:none
			account/extendedproperties/tenants:none account/extendedproperties/subscriptions:none account/credential:-
			account/tenantmap:- tenant/*:- subscription/*:- environment/*:- tokencache/cachedata:token versionprofile:-
			subscription:- tenant:- environment:-`,
	},
	{
		name: "azure cli config", tool: "az", read: readINI, paths: []string{".azure/config"},
		fields: `storage/connection_string:dsn storage/key:secret_key storage/sas_token:token storage/account:who
			*/connection_string:dsn defaults/*:- core/*:- cloud/*:- logging/*:- telemetry/*:-`,
		strict: true, place: clientele.InSetting,
	},
	{
		name: "azure devops tokens", tool: "az", read: readINI, scheme: "basic",
		paths: []string{".azure/azuredevops/personalaccesstokens"}, each: []string{"*"}, trim: "azdevops-cli:", keyIs: "host",
		fields: `personal?access?token:token`,
	},
	{
		name: "oidc login cache", tool: "kubectl", read: readJSON, scheme: "oauth2",
		paths:  []string{".kube/cache/oidc-login/*", ".kube/cache/kubelogin/*", ".kube/gke_gcloud_auth_plugin_cache"},
		is:     []string{"id_token", "refresh_token", "access_token"},
		fields: `id_token:id_token refresh_token:refresh_token access_token:token token_expiry:expires expires_on:expires current_context:name token_type:-`,
	},
	{
		name: "helm repositories", tool: "helm", read: readYAML, paths: []string{"helm/repositories.yaml", "repository/repositories.yaml"},
		is: []string{"repositories"}, each: []string{"repositories/*"}, key: "name",
		fields: `name:- url:url username:username password:password keyfile:ref certfile:- cafile:-`, place: clientele.InSetting,
	},
	{
		name: "terraform credentials", tool: "terraform", read: readTerraformRC, scheme: "bearer",
		paths: []string{"credentials.tfrc.json", ".terraformrc", "terraform.rc", "*.tfrc", ".tofurc", "tofu.rc", "*.tofurc"},
		each:  []string{"", "credentials/*"}, keyIs: "host",
		fields: `token:token credentials_helper/*/args:ref **/*:-`,
	},
	{
		name: "pulumi credentials", tool: "pulumi", read: readJSON, scheme: "bearer", paths: []string{".pulumi/credentials.json"},
		each: []string{"accounts/*", "accesstokens/*"}, keyIs: "url",
		fields: `.:token accesstoken:token username:login organizations:- lastvalidatedat:- tokeninfo/name:- tokeninformation:-
			tokeninformation/*:- tokenexpiresat:expires refreshtoken:refresh_token`,
	},
	{
		name: "vault token", tool: "vault", read: readPlain, paths: []string{".vault-token"}, is: []string{"token"},
		fields: `token:token`,
	},
	{
		name: "doctl config", tool: "doctl", read: readYAML, host: "api.digitalocean.com",
		paths:  []string{"doctl/config.yaml"},
		each:   []string{"", "auth-contexts/*"},
		fields: `.:token access-token:token api-url:url context:- output:- trace:- **/*:-`,
	},
	{
		name: "hcloud contexts", tool: "hcloud", read: readTOML, host: "api.hetzner.cloud", paths: []string{"hcloud/cli.toml"},
		each: []string{"contexts/*"}, key: "name", fields: `name:- token:token endpoint:url`,
	},
	{
		name: "linode config", tool: "linode-cli", read: readINI, host: "api.linode.com",
		paths: []string{".config/linode-cli", ".linode-cli", "linode-cli/linode-cli"}, each: []string{"*"}, keyIs: "who",
		fields: `token:token default-user:- region:- type:- image:- mysql*:- authorized*:- *:rest`,
	},
	{
		name: "oci config", tool: "oci", read: readINI, scheme: "custom", paths: []string{".oci/config"}, each: []string{"*"},
		fields: `user:who fingerprint:none tenancy:issuer key_file:ref pass_phrase:passphrase key_content:private_key
			security_token_file:ref delegation_token_file:ref region:- *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "ibm cloud config", tool: "ibmcloud", read: readJSON, scheme: "bearer", paths: []string{".bluemix/config.json"},
		is: []string{"iamtoken", "apiendpoint"},
		fields: `iamtoken:header iamrefreshtoken:refresh_token uaatoken:header uaarefreshtoken:refresh_token
			account/owner:email account/guid:none account/name:workspace apiendpoint:url iamendpoint:issuer consoleendpoint*:-
			resourcegroup/*:- plugin*:- region*:- *enabled:- *check*:- sdkversion:- locale:- paas*:- *:rest`,
	},
	{
		name: "cloud foundry config", tool: "cf", read: readJSON, scheme: "oauth2", paths: []string{".cf/config.json"},
		is: []string{"target", "accesstoken"},
		fields: `accesstoken:header refreshtoken:refresh_token uaaoauthclient:client_id uaaoauthclientsecret:client_secret
			target:url authorizationendpoint:issuer sshoauthclient:- uaagranttype:- *endpoint:- *url:- organizationfields/name:workspace
			organizationfields/*:- spacefields/*:- quotadefinition:- *version:- *:rest`,
	},
	{
		name: "scaleway config", tool: "scw", read: readYAML, host: "api.scaleway.com", paths: []string{"scw/config.yaml", "scw/config.yml"},
		each: []string{"", "profiles/*"},
		fields: `access_key:key_id secret_key:secret_key default_organization_id:id default_project_id:id api_url:url
			default_*:- active_profile:- send_telemetry:- *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "aliyun config", tool: "aliyun", read: readJSON, paths: []string{".aliyun/config.json"},
		each: []string{"profiles/*"}, key: "name",
		fields: `name:- access_key_id:key_id access_key_secret:secret_key sts_token:token sts_expiration:expires
			stsexpiration:expires ram_role_arn:machine private_key:private_key process_command:command credentials_uri:ref
			cloud_sso_access_token:token oauth_access_token:token oauth_refresh_token:refresh_token access_token:token
			cloud_sso_sign_in_url:issuer oidc_token_file:ref mode:- region_id:- output_format:- language:- site:- *session_name:- *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "tencent credential", tool: "tccli", read: readJSON, paths: []string{".tccli/*.credential"},
		is: []string{"secretid", "secretkey", "oauth", "type"},
		fields: `secretid:key_id secretkey:secret_key token:token expiresat:expires role-arn:machine role-session-name:- use-cam-role:-
			oauth/accesstoken:token oauth/refreshtoken:refresh_token oauth/openid:who oauth/expiresat:expires type:- oauth/site:-`,
	},
	{
		name: "yandex config", tool: "yc", read: readYAML, paths: []string{"yandex-cloud/config.yaml"}, each: []string{"profiles/*"},
		fields: `token:token service-account-key/private_key:private_key service-account-key/id:id
			service-account-key/service_account_id:machine service-account-key/public_key:- service-account-key/*:- endpoint:url
			cloud-id:none folder-id:none organization-id:none federation-id:issuer *:rest`,
	},
	{
		name: "openstack clouds", tool: "openstack", read: readYAML, paths: []string{"clouds.yaml", "clouds.yml", "openstack/secure.yaml"},
		is: []string{"clouds"}, each: []string{"clouds/*"},
		fields: `auth/username:username auth/password:password auth/auth_url:url auth/application_credential_id:key_id
			auth/application_credential_name:who auth/application_credential_secret:client_secret auth/token:token
			auth/user_id:none auth/project_*:- auth/*domain*:- auth/tenant_*:- key:ref cert:- cacert:- region_name:- interface:-
			identity_api_version:- auth_type:- profile:- *:rest`,
		place: clientele.InSetting,
	},
	{
		name: "ovh config", tool: "ovh", read: readINI, scheme: "custom", paths: []string{"ovh.conf", ".ovh.conf"}, each: []string{"*"},
		fields: `application_key:key_id application_secret:client_secret consumer_key:token client_id:client_id
			client_secret:client_secret access_token:token endpoint:-`,
		place: clientele.InSetting,
	},
	{
		name: "exoscale config", tool: "exo", read: readTOML, paths: []string{"exoscale/exoscale.toml"},
		each: []string{"accounts/*"}, key: "name",
		fields: `name:- key:key_id secret:secret_key account:who endpoint:url *endpoint:- default*:- secretcommand:command custom*:-`,
		place:  clientele.InSetting,
	},
	{
		name: "vultr config", tool: "vultr-cli", read: readYAML, host: "api.vultr.com", paths: []string{"vultr-cli.yaml", ".vultr-cli.yaml"},
		is: []string{"api-key"}, fields: `api-key:api_key`,
	},
	{
		name: "civo config", tool: "civo", read: readJSON, host: "api.civo.com", paths: []string{".civo.json"}, each: []string{"apikeys/*"},
		fields: `.:api_key value:api_key`,
	},
}
