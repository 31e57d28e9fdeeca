package command

import (
	"strings"

	"github.com/clientele/clientele"
)

// linkTool is the tool whose files a runner runs.
var linkTool = map[string]clientele.Tool{
	"newman": "postman", "postman": "postman", "bru": "bruno", "inso": "insomnia", "hurl": "hurl", "k6": "k6", "hopp": "hoppscotch",
	"ijhttp": "http-file", "httpyac": "http-file", "jmeter": "jmeter", "testrunner.sh": "soapui",
}

// tooled is the tool whose files the command is given.
func (r *run) tooled() clientele.Tool {
	first, _, _ := strings.Cut(r.name, " ")
	return linkTool[first]
}

const newmanTable = `
	e,environment=vars g,globals=vars d,iteration-data=vars env-var=env global-var=env
	export-environment=output export-globals=output export-collection=output export-cookie-jar=output cookie-jar=file
	r,reporters=skip reporter-json-export=output reporter-junit-export=output reporter-html-export=output
	reporter-htmlextra-export=output reporter-csv-export=output reporter-allure-export=output reporter-cli-export=output
	ssl-client-passphrase=passphrase ssl-client-cert=skip ssl-client-key=skip ssl-client-cert-list=file
	ssl-extra-ca-certs=skip postman-api-key=api_key api-key=api_key folder=skip i=skip n,iteration-count=skip
	working-dir=skip timeout=skip timeout-request=skip timeout-script=skip delay-request=skip color=skip
	integration-id=skip reporter-htmlextra-title=skip tls-client-passphrase=passphrase`

func (all toolTable) addRunners() {
	all.add("newman newman|run", &tool{options: options(newmanTable), args: runs})
	all.add("postman|collection|run postman|monitor|run postman|api|test", &tool{options: options(newmanTable), args: runs})
	all.add("postman|login", &tool{options: options(`with-api-key=api_key region=skip`), scheme: "api_key"})
	all.add("bru|run bru", &tool{options: options(`env=skip env-file=vars global-env=skip env-var=env o,output=output f,format=skip
		reporter-html=output reporter-json=output reporter-junit=output csv-file-path=vars json-file-path=vars
		client-cert-config=file cacert=skip iteration-count=skip sandbox=skip delay=skip tags=skip
		exclude-tags=skip workspace-path=skip`), args: runsOrHere})
	all.add("inso", &tool{options: options(`e,env=skip w,workingDir=file globals=vars d=vars iteration-data=vars env-var=env
		r,reporter=skip t=skip o,output=output i,item=skip requestNamePattern=skip testNamePattern=skip
		config=file src=file n=skip delay-request=skip requestTimeout=skip dataFolders=skip`), args: insoArgs})
	all.add("hurl", &tool{options: options(`variable=env secret=env variables-file=vars secrets-file=vars u,user=account
		o,output=output report-html=output report-json=output report-junit=output report-tap=output c,cookie-jar=output
		b,cookie=file x,proxy=proxy E,cert=cert key=skip cacert=skip netrc-file=netrc H,header=header aws-sigv4=sigv4
		retry=skip retry-interval=skip jobs=skip repeat=skip file-root=skip glob=skip max-time=skip connect-timeout=skip
		A,user-agent=skip resolve=skip connect-to=skip error-format=skip delay=skip from-entry=skip to-entry=skip
		max-redirs=skip curl=output noproxy=skip interface=skip limit-rate=skip pinnedpubkey=skip`), args: runs})
	all.add("k6", &tool{options: options(`e,env=env secret-source=pair summary-export=output o,out=reporter config=file c=file
		u,vus=skip d,duration=skip s,stage=skip i,iterations=skip tag=skip token=token user-agent=skip log-output=skip
		logformat=skip t,type=skip rps=skip a,address=skip`), args: k6Args})
	all.add("hopp|test", &tool{options: options(`e,env=vars token=token server=issuer d,delay=skip reporter-junit=output iteration-count=skip iteration-data=vars`), args: runs})
	all.add("ijhttp", &tool{options: options(`v,env-file=vars p,private-env-file=vars V,env-variables=env P,private-env-variables=env
		e,env=skip L,log-level=skip proxy=proxy R=output connect-timeout=skip socket-timeout=skip`), args: runs})
	all.add("httpyac httpyac|send", &tool{options: options(`e,env=skip var=env o,output=skip n,name=skip l,line=skip t,tag=skip
		timeout=skip repeat=skip parallel=skip`), args: runs})
	all.add("dredd", &tool{options: options(`u,user=account h,header=header o,output=output r,reporter=skip hookfiles=skip
		server=skip config=file`), args: runs})
	all.add("schemathesis|run st|run", &tool{options: options(`H,header=header a,auth=account url=url u,base-url=url
		cassette-path=output report=output`), args: runs})
	all.add("artillery|run", &tool{options: options(`o,output=output e,environment=skip t,target=url v,variables=pairs key=api_key config=file dotenv=vars p,payload=vars`), args: runs})
	all.add("jmeter jmeter.sh", &tool{options: options(`t=vars l=output o=output e=flag n=flag q=file p=file a=ppass u=puser H=skip
		P=skip J=env G=env D=env j=output`), args: nil})
	all.add("testrunner.sh", &tool{options: options(`e=url u=user p=password w=skip d=skip h=skip s=skip c=skip r=flag f=output P=env G=env S=env D=env x=passphrase v=passphrase t=file`), scheme: "basic", args: runs})
	all.add("restish", &tool{options: options(`H,rsh-header=header q,rsh-query=query`), proto: "http", args: httpieArgs})
}

// runs takes the arguments for files the tool runs, past a subcommand.
func runs(r *run, args []word) {
	for _, a := range args {
		if a.text == "run" || a.text == "send" || a.text == "" {
			continue
		}
		if strings.Contains(a.text, "://") {
			r.urls = append(r.urls, a) // newman takes collections from the cloud by URL
			continue
		}
		r.link(clientele.Runs, r.tooled(), a.text)
	}
}

// runsOrHere is runs for a tool that takes the folder it stands in.
func runsOrHere(r *run, args []word) {
	if len(args) == 0 {
		r.link(clientele.Runs, r.tooled(), ".")
	}
	runs(r, args)
}

// insoArgs are "run test NAME", "run collection NAME", "export spec NAME", "lint spec FILE".
func insoArgs(r *run, args []word) {
	if len(args) > 2 && args[0].text == "run" {
		r.part.Links = append(r.part.Links, clientele.Link{Rel: clientele.Runs, Tool: "insomnia", ID: args[2].text})
	}
}

// k6Args are "run FILE", "cloud [run] FILE", "archive FILE".
func k6Args(r *run, args []word) {
	if len(args) > 1 && (args[0].text == "run" || args[0].text == "cloud" || args[0].text == "archive") {
		runs(r, args[1:])
	}
}
