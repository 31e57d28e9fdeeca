// Package datastore reads the small files in which database clients keep their connections:
// command-line tools (psql, mysql, cqlsh, kcat, influx, snow, databricks, dbt, mongosh, …)
// and desktop tools that write a list of favourites (MySQL Workbench, HeidiSQL, DbVisualizer,
// Robo 3T, Sequel Ace, TablePlus, SQL Developer, SQLTools).
//
// Each connection is a client of its own. The formats differ in syntax and hardly in words,
// so one table of words (names.go) says what a field is, and connection.go gathers fields
// into a part, whichever reader they come from.
//
// Several tools hide passwords with keys that are published or lie beside the file:
// mylogin.cnf, DbVisualizer, HeidiSQL, Robo 3T. Those are undone, and count as obfuscated.
//
// Sources: PostgreSQL "The Password File" and "The Connection Service File"; MySQL "Using
// Option Files" and mysql_config_editor; unixODBC; Cassandra cqlshrc; ClickHouse client
// configuration; librdkafka CONFIGURATION.md; influx CLI; Snowflake CLI and SnowSQL;
// databricks-sdk-go; dbt; Rails; vscode-sqltools; Oracle Net; studio3t/robomongo
// (RoboCrypt, SimpleCrypt); heidisql.com (DecryptStr); Sequel-Ace; files found in public
// repositories for the rest.
package datastore

import "github.com/clientele/clientele"

// Decoders are the formats of the small database clients.
var Decoders = []clientele.Decoder{
	{Name: "libpq password file", Paths: []string{".pgpass", "pgpass.conf", ".pgpass.*"}, Decode: decodePgpass},
	{Name: "libpq service file", Paths: []string{".pg_service.conf", "pg_service.conf"}, Decode: decodeServices},
	{Name: "mysql options", Paths: []string{".my.cnf", "my.cnf", "my.ini", ".mylogin.ini", "*.my.cnf"}, Decode: decodeMyCnf},
	{Name: "mysql login paths", Paths: []string{".mylogin.cnf"}, Binary: true, Decode: decodeLoginPaths},
	{Name: "mysql workbench connections", Paths: []string{"connections.xml", "server_instances.xml"}, Decode: decodeWorkbench},
	{Name: "odbc data sources", Paths: []string{".odbc.ini", "odbc.ini"}, Decode: decodeODBC},
	{Name: "cqlsh", Paths: []string{"cqlshrc", ".cqlshrc", ".cassandra/credentials"}, Decode: decodeCqlsh},
	{
		Name: "clickhouse client",
		Paths: []string{
			".clickhouse-client/config.*", "clickhouse-client/config.*", "clickhouse-client.xml", "clickhouse-client.y*ml",
		},
		Decode: decodeClickHouse,
	},
	{
		Name: "kafka client",
		Paths: []string{
			"kcat.conf", "kafkacat.conf", "client.properties", "librdkafka.config", "kafka.properties", "java.config",
		},
		Decode: decodeKafka,
	},
	{Name: "influx profiles", Paths: []string{".influxdbv2/configs", "influxdbv2/configs"}, Decode: decodeInflux},
	{Name: "mongosh settings", Paths: []string{"mongosh/config", ".mongorc.js", ".mongoshrc.js", "mongosh.conf"}, Decode: decodeMongosh},
	{Name: "database shell history", Paths: historyPaths, Decode: decodeHistory},
	{Name: "robo 3t", Paths: []string{"robo3t.json", "robomongo.json"}, Decode: decodeRobo3T},
	{
		Name: "snowflake cli",
		Paths: []string{
			".snowflake/config.toml", "snowflake/config.toml", "connections.toml", ".snowflake/connections.toml",
		},
		Decode: decodeSnowflake,
	},
	{Name: "snowsql", Paths: []string{".snowsql/config", "snowsql.cnf", ".snowsql.cnf"}, Decode: decodeSnowSQL},
	{Name: "databricks profiles", Paths: []string{".databrickscfg"}, Decode: decodeDatabricks},
	{Name: "databricks token cache", Paths: []string{".databricks/token-cache.json"}, Decode: decodeDatabricksTokens},
	{Name: "dbt profiles", Paths: []string{"profiles.yml", "profiles.yaml"}, Decode: decodeDbt},
	{Name: "dbt cloud", Paths: []string{"dbt_cloud.yml"}, Decode: decodeDbtCloud},
	{Name: "rails databases", Paths: []string{"database.yml", "database.*.yml", "database.yml.*"}, Decode: decodeRails},
	{
		Name:   "editor connections",
		Marks:  []string{"sqltools.connections", `"mssql.connections"`, `"datasource.connections"`},
		Decode: decodeEditor,
	},
	{Name: "oracle net names", Paths: []string{"tnsnames.ora"}, Decode: decodeTNS},
	{
		Name:   "sql developer connections",
		Paths:  []string{"connections.json", "connections.xml", ".dbtools/connections/*.json", "dbtools.properties"},
		Marks:  []string{"RaptorConnectionType"},
		Decode: decodeSQLDeveloper,
	},
	{Name: "dbvisualizer", Paths: []string{"dbvis.xml"}, Decode: decodeDbVisualizer},
	{Name: "heidisql", Paths: []string{"portable_settings.txt"}, Marks: []string{`<|||>1<|||>`}, Decode: decodeHeidiSQL},
	{Name: "sequel ace favourites", Paths: []string{"Favorites.plist", "*.spf"}, Binary: true, Decode: decodeSequel},
	{Name: "tableplus", Paths: []string{"Connections.plist"}, Binary: true, Decode: decodeTablePlus},
}
