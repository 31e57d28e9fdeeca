package settings

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// field is one setting of a struct.
type field struct {
	key   string
	doc   string
	value reflect.Value
}

// fields walks a struct down to its settings. What it cannot use is a mistake in our own
// code and panics.
func fields(dst any) []field {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("settings: %T is no pointer to a struct", dst))
	}
	all := walk(v.Elem(), "")
	names := map[string]string{}
	for _, f := range all {
		env := f.env()
		if other, ok := names[env]; ok && env != "" {
			panic(fmt.Sprintf("settings: %s and %s are both %s", other, f.key, env))
		}
		names[env] = f.key
	}
	return all
}

func walk(v reflect.Value, prefix string) []field {
	var all []field
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		name, inline := yamlName(sf)
		if name == "" && !inline {
			continue
		}
		key, f := prefix+name, v.Field(i)
		switch {
		case inline:
			all = append(all, walk(f, prefix)...)
		case isSection(f):
			all = append(all, walk(f, key+".")...)
		default:
			mustBeUsable(f.Type(), key)
			all = append(all, field{key: key, doc: sf.Tag.Get("doc"), value: f})
		}
	}
	return all
}

// yamlName is what the tag says: the name, empty for a field that is no setting, and whether
// a struct's settings stand among those of the struct around it.
func yamlName(sf reflect.StructField) (string, bool) {
	if !sf.IsExported() && !sf.Anonymous {
		return "", false
	}
	tag, ok := sf.Tag.Lookup("yaml")
	if !ok {
		panic("settings: field " + sf.Name + ` has no yaml tag; write yaml:"-" if it is no setting`)
	}
	name, rest, _ := strings.Cut(tag, ",")
	if name == "-" {
		return "", false
	}
	return name, rest == "inline"
}

func isSection(v reflect.Value) bool { return v.Kind() == reflect.Struct && !isText(v) }

// isText reports whether a value is read from one text by its own rules.
func isText(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case *clientele.Plaintext, *Secret, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func mustBeUsable(t reflect.Type, key string) {
	v := reflect.New(t).Elem()
	switch {
	case isText(v):
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		if elem := reflect.New(t.Elem()).Elem(); isSection(elem) {
			walk(elem, key+"[].")
		} else {
			mustBeUsable(t.Elem(), key+"[]")
		}
	case v.Kind() == reflect.Bool, v.Kind() == reflect.String, v.CanInt(), v.CanUint(), v.CanFloat():
	default:
		panic(fmt.Sprintf("settings: %s has the type %s, which no setting can have", key, t))
	}
}

// env is the name of the environment variable, or empty for what does not fit on one line.
func (f field) env() string {
	t := f.value.Type()
	if t.Kind() == reflect.Map || t.Kind() == reflect.Slice && isSection(reflect.New(t.Elem()).Elem()) {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(f.key))
}

func (f field) describe() Field {
	d := Field{Key: f.key, Env: f.env(), Doc: f.doc, Type: typeName(f.value)}
	if d.Type != "secret" {
		d.Default = written(f.value)
	}
	return d
}

func typeName(v reflect.Value) string {
	switch v.Addr().Interface().(type) {
	case *clientele.Plaintext, *Secret:
		return "secret"
	case *time.Duration:
		return "duration"
	case *Size:
		return "size"
	case encoding.TextUnmarshaler:
		return "text"
	}
	switch {
	case v.Kind() == reflect.Bool:
		return "yes or no"
	case v.Kind() == reflect.Slice:
		return "list"
	case v.Kind() == reflect.Map:
		return "table"
	case v.CanInt(), v.CanUint():
		return "whole number"
	case v.CanFloat():
		return "number"
	}
	return "text"
}

// written is a value as it stands in a YAML file. JSON is YAML.
func written(v reflect.Value) string {
	var plain any
	switch x := v.Addr().Interface().(type) {
	case *time.Duration:
		return formatDuration(*x)
	case *Size:
		return x.String()
	default:
		plain = x
	}
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return "[]"
	}
	if v.Kind() == reflect.Map && v.Len() == 0 {
		return "{}"
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return ""
	}
	return string(b)
}
