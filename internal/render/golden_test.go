package render_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/clientele/clientele/internal/render"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

func TestGolden(t *testing.T) {
	table := func(opts render.TableOptions) func(io.Writer) error {
		opts.Home, opts.Dir = "/home/ana", "/home/ana/work"
		return func(w io.Writer) error { return render.Table(w, scan(), opts) }
	}
	for name, write := range map[string]func(io.Writer) error{
		"scan.json":    func(w io.Writer) error { return render.JSON(w, scan()) },
		"scan.csv":     func(w io.Writer) error { return render.CSV(w, scan()) },
		"table.txt":    table(render.TableOptions{}),
		"verbose.txt":  table(render.TableOptions{Width: 120, Verbose: true}),
		"narrow.txt":   table(render.TableOptions{Width: 40}),
		"coloured.txt": table(render.TableOptions{Width: 100, Colour: true}),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", name), b.Bytes())
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the change. Got:\n%s", file, got)
	}
}
