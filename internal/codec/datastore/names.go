package datastore

import (
	"strings"

	"github.com/clientele/clientele"
)

// fact is what a field tells of a connection without being a credential.
type fact int

const (
	nothing     fact = iota
	hostFact         // where it goes
	portFact         //
	databaseOf       //
	urlFact          // all of that in one, and more
	driverFact       // the database's product
	authFact         // the way of signing in
	environment      // what the tool says it is for: production
	ignored          // known, and of no interest
)

var facts = fold2(map[fact]string{
	hostFact: `host hostname server server_name address servername databasehost serverhost brokers hosts
		metadata.broker.list bootstrap.servers contact_points host_name account server_hostname net_address server_address`,
	portFact:    `port host_port databaseport serverport port_number native_port`,
	databaseOf:  `database dbname db databasename catalog initial_catalog keyspace default_database schema_name sid service_name org`,
	urlFact:     `url uri jdbc_url jdbcurl connection_string connect_string connectionstring connectstring dsn connection_url custom_url`,
	driverFact:  `driver type adapter dialect provider dbtype subtype engine`,
	authFact:    `authenticator auth_type authtype method authentication_type authmechanism sasl.mechanism sasl.mechanisms`,
	environment: `environment enviroment env`,
	ignored: `name id role warehouse schema port_forward threads region encoding charset pool timeout reconnect
		color version groupid statuscolor socket sslmode ssl description comment notes active conn_name icon
		sql_mode password_mode connection_name display_name profile ssl.ca.location location
		profile_name path application_name ssh servertype security.protocol provider_name save_password`,
})

// roles says which fields are credentials. What is in neither table is handed on as a
// setting, to be judged by its name and value.
var roles = fold2(map[clientele.Role]string{
	clientele.Password: `password pass pwd passwd user_password sasl.password databasepassword server_password
		proxy_password mfa_passcode`,
	clientele.Username: `user username uid user_id login user_name userid usr sasl.username databaseuser
		server_user proxy_user client_email`,
	clientele.Token:         `token access_token session_token master_token personal_access_token oauth_token auth_token oauth_access_token token_value`,
	clientele.RefreshToken:  `refresh_token oauth_refresh_token`,
	clientele.IDToken:       `id_token`,
	clientele.ClientSecret:  `client_secret oauth_client_secret azure_client_secret`,
	clientele.OAuthClientID: `client_id oauth_client_id azure_client_id`,
	clientele.PrivateKey:    `private_key private_key_raw private_key_content ssl.key.pem`,
	clientele.Passphrase: `private_key_passphrase ssl_key_password ssl.key.password sslpassword passphrase private_key_pwd ssl.keystore.password
		ssl.truststore.password ssh_key_passphrase key_passphrase private_key_file_pwd ssl_key_passphrase`,
	clientele.APIKey: `api_key apikey`,
	clientele.SecretKey: `aws_secret_access_key secret_access_key secret_key
		s3_secret_access_key`,
	clientele.Identifier: `aws_access_key_id access_key_id account_id azure_tenant_id azure_client_tenant tenant_id
		azure_workspace_resource_id cluster_id warehouse_id http_path`,
})

// fold is a field's name in lower case, without what only divides words.
func fold(name string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '_', '-', '.', ' ':
			return -1
		}
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, name)
}

func fold2[T comparable](lists map[T]string) map[string]T {
	m := map[string]T{}
	for of, list := range lists {
		for _, name := range strings.Fields(list) {
			m[fold(name)] = of
		}
	}
	return m
}

// schemes are the URL schemes that stand for what tools call their drivers, tried in order
// as parts of the name.
var schemes = []struct{ in, scheme string }{
	{"postgres", "postgres"}, {"pgsql", "postgres"}, {"psycopg", "postgres"}, {"redshift", "redshift"},
	{"mariadb", "mysql"}, {"mysql", "mysql"}, {"trilogy", "mysql"},
	{"mssql", "sqlserver"}, {"sqlserver", "sqlserver"}, {"freetds", "sqlserver"}, {"tds", "sqlserver"},
	{"odbcdriver", "sqlserver"}, {"mongo", "mongodb"}, {"snowflake", "snowflake"}, {"oracle", "oracle"},
	{"databricks", "databricks"}, {"spark", "databricks"}, {"bigquery", "bigquery"}, {"clickhouse", "clickhouse"},
	{"redis", "redis"}, {"cassandra", "cassandra"}, {"sqlite", "sqlite"}, {"trino", "trino"}, {"presto", "trino"},
	{"kafka", "kafka"}, {"influx", "http"}, {"vertica", "vertica"}, {"db2", "db2"}, {"teradata", "teradata"},
}

// schemeOf is the scheme for a driver's name, or the name itself.
func schemeOf(driver string) string {
	low := fold(driver)
	for _, s := range schemes {
		if strings.Contains(low, s.in) {
			return s.scheme
		}
	}
	if strings.ContainsAny(low, `/\{}<$`) {
		return ""
	}
	return low
}
