// Package settings reads what an operator sets: one YAML file, over it the environment, over
// that the flags, into the struct that the caller has filled with its defaults.
//
// A field is a setting when it has a yaml tag; its doc tag explains it. Structs are sections,
// and the path of names is the key: field url of section database is "database.url" in
// messages and flags and CLIENTELE_DATABASE_URL in the environment. An environment variable
// that is set to nothing counts as not set.
//
//	type Config struct {
//		Database struct {
//			URL  string          `yaml:"url" doc:"where the data lives"`
//			Keep time.Duration   `yaml:"keep" doc:"how long activity is kept"` // "90d"
//			Key  settings.Secret `yaml:"key" doc:"the key that wraps the others"` // "file:/run/keys/root"
//		} `yaml:"database"`
//	}
//
// A secret is set by reference only. See Secret.
package settings

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/goccy/go-yaml/ast"
)

// envPrefix begins the name of each environment variable that is a setting.
const envPrefix = "CLIENTELE_"

// Field is one setting, as a person gets it explained.
type Field struct {
	Key     string // "database.url"
	Env     string // the environment variable, or empty where only the file can set it
	Type    string // text, yes or no, whole number, number, duration, size, secret, list or table
	Doc     string
	Default string // as it would be written in the file; empty for a secret
}

// Describe lists the settings of dst, a pointer to a struct, in the order of its fields. The
// values that dst holds are the defaults. It panics on a struct that Load could not fill.
func Describe(dst any) []Field {
	var all []Field
	for _, f := range fields(dst) {
		all = append(all, f.describe())
	}
	return all
}

// Load fills dst, a pointer to a struct that holds the defaults, from the YAML file if one is
// named, from env (as os.Environ gives it) and from overrides (key to text, as flags give it).
// Environment variables that are no setting are left alone; unknown keys of the file and of
// overrides are errors.
//
// All that is wrong is reported at once: the error joins one *clientele.Error for each
// problem, and Problems takes it apart. After an error dst is not to be used.
func Load(dst any, file string, env []string, overrides map[string]string) error {
	l := loader{fields: fields(dst), set: map[string]setting{}, env: environ(env)}
	if file != "" {
		l.readFile(file)
	}
	l.readEnv()
	l.readOverrides(overrides)
	for _, f := range l.fields {
		if s, ok := l.set[f.key]; ok {
			l.apply(f.value, s)
		}
	}
	return errors.Join(l.errs...)
}

// Problems takes the error of Load apart.
func Problems(err error) []*clientele.Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*clientele.Error
		for _, e := range joined.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	var one *clientele.Error
	if errors.As(err, &one) {
		return []*clientele.Error{one}
	}
	return nil
}

// loader gathers, for each key, what the last source said, and then applies it: a reference
// that is overridden need not resolve.
type loader struct {
	fields []field
	set    map[string]setting // by key
	env    map[string]string
	errs   []error
}

// setting is a value on its way: a node of the file, or a text from elsewhere.
type setting struct {
	name string   // the key, and the index in a list: "notify.webhooks[2].url"
	from string   // "clientele.yaml line 12", "CLIENTELE_DATABASE_URL", "flag"
	file string   // the file's name, where node is set
	node ast.Node // nil: text holds the value
	text string
}

func environ(env []string) map[string]string {
	m := make(map[string]string, len(env))
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			m[k] = v
		}
	}
	return m
}

func (l *loader) readEnv() {
	for _, f := range l.fields {
		if v := l.env[f.env()]; v != "" {
			l.set[f.key] = setting{name: f.key, from: f.env(), text: v}
		}
	}
}

func (l *loader) readOverrides(overrides map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(overrides)) {
		s := setting{name: key, from: "flag", text: overrides[key]}
		switch i := slices.IndexFunc(l.fields, func(f field) bool { return f.key == key }); {
		case i < 0:
			l.problem(s, didYouMean(key, l.keys()), "is no setting")
		case l.fields[i].env() == "":
			l.problem(s, "set it in the file", "does not fit on one line")
		default:
			l.set[key] = s
		}
	}
}

func (l *loader) keys() []string {
	var keys []string
	for _, f := range l.fields {
		keys = append(keys, f.key)
	}
	return keys
}

// problem notes what is wrong with one setting. Its message never holds a secret's value: a
// format that repeats a value is used for other types alone.
func (l *loader) problem(s setting, hint, format string, args ...any) {
	msg := fmt.Sprintf("%s (%s) %s", short(s.name), s.from, fmt.Sprintf(format, args...))
	l.errs = append(l.errs, &clientele.Error{Kind: clientele.Invalid, Msg: msg, Hint: hint})
}

// apply writes a setting into a field, or an item of one.
func (l *loader) apply(v reflect.Value, s setting) {
	if s.node != nil {
		l.applyNode(v, s)
		return
	}
	if v.Kind() == reflect.Slice && !isText(v) {
		l.applyList(v, s)
		return
	}
	l.applyText(v, s)
}

// applyList takes a list that is written on one line: "a, b".
func (l *loader) applyList(v reflect.Value, s setting) {
	var parts []string
	if strings.TrimSpace(s.text) != "" {
		parts = strings.Split(s.text, ",")
	}
	list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
	for i, part := range parts {
		s.text = strings.TrimSpace(part)
		l.applyText(list.Index(i), s)
	}
	v.Set(list)
}
