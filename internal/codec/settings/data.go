package settings

import "github.com/clientele/clientele"

var (
	javascript = language{slashes: true}
	python     = language{hash: true, quotes: true}
)

const sequelizeFields = `username:user password:password host:host port:port database:db dialect:scheme use_env_variable:ref url:url storage:-
	replication/*/username:user replication/*/password:password replication/*/*/username:user replication/*/*/password:password`

const migrationFields = `url:url username:user user:user password:password referenceurl:url reference-url:url referenceusername:user reference-username:user
	referencepassword:password reference-password:password driver:- changelogfile:- changelog-file:- classpath:- liquibase.command.url:url
	liquibase.command.username:user liquibase.command.password:password liquibase.hub.apikey:api_key liquibase.licensekey:api_key
	flyway.url:url flyway.user:user flyway.password:password flyway.locations:- flyway.licensekey:api_key **/url:url **/user:user **/password:password`

// dataRows are the tools that talk to databases, and the libraries' own files for them.
var dataRows = []row{
	{
		name: "sequelize config", tool: "sequelize", kind: clientele.DataStoreClient, read: readJSON, literal: true, staged: true,
		paths: []string{"config/config.json", "config/database.json", "database/config.json", "db/config.json", "src/config/config.json"},
		is:    []string{"*/dialect", "*/use_env_variable"}, each: []string{"*"}, fields: sequelizeFields,
	},
	{
		name: "sequelize module", tool: "sequelize", kind: clientele.DataStoreClient, read: readSource(javascript), strict: true, needs: "dialect",
		paths:  []string{"config/config.js", "config/database.js", "config/config.ts", "config/database.ts", "db/config.js", "database/config.js", "sequelize.config.js"},
		fields: `**/username:user **/password:password **/url:url`,
	},
	{
		name: "knexfile", tool: "knex", kind: clientele.DataStoreClient, read: readSource(javascript), paths: []string{"knexfile.js", "knexfile.ts", "knexfile.cjs", "knexfile.mjs", "knexfile.*.js"},
		fields: `**/connection:url **/connectionstring:url **/client:- **/directory:- **/password:password **/filename:-`,
	},
	{
		name: "prisma schema", tool: "prisma", kind: clientele.DataStoreClient, read: readSource(language{slashes: true, spaced: true}), paths: []string{"*.prisma"}, needs: "datasource",
		each: []string{"datasource"}, fields: `url:url directurl:url shadowdatabaseurl:url provider:-`,
	},
	{
		name: "liquibase properties", tool: "liquibase", kind: clientele.DataStoreClient, read: readProperties, paths: []string{"liquibase*.properties", "liquibase/*.properties"}, fields: migrationFields,
	},
	{
		name: "flyway configuration", tool: "flyway", kind: clientele.DataStoreClient, read: readProperties, paths: []string{"flyway*.conf", "flyway*.properties", "*.flyway.conf"}, fields: migrationFields,
	},
	{
		name: "flyway project", tool: "flyway", kind: clientele.DataStoreClient, read: readTOML, paths: []string{"flyway*.toml"}, fields: migrationFields + ` **/token:token`,
	},
	{
		name: "alembic configuration", tool: "alembic", kind: clientele.DataStoreClient, read: readPython, paths: []string{"alembic*.ini"}, is: []string{"alembic"}, fields: `**/sqlalchemy.url:url **/*.url:url`,
	},
	{
		name: "pgcli aliases", tool: "pgcli", kind: clientele.DataStoreClient, read: readINI, literal: true, paths: []string{"pgcli/config", ".pgclirc"},
		each: []string{"alias_dsn/*"}, fields: `*:url`,
	},
	{
		name: "mycli aliases", tool: "mycli", kind: clientele.DataStoreClient, read: readINI, literal: true, paths: []string{".myclirc", "myclirc"},
		each: []string{"alias_dsn/*", "client"}, fields: `user:user password:password host:host port:port database:db *:url`, scheme: "mysql",
	},
	{
		name: "pgbouncer users", tool: "pgbouncer", kind: clientele.DataStoreClient, read: readUsers, literal: true, paths: []string{"userlist.txt", "pgbouncer/users.txt"},
		fields: `*/user:user */password:password`, sealed: `^(md5[0-9a-f]{32}|SCRAM-SHA-256\$.+)$`,
	},
	{
		name: "pgbouncer databases", tool: "pgbouncer", kind: clientele.DataStoreClient, read: readINI, literal: true, paths: []string{"pgbouncer*.ini"},
		each: []string{"databases/*"}, fields: `*:connection`,
	},
	{
		name: "pgadmin servers", tool: "pgadmin", kind: clientele.DataStoreClient, read: readJSON, literal: true, paths: []string{"servers.json", "pgadmin*.json"},
		is: []string{"servers/*/host", "servers/*/maintenancedb", "servers/*/service"}, each: []string{"servers/*"}, key: "Name", scheme: "postgres",
		fields: `name:- group:- host:host port:port maintenancedb:db username:user password:password passfile:ref passwordexeccommand:command tunnelhost:- tunnelusername:user
			tunnelpassword:password sslmode:- comment:named connectionparameters/*:named`,
	},
}
