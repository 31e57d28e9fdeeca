// Package render writes a scan for people and for programs.
//
// A scan becomes the wire types of package api first (Wire), and every form is written from
// those, so that no form can know more than the JSON does:
//
//	Table   for a terminal: the worst clients first, a summary, what to do next
//	HTML    one page that needs nothing but itself
//	JSON    the contract, see api/README.md
//	CSV     one row a finding, for a spreadsheet
//	SARIF   2.1.0, for code scanning services
//
// Names in a scan come from files that anybody may have written. Each form renders them
// inert in its own way: a terminal gets no control characters, a spreadsheet no formulas, a
// browser no markup, and JSON nothing that a terminal would act on when it is printed there.
package render
