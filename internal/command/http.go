package command

import (
	"strings"

	"github.com/clientele/clientele"
)

// curl's options that have a value, from the table in src/tool_getparam.c. The others are
// flags.
const curlTable = `
	u,user=account H,header=header b,cookie=cookie c,cookie-jar=output X,request=method G,get=get I,head=head
	d,data=body data-ascii=body data-binary=body data-raw=raw data-urlencode=field json=jsonbody
	F,form=field form-string=field T,upload-file=upload url=url url-query=query
	oauth2-bearer=bearer aws-sigv4=sigv4 digest=digest ntlm=ntlm negotiate=negotiate basic=flag
	U,proxy-user=paccount x,proxy=proxy preproxy=proxy socks5=proxy socks5-hostname=proxy socks4=proxy socks4a=proxy
	proxy1.0=proxy proxy-header=pheader proxy-pass=passphrase proxy-tlspassword=password proxy-tlsuser=skip
	E,cert=cert proxy-cert=cert pass=passphrase tlspassword=password tlsuser=user K,config=config netrc-file=netrc
	variable=curlvar o,output=output D,dump-header=output trace=output trace-ascii=output libcurl=output
	stderr=output etag-save=output hsts=output alt-svc=output next=next :=next
	A,user-agent=skip C,continue-at=skip e,referer=skip h=skip m,max-time=skip P,ftp-port=skip Q,quote=skip r,range=skip
	t,telnet-option=skip w,write-out=skip Y,speed-limit=skip y,speed-time=skip z,time-cond=skip
	abstract-unix-socket=skip cacert=skip capath=skip cert-type=skip ciphers=skip connect-timeout=skip connect-to=skip
	create-file-mode=skip crlfile=skip curves=skip delegation=skip dns-interface=skip dns-ipv4-addr=skip
	dns-ipv6-addr=skip dns-servers=skip doh-url=skip ech=skip egd-file=skip engine=skip etag-compare=skip
	expect100-timeout=skip ftp-account=skip ftp-alternative-to-user=skip ftp-method=skip ftp-ssl-ccc-mode=skip
	happy-eyeballs-timeout-ms=skip haproxy-clientip=skip hostpubmd5=skip hostpubsha256=skip interface=skip ip-tos=skip
	ipfs-gateway=skip keepalive-cnt=skip keepalive-time=skip key=skip key-type=skip krb=skip limit-rate=skip
	local-port=skip login-options=skip mail-auth=skip mail-from=skip mail-rcpt=skip max-filesize=skip max-redirs=skip
	noproxy=skip output-dir=skip parallel-max=skip pinnedpubkey=skip postquote=skip prequote=skip proto=skip
	proto-default=skip proto-redir=skip proxy-cacert=skip proxy-capath=skip proxy-cert-type=skip proxy-ciphers=skip
	proxy-crlfile=skip proxy-key=skip proxy-key-type=skip proxy-pinnedpubkey=skip proxy-service-name=skip
	proxy-tls13-ciphers=skip proxy-tlsauthtype=skip pubkey=skip random-file=skip rate=skip request-target=skip
	resolve=skip retry=skip retry-delay=skip retry-max-time=skip sasl-authzid=skip service-name=skip sigalgs=skip
	socks5-gssapi-service=skip tftp-blksize=skip tls-max=skip tls13-ciphers=skip tlsauthtype=skip trace-config=skip
	unix-socket=skip upload-flags=skip vlan-priority=skip`

const wgetTable = `
	user=user http-user=user ftp-user=user password=password http-password=password http-passwd=password
	ftp-password=password proxy-user=puser proxy-password=ppass proxy-passwd=ppass http-proxy=proxy https-proxy=proxy ftp-proxy=proxy
	header=header
	post-data=raw body-data=raw post-file=file body-file=file method=method load-cookies=file save-cookies=output
	O,output-document=output o,output-file=output a,append-output=output i,input-file=file e,execute=pair
	certificate=skip private-key=skip ca-certificate=skip P,directory-prefix=skip t,tries=skip T,timeout=skip
	U,user-agent=skip Q,quota=skip l,level=skip A,accept=skip R,reject=skip D,domains=skip X,exclude-directories=skip
	I,include-directories=skip w,wait=skip waitretry=skip limit-rate=skip cut-dirs=skip B,base=skip referer=skip
	config=config secure-protocol=skip accept-regex=skip reject-regex=skip progress=skip dns-timeout=skip
	connect-timeout=skip read-timeout=skip max-redirect=skip retry-on-http-error=skip`

const httpieTable = `
	a,auth=account A,auth-type=authtype session=file session-read-only=file cert=skip cert-key=skip
	cert-key-pass=passphrase proxy=proxy o,output=output raw=raw boundary=skip timeout=skip max-redirects=skip
	verify=skip ssl=skip ciphers=skip p,print=skip P,history-print=skip s,style=skip pretty=skip
	default-scheme=skip response-charset=skip response-mime=skip format-options=skip bearer=bearer`

func (all toolTable) addHTTP() {
	all.add("curl", &tool{options: options(curlTable), proto: "http", args: urlArgs})
	all.add("wget wget2", &tool{options: options(wgetTable), proto: "http", scheme: "basic", args: urlArgs})
	all.add("http https xh xhs", &tool{options: options(httpieTable), proto: "http", args: httpieArgs})
	all.add("aria2c", &tool{options: options(`http-user=user http-passwd=password ftp-user=user ftp-passwd=password
		header=header o,out=output d,dir=skip s,split=skip x=skip all-proxy=proxy http-proxy=proxy
		all-proxy-passwd=ppass http-proxy-passwd=ppass all-proxy-user=puser http-proxy-user=puser i,input-file=skip`),
		proto: "http", args: urlArgs})
	all.add("ab", load(`A=account P=paccount H=header C=cookie m=method p=file T=skip n=skip c=skip t=skip u=file`))
	all.add("hey oha bombardier", load(`a=account H,header=header m,method=method d,body=raw D=file x=proxy n=skip c=skip q=skip z=skip T=skip t=skip l=flag`))
	all.add("wrk wrk2", load(`H,header=header s=skip t=skip c=skip d=skip R=skip T=skip`))
	all.add("siege", load(`H,header=header c=skip t=skip r=skip f=file`))
	all.add("websocat wscat", load(`H,header=header auth=account c,connect=url ws-c-uri=url basic-auth=account x=raw s=skip p,protocol=skip`))
	all.add("grpcurl", &tool{options: options(`H=header rpc-header=header reflect-header=header d=raw proto=skip import-path=skip
		protoset=skip cert=skip key=skip cacert=skip authority=skip max-time=skip connect-timeout=skip -rpc-header=header
		-reflect-header=header -import-path=skip -proto=skip -protoset=skip -cert=skip -key=skip -cacert=skip
		-authority=skip -max-time=skip -connect-timeout=skip -plaintext=flag -insecure=flag`), proto: "grpc", args: firstHost})
	all.add("evans", &tool{options: options(`host=host p,port=port header=pair proto=skip path=skip cert=skip certkey=skip`), proto: "grpc"})
	all.add("invoke-restmethod invoke-webrequest irm iwr", &tool{options: options(`uri=url method=method body=raw outfile=output
		headers=skip contenttype=skip websession=skip token=token proxy=proxy userAgent=skip`), dashed: true, proto: "http", args: urlArgs})
}

// load is a load tester: it takes headers and URLs as curl does.
func load(table string) *tool {
	return &tool{options: options(table), proto: "http", args: urlArgs}
}

func urlArgs(r *run, args []word) {
	for _, a := range args {
		if a.text != "" {
			r.urls = append(r.urls, a)
		}
	}
}

// firstHost is for tools whose first argument is host:port and whose second a method.
func firstHost(r *run, args []word) {
	if len(args) == 0 {
		return
	}
	u := args[0]
	if len(args) > 1 && args[1].text != "list" && args[1].text != "describe" {
		u.text += "/" + args[1].text
	}
	if !strings.Contains(u.text, "://") {
		u.text = r.tool.proto + "://" + u.text
	}
	r.urls = append(r.urls, u)
}

// httpieArgs are [METHOD] URL ITEM…; items are name:value, name==value, name=value,
// name:=json and files.
func httpieArgs(r *run, args []word) {
	if len(args) > 1 && args[0].text == strings.ToUpper(args[0].text) && !strings.ContainsAny(args[0].text, ":/.$") {
		r.method = args[0].text
		args = args[1:]
	}
	if len(args) == 0 {
		return
	}
	r.urls = append(r.urls, args[0])
	for _, item := range args[1:] {
		r.item(item)
	}
}

// separators of HTTPie items, the longer first where they begin alike.
var separators = []string{":=@", "==@", "=@", ":@", ":=", "==", "=", ":", "@"}

func (r *run) item(w word) {
	at, sep := len(w.text), ""
	for i := 0; i < len(w.text) && sep == ""; i++ {
		if w.text[i] == '\\' {
			i++
			continue
		}
		for _, s := range separators {
			if strings.HasPrefix(w.text[i:], s) {
				at, sep = i, s
				break
			}
		}
	}
	name, value := w.text[:at], w.with(strings.TrimPrefix(w.text[at:], sep))
	switch sep {
	case "":
	case ":":
		r.header(w.with(name + ":" + value.text))
	case "==":
		r.slot(clientele.InQuery, "", name, value)
	case "=", ":=":
		r.hasBody = true
		r.slot(clientele.InBody, "", name, value.with(unquoted(value.text)))
	default:
		r.link(clientele.Includes, "", value.text)
	}
}
