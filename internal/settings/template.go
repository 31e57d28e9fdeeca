package settings

import (
	"fmt"
	"io"
	"strings"
)

// Template writes a YAML file that explains every setting of dst and changes none: each
// stands there with its default, as a comment.
func Template(w io.Writer, dst any) error {
	var b strings.Builder
	var at []string // the sections that are open
	for _, f := range Describe(dst) {
		path := strings.Split(f.Key, ".")
		sections := path[:len(path)-1]
		for i, name := range sections {
			if i >= len(at) || at[i] != name {
				fmt.Fprintf(&b, "\n%s%s:\n", indent(i), name)
				at = append(at[:min(i, len(at))], name)
			}
		}
		if len(at) > len(sections) {
			b.WriteByte('\n')
			at = at[:len(sections)]
		}
		f.write(&b, indent(len(sections)), path[len(path)-1])
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func indent(n int) string { return strings.Repeat("  ", n) }

func (f Field) write(b *strings.Builder, margin, name string) {
	about := f.Doc
	if about != "" {
		about += ". "
	}
	about += strings.ToUpper(f.Type[:1]) + f.Type[1:]
	if f.Env != "" {
		about += "; " + f.Env
	}
	fmt.Fprintf(b, "%s# %s.\n%s# %s: %s\n", margin, about, margin, name, f.example())
}

func (f Field) example() string {
	if f.Type == "secret" {
		return "env:NAME"
	}
	return f.Default
}
