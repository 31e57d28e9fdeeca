package command

import (
	"strings"

	"github.com/clientele/clientele"
)

const pgTable = `U,username=user h,host=host p,port=port d,dbname=database o,output=output f=skip W=flag w=flag `

const mysqlTable = `u,user=user p,password=password? h,host=host P,port=port D,database=named e,execute=sql
	S,socket=skip defaults-file=file defaults-extra-file=file login-path=skip ssl-ca=skip ssl-key=skip ssl-cert=skip
	r,result-file=output password1=password password2=password password3=password w,where=skip ignore-table=skip
	default-character-set=skip `

const mongoTable = `u,username=user p,password=password host=host port=port d,db=named c,collection=skip uri=dsn
	authenticationDatabase=skip authenticationMechanism=skip sslPEMKeyPassword=passphrase tlsCertificateKeyFilePassword=passphrase
	awsIamSessionToken=token eval=sql o,out=output archive=output gcpServiceAccount=skip sslCAFile=skip f,file=skip
	awsAccessKeyId=user awsSecretAccessKey=secret_key q,query=skip config=config `

func (all toolTable) addStores() {
	postgres := func(extra string, args func(*run, []word)) *tool {
		return &tool{options: options(pgTable, extra), scheme: "basic", proto: "postgres", args: args}
	}
	all.add("psql pgcli", postgres(`c,command=sql f,file=skip v,set,variable=env L=output P,pset=skip F=skip R=skip T=skip`, databaseArgs))
	all.add("createdb dropdb vacuumdb reindexdb pg_isready pgbench createuser clusterdb", postgres(`c=skip t=skip T=skip j=skip`, databaseArgs))
	all.add("pg_dump pg_dumpall", postgres(`f,file=output t,table=skip n,schema=skip N=skip T=skip F,format=skip j,jobs=skip Z=skip E=skip`, dumpArgs))
	all.add("pg_restore", postgres(`f,file=output t,table=skip n,schema=skip F,format=skip j,jobs=skip L=skip`, nil))
	all.add("pg_basebackup", postgres(`D,pgdata=output`, dumpArgs))
	mysql := func(extra string, args func(*run, []word)) *tool {
		return &tool{options: options(mysqlTable, extra), scheme: "basic", proto: "mysql", args: args}
	}
	all.add("mysql mariadb mycli", mysql(``, databaseArgs))
	all.add("mysqldump mariadb-dump mydumper mysqlpump", mysql(`T,tab=output B=flag outputdir=output`, dumpArgs))
	all.add("mysqladmin mariadb-admin mysqlcheck mysqlshow mysqlslap mysqlbinlog", mysql(``, mysqladminArgs))
	all.add("mysqlimport mysqlsh", mysql(`uri=dsn`, databaseArgs))
	mongo := func(args func(*run, []word)) *tool {
		return &tool{options: options(mongoTable), scheme: "basic", proto: "mongodb", args: args}
	}
	all.add("mongo mongosh mongorestore mongoimport mongostat mongotop mongofiles", mongo(databaseArgs))
	all.add("mongodump mongoexport", mongo(dumpArgs))
	all.add("redis-cli valkey-cli keydb-cli", &tool{options: options(`a,pass=password u=url user=user h=host p=port n=skip s=skip
		-pass=password -user=user rdb=output cert=skip key=skip cacert=skip x=flag r=skip i=skip`), scheme: "basic", proto: "redis", args: redisArgs})
	all.add("redis-server valkey-server", &tool{options: options(`requirepass=password masterauth=password p,port=skip`)})
	all.add("clickhouse-client clickhouse|client clickhouse", &tool{options: options(`h,host=host port=port u,user=user password=password d,database=named
		q,query=sql queries-file=skip f,format=skip C,config-file=config jwt=token connection=skip`), scheme: "basic", proto: "clickhouse", args: databaseArgs})
	all.add("sqlcmd", &tool{options: options(`S=host d=named U=user P=password H=skip i=skip o=output Q=sql q=sql v=env K=skip l=skip t=skip`), scheme: "basic", proto: "sqlserver"})
	all.add("bcp", &tool{options: options(`S=host d=named U=user P=password e=output f=skip F=skip L=skip b=skip t=skip r=skip a=skip`), scheme: "basic", proto: "sqlserver", args: bcpArgs})
	all.add("tsql isql osql", &tool{options: options(`S=host H=host p=port U=user P=password D=named`), scheme: "basic", proto: "sqlserver"})
	all.add("snowsql snow", &tool{options: options(`a,accountname,account=host u,username,user=user p,password=password d,dbname,database=named s,schemaname=skip w,warehouse=skip
		r,rolename,role=scope q,query=sql f,filename=skip o,option=skip c,connection=skip private-key-path=skip private-key-passphrase=passphrase
		token=token host=skip D,variable=env mfa-passcode=skip authenticator=skip config=config`), scheme: "basic", proto: "snowflake"})
	all.add("sqlplus sql sqlldr expdp impdp exp imp", &tool{scheme: "basic", proto: "oracle", args: oracleArgs})
	all.add("cqlsh", &tool{options: options(`u,username=user p,password=password k,keyspace=named e,execute=sql f=skip cqlshrc=config`), scheme: "basic", proto: "cassandra", args: hostArgs})
	all.add("cypher-shell", &tool{options: options(`u,username=user p,password=password a,address=url d,database=named f,file=skip`), scheme: "basic", proto: "neo4j"})
	all.add("beeline", &tool{options: options(`u=dsn n=user p=password e=sql f=skip`), scheme: "basic", proto: "hive"})
	all.add("trino presto", &tool{options: options(`server=host user=user password=flag access-token=token catalog=named schema=skip execute=sql f,file=skip`), proto: "trino", scheme: "basic"})
	all.add("vsql", &tool{options: options(`U=user w=password h=host p=port d=named c=sql f=skip o=output`), scheme: "basic", proto: "vertica"})
	all.add("influx influxd", &tool{options: options(`t,token=token host=host o,org=skip username=user password=password u=skip precision=skip database=named execute=sql`), scheme: "bearer", proto: "influxdb"})
	all.add("usql dbmate migrate goose tern atlas sqlx diesel", &tool{options: options(`u,url=dsn d=skip database=dsn -database=dsn -source=skip -path=skip c=sql database-url=dsn dsn=dsn`), args: dsnArgs})
	all.add("flyway", &tool{dashed: true, options: options(`url=dsn user=user password=password`), scheme: "basic"})
	all.add("liquibase", &tool{options: options(`url=dsn username=user password=password`), scheme: "basic"})
	all.add("sqoop", &tool{options: options(`connect=dsn username=user password=password table=skip target-dir=output`), scheme: "basic", args: dumpArgs})
	all.add("kcat kafkacat", &tool{options: options(`b=host X=attribute F=config t=skip C=flag P=flag o=skip`), proto: "kafka"})
	all.add("mosquitto_pub mosquitto_sub", &tool{options: options(`h,host=host p,port=port u,username=user P,pw=password t,topic=skip m,message=skip L,url=url
		cert=skip key=skip cafile=skip i,id=skip q,qos=skip`), scheme: "basic", proto: "mqtt"})
	all.add("amqp-publish amqp-consume amqp-get", &tool{options: options(`u,url=url r=skip e=skip b=skip q=skip username=user password=password`), proto: "amqp"})
	all.add("rabbitmqadmin", &tool{options: options(`H,host=host u,username=user p,password=password P,port=port V,vhost=skip`), scheme: "basic", proto: "amqp"})
	all.add("nats", &tool{options: options(`s,server=url user=user password=password creds=file nkey=file token=token`), scheme: "basic", proto: "nats"})
	all.add("etcdctl", &tool{options: options(`user=account endpoints=host password=password cert=skip key=skip cacert=skip`), proto: "etcd"})
	all.add("ldapsearch ldapmodify ldapadd ldapwhoami ldappasswd ldapdelete", &tool{options: options(`D=user w=password H=url h=host p=port b=skip y=file s=skip f=skip S=skip a=skip`), scheme: "basic", proto: "ldap"})
	all.add("sqlite3 duckdb", &tool{args: duckArgs})
}

// databaseArgs take a connection string, a database, and what is piped in as SQL.
func databaseArgs(r *run, args []word) {
	for _, a := range args {
		r.dsn(a, r.database == "")
	}
	r.sql(r.input)
}

func dsnArgs(r *run, args []word) {
	for _, a := range args {
		r.dsn(a, false)
	}
}

func hostArgs(r *run, args []word) {
	if len(args) > 0 {
		r.host = args[0].text
	}
	if len(args) > 1 {
		r.port = args[1].text
	}
}

// dumpArgs are databaseArgs of a command that takes the data out.
func dumpArgs(r *run, args []word) {
	for _, a := range args {
		r.dsn(a, r.database == "")
	}
	what := r.database
	if what == "" {
		for _, u := range r.urls {
			what = hostOf(u.text)
		}
	}
	r.export(what)
	for _, f := range r.sinks {
		r.output(f)
	}
}

func (r *run) export(what string) {
	s := r.name
	if what != "" {
		s += " of " + clip(what)
	}
	r.part.Exports = append(r.part.Exports, s)
}

func redisArgs(r *run, args []word) {
	for i, a := range args {
		if strings.EqualFold(a.text, "auth") && i+1 < len(args) {
			r.slot(clientele.InArgument, clientele.Password, "AUTH", args[len(args)-1])
			return
		}
	}
}

// mysqladminArgs: "password NEW" sets one.
func mysqladminArgs(r *run, args []word) {
	for i, a := range args {
		if a.text == "password" && i+1 < len(args) {
			r.slot(clientele.InArgument, clientele.Password, "password", args[i+1])
		}
	}
}

// bcpArgs are TABLE out|in|queryout FILE.
func bcpArgs(r *run, args []word) {
	for i, a := range args {
		if (a.text == "out" || a.text == "queryout") && i > 0 {
			if a.text == "out" {
				r.export(args[i-1].text)
			} else {
				r.export("a query")
			}
			if i+1 < len(args) {
				r.output(args[i+1].text)
			}
		}
	}
}

// oracleArgs are user/password@host/service, and name=value for the data pump.
func oracleArgs(r *run, args []word) {
	for _, a := range args {
		if name, value, found := a.cut("="); found {
			if strings.EqualFold(name.text, "userid") {
				a = value
			} else {
				continue
			}
		}
		account, host, found := lastCut(a, "@")
		user, password, pair := account.cut("/")
		if !found && !pair {
			continue
		}
		if host.text != "" && r.host == "" {
			r.host = strings.TrimPrefix(host.text, "//")
		}
		r.user, r.principalLine = user.text, user.line
		r.slot(clientele.InArgument, clientele.Username, "userid", user)
		r.slot(clientele.InArgument, clientele.Password, "userid", password)
		break
	}
	if r.name == "expdp" || r.name == "exp" {
		r.export("")
	}
	r.sql(r.input)
}

func lastCut(w word, sep string) (before, after word, found bool) {
	i := strings.LastIndex(w.text, sep)
	if i < 0 {
		return w, w.with(""), false
	}
	return w.with(w.text[:i]), w.with(w.text[i+len(sep):]), true
}

// sql looks at statements given to a database's shell. They may hold passwords, and take
// data out.
func (r *run) sql(w word) {
	if w.text == "" || strings.HasPrefix(w.text, "@") {
		return
	}
	r.text(clientele.InScript, w, "sql")
	if to, ok := exportTarget(w.text); ok {
		r.part.Exports = append(r.part.Exports, "COPY to "+to)
	}
}

// duckArgs: only the SQL matters; the database is a file.
func duckArgs(r *run, args []word) {
	for _, a := range args {
		if strings.ContainsAny(a.text, " ") {
			r.sql(a)
		}
	}
}

// exportTarget tells that a statement is COPY … TO, UNLOAD … TO or SELECT … INTO OUTFILE.
func exportTarget(sql string) (string, bool) {
	words := strings.Fields(strings.ReplaceAll(sql, ";", " ; "))
	taking := false
	for i, w := range words {
		up := strings.ToUpper(w)
		switch {
		case up == ";":
			taking = false
		case strings.TrimLeft(up, `\(`) == "COPY" || strings.HasPrefix(up, "UNLOAD"):
			taking = true
		case up == "OUTFILE" || taking && up == "TO" && i+1 < len(words):
			if i+1 == len(words) {
				return "a file", true
			}
			to := strings.Trim(words[i+1], `'"();`)
			if strings.EqualFold(to, "stdout") || strings.EqualFold(to, "program") {
				return strings.ToLower(to), true
			}
			return clip(baseName(to)), true
		}
	}
	return "", false
}
