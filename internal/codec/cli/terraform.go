package cli

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// tfvarsDecoder reads values for the input variables of a Terraform or OpenTofu module. All
// files of a folder belong to the module that lies there.
var tfvarsDecoder = clientele.Decoder{
	Name: "terraform variables", Paths: []string{"*.tfvars", "*.tfvars.json"}, Decode: decodeTFVars,
}

func decodeTFVars(f clientele.File) ([]clientele.Part, error) {
	root, err := readTerraformRC(f.Data)
	c := newClient("terraform", "tfvars", "", 1)
	base, _, _ := strings.Cut(path.Base(f.Path), ".")
	c.part.Name, c.part.Bind = base, clientele.Bind{As: clientele.Member}
	if base != "terraform" {
		c.part.Environment = base
	}
	for _, k := range root.Fields() {
		c.tfvars(k, k.Key, nil)
	}
	if len(c.part.Variables) == 0 {
		return nil, err
	}
	return []clientele.Part{c.done()}, err
}

// tfvars flattens a variable: the elements of an object are variables whose names begin with
// the object's.
func (c *client) tfvars(n *doc.Node, name string, chain []string) {
	if n.Kind == doc.String || n.Kind == doc.Number {
		c.part.Variables = append(c.part.Variables, clientele.Variable{
			Name: name, Value: n.Secret(), Scope: "environment", Chain: chain, Line: n.Line,
		})
	}
	for _, k := range n.Kids {
		if k.Key == "" { // the elements of a list are known by the list's name
			c.tfvars(k, name, chain)
			continue
		}
		c.tfvars(k, element(name, k.Key), under(chain, name))
	}
}

// element names one element of an object: db.password, and datadog_api_key for the datadog of
// api_keys, as it would be called if it stood alone.
func element(object, key string) string {
	object = object[strings.LastIndexByte(object, '.')+1:]
	one, several := strings.CutSuffix(strings.ToLower(object), "s")
	if several && secretWord(one) && !secretWord(key) {
		return key + "_" + one
	}
	return object + "." + key
}

// tfstateDecoder reads the state of a Terraform or OpenTofu module: what it built, with all
// attributes, passwords among them, in the clear. Version 4 has resources at the top, version
// 3 inside modules. A state that OpenTofu encrypted is one sealed blob.
var tfstateDecoder = clientele.Decoder{
	Name:   "terraform state",
	Paths:  []string{"*.tfstate", "*.tfstate.backup", "*.tfstate.*.backup", "tfstate.json"},
	Marks:  []string{`"terraform_version":`, `"encrypted_data":`},
	Decode: decodeTFState,
}

func decodeTFState(f clientele.File) ([]clientele.Part, error) {
	root, err := readJSON(f.Data)
	if !isState(root, f.Path) {
		return nil, nil
	}
	c := newClient("terraform", "state v"+root.Get("version").Str(), "", 1)
	c.part.Bind = clientele.Bind{As: clientele.Root, Dir: moduleDir(f.Path)}
	c.part.Name, c.part.ExternalID = path.Base(c.part.Bind.Dir), root.Get("lineage").Str()
	c.place = clientele.InSetting
	if n := root.Get("encrypted_data"); n != nil {
		sealed(c, nil, value{name: n.Key, node: n})
	}
	c.outputs(root.Get("outputs"))
	for _, r := range root.Get("resources").Items() {
		c.resource(r)
	}
	for _, m := range root.Get("modules").Items() {
		c.outputs(m.Get("outputs"))
		for _, r := range m.Get("resources").Fields() {
			c.attributes(r.Get("primary", "attributes"), r.Get("type").Str(), []string{r.Key}, nil)
		}
	}
	c.backend(root.Get("backend"))
	return []clientele.Part{c.done()}, err
}

func isState(root *doc.Node, file string) bool {
	if root.Has("encrypted_data") {
		return root.Has("encryption_version")
	}
	named := strings.Contains(strings.ToLower(path.Base(file)), "tfstate")
	return root.Has("version") && (named || root.Has("terraform_version")) &&
		(root.Has("resources") || root.Has("modules") || root.Has("backend"))
}

// moduleDir is the folder of the module: a state may lie below it, in a workspace's folder
// or in the working folder.
func moduleDir(file string) string {
	d := path.Dir(file)
	for _, below := range []string{"/terraform.tfstate.d/", "/.terraform"} {
		if i := strings.Index("/"+d+"/", below); i >= 0 {
			d = strings.Trim(("/" + d)[:i], "/")
			if strings.HasPrefix(file, "/") {
				d = "/" + d
			}
		}
	}
	return d
}

func (c *client) outputs(n *doc.Node) {
	for _, o := range n.Fields() {
		sensitive := o.Get("sensitive").True()
		o.Get("value").Walk(func(chain []string, v *doc.Node) bool {
			if v.Kind == doc.String && len(c.part.Variables) < maxValues {
				name, to := o.Key, []string{"outputs"}
				if len(chain) > 0 {
					name, to = chain[len(chain)-1], append(to, append([]string{o.Key}, chain[:len(chain)-1]...)...)
				}
				c.part.Variables = append(c.part.Variables, clientele.Variable{
					Name: name, Value: v.Secret(), Scope: "global", Chain: to, Line: v.Line, Marked: sensitive,
				})
			}
			return true
		})
	}
}

func (c *client) resource(r *doc.Node) {
	kind := r.Get("type").Str()
	name := kind + "." + r.Get("name").Str()
	if m := r.Get("module").Str(); m != "" {
		name = m + "." + name
	}
	if r.Get("mode").Str() == "data" {
		name = "data." + name
	}
	for _, in := range r.Get("instances").Items() {
		chain := []string{name}
		if k := in.Get("index_key").Str(); k != "" {
			chain = append(chain, k)
		}
		marked := map[string]bool{}
		for _, s := range in.Get("sensitive_attributes").Items() {
			for _, step := range s.Items() {
				marked[step.Get("value").Str()] = true
			}
		}
		c.attributes(in.Get("attributes"), kind, chain, marked)
		c.attributes(in.Get("attributes_flat"), kind, chain, marked)
	}
}

// stateSecrets are attributes that are secret though their names do not say so.
var stateSecrets = map[string]clientele.Role{
	"random_password.result": clientele.Password, "random_password.bcrypt_hash": clientele.NotSecret,
	"random_string.result": "", "random_id.hex": clientele.NotSecret,
	"aws_iam_access_key.secret": clientele.SecretKey, "aws_iam_access_key.id": clientele.Identifier,
	"aws_iam_access_key.ses_smtp_password_v4": clientele.Password,
	"google_service_account_key.private_key":  clientele.PrivateKey,
	"tls_private_key.private_key_pem":         clientele.PrivateKey, "tls_private_key.private_key_openssh": clientele.PrivateKey,
	"tls_private_key.private_key_pem_pkcs8": clientele.PrivateKey,
	"azuread_application_password.value":    clientele.ClientSecret, "azuread_service_principal_password.value": clientele.ClientSecret,
	"github_actions_secret.plaintext_value": clientele.OtherSecret, "github_actions_secret.encrypted_value": clientele.NotSecret,
	"aws_secretsmanager_secret_version.secret_string": clientele.OtherSecret, "aws_ssm_parameter.value": "",
	"kubernetes_secret.data": clientele.OtherSecret, "vault_token.client_token": clientele.Token,
}

func (c *client) attributes(n *doc.Node, kind string, chain []string, marked map[string]bool) {
	user := n.First("username", "master_username", "administrator_login", "user").Str()
	for _, a := range n.Fields() {
		role := stateSecrets[kind+"."+a.Key]
		a.Walk(func(below []string, v *doc.Node) bool {
			if v.Kind == doc.String && v.Text != "" && len(c.part.Slots) < maxValues {
				name, to := a.Key, chain
				if len(below) > 0 {
					name, to = below[len(below)-1], under(under(chain, a.Key), below[:len(below)-1]...)
				}
				s := clientele.Slot{Role: role, Name: name, Chain: to, Value: v.Secret(), Line: v.Line, Marked: marked[a.Key]}
				if role.Secret() || strings.Contains(name, "password") {
					s.Principal = user
				}
				c.slot(s)
			}
			return true
		})
	}
}

// backend is where .terraform/terraform.tfstate says that the real state is kept, and how
// terraform signs in there.
func (c *client) backend(n *doc.Node) {
	kind := n.Get("type").Str()
	if kind == "" {
		return
	}
	words := map[string]string{
		"access_key": "key_id", "secret_key": "secret_key", "token": "token", "password": "password", "username": "username",
		"address": "url", "conn_str": "dsn", "sas_token": "token", "client_secret": "client_secret", "client_id": "client_id",
		"role_arn": "machine", "encryption_key": "secret", "credentials": "secret", "access_token": "token", "hostname": "host",
	}
	if kind == "azurerm" {
		words["access_key"] = "secret_key"
	}
	b := c.enter([]string{"backend " + kind}, n.Line)
	c.known(b, n.Get("config"), words)
	c.leave(b)
	c.part.Sync = append(c.part.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: backendPlace(kind, n.Get("config"))})
}

func backendPlace(kind string, n *doc.Node) string {
	for _, k := range []string{"bucket", "container_name", "organization", "path", "name"} {
		if s := n.Get(k).Str(); s != "" {
			return kind + " " + s
		}
	}
	return kind
}
