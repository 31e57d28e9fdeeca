package command

import (
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// wrappers are commands that run the command in their arguments, with those of their options
// that take a value. "*" is an argument of the wrapper's own, and "--" says that the command
// stands behind one.
var wrappers = map[string]string{
	"sudo": "-u -g -h -p -C -r -t -U -D -R -T --user --group", "doas": "-u -C", "nohup": "",
	"env": "-u -C -S --unset --chdir", "time": "-f -o", "exec": "-a", "command": "", "builtin": "",
	"nice": "-n", "ionice": "-c -n -p", "timeout": "-s -k --signal --kill-after *", "gtimeout": "-s -k *",
	"stdbuf": "-i -o -e", "watch": "-n --interval", "xargs": "-n -P -I -L -d -s -E -a", "setsid": "",
	"caffeinate": "", "winpty": "", "noglob": "", "nocorrect": "", "retry": "-t -d", "run": "",
	"npx": "-p --package", "bunx": "", "uvx": "--from", "pipx run": "", "npm exec": "", "npm x": "",
	"yarn": "", "yarn dlx": "", "yarn run": "", "yarn exec": "", "pnpm": "", "pnpm dlx": "", "pnpm exec": "",
	"bun x": "", "bun run": "", "poetry run": "", "pipenv run": "", "uv run": "--with --project", "bundle exec": "",
	"hatch run": "", "mise exec": "* --", "dotenv": "-e -f -c", "dotenvx run": "-f --env-file --",
	"doppler run": "-- -p -c --project --config --token", "op run": "-- --env-file", "infisical run": "-- --env --path --token --projectId",
	"chamber exec": "* --", "aws-vault exec": "-- -d --duration *", "vaultenv": "", "sops exec-env": "*",
	"corepack": "", "cross-env": "", "catchsegv": "", "busybox": "", "wsl": "-d -u",
	"start-stop-daemon": "-u", "flock": "-w -E *", "chroot": "*", "sem": "-j", "parallel": "-j",
	"kubectl exec": "-- -n --namespace -c --container --context --kubeconfig *", "oc exec": "-- -n -c *",
}

// containers are commands that run a command in a container, whose image comes first.
var containers = map[string]bool{
	"docker run": true, "podman run": true, "nerdctl run": true, "docker create": true, "docker container run": true,
	"docker exec": true, "podman exec": true, "docker-compose run": true, "docker-compose exec": true,
	"docker compose run": true, "docker compose exec": true, "kubectl run": true,
}

// containerValues are the options of those that take a value.
const containerValues = `-v --volume --mount --name --network --net -w --workdir -u --user -p --publish --entrypoint
	--platform --add-host -h --hostname -l --label --memory -m --cpus --restart --cap-add --device --dns --gpus
	--ip --link --log-driver --log-opt --pid --pull --shm-size --tmpfs --ulimit --volumes-from
	--security-opt --index -f --file --project-name --image -n --namespace --index --expose --cidfile --ipc`

// images tell which tool an image runs when its arguments do not.
var images = map[string]string{
	"newman": "newman", "newman_alpine33": "newman", "newman_ubuntu1404": "newman", "k6": "k6", "curl": "curl",
	"hurl": "hurl", "intellij-http-client": "ijhttp", "httpie": "http", "grpcurl": "grpcurl",
	"httpyac": "httpyac", "awscli": "aws", "aws-cli": "aws", "mc": "mc", "rclone": "rclone", "wscat": "wscat",
	"usebruno/cli": "bru", "hoppscotch/cli": "hopp", "kong/insomnia-inso": "inso", "sonar-scanner-cli": "sonar-scanner",
	"sentry-cli": "sentry-cli", "xh": "xh", "sqlcmd": "sqlcmd", "snowsql": "snowsql", "flyway": "flyway", "liquibase": "liquibase",
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// unwrap takes wrappers off until the client itself is in front.
func (c *call) unwrap() {
	for range 8 {
		c.leading()
		if len(c.args) == 0 {
			return
		}
		name, n := c.lookup(func(s string) bool { _, ok := wrappers[s]; return ok || containers[s] })
		switch {
		case n == 0 || len(c.args) <= n:
			return
		case containers[name]:
			c.container(c.args[n:], strings.Contains(name, "exec") || strings.Contains(name, "compose"))
		default:
			if !c.inner(c.args[n:], strings.Fields(wrappers[name])) {
				return
			}
		}
	}
}

// sudoReads reports whether the call is one of sudo that reads its password from the input.
func (c *call) sudoReads() bool {
	if len(c.args) == 0 || toolName(c.args[0].text) != "sudo" || c.input.empty() {
		return false
	}
	for _, a := range c.args[1:] {
		if a.text == "--stdin" || strings.HasPrefix(a.text, "-") && !strings.HasPrefix(a.text, "--") && strings.Contains(a.text, "S") {
			return true
		}
		if !strings.HasPrefix(a.text, "-") {
			return false
		}
	}
	return false
}

// leading moves assignments before the command into its environment.
func (c *call) leading() {
	for len(c.args) > 1 && assignment.MatchString(c.args[0].text) {
		name, value, _ := strings.Cut(c.args[0].text, "=")
		c.env = append(c.env, binding{name, c.args[0].with(value)})
		c.args = c.args[1:]
	}
}

// lookup finds the longest name of one to three words that known has.
func (c *call) lookup(known func(string) bool) (string, int) {
	name := toolName(c.args[0].text)
	best, n := "", 0
	for i := 1; ; i++ {
		if known(name) {
			best, n = name, i
		}
		if i == 3 || i >= len(c.args) || strings.HasPrefix(c.args[i].text, "-") {
			return best, n
		}
		name += " " + c.args[i].text
	}
}

func toolName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	return strings.TrimSuffix(strings.ToLower(s), ".exe")
}

// inner takes the wrapper and its options off, and reports whether a command is left.
func (c *call) inner(args []word, values []string) bool {
	takes := func(o string) bool {
		for _, v := range values {
			if v == o {
				return true
			}
		}
		return false
	}
	for i := 0; takes("--") && i+1 < len(args); i++ {
		if args[i].text == "--" {
			c.args = args[i+1:]
			return true
		}
	}
	own := takes("*")
	for i := 0; i < len(args); i++ {
		a := args[i].text
		switch {
		case a == "--" && i+1 < len(args):
			c.args = args[i+1:]
			return true
		case strings.HasPrefix(a, "-") && takes(a):
			i++
		case strings.HasPrefix(a, "-"):
		case own:
			own = false
		default:
			c.args = args[i:]
			return true
		}
	}
	return false
}

// container takes "docker run" and its options off. Its -e NAME=value join the environment.
func (c *call) container(args []word, service bool) {
	values := map[string]bool{}
	for _, v := range strings.Fields(containerValues) {
		values[v] = true
	}
	i := 0
	for ; i < len(args) && strings.HasPrefix(args[i].text, "-"); i++ {
		name, value, eq := args[i].cut("=")
		switch name.text {
		case "-e", "--env":
			if !eq && i+1 < len(args) {
				i++
				value = args[i]
			}
			if n, v, ok := strings.Cut(value.text, "="); ok {
				c.env = append(c.env, binding{n, value.with(v)})
			}
		case "--env-file":
			if !eq && i+1 < len(args) {
				i++
				value = args[i]
			}
			c.files = append(c.files, value.text)
		default:
			if values[name.text] && !eq {
				i++
			}
		}
	}
	if i >= len(args) {
		c.args = nil
		return
	}
	tool := imageTool(args[i].text)
	rest := args[i+1:]
	if tool == "" || service || len(rest) > 0 && toolName(rest[0].text) == tool {
		c.args = rest
		return
	}
	c.args = append([]word{args[i].with(tool)}, rest...)
}

// imageTool is the tool that an image's name tells, or empty.
func imageTool(image string) string {
	image, _, _ = strings.Cut(image, "@")
	base := path.Base(image)
	base, _, _ = strings.Cut(base, ":")
	for _, k := range []string{path.Join(path.Base(path.Dir(image)), base), base} {
		if t, ok := images[k]; ok {
			return t
		}
	}
	return ""
}

// envRoles are what the variables are for that clients read by fixed names.
var envRoles = map[string]clientele.Role{
	"PGPASSWORD": clientele.Password, "PGUSER": clientele.Username, "MYSQL_PWD": clientele.Password,
	"AWS_ACCESS_KEY_ID": clientele.Identifier, "AWS_SECRET_ACCESS_KEY": clientele.SecretKey, "AWS_SESSION_TOKEN": clientele.Token,
	"REDISCLI_AUTH": clientele.Password, "SSHPASS": clientele.Password, "SQLCMDPASSWORD": clientele.Password,
	"VAULT_TOKEN": clientele.Token, "GH_TOKEN": clientele.Token, "GITHUB_TOKEN": clientele.Token, "RCLONE_CONFIG_PASS": clientele.Password,
	"RESTIC_PASSWORD": clientele.Password, "BORG_PASSPHRASE": clientele.Passphrase, "POSTMAN_API_KEY": clientele.APIKey,
}

// shells run the text in an argument of theirs.
var shells = map[string]bool{
	"sh": true, "bash": true, "zsh": true, "ksh": true, "dash": true, "ash": true, "su": true, "eval": true,
	"ssh": true, "cmd": true, "powershell": true, "pwsh": true, "alias": true, "trap": true, "fish": true,
	"screen": true, "tmux": true, "crontab": true, "at": true,
}

// nested reads commands in a shell's arguments and input.
func (r *reader) nested(c call, name string) {
	if !shells[name] {
		return
	}
	switch name {
	case "eval":
		w := said(c.args[1:])
		r.read(w.text, w.line, c.chain)
		return
	case "alias":
		for _, a := range c.args[1:] {
			if _, v, ok := a.cut("="); ok {
				r.read(v.text, v.line, c.chain)
			}
		}
		return
	}
	for i, a := range c.args[1:] {
		if strings.ContainsAny(a.text, " \n") && (i == 0 && name == "trap" || i > 0) {
			r.read(a.text, a.line, c.chain)
		}
	}
	if strings.ContainsAny(c.input.text, " \n") {
		r.read(c.input.text, c.input.line, c.chain)
	}
}

// environment emits what a call is given in its environment. Some names say whom it signs
// in as, and where.
func (r *run) environment() {
	for _, b := range r.env {
		r.slot(clientele.InEnv, envRoles[b.name], b.name, b.value)
		switch b.name {
		case "PGUSER", "MYSQL_USER":
			r.user, r.principalLine = b.value.text, b.value.line
		case "AWS_ACCESS_KEY_ID":
			r.user, r.principalLine, r.scheme = b.value.text, b.value.line, "aws_sigv4"
		case "PGHOST", "MYSQL_HOST":
			r.host = b.value.text
		case "PGDATABASE":
			r.database = b.value.text
		}
	}
	for _, f := range r.files {
		r.link(clientele.UsesVars, "", f)
	}
}
