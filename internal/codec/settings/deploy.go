package settings

import "github.com/clientele/clientele"

// secretWords stand in any file of variables that is worth reading.
const secretWords = `pass secret token api_key apikey api-key access_key accesskey access-key private_key privatekey credential dsn webhook
	authorization _key: psk pwd ://`

const ansibleFields = `**/ansible_user:user **/ansible_ssh_user:user **/ansible_host:host **/inventory_hostname:host **/ansible_password:password
	**/ansible_ssh_pass:password **/ansible_become_pass:password **/ansible_become_password:password **/ansible_sudo_pass:password
	**/ansible_winrm_password:password **/ansible_httpapi_pass:password **/ansible_ssh_private_key_file:- **/ansible_python_interpreter:-`

// deployRows are the tools that bring a program to where it runs, and tell it where it is.
var deployRows = []row{
	{
		name: "ansible variables", tool: "ansible", kind: clientele.CLI, read: readYAML, strict: true, needs: secretWords + " $ansible_vault",
		paths: []string{
			"group_vars/*", "group_vars/*/*", "host_vars/*", "host_vars/*/*", "vars/*.y*ml", "defaults/main.y*ml", "defaults/main/*.y*ml",
			"inventory.y*ml", "inventory/*.y*ml", "inventories/*/*.y*ml", "hosts.y*ml", "playbook*.y*ml", "playbooks/*.y*ml", "site.y*ml",
		},
		fields: ansibleFields + ` **/vault:secret **/tasks:- **/handlers:- **/roles:-`,
	},
	{
		name: "ansible inventory", tool: "ansible", kind: clientele.CLI, read: readInventory, strict: true, needs: "pass secret token key",
		paths:  []string{"hosts", "inventory", "hosts.ini", "inventory.ini", "*.inventory", "inventory/*", "inventories/*", "inventories/*/hosts*", "inventory/*.ini", "inventory/*/hosts*"},
		is:     []string{"*/ansible_*", "*/inventory_hostname"},
		each:   []string{"*"},
		fields: ansibleFields, scheme: "ssh",
	},
	{
		name: "helm values", tool: "helm", kind: clientele.CLI, read: readYAML, strict: true, needs: secretWords,
		paths: []string{"values*.y*ml", "*-values.y*ml", "*.values.y*ml", "*_values.y*ml"},
	},
	{
		name: "cloudformation template", tool: "cloudformation", kind: clientele.CLI, read: readTemplate, strict: true,
		paths: []string{"*.cfn.y*ml", "*.template", "*.template.json"}, marks: []string{"AWSTemplateFormatVersion", "Type: AWS::", `"Type": "AWS::`},
		is: []string{"resources", "awstemplateformatversion"}, refs: `^\{\{resolve:[^}]*\}\}$`,
		fields: `**/masteruserpassword:password **/masterusername:user **/username:user **/description:- **/type:- **/allowedpattern:- **/constraintdescription:-
			**/secretstring:named **/templateurl:- metadata:- outputs:- resources/*/dependson:-`,
	},
	{
		name: "serverless framework", tool: "serverless", kind: clientele.CLI, read: readYAML, strict: true,
		paths: []string{"serverless.y*ml", "serverless.*.y*ml", "serverless-*.y*ml", "serverless.json"}, is: []string{"service", "provider", "functions", "params", "custom"},
		fields: `**/handler:- **/description:- **/apikeys/*:api_key resources/*/description:-`,
	},
	{
		name: "kustomization", tool: "kustomize", kind: clientele.CLI, read: readYAML, strict: true, paths: []string{"kustomization.y*ml", "kustomization"},
		is: []string{"secretgenerator", "configmapgenerator"},
	},
	{
		name: "render blueprint", tool: "render", kind: clientele.CLI, read: readYAML, strict: true, paths: []string{"render.y*ml"},
		each: []string{"services/*", "envvargroups/*", "databases/*"}, fields: `buildcommand:command startcommand:command predeploycommand:command name:- repo:- envvars/*/key:- type:- runtime:-`,
	},
	{
		name: "fly app", tool: "flyctl", kind: clientele.CLI, read: readTOML, strict: true, paths: []string{"fly.toml", "fly.*.toml"}, is: []string{"app", "env"},
	},
	{
		name: "wrangler project", tool: "wrangler", kind: clientele.CLI, read: readTOML, strict: true, paths: []string{"wrangler.toml", "wrangler.*.toml"}, fields: wranglerFields,
	},
	{
		name: "wrangler project json", tool: "wrangler", kind: clientele.CLI, read: readJSON, strict: true, paths: []string{"wrangler.json", "wrangler.jsonc"}, fields: wranglerFields,
	},
	{
		name: "vercel project", tool: "vercel", kind: clientele.CLI, read: readJSON, strict: true, paths: []string{"vercel.json", "now.json"}, refs: `^@[\w-]+$`,
		fields: `buildcommand:command installcommand:command **/headers:named`,
	},
	{
		name: "netlify site", tool: "netlify", kind: clientele.CLI, read: readTOML, strict: true, paths: []string{"netlify.toml"}, fields: `**/command:command`,
	},
	{
		name: "supabase project", tool: "supabase", kind: clientele.CLI, read: readTOML, strict: true, paths: []string{"supabase/config.toml"}, refs: `^env\([^)]*\)$`,
		fields: `**/client_id:client_id **/secret:client_secret **/pass:password **/user:user **/account_sid:id **/auth_token:token **/secrets:secret`,
	},
	{
		name: "azure functions settings", tool: "azure-functions", kind: clientele.CLI, read: readJSON, strict: true, paths: []string{"local.settings.json"},
		fields: `connectionstrings/*:connection connectionstrings/*/connectionstring:connection`,
	},
	{
		name: "launch settings", tool: "dotnet", kind: clientele.CLI, read: readJSON, strict: true, paths: []string{"launchsettings.json"}, each: []string{"profiles/*"},
	},
	{
		name: "airflow configuration", tool: "airflow", kind: clientele.DataStoreClient, read: readPython, strict: true, paths: []string{"airflow.cfg", "airflow.cfg.*"},
		fields: `**/sql_alchemy_conn:url **/broker_url:url **/result_backend:url **/fernet_key:secret_key **/secret_key:secret_key **/smtp_user:user
			**/smtp_password:password **/smtp_host:host **/*_cmd:ref **/flower_basic_auth:named **/worker_precheck:-`,
	},
	{
		name: "streamlit secrets", tool: "streamlit", kind: clientele.APIClient, read: readTOML, paths: []string{".streamlit/secrets.toml"},
		fields: `**/private_key:private_key **/private_key_id:none **/client_email:user **/client_id:named **/cookie_secret:secret`,
	},
	{
		name: "litellm proxy", tool: "litellm", kind: clientele.APIClient, read: readYAML, strict: true, paths: []string{"litellm*.y*ml", "*litellm*/config.y*ml"},
		marks: []string{"litellm_params:", "litellm_settings:"}, is: []string{"model_list", "litellm_settings", "general_settings"}, refs: `^os\.environ/`,
		fields: `**/api_key:api_key **/master_key:api_key **/api_base:url **/aws_access_key_id:id **/aws_secret_access_key:secret_key **/salt_key:secret_key
			**/model_name:- **/model:- **/database_url:url`,
	},
}

const wranglerFields = `**/kv_namespaces:- **/r2_buckets:- **/d1_databases:- **/account_id:named **/build/command:command`
