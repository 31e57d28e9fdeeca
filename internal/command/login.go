package command

import (
	"strings"

	"github.com/clientele/clientele"
)

const loginTable = `u,username,user=user p,password,pass=password password-stdin=stdin_pass token=token creds=account
	username-stdin=flag src-creds=account dest-creds=account authfile=file t=skip `

func (all toolTable) addLogins() {
	login := func(extra string, args func(*run, []word)) *tool {
		return &tool{options: options(loginTable, extra), scheme: "basic", args: args}
	}
	// Container and package registries.
	all.add("docker|login podman|login nerdctl|login buildah|login skopeo|login crane|auth|login oras|login helm|registry|login", login(``, registryArgs))
	all.add("skopeo|copy skopeo|inspect podman|pull podman|push buildah|push buildah|pull oras|push oras|pull", login(``, mentions))
	all.add("docker|build docker|buildx|build podman|build buildah|bud", &tool{options: options(`build-arg=env secret=skip t,tag=skip f,file=skip`), args: mentions})
	all.add("docker|secret|create podman|secret|create", &tool{args: func(r *run, _ []word) { r.piped(clientele.OtherSecret, "secret") }})
	all.add("helm", &tool{options: options(`username=user password=password set=pairs set-string=pairs set-json=pairs set-literal=pair kube-token=token
		f,values=vars n,namespace=skip version=skip repo=url password-stdin=stdin_pass`), scheme: "basic", args: mentions})
	all.add("npm|config|set npm|set pnpm|config|set pnpm|set yarn|config|set npm|c|set", &tool{args: settingArgs})
	all.add("npm|login npm|adduser", login(``, nil))
	all.add("twine", login(`repository-url=url repository=skip r=skip`, nil))
	all.add("poetry|config", &tool{args: poetryArgs})
	all.add("poetry|publish uv|publish", login(`r,repository=skip t=token`, nil))
	all.add("cargo|login gem|signin", &tool{args: firstSecret(clientele.Token)})
	all.add("gem|push", &tool{options: options(`k,key=skip host=url otp=skip api-key=api_key`)})
	all.add("nuget|push nuget|sources|add nuget|setapikey", &tool{dashed: true, options: options(`apikey=api_key ApiKey=api_key Source=url source=url
		Password=password UserName=user password=password username=user src=url`), scheme: "basic"})
	all.add("dotnet|nuget", &tool{options: options(`k,api-key=api_key s,source=url u,username=user p,password=password n,name=skip`), scheme: "basic", args: mentions})
	all.add("mvn mvnw gradle gradlew ant java sbt sonar-scanner lein", &tool{dashed: true, options: options(`*=attribute`), args: mentions})
	all.add("keytool jarsigner", &tool{dashed: true, options: options(`storepass=passphrase keypass=passphrase srcstorepass=passphrase deststorepass=passphrase srckeypass=passphrase destkeypass=passphrase`)})

	// Code hosts and pipelines.
	all.add("gh|auth|login glab|auth|login", &tool{options: options(`with-token=stdin_token stdin=stdin_token token,t=token h,hostname=host`), scheme: "bearer"})
	all.add("gh|secret|set", &tool{options: options(`b,body=secret R,repo=skip e,env=skip o,org=skip`), args: func(r *run, _ []word) { r.piped(clientele.OtherSecret, "secret") }})
	all.add("gh|api glab|api", &tool{options: options(`H,header=header X,method=method f,raw-field=field F,field=field input=file hostname=host`), proto: "http", scheme: "bearer", args: apiArgs})
	all.add("git", &tool{options: options(`c=attribute`), args: gitArgs})
	all.add("vercel netlify railway wrangler heroku fly flyctl eas snyk sentry-cli codecov chromatic percy supabase firebase", &tool{
		options: options(`t,token=token auth=token a=skip auth-token=token api-key=api_key access-token=token project-token=token e,env=env db-url=url
		password=password p=skip build-env=env b=env`), args: settingPairs})
	all.add("postman", &tool{options: options(`with-api-key=api_key api-key=api_key`)})
	all.add("snyk|auth wandb|login ngrok|authtoken ngrok|config|add-authtoken huggingface-cli|login hf|auth|login circleci|setup stripe|login", &tool{
		options: options(`token=token api-key=api_key key=api_key host=host`), args: firstSecret(clientele.Token)})
	all.add("huggingface-cli", &tool{options: options(`token=token`)})

	// Clouds.
	all.add("aws", &tool{options: options(`profile=skip region=skip endpoint-url=url master-user-password=password master-username=user
		secret-string=secret value=secret password=password session-token=token auth-token=token query=skip output=skip
		filters=skip name=skip parameters=text secret-id=skip type=skip payload=text cli-input-json=text environment=text body=skip`), scheme: "", args: awsArgs})
	all.add("gcloud gsutil bq", &tool{options: options(`password=password key-file=file access-token-file=file account=user project=skip
		set-env-vars=pairs update-env-vars=pairs root-password=password data-file=stdin region=skip zone=skip
		impersonate-service-account=user cred-file=file o=skip`), scheme: "", args: gcloudArgs})
	all.add("az", &tool{options: options(`u,username=user p,password=password t,tenant=issuer s=skip account-key=secret_key connection-string=dsn
		sas-token=token settings=eachpair admin-password=password admin-user=skip administrator-login-password=password
		client-secret=client_secret federated-token=token value=secret g,resource-group=skip n,name=skip
		environment-variables=eachpair secure-environment-variables=eachpair secrets=eachpair env-vars=eachpair`), scheme: "oauth2", args: nil})
	all.add("azcopy", &tool{options: options(`recursive=flag`), args: copyArgs})
	all.add("doctl linode-cli hcloud scw civo", &tool{options: options(`t,access-token=token token=token`), scheme: "bearer"})
	all.add("terraform tofu terragrunt pulumi cdktf", &tool{dashed: true, options: options(`var=pair var-file=vars backend-config=pair secret=flag`), args: pulumiArgs})
	all.add("ansible ansible-playbook ansible-pull", &tool{options: options(`e,extra-vars=pairs i=skip u,user=user vault-password-file=file become-password-file=file k=flag K=flag`)})
	all.add("kubectl oc k3s|kubectl", &tool{options: options(`token=token username=user u=user p=password password=password s,server=host from-literal=pair
		docker-username=user docker-password=password docker-server=issuer docker-email=skip from-env-file=vars from-file=skip
		n,namespace=skip context=skip kubeconfig=file f,filename=skip o=skip l=skip as=user exec-arg=skip auth-provider-arg=pair client-key=skip`), scheme: "basic", args: nil})
	all.add("argocd", &tool{options: options(`username=user password=password auth-token=token server=host`), scheme: "basic", args: firstIsHost})

	// Secret stores and keys.
	all.add("vault bao", &tool{dashed: true, options: options(`address=url token=token method=skip path=skip role=skip -method=skip -path=skip`), scheme: "", args: vaultArgs})
	all.add("consul nomad", &tool{dashed: true, options: options(`token=token http-addr=url address=url`), args: mentions})
	all.add("openssl", &tool{dashed: true, options: options(`passin=pass_source passout=pass_source pass=pass_source k=passphrase K=secret_key hmac=secret_key in=skip out=skip iv=skip`)})
	all.add("openssl|passwd", &tool{dashed: true, options: options(`salt=skip in=skip stdin=stdin_pass`), args: firstSecret(clientele.Password)})
	all.add("openssl|s_client", &tool{dashed: true, options: options(`connect=host pass=pass_source cert=skip key=skip servername=skip CAfile=skip proxy=skip
		proxy_user=puser proxy_pass=pass_source psk=secret_key psk_identity=user`), proto: "tls"})
	all.add("gpg gpg2", &tool{options: options(`passphrase=passphrase u=skip r=skip o=skip passphrase-fd=skip passphrase-file=file`)})
	all.add("sshpass", &tool{options: options(`p=password f=file e=flag`), args: sshpassArgs})
	all.add("ssh-keygen", &tool{options: options(`N=passphrase P=passphrase C=skip f=skip t=skip b=skip`)})
	all.add("zip 7z 7za rar unzip", &tool{options: options(`P=password p=password?`)})
	all.add("chpasswd", &tool{args: func(r *run, _ []word) { r.account(given{"chpasswd", "", r.input}, clientele.InArgument, ":") }})

	all.add("convertto-securestring", &tool{dashed: true, options: options(`string=password key=skip`), args: firstSecret(clientele.Password)})
}

// addMovers adds the tools that move files.
func (all toolTable) addMovers() {
	all.add("rclone", &tool{options: options(`config=config password-command=skip`), args: rcloneArgs})
	all.add("restic borg", &tool{options: options(`r,repo=skip password-file=file`), args: mentions})
	all.add("mc|alias|set mc|config|host|add", &tool{scheme: "aws_sigv4", args: minioArgs})
	all.add("s3cmd s5cmd", &tool{options: options(`access_key=user secret_key=secret_key access_token=token c=config host=host`), scheme: "aws_sigv4", args: s3Args})
	all.add("lftp", &tool{options: options(`u,user=comma e=script p=port c=script`), scheme: "basic", args: urlArgs})
	all.add("smbclient smbmap rpcclient", &tool{options: options(`U,user=percent password=password`), scheme: "ntlm"})
	all.add("ncftpput ncftpget", &tool{options: options(`u=user p=password`), scheme: "basic", args: firstIsHost})
	all.add("mount mount.cifs", &tool{options: options(`o=pairs t=skip`)})
}

// addQuiet adds commands that print or write files, and those that call nobody.
func (all toolTable) addQuiet() {
	all.add("echo printf print", &tool{args: printArgs})
	all.add("cat tee", &tool{args: hereArgs})
	all.add("set", &tool{args: setArgs})
	all.add("setenv setx", &tool{args: nameThenValue})
	for _, quiet := range strings.Fields("cd test [ [[ if grep egrep sed awk ls rm mkdir cp mv sleep exit return read true false source . chmod chown head tail jq yq wc sort uniq tr cut which type local function shift trap kill pkill diff find basename dirname touch ln pwd date") {
		all.add(quiet, &tool{})
	}
}

// unknownTool is read by the names of its options alone.
var unknownTool = tool{options: map[string]string{}, args: mentions}

// registryArgs: the server comes last.
func registryArgs(r *run, args []word) {
	r.host = "docker.io"
	if len(args) > 0 {
		r.host = args[len(args)-1].text
	}
	if r.name == "helm registry login" && len(args) == 0 {
		r.host = ""
	}
}

// settingArgs are KEY VALUE or KEY=VALUE: npm config set //registry/:_authToken=…
func settingArgs(r *run, args []word) {
	for i := 0; i < len(args); i++ {
		key, value, found := args[i].cut("=")
		if !found && i+1 < len(args) {
			i++
			value = args[i]
		}
		r.slot(clientele.InSetting, "", key.text, value)
		if h, ok := strings.CutPrefix(key.text, "//"); ok {
			r.host = hostOf("//" + h)
			r.host, _, _ = strings.Cut(r.host, ":_")
		}
	}
}

func poetryArgs(r *run, args []word) {
	if len(args) == 0 {
		return
	}
	if strings.HasPrefix(args[0].text, "http-basic.") && len(args) == 3 {
		r.scheme = "basic"
		r.principal(given{"username", "", args[1]})
		r.slot(clientele.InSetting, clientele.Password, args[0].text, args[2])
		return
	}
	settingArgs(r, args)
}

func firstSecret(role clientele.Role) func(*run, []word) {
	return func(r *run, args []word) {
		for _, a := range args {
			if !strings.Contains(a.text, "://") {
				r.slot(clientele.InArgument, role, r.name, a)
				return
			}
		}
		r.piped(role, r.name)
	}
}

func firstIsHost(r *run, args []word) {
	for _, a := range args {
		if strings.ContainsAny(a.text, ".$:") {
			r.host = a.text
			return
		}
	}
}

func apiArgs(r *run, args []word) {
	if len(args) > 0 {
		r.host = "api.github.com"
		if r.name == "glab api" {
			r.host = "gitlab.com"
		}
		r.database = strings.TrimPrefix(args[0].text, "/")
	}
}

// gitArgs: every remote with userinfo, and http.extraHeader.
func gitArgs(r *run, args []word) {
	mentions(r, args)
	for i, a := range args {
		if strings.Contains(strings.ToLower(a.text), "extraheader") && i+1 < len(args) {
			r.header(args[i+1])
		}
	}
	for i, s := range r.slots {
		if strings.HasSuffix(strings.ToLower(s.Name), "extraheader") {
			name, value, ok := strings.Cut(s.Value.Reveal(), ":")
			if ok {
				r.slots[i].Place, r.slots[i].Name = clientele.InHeader, name
				r.slots[i].Value = clientele.Secret(strings.TrimSpace(value))
			}
		}
	}
}

// settingPairs are NAME=VALUE behind a subcommand that sets secrets or configuration.
func settingPairs(r *run, args []word) {
	for _, a := range args {
		if assignment.MatchString(a.text) {
			r.pair(clientele.InSetting, a)
		} else {
			r.mention(a)
		}
	}
	r.piped("", "stdin")
}

func awsArgs(r *run, args []word) {
	texts := plainWords(args)
	switch {
	case strings.HasPrefix(texts, "configure set ") && len(args) >= 4:
		r.slot(clientele.InSetting, "", args[2].text, args[3])
	case strings.HasPrefix(texts, "s3 "):
		r.name = "aws s3"
		s3Args(r, args[1:])
	case strings.HasPrefix(texts, "rds start-export-task"), strings.HasPrefix(texts, "dynamodb export-table"), strings.HasPrefix(texts, "dynamodb scan"):
		r.export(args[1].text)
	}
}

func plainWords(args []word) string {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(a.text)
		b.WriteByte(' ')
	}
	return b.String()
}

// s3Args are cp|sync|get|put SOURCE TARGET.
func s3Args(r *run, args []word) {
	if len(args) < 3 {
		return
	}
	switch args[0].text {
	case "cp", "sync", "mv", "get", "put":
		r.copied(args[0].text, args[1].text, args[2].text)
	}
}

// copied says what a mover moves where.
func (r *run) copied(verb, from, to string) {
	r.part.Exports = append(r.part.Exports, clip(r.name+" "+verb+" "+bare(from)+" to "+bare(to)))
}

// bare is a URL without userinfo and query, for a sentence.
func bare(u string) string {
	u, _, _ = strings.Cut(u, "?")
	if i := strings.Index(u, "://"); i >= 0 {
		if at := strings.LastIndexByte(u, '@'); at > i {
			u = u[:i+3] + u[at+1:]
		}
	}
	return u
}

func copyArgs(r *run, args []word) {
	mentions(r, args)
	if len(args) >= 3 {
		for _, a := range args[1:3] {
			if strings.Contains(a.text, "?") {
				r.urls = append(r.urls, a)
			}
		}
		r.copied(args[0].text, args[1].text, args[2].text)
	}
}

func gcloudArgs(r *run, args []word) {
	texts := plainWords(args)
	switch {
	case r.name == "gsutil" && len(args) >= 3, strings.HasPrefix(texts, "storage ") && len(args) >= 4:
		if args[0].text == "storage" {
			args = args[1:]
		}
		if v := args[0].text; v == "cp" || v == "rsync" || v == "mv" {
			r.copied(v, args[1].text, args[2].text)
		}
	case r.name == "bq" && strings.HasPrefix(texts, "extract "), strings.HasPrefix(texts, "sql export"):
		r.export("")
	}
}

func pulumiArgs(r *run, args []word) {
	if len(args) == 4 && args[0].text == "config" && args[1].text == "set" {
		r.slot(clientele.InSetting, "", args[2].text, args[3])
	}
}

// vaultArgs: "login TOKEN", "kv put PATH name=value", "write PATH name=value".
func vaultArgs(r *run, args []word) {
	if len(args) < 2 {
		if len(args) == 1 && args[0].text == "login" {
			r.piped(clientele.Token, "token")
		}
		return
	}
	if args[0].text == "login" {
		r.scheme = "bearer"
		for _, a := range args[1:] {
			switch {
			case a.text == "-":
				r.piped(clientele.Token, "token")
			case strings.Contains(a.text, "="):
				r.pair(clientele.InArgument, a)
			default:
				r.slot(clientele.InArgument, clientele.Token, "token", a)
			}
		}
		return
	}
	for _, a := range args[1:] {
		if assignment.MatchString(a.text) && !strings.Contains(a.text, "=@") {
			r.pair(clientele.InSetting, a)
		}
	}
}

// sshpassArgs are the command that gets the password.
func sshpassArgs(r *run, args []word) {
	for _, a := range args {
		if user, host, found := a.cut("@"); found && !strings.ContainsAny(user.text, "/ =") {
			host, _, _ = host.cut(":")
			r.user, r.host, r.scheme = user.text, host.text, "basic"
			return
		}
	}
}

// rcloneArgs: "copy SOURCE TARGET", "config create NAME TYPE key=value", "obscure PASSWORD".
func rcloneArgs(r *run, args []word) {
	if len(args) < 2 {
		return
	}
	switch args[0].text {
	case "copy", "sync", "move", "copyto", "bisync":
		if len(args) >= 3 {
			r.copied(args[0].text, args[1].text, args[2].text)
		}
	case "obscure":
		r.slot(clientele.InArgument, clientele.Password, "obscure", args[1])
	case "config":
		for i := 4; i < len(args); i++ {
			if strings.Contains(args[i].text, "=") {
				r.pair(clientele.InSetting, args[i])
			} else if i+1 < len(args) {
				r.slot(clientele.InSetting, "", args[i].text, args[i+1])
				i++
			}
		}
	}
}

// minioArgs are ALIAS URL ACCESSKEY SECRETKEY.
func minioArgs(r *run, args []word) {
	if len(args) < 2 {
		return
	}
	r.urls = append(r.urls, args[1])
	if len(args) >= 4 {
		r.user, r.principalLine = args[2].text, args[2].line
		r.slot(clientele.InArgument, clientele.Identifier, "accesskey", args[2])
		r.slot(clientele.InArgument, clientele.SecretKey, "secretkey", args[3])
	}
}

// printArgs keep what is printed into a file: a .netrc or an .npmrc is often made so.
func printArgs(r *run, args []word) {
	if len(r.sinks) > 0 {
		r.text(clientele.InText, said(r.call.args[1:]), "> "+clip(r.sinks[0]))
	}
}

// hereArgs keep a here-document.
func hereArgs(r *run, args []word) {
	to := ""
	if len(r.sinks) > 0 {
		to = "> " + clip(r.sinks[0])
	} else if r.name == "tee" && len(args) > 0 {
		to = "> " + clip(args[0].text)
	}
	if to != "" {
		r.text(clientele.InText, r.input, to)
	}
}

// setArgs are fish's "set -gx NAME value" and cmd's "set NAME=value".
func setArgs(r *run, args []word) {
	if len(args) == 1 && assignment.MatchString(args[0].text) {
		name, value, _ := args[0].cut("=")
		r.set(name.text, value, r.chain)
		return
	}
	if len(r.call.args) > 2 && strings.HasPrefix(r.call.args[1].text, "-") && !strings.Contains(r.call.args[1].text, "o") {
		nameThenValue(r, args)
	}
}

func nameThenValue(r *run, args []word) {
	if len(args) >= 2 {
		value := said(args[1:])
		r.set(args[0].text, value, r.chain)
	}
}
