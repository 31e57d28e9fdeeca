package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
)

// facts says in one line each what a part holds.
func facts(p clientele.Part) []string {
	var all []string
	for _, r := range p.Requests {
		s := strings.Join(strings.Fields("request "+r.Method+" "+r.URL.Reveal()), " ")
		if r.Auth != nil {
			s += " " + r.Auth.Scheme
		}
		all = append(all, s)
	}
	for _, s := range p.Slots {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s=%s %s", s.Place, s.Role, s.Name, s.Value.Reveal(), s.Principal)))
	}
	for _, v := range p.Variables {
		all = append(all, "variable "+v.Name+"="+v.Value.Reveal())
	}
	for _, t := range p.Texts {
		all = append(all, fmt.Sprintf("text %s %s", t.Place, t.Text.Reveal()))
	}
	for _, i := range p.Identities {
		all = append(all, "identity "+i.Scheme+" "+i.Principal)
	}
	for _, l := range p.Links {
		all = append(all, strings.TrimSpace(fmt.Sprintf("link %s %s %s%s", l.Rel, l.Tool, l.Path, l.ID)))
	}
	for _, e := range p.Exports {
		all = append(all, "export "+e)
	}
	for _, o := range p.Outputs {
		all = append(all, "output "+o)
	}
	return all
}

func TestReadUnderstands(t *testing.T) {
	for _, c := range []struct {
		src  string
		want []string
	}{
		// curl
		{`curl -u 'ana:p:w#1' https://a.test/x`, []string{"request GET https://a.test/x basic", "auth password -u=p:w#1 ana", "identity basic ana"}},
		{`curl -sSfLu "$U:${P:-dflt:x}" $URL`, []string{"request GET $URL basic", "auth password -u=${P:-dflt:x} $U"}},
		{`curl --user=ana:pw --digest https://a.test`, []string{"request GET https://a.test digest", "auth password user=pw ana"}},
		{`curl https://api.test/v1 -u sk_live_4eC39HqLyj:`, []string{"auth  -u=sk_live_4eC39HqLyj"}},
		{`curl -H 'Authorization: Bearer tok' -H @h.txt -XDELETE a.test/1 b.test/2`, []string{"request DELETE a.test/1 bearer", "request DELETE b.test/2 bearer", "header  Authorization=Bearer tok", "link includes  h.txt"}},
		{`curl -u a:b -H 'X-A: 1' -H 'Authorization: Bearer t' https://a.test`, []string{"request GET https://a.test bearer", "identity basic a"}},
		{`curl -H 'PRIVATE-TOKEN: t' https://a.test`, []string{"request GET https://a.test api_key"}},
		{`curl 'https://a.test/x?key=k&y=1'`, []string{"request GET https://a.test/x?key=k&y=1 api_key"}},
		{`curl -X POST https://a.test --upload-file a.zip`, []string{"request POST https://a.test"}},
		{`curl -T a.zip https://a.test`, []string{"request PUT https://a.test"}},
		{`curl -b 'sid=abc; x=1' -c jar.txt -o out.json https://a.test`, []string{"cookie cookie_header Cookie=sid=abc; x=1", "output jar.txt", "output out.json"}},
		{`curl -b jar.txt https://a.test`, []string{"link includes  jar.txt"}},
		{`curl --json '{"password":"x1"}' https://a.test -d @body.json`, []string{"request POST https://a.test", `text body {"password":"x1"}`, "link includes  body.json"}},
		{`curl -G -d 'api_key=k1' https://a.test`, []string{"request GET https://a.test", "text query api_key=k1"}},
		{`curl -F 'password=pw;type=text/plain' -F f=@x.bin -T up.bin https://a.test`, []string{"body  password=pw", "request PUT https://a.test"}},
		{`curl --oauth2-bearer tok --proxy-user pu:pp -x http://q:r@proxy:3128 https://a.test`, []string{"auth token oauth2-bearer=tok", "proxy password proxy-user=pp pu", "proxy connection_string -x=http://q:r@proxy:3128"}},
		{`curl --aws-sigv4 aws:amz:eu-west-1:es -u AKIA1:sec https://a.test`, []string{"request GET https://a.test aws_sigv4", "auth identifier -u=AKIA1", "auth secret_key -u=sec AKIA1"}},
		{`curl -E c.pem:phrase --pass p2 --netrc-file n https://a.test`, []string{"certificate passphrase -E=phrase", "argument passphrase pass=p2", "link uses netrc n", "request GET https://a.test mtls"}},
		{`curl -u a:1 https://a.test --next -u b:2 https://b.test`, []string{"auth password -u=1 a", "auth password -u=2 b"}},
		{`curl --variable tok=abc --variable %HOME --expand-header 'X-T: {{tok}}' https://a.test`, []string{"variable tok=abc", "header  X-T={{tok}}"}},
		{"curl -K - <<EOF\nuser = \"ana:p\\\"w\"\nurl = https://a.test\nEOF", []string{"auth password user=p\"w ana", "request GET https://a.test basic"}},
		{`curl "https://a.test/hook?token=t1" --data-urlencode 'client_secret=s e c'`, []string{"request POST https://a.test/hook?token=t1", "body  client_secret=s e c"}},
		{`curl $'https://a.test/\u0041' -H $'X-A: it\'s'`, []string{"request GET https://a.test/A", "header  X-A=it's"}},
		{`H="Authorization: Bearer t"; curl -H "$H" https://a.test`, []string{"variable H=Authorization: Bearer t", "header  =$H"}},
		{`OPTS="-u ana:pw1"; curl $OPTS https://a.test`, []string{"auth password -u=pw1 ana"}},
		{`ARGS=(-H "X-Key: k1"); ARGS+=(-s); curl "${ARGS[@]}" https://a.test`, []string{"header  X-Key=k1"}},
		// other HTTP clients
		{`wget --user=ana --password='p w' --header "X-Tok: t" --post-data 'a=b' -O out https://a.test/f`, []string{"request POST https://a.test/f basic", "argument password password=p w ana", "header  X-Tok=t", "text body a=b", "output out"}},
		{`http -a ana:pw POST a.test/login name=bob 'password=s3' n:=5 X-Key:k q==v f@file.txt`, []string{"request POST a.test/login basic", "auth password -a=pw ana", "body  password=s3", "header  X-Key=k", "query  q=v", "link includes  file.txt"}},
		{`xh -A bearer -a tok123 :3000/x`, []string{"request GET :3000/x bearer", "auth token -a=tok123"}},
		{`grpcurl -H 'authorization: Bearer t' -d '{"a":1}' api.test:443 pkg.Svc/Do`, []string{"request grpc://api.test:443/pkg.Svc/Do bearer", "header  authorization=Bearer t"}},
		// runners
		{`newman run c.json -e e.json -g g.json --env-var "pw=x=y" -r htmlextra --reporter-htmlextra-export r.html --export-environment out.json`, []string{"link runs postman c.json", "link uses postman e.json", "link uses postman g.json", "env  pw=x=y", "output r.html", "output out.json"}},
		{`npx newman run "https://api.getpostman.com/collections/1-2?apikey=PMAK-1"`, []string{"request https://api.getpostman.com/collections/1-2?apikey=PMAK-1"}},
		{`postman login --with-api-key PMAK-5f`, []string{"argument api_key with-api-key=PMAK-5f"}},
		{`postman collection run 1234567-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f -e e.json`, []string{"link runs postman 1234567-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "link uses postman e.json"}},
		{`bru run --env Prod --env-var tok=t1 --output junit.xml`, []string{"link runs bruno .", "env  tok=t1", "output junit.xml"}},
		{`hurl --test --secret pw=x1 --secrets-file s.env --report-html rep a.hurl`, []string{"env  pw=x1", "link uses hurl s.env", "link runs hurl a.hurl", "output rep"}},
		{`k6 run -e TOKEN=t1 --summary-export s.json load.js`, []string{"env  TOKEN=t1", "link runs k6 load.js", "output s.json"}},
		{`hopp test c.json -e e.json --token pat1`, []string{"link runs hoppscotch c.json", "link uses hoppscotch e.json", "argument token token=pat1"}},
		{`ijhttp --env-file http-client.env.json -V pw=x a.http`, []string{"link uses http-file http-client.env.json", "env  pw=x", "link runs http-file a.http"}},
		{`inso run test "My Suite" --env Prod`, []string{"link runs insomnia My Suite"}},
		{`docker run --rm -v x:/e -e TOK=t9 postman/newman:6 run c.json -e e.json`, []string{"env  TOK=t9", "link runs postman c.json", "link uses postman e.json"}},
		// data stores
		{`PGPASSWORD=pw psql -h db -U ana -d shop -c 'COPY t TO STDOUT'`, []string{"request postgres://db/shop basic", "env password PGPASSWORD=pw ana", "export COPY to stdout", "identity basic ana"}},
		{`pg_dump postgres://u:p@h/orders -f out.sql`, []string{"request postgres://u:p@h/orders basic", "export pg_dump of h", "output out.sql"}},
		{`psql "host=h password=pw user=u"`, []string{"argument connection_string dsn=host=h password=pw user=u"}},
		{`mysqldump -uroot -p'pw 1' --host db2 shop > d.sql`, []string{"argument password -p=pw 1 root", "export mysqldump of shop", "output d.sql", "request mysql://db2/shop basic"}},
		{`mysql -p -u root`, []string{"argument username -u=root"}},
		{`mongodump --uri mongodb+srv://u:p@c.test/x --out d`, []string{"request mongodb+srv://u:p@c.test/x basic", "export mongodump of c.test", "output d"}},
		{`mongosh db.test/x -u ana -p pw`, []string{"argument password -p=pw ana"}},
		{`redis-cli -h r -a pw GET x`, []string{"argument password -a=pw", "request redis://r basic"}},
		{`clickhouse-client --host c --user u --password pw -q 'select 1'`, []string{"argument password password=pw u"}},
		{`sqlcmd -S db -U sa -P 'Yukon900!' -Q "select 1"`, []string{"argument password -P=Yukon900! sa", "request sqlserver://db basic"}},
		{`bcp shop.dbo.t out t.dat -S db -U sa -P pw`, []string{"argument password -P=pw sa", "export bcp of shop.dbo.t", "output t.dat"}},
		{`sqlplus ana/tiger@//db:1521/X @q.sql`, []string{"argument password userid=tiger ana", "request oracle://db:1521/X basic"}},
		{`snowsql -a acc -u ana -p pw`, []string{"argument password -p=pw ana"}},
		// logins and clouds
		{`echo "$T" | docker login -u ana --password-stdin r.test`, []string{"argument password password-stdin=$T ana"}},
		{`docker login -u ana -p pw r.test`, []string{"argument password -p=pw ana", "identity basic ana"}},
		{`gh auth login --with-token <<< ghp_x1`, []string{"argument token with-token=ghp_x1"}},
		{`npm config set //registry.npmjs.org/:_authToken=npm_1`, []string{"setting  //registry.npmjs.org/:_authToken=npm_1"}},
		{`npm config set //r.test/:_authToken npm_2`, []string{"setting  //r.test/:_authToken=npm_2"}},
		{`git clone https://ana:ghp_1@github.test/o/r.git`, []string{"request https://ana:ghp_1@github.test/o/r.git"}},
		{`git -c http.extraHeader="Authorization: Basic Zm9v" fetch`, []string{"header  Authorization=Basic Zm9v"}},
		{`vault login hvs.abc`, []string{"argument token token=hvs.abc"}},
		{`vault kv put secret/x pw=abc other=@f`, []string{"setting  pw=abc"}},
		{`openssl rsa -in k -passin pass:ph -passout env:X`, []string{"argument passphrase passin=ph"}},
		{`openssl passwd -6 -salt xy 'Roter Bulle'`, []string{"argument password openssl passwd=Roter Bulle"}},
		{`openssl s_client -connect a.test:636`, []string{"request tls://a.test:636"}},
		{`echo "Kran 12" | sudo -S apt-get update`, []string{"argument password -S=Kran 12"}},
		{`printf '%s\n' Kran13 | sudo -kS -u root curl -u a:b https://a.test`, []string{"argument password -S=Kran13", "auth password -u=b a"}},
		{`sshpass -p 'p w' ssh ana@h.test ls`, []string{"argument password -p=p w ana", "identity basic ana"}},
		{`helm upgrade x c --username u --password pw --set a.token=t1,b=2`, []string{"argument password password=pw u", "argument  a.token=t1"}},
		{`kubectl --token=eyJ get pods`, []string{"argument token token=eyJ"}},
		{`kubectl create secret generic s --from-literal=pw=abc --from-literal user=u`, []string{"argument  pw=abc"}},
		{`aws configure set aws_secret_access_key wJal`, []string{"setting  aws_secret_access_key=wJal"}},
		{`aws s3 sync s3://b/x ./x`, []string{"export aws s3 sync s3://b/x to ./x"}},
		{`az login --service-principal -u app1 -p sec1 --tenant t1`, []string{"argument password -p=sec1 app1", "identity oauth2 app1"}},
		{`gcloud sql users set-password u --password=pw`, []string{"argument password password=pw"}},
		{`rclone copy a:x b:y`, []string{"export rclone copy a:x to b:y"}},
		{`mc alias set m https://m.test AK SK`, []string{"argument secret_key secretkey=SK AK"}},
		{`mytool --api-key k1 --token-file f --password=pw`, []string{"argument  api-key=k1", "argument  password=pw"}},
		{`mvn deploy -Drepo.password=pw -s x`, []string{"setting  repo.password=pw"}},
		// shells and wrappers
		{`sudo -u x env A=1 timeout 5 curl -u a:b https://a.test`, []string{"env  A=1", "auth password -u=b a"}},
		{`kubectl exec -it -n prod pod-1 -- psql -U ana -h db shop`, []string{"request postgres://db/shop basic"}},
		{`npm exec newman -- run c.json`, []string{"link runs postman c.json"}},
		{`doppler run --mount x -- curl https://a.test`, []string{"request GET https://a.test"}},
		{`bash -c 'curl -u a:b https://a.test'`, []string{"auth password -u=b a"}},
		{`ssh h "export T=abc; curl https://a.test"`, []string{"variable T=abc", "request GET https://a.test"}},
		{`if x; then curl https://a.test; fi; for i in 1; do curl https://b.test; done`, []string{"request GET https://a.test", "request GET https://b.test"}},
		{`T=$(curl -u a:b https://a.test | jq .x)`, []string{"auth password -u=b a"}},
		{`alias c='curl -H "X-K: v" https://a.test'`, []string{"header  X-K=v"}},
		{`export A=1 B="two words" C`, []string{"variable A=1", "variable B=two words"}},
		{`set -gx TOKEN abc`, []string{"variable TOKEN=abc"}},
		{`$env:TOKEN = "abc"`, []string{"variable TOKEN=abc"}},
		{"cat > .netrc <<EOF\nmachine h login u password p\nEOF", []string{"text text machine h login u password p\n"}},
		{`echo "//r/:_authToken=x" >> ~/.npmrc`, []string{"text text //r/:_authToken=x"}},
		// pipelines' references
		{`curl -H "Authorization: Bearer ${{ secrets.T }}" https://a.test/${{ matrix.x }}`, []string{"header  Authorization=Bearer ${{ secrets.T }}", "request GET https://a.test/${{ matrix.x }} bearer"}},
		{`curl -u << parameters.user >>:pw https://a.test`, []string{"auth password -u=pw << parameters.user >>"}},
		{`echo ${params.X} && curl -u u:${params.PW} https://a.test`, []string{"auth password -u=${params.PW} u"}},
		// Windows
		{"curl ^\"https://a.test/x^\" ^\n  -H ^\"authorization: Bearer t^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"\necho", []string{"request POST https://a.test/x bearer", "header  authorization=Bearer t", `text body {"a":1}`}},
		{"curl.exe \"https://a.test\" `\n  -H \"X-A: `\"q`\"\"\n", []string{"request GET https://a.test", `header  X-A="q"`}},
	} {
		got := facts(command.Read(c.src, 1))
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%s\n  lacks %q\n  has   %s", c.src, w, strings.Join(got, "\n        "))
			}
		}
	}
}

func TestReadTakesNothingForASecretThatIsNone(t *testing.T) {
	for _, src := range []string{
		`mysql -p -h db shop`, `docker login`, `curl -s https://a.test`, `kubectl get pods -n x`,
		`tool --password-file /run/pw --token-env X --no-password`, `helm install x chart`,
		`gh auth login --with-token < token.txt`, `openssl rsa -passin stdin`,
	} {
		for _, s := range command.Read(src, 1).Slots {
			t.Errorf("%s: slot %s=%s", src, s.Name, s.Value.Reveal())
		}
	}
}

func TestCommentsKeepWhatWasCommentedOut(t *testing.T) {
	src := `#!/bin/sh
# old: curl -u ana:Kommode9 https://a.test/x
#TOKEN=abc123def
  # export API_KEY="k 1"  # until May
# $ curl -H 'X-Key: v' \
#     https://b.test
## PGPASSWORD=Schrank psql -h db
# http is not https: see https://c.test
# TOKEN=what the server gave you
# curl needs -k here, see https://d.test
# the password = secret
# $env:PSTOKEN = "ps-1"
curl https://e.test # curl -u x:y https://f.test
`
	p := command.Read(src, 1)
	want := []string{
		"request GET https://e.test",
		"request GET https://a.test/x basic", "request GET https://b.test", "request postgres://db basic",
		"auth username -u=ana", "auth password -u=Kommode9 ana", "header  X-Key=v", "env password PGPASSWORD=Schrank",
		"variable TOKEN=abc123def", "variable API_KEY=k 1", "variable PSTOKEN=ps-1",
	}
	got := facts(p)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for _, s := range p.Slots {
		if !s.Dormant || s.Chain[0] != "comment" {
			t.Errorf("%s: dormant %v, chain %v", s.Name, s.Dormant, s.Chain)
		}
	}
	for _, v := range p.Variables {
		if !v.Dormant {
			t.Errorf("%s is not dormant", v.Name)
		}
	}
	for _, q := range p.Requests {
		if q.Dormant == (q.URL.Reveal() == "https://e.test") {
			t.Errorf("%s: dormant %v", q.URL.Reveal(), q.Dormant)
		}
		if q.URL.Reveal() == "https://b.test" && q.Line != 6 {
			t.Errorf("line %d", q.Line)
		}
	}
}

func TestOneBadLineLosesOnlyItself(t *testing.T) {
	src := "curl https://a.test\necho \"open\nX=1 ) (\nfi\ncurl -u u:pw \\\n  https://b.test\ncat <<E\n$x\nE\ncurl https://c.test\n"
	p := command.Read(src, 11)
	lines := map[string]int{}
	for _, r := range p.Requests {
		lines[r.URL.Reveal()] = r.Line
	}
	for url, line := range map[string]int{"https://a.test": 11, "https://b.test": 16, "https://c.test": 20} {
		if lines[url] != line {
			t.Errorf("%s is on line %d, not %d", url, lines[url], line)
		}
	}
}

func TestQuotedDollarIsLiteral(t *testing.T) {
	for src, want := range map[string]clientele.Class{
		`curl -u 'u:pa$word9' https://a.test`:   clientele.Literal,
		`curl -u "u:pa\$word9" https://a.test`:  clientele.Literal,
		`curl -u "u:$PASSWORD" https://a.test`:  "",
		`curl -u 'u:$PASSWORD' https://a.test`:  "", // perhaps for another shell to expand
		`curl -u 'u:nodollar' https://a.test`:   "",
		`curl -u "u:a${X}\$b" https://a.test`:   "",
		`curl -u 'u:{{pw}}$x9' https://a.test`:  "",
		`curl -u 'u$1:password' https://a.test`: "",
	} {
		for _, s := range command.Read(src, 1).Slots {
			if s.Role == clientele.Password && s.Class != want {
				t.Errorf("%s: class %q, not %q", src, s.Class, want)
			}
		}
	}
}

func TestChainsNameHostsAndHideTheRest(t *testing.T) {
	p := command.Read("f() { curl https://u:secret1@a.test/secret2?k=secret3; }\ncurl -u x:secret4 https://a.test\ncurl https://a.test", 1)
	var chains []string
	for _, r := range p.Requests {
		chains = append(chains, strings.Join(r.Chain, "/"))
	}
	if got := strings.Join(chains, " | "); got != "f()/curl a.test | curl a.test | curl a.test #2" {
		t.Error(got)
	}
}

func TestHostileTextTakesNoTime(t *testing.T) {
	start := time.Now()
	for _, s := range []string{"(", "$(", "`", "\"", "'\n", "if ", "$A ", "a <<E\n", "curl ^\"\n", "{{", "${a.b} ", "a=(", "x=$(curl "} {
		command.Read(strings.Repeat(s, 300_000/len(s)), 1)
		command.Read("A=("+strings.Repeat("-x ", 5000)+")\n"+strings.Repeat(s, 2000), 1)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("curl -u 'a:b' -H \"X: $Y\" https://a.test <<E\nx\nE\n")
	f.Add("A=(-u x:y); curl ${A[@]} -K - <<< 'user=a:b' --next ^\"x^\"")
	f.Add("http :x a=b q==1 \\:x newman run $'\\x41\\u00e9' ${{ x }} <<parameters.x>>")
	f.Fuzz(func(t *testing.T, src string) {
		start := time.Now()
		defer func() {
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v for %d bytes", took, len(src))
			}
		}()
		for _, r := range command.Read(src, 1).Requests {
			if max := strings.Count(src, "\n") + 1; r.Line > max {
				t.Errorf("line %d of %d", r.Line, max)
			}
		}
	})
}
