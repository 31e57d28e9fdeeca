package dsn_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/dsn"
)

// show writes a target on one line: scheme user:password hosts database path params, the
// zero ones left out.
func show(t dsn.Target) string {
	var b strings.Builder
	add := func(name, v string) {
		if v != "" {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	b.WriteString(t.Scheme)
	add("u", t.User)
	add("p", t.Password.Reveal())
	if t.HasPassword && t.Password.Empty() {
		b.WriteString(" p=")
	}
	add("h", strings.Join(t.Hosts, ","))
	add("d", t.Database)
	add("path", t.Path)
	for _, p := range t.Params {
		fmt.Fprintf(&b, " [%s=%s]", p.Name, p.Value.Reveal())
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want, masked string }{
		// URLs as the grammar has them.
		{"postgres://app:s3cr3t@db.prod:5432/orders?sslmode=require",
			"postgres u=app p=s3cr3t h=db.prod:5432 d=orders path=/orders [sslmode=require]",
			"postgres://app:***@db.prod:5432/orders?sslmode=require"},
		{"postgresql+psycopg2://app:a%40b%3Ac%2Fd@db/x", "postgresql+psycopg2 u=app p=a@b:c/d h=db d=x path=/x",
			"postgresql+psycopg2://app:***@db/x"},
		{"MongoDB+SRV://u:p%25w@c0.ab1.mongodb.net/?retryWrites=true&w=majority",
			"mongodb+srv u=u p=p%w h=c0.ab1.mongodb.net path=/ [retryWrites=true] [w=majority]",
			"MongoDB+SRV://u:***@c0.ab1.mongodb.net/?retryWrites=true&w=majority"},
		{"mongodb://u:longpw@h1:27017,h2:27018,[::1]:27019/db?replicaSet=rs0",
			"mongodb u=u p=longpw h=h1:27017,h2:27018,[::1]:27019 d=db path=/db [replicaSet=rs0]",
			"mongodb://u:***@h1:27017,h2:27018,[::1]:27019/db?replicaSet=rs0"},
		{"redis://:hunter22@cache:6379/0", "redis p=hunter22 h=cache:6379 d=0 path=/0", "redis://:***@cache:6379/0"},
		{"amqps://svc:pw12@mq.example.org/%2Fprod", "amqps u=svc p=pw12 h=mq.example.org d=/prod path=/%2Fprod",
			"amqps://svc:***@mq.example.org/%2Fprod"},
		{"https://api.example.org/v1/items?api_key=abc123&page=2#top",
			"https h=api.example.org path=/v1/items [api_key=abc123] [page=2]",
			"https://api.example.org/v1/items?api_key=***&page=2#top"},
		{"https://app/cb#access_token=eyJ.a.b&token_type=bearer",
			"https h=app path=/cb [access_token=eyJ.a.b] [token_type=bearer]",
			"https://app/cb#access_token=***&token_type=bearer"},
		{"https://app/#/login?code=xyz&state=1", "https h=app path=/ [code=xyz] [state=1]",
			"https://app/#/login?code=***&state=1"},
		{"https://ghp_token@github.com/o/r.git", "https u=ghp_token h=github.com path=/o/r.git",
			"https://ghp_token@github.com/o/r.git"},
		{"git+https://bot:glpat-xyz@gitlab.com/g/p.git", "git+https u=bot p=glpat-xyz h=gitlab.com path=/g/p.git",
			"git+https://bot:***@gitlab.com/g/p.git"},
		{"https://h/p?sig=a+b%2F%3D&sv=2020", "https h=h path=/p [sig=a+b/=] [sv=2020]", "https://h/p?sig=***&sv=2020"},
		{"mysql://u:pw42@tcp(h:3306)/db", "mysql u=u p=pw42 h=h:3306 d=db path=/db", "mysql://u:***@tcp(h:3306)/db"},
		{"postgres:///orders?host=/run/pg&user=app&password=hunter22",
			"postgres u=app p=hunter22 d=orders path=/orders [host=/run/pg]",
			"postgres:///orders?host=/run/pg&user=app&password=***"},
		{"postgres://u:@h/db", "postgres u=u p= h=h d=db path=/db", "postgres://u:@h/db"},
		{"sqlite:///var/lib/x.db", "sqlite d=var path=/var/lib/x.db", "sqlite:///var/lib/x.db"},
		{"snowflake://u:pw42@acme-eu1/DB/PUBLIC?warehouse=W", "snowflake u=u p=pw42 h=acme-eu1 d=DB path=/DB/PUBLIC [warehouse=W]",
			"snowflake://u:***@acme-eu1/DB/PUBLIC?warehouse=W"},
		{"smtp://mail%40acme.io:p%20w@smtp.acme.io:587", "smtp u=mail@acme.io p=p w h=smtp.acme.io:587",
			"smtp://mail%40acme.io:***@smtp.acme.io:587"},
		{"https://registry.npmjs.org/@scope/pkg", "https h=registry.npmjs.org path=/@scope/pkg", "https://registry.npmjs.org/@scope/pkg"},
		{"https://u:pw42@gitea/@scope/pkg", "https u=u p=pw42 h=gitea path=/@scope/pkg", "https://u:***@gitea/@scope/pkg"},
		{"https://api/x?email=a@b.com", "https h=api path=/x [email=a@b.com]", "https://api/x?email=a@b.com"},
		{"https://host/find?q=hello world", "https h=host path=/find [q=hello world]", "https://host/find?q=hello world"},

		// Passwords that nobody escaped.
		{"postgres://u:p@ss@h/db", "postgres u=u p=p@ss h=h d=db path=/db", "postgres://u:***@h/db"},
		{"postgres://u:p/w@h:5432/db", "postgres u=u p=p/w h=h:5432 d=db path=/db", "postgres://u:***@h:5432/db"},
		{"postgres://u:a:b@h/db", "postgres u=u p=a:b h=h d=db path=/db", "postgres://u:***@h/db"},
		{"postgres://u:p#1?x@db.acme.io:5432/o", "postgres u=u p=p#1?x h=db.acme.io:5432 d=o path=/o", "postgres://u:***@db.acme.io:5432/o"},
		{"postgres://u:p@ss/w@h:5432/db?application_name=a@b.io",
			"postgres u=u p=p@ss/w h=h:5432 d=db path=/db [application_name=a@b.io]",
			"postgres://u:***@h:5432/db?application_name=a@b.io"},
		{"postgres://u:12/34@h.io/db", "postgres u=u p=12/34 h=h.io d=db path=/db", "postgres://u:***@h.io/db"},
		{"https://u:p/w@api.acme.io/@me", "https u=u p=p/w h=api.acme.io path=/@me", "https://u:***@api.acme.io/@me"},
		{"https://u:p@ss/w@api.acme.io/x", "https u=u p=p@ss/w h=api.acme.io path=/x", "https://u:***@api.acme.io/x"},
		{"redis://:p#ss@h", "redis p=p#ss h=h", "redis://:***@h"},
		{"amqp://u:100%sure@h/v", "amqp u=u p=100%sure h=h d=v path=/v", "amqp://u:***@h/v"},
		{"mysql://root:correct horse@h/db", "mysql u=root p=correct horse h=h d=db path=/db", "mysql://root:***@h/db"},

		// References.
		{"postgres://${DB_USER}:${DB_PASS:-p@ss/w}@${DB_HOST}:${DB_PORT}/app",
			"postgres u=${DB_USER} p=${DB_PASS:-p@ss/w} h=${DB_HOST}:${DB_PORT} d=app path=/app",
			"postgres://${DB_USER}:***@${DB_HOST}:${DB_PORT}/app"},
		{"https://{{user}}:{{p@ss/w}}@{{host}}/x", "https u={{user}} p={{p@ss/w}} h={{host}} path=/x", "https://{{user}}:***@{{host}}/x"},
		{"{{scheme}}://u:pw42@h/x", "{{scheme}} u=u p=pw42 h=h d=x path=/x", "{{scheme}}://u:***@h/x"},
		{"https://{tenant}.acme.io/{id}?k={{a&b}}&token=<token>",
			"https h={tenant}.acme.io path=/{id} [k={{a&b}}] [token=<token>]",
			"https://{tenant}.acme.io/{id}?k={{a&b}}&token=***"},
		{"mysql://%DB_USER%:%DB_PASS%@%DB_HOST%/x", "mysql u=%DB_USER% p=%DB_PASS% h=%DB_HOST% d=x path=/x",
			"mysql://%DB_USER%:***@%DB_HOST%/x"},
		{"postgres://<%= ENV['U'] %>:<%= ENV['P/@'] %>@h/db", "postgres u=<%= ENV['U'] %> p=<%= ENV['P/@'] %> h=h d=db path=/db",
			"postgres://<%= ENV['U'] %>:***@h/db"},
		{"mongodb://$USER:$PASS@h", "mongodb u=$USER p=$PASS h=h", "mongodb://$USER:***@h"},

		// JDBC.
		{"jdbc:postgresql://h:5432/db?user=app&password=a%26b&ssl=true",
			"postgresql u=app p=a&b h=h:5432 d=db path=/db [ssl=true]",
			"jdbc:postgresql://h:5432/db?user=app&password=***&ssl=true"},
		{"jdbc:mysql://u:pw42@h/db", "mysql u=u p=pw42 h=h d=db path=/db", "jdbc:mysql://u:***@h/db"},
		{"jdbc:mysql:loadbalance://a:3306,b:3306/db?user=x", "mysql u=x h=a:3306,b:3306 d=db path=/db", ""},
		{"jdbc:mysql://address=(host=h1)(port=3307)(user=u)(password=pw42)/db", "mysql u=u p=pw42 h=h1:3307 d=db path=/db",
			"jdbc:mysql://address=(host=h1)(port=3307)(user=u)(password=***)/db"},
		{"jdbc:aws-wrapper:postgresql://h/db", "postgresql h=h d=db path=/db", ""},
		{`jdbc:sqlserver://h\inst:1433;databaseName=d;user=sa;password={p;w}}x@y};encrypt=true`,
			`sqlserver u=sa p=p;w}x@y h=h\inst:1433 d=d [encrypt=true]`,
			`jdbc:sqlserver://h\inst:1433;databaseName=d;user=sa;password=***;encrypt=true`},
		{"jdbc:jtds:sqlserver://h:1433/d;user=sa;password=p@ss1", "sqlserver u=sa p=p@ss1 h=h:1433 d=d path=/d",
			"jdbc:jtds:sqlserver://h:1433/d;user=sa;password=***"},
		{"jdbc:db2://h:50000/SAMPLE:user=db2inst1;password=pw42;", "db2 u=db2inst1 p=pw42 h=h:50000 d=SAMPLE path=/SAMPLE",
			"jdbc:db2://h:50000/SAMPLE:user=db2inst1;password=***;"},
		{"jdbc:teradata://td/DATABASE=x,USER=u,PASSWORD=pw42", "teradata u=u p=pw42 h=td d=x",
			"jdbc:teradata://td/DATABASE=x,USER=u,PASSWORD=***"},
		{"jdbc:oracle:thin:scott/tiger@db1:1521:ORCL", "oracle u=scott p=tiger h=db1:1521 d=ORCL", "jdbc:oracle:thin:scott/***@db1:1521:ORCL"},
		{`jdbc:oracle:thin:scott/"p@s/s"@//db1:1521/svc`, "oracle u=scott p=p@s/s h=db1:1521 d=svc", "jdbc:oracle:thin:scott/***@//db1:1521/svc"},
		{"jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=a)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=s)))",
			"oracle h=a:1521 d=s", ""},
		{"jdbc:oracle:thin:@tcps://a:1522/s?wallet_location=/w&password=pw42", "oracle p=pw42 h=a:1522 d=s [wallet_location=/w]", ""},
		{"jdbc:snowflake://acme.snowflakecomputing.com/?user=u&password=pw42&warehouse=w",
			"snowflake u=u p=pw42 h=acme.snowflakecomputing.com path=/ [warehouse=w]", ""},
		{"jdbc:databricks://dbc.cloud:443/default;transportMode=http;AuthMech=3;UID=token;PWD=dapi0123",
			"databricks u=token p=dapi0123 h=dbc.cloud:443 d=default path=/default [transportMode=http] [AuthMech=3]", ""},
		{"jdbc:h2:tcp://h:9092/~/test;USER=sa;PASSWORD=file usr", "h2 u=sa p=file usr h=h:9092 d=~/test path=/~/test",
			"jdbc:h2:tcp://h:9092/~/test;USER=sa;PASSWORD=***"},
		{"jdbc:h2:mem:test;DB_CLOSE_DELAY=-1", "h2 d=mem:test path=mem:test [DB_CLOSE_DELAY=-1]", ""},
		{"jdbc:postgresql:orders?user=u&password=pw42", "postgresql u=u p=pw42 d=orders path=orders", ""},
		{"jdbc:awsathena://AwsRegion=eu-west-1;UID=AKIAX;PWD=pw42", "awsathena u=AKIAX p=pw42 [AwsRegion=eu-west-1]", ""},
		{"jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p;OAuthPvtKey=k123",
			"bigquery h=www.googleapis.com d=bigquery/v2:443 path=/bigquery/v2:443 [ProjectId=p] [OAuthPvtKey=k123]",
			"jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p;OAuthPvtKey=***"},
		{"r2dbc:postgresql://u:pw42@h/db", "postgresql u=u p=pw42 h=h d=db path=/db", "r2dbc:postgresql://u:***@h/db"},

		// ODBC, .NET, Azure.
		{"Driver={ODBC Driver 18 for SQL Server};Server=tcp:h.database.windows.net,1433;Database=d;Uid=u;Pwd={p;w}}};",
			"odbc u=u p=p;w} h=h.database.windows.net:1433 d=d [Driver=ODBC Driver 18 for SQL Server]", "-"},
		{"Server=db;Database=d;User Id=sa;Password=\"a;b\"\"c\";Encrypt=True", `ado u=sa p=a;b"c h=db d=d [Encrypt=True]`,
			"Server=db;Database=d;User Id=sa;Password=***;Encrypt=True"},
		{"data source=.;initial catalog=d;USER ID=sa;PWD='it''s'", "ado u=sa p=it's h=. d=d",
			"data source=.;initial catalog=d;USER ID=sa;PWD=***"},
		{"Host=h;Port=5433;Username=u;Password=a=b==;Database=d", "ado u=u p=a=b== h=h:5433 d=d",
			"Host=h;Port=5433;Username=u;Password=***;Database=d"},
		{"Server=h;Uid=u;Pwd={{DB_PWD}};", "ado u=u p={{DB_PWD}} h=h", "Server=h;Uid=u;Pwd=***;"},
		{"Data Source=(DESCRIPTION=(ADDRESS=(HOST=o)(PORT=1521))(CONNECT_DATA=(SID=x)));User Id=u;Password=pw42",
			"ado u=u p=pw42 h=o:1521 d=x", "-"},
		{"Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=abc+/1=;EntityPath=q",
			"sb u=Root h=ns.servicebus.windows.net [SharedAccessKey=abc+/1=] [EntityPath=q]",
			"Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=***;EntityPath=q"},
		{"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a/b+c==;EndpointSuffix=core.windows.net",
			"azure u=acme [DefaultEndpointsProtocol=https] [AccountKey=a/b+c==] [EndpointSuffix=core.windows.net]",
			"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=***;EndpointSuffix=core.windows.net"},
		{"AccountEndpoint=https://c.documents.azure.com:443/;AccountKey=zz==;", "https h=c.documents.azure.com:443 [AccountKey=zz==]", "-"},
		{"BlobEndpoint=https://a.blob.core.windows.net/?sig=x;SharedAccessSignature=sv=2021&sig=abc",
			"https h=a.blob.core.windows.net [BlobEndpoint=https://a.blob.core.windows.net/?sig=x] [SharedAccessSignature=sv=2021&sig=abc]",
			"BlobEndpoint=***;SharedAccessSignature=***"},

		// libpq, Go MySQL, StackExchange.Redis, EZConnect.
		{`host=db.prod port=5432 dbname=orders user=app password='it\'s a \\ pw' sslmode=verify-full`,
			`postgres u=app p=it's a \ pw h=db.prod:5432 d=orders [sslmode=verify-full]`,
			"host=db.prod port=5432 dbname=orders user=app password=*** sslmode=verify-full"},
		{"host=a,b port=5432,5433 user = u password =pw42", "postgres u=u p=pw42 h=a:5432,b:5433", "host=a,b port=5432,5433 user = u password =***"},
		{"app:p@ss/w:rd@tcp(127.0.0.1:3306)/orders?parseTime=true&loc=Europe/Berlin",
			"mysql u=app p=p@ss/w:rd h=127.0.0.1:3306 d=orders [parseTime=true] [loc=Europe/Berlin]",
			"app:***@tcp(127.0.0.1:3306)/orders?parseTime=true&loc=Europe/Berlin"},
		{"app:pw42@unix(/tmp/m.sock)/db", "mysql u=app p=pw42 h=/tmp/m.sock d=db", "app:***@unix(/tmp/m.sock)/db"},
		{"root:pw42@/db", "mysql u=root p=pw42 d=db", "root:***@/db"},
		{"root@tcp(h:3306)/db", "mysql u=root h=h:3306 d=db", "root@tcp(h:3306)/db"},
		{"acme.redis.cache.windows.net:6380,password=abc+12=,ssl=True,abortConnect=False",
			"redis p=abc+12= h=acme.redis.cache.windows.net:6380 [ssl=True] [abortConnect=False]",
			"acme.redis.cache.windows.net:6380,password=***,ssl=True,abortConnect=False"},
		{"a:6379,b:6379,user=u,password=pw42", "redis u=u p=pw42 h=a:6379,b:6379", "a:6379,b:6379,user=u,password=***"},
		{"scott/tiger@//db:1521/svc", "oracle u=scott p=tiger h=db:1521 d=svc", "scott/***@//db:1521/svc"},

		// A password seen twice, and a string within a string.
		{"postgres://hunter22:hunter22@h/hunter22", "postgres u=hunter22 p=hunter22 h=h d=hunter22 path=/hunter22", "postgres://***:***@h/***"},
		{"https://proxy/?to=postgres%3A%2F%2Fu%3Apw42%40h%2Fdb&x=1", "https h=proxy path=/ [to=postgres://u:pw42@h/db] [x=1]",
			"https://proxy/?to=***&x=1"},
	} {
		got, ok := dsn.Parse(c.in)
		if !ok {
			t.Errorf("%q is not read", c.in)
			continue
		}
		if s := show(got); s != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, s, c.want)
		}
		if c.masked != "" && c.masked != "-" && got.Masked != c.masked {
			t.Errorf("%q is masked as %q, want %q", c.in, got.Masked, c.masked)
		}
		if p := got.Password.Reveal(); len(p) > 3 && strings.Contains(got.Masked, p) {
			t.Errorf("%q: the mask %q shows the password", c.in, got.Masked)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "x", "hunter2", "https://", "://x", "http", "1234567890",
		"see https://example.com for details",
		"https://example.com is down, write to ops@example.com",
		"color=red; width=3", "session=abc; Path=/; HttpOnly", "text/html; charset=utf-8",
		"a=1 b=2", "user=bob logged in", "the password=x and user=y", "name=x value=y",
		"actions/checkout@v4", "foo/bar@sha256:0123456789abcdef/x y", "@scope/pkg@1.2.3",
		"bob@example.com", "git@github.com:org/repo.git", "user:pass", "key: value",
		"a,b,c", "one,two=three", "12:34,56", "SELECT a FROM b; SELECT c=1;",
		"jdbc:", "jdbc:x", "jdbc::", "jdbc:oracle:thin:x", "Bearer abc.def.ghi",
		"line one\npostgres://u:p@h/db", "http://a b/c", "C:\\dir\\file;x=y", "password=x;",
		strings.Repeat("a", 70<<10) + "://h",
	} {
		if got, ok := dsn.Parse(s); ok {
			t.Errorf("%.80q is read as %s", s, show(got))
		}
	}
}

func TestSecretName(t *testing.T) {
	for name, want := range map[string]bool{
		"password": true, "sslPassword": true, "X-Amz-Signature": true, "shared_access_key": true, "api-key": true,
		"token": true, "private_key_pwd": true, "key": true, "Pwd2": true, "trustStorePassword": true,
		"user": false, "SharedAccessKeyName": false, "token_file_path": false, "sslkey": false, "AWSAccessKeyId": false,
		"public_key": false, "passfile": false, "partition-key": false, "sslmode": false, "authSource": false,
	} {
		if dsn.SecretName(name) != want {
			t.Errorf("SecretName(%q) is %v", name, !want)
		}
	}
}

// TestParseTakesTimeInProportion feeds what makes careless parsers quadratic.
func TestParseTakesTimeInProportion(t *testing.T) {
	for _, piece := range []string{"@", ":", "a@b", "{{", "${", "(", "=;", ";a=", "'", `"`, "%", "&a=b", "a://", "/@", "*", "<%", " a=b", ",a"} {
		for _, head := range []string{"", "postgres://u:****", "https://u:p@", "jdbc:mysql://", "Server=x;Pwd={", "host=x password='", "u:p@tcp(", "a,b,password="} {
			start := time.Now()
			dsn.Parse(head + strings.Repeat(piece, 60<<10/len(piece)))
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%q and many %q take %v", head, piece, took)
			}
		}
	}
}

// TestBuiltURLsComeBack holds Parse against net/url.
func TestBuiltURLsComeBack(t *testing.T) {
	for _, pw := range []string{"simple", "p@ss:w/rd?#[]", "ünï cödé", "100%", "a&b=c", "{{x", "${", "%41", " ", "***"} {
		roundTrip(t, "svc", pw, "v"+pw)
	}
}

func roundTrip(t *testing.T, user, password, value string) {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: "db.acme.io:5432", Path: "/orders"}
	u.RawQuery = "application=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20") + "&sslmode=require"
	got, ok := dsn.Parse(u.String())
	if !ok {
		t.Fatalf("%q is not read", u.String())
	}
	want := fmt.Sprintf("[%s][%s][db.acme.io:5432][orders][%s]", user, password, value)
	have := fmt.Sprintf("[%s][%s]%s[%s][%s]", got.User, got.Password.Reveal(), got.Hosts, got.Database, got.Params[0].Value.Reveal())
	if have != want {
		t.Fatalf("%q: got %s, want %s", u.String(), have, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"postgres://u:p@ss/w@h:5432/db?a=b#c=d", "jdbc:sqlserver://h;user=u;password={p;w}", "a:p@tcp(h)/d?x=y",
		"host=h user=u password='x y'", "Driver={x};Server=h;Pwd=abcd", "h:1,password=abcd", "u/abcd@//h:1/s",
		"jdbc:oracle:thin:u/p@(DESCRIPTION=(HOST=a)(PORT=1))", "https://{{u}}:${p:-@/}@h/x?y=<%= z %>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := dsn.Parse(s)
		if ok && len(got.Password.Reveal()) > 3 && strings.Contains(got.Masked, got.Password.Reveal()) {
			t.Fatalf("%q: the mask %q shows the password %q", s, got.Masked, got.Password.Reveal())
		}
		if strings.ToValidUTF8(s, "") == s && len(s) < 1000 && s != "" {
			roundTrip(t, "u"+s, s, s)
		}
	})
}
