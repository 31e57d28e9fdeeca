package render

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/clientele/clientele/api"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// pageTemplate is html/template, which escapes by context; what comes from files is made
// plain before that, so that the page shows bidirectional overrides instead of obeying them.
var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// policy lets the page's own style and script run and nothing else: no other script, no
// image, no request. A name that got past the escaping would find nothing to act with.
var policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	sourceHash(pageCSS), sourceHash(pageJS))

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// HTML writes one page that needs nothing but itself.
func HTML(w io.Writer, scan api.Scan) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := pageTemplate.Execute(b, newPage(scan)); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
