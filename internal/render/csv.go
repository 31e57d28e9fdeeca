package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/clientele/clientele/api"
)

// csvColumns are the head of the sheet. New ones are added at the end only: sheets and
// scripts count columns.
var csvColumns = []string{
	"severity", "rule", "message", "client", "tool", "environment", "owner", "file", "line", "path", "excerpt",
	"remedy", "nhi", "csf", "suppressed", "client_id", "finding_fingerprint", "credential_fingerprint",
}

// CSV writes one row a finding, worst first, suppressed ones with their reason. It begins with
// a byte order mark, without which Excel takes UTF-8 for something else.
func CSV(w io.Writer, scan api.Scan) error {
	clients := byID(scan)
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write the findings as CSV: %w", err)
	}
	out := csv.NewWriter(w)
	_ = out.Write(csvColumns) // the error comes with Error
	for _, f := range scan.Findings {
		c := clients[f.Client]
		if c == nil {
			c = &api.Client{ID: f.Client}
		}
		_ = out.Write(csvRow(f, c))
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the findings as CSV: %w", err)
	}
	return nil
}

func csvRow(f api.Finding, c *api.Client) []string {
	row := []string{
		f.Severity, f.Rule, f.Message, c.Name, c.Tool, c.Environment, csvOwner(c), f.Location.File, line(f.Location),
		strings.Join(f.Location.Path, " > "), excerptOf(f, c), f.Remedy, f.NHI, f.CSF, reasonOf(f), c.ID, f.Fingerprint, f.Credential,
	}
	for i := range row {
		row[i] = csvCell(row[i])
	}
	return row
}

// csvOwner is the likeliest candidate, with how likely it is.
func csvOwner(c *api.Client) string {
	if len(c.Owners) == 0 {
		return ""
	}
	o := c.Owners[0]
	return fmt.Sprintf("%s (%.0f %%)", o.Who, 100*o.Confidence)
}

func line(at api.Location) string {
	if at.Line == 0 {
		return ""
	}
	return strconv.Itoa(at.Line)
}

func reasonOf(f api.Finding) string {
	if f.Suppressed == nil {
		return ""
	}
	return f.Suppressed.Reason
}

// excerptOf is that of the value a finding concerns.
func excerptOf(f api.Finding, c *api.Client) string {
	if f.Credential == "" {
		return ""
	}
	for i := range c.Credentials {
		if c.Credentials[i].Fingerprint == f.Credential {
			return c.Credentials[i].Excerpt
		}
	}
	return ""
}

// csvCell keeps a spreadsheet from reading text as a formula. The full-width forms count as
// the plain ones in some locales of Excel.
func csvCell(s string) string {
	start := s
	s = plain(s)
	if s != "" && strings.ContainsAny(firstRune(s), "=+-@＝＋－＠|") || strings.HasPrefix(start, "\t") || strings.HasPrefix(start, "\r") {
		return "'" + s
	}
	return s
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}
