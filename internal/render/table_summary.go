package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
)

// calm writes the clients that need nothing, one line each or only their number.
func (t *table) calm(list []*sheet) {
	head := count(len(list), "client", "clients") + " with nothing to mend"
	if len(list) > mostQuiet && !t.opts.Verbose {
		counts := map[string]int{}
		for _, s := range list {
			counts[s.Tool]++
		}
		t.line(bold(head+":"), text(tallyWords(tallies(counts), mostTools)), dimmed("(--verbose lists them)"))
		return
	}
	t.line(bold(head))
	for _, s := range list {
		about := s.Tool
		if h := s.hosts(); len(h) > 0 {
			about += ", calls " + many(h, 1)
		}
		runs := []run{text(nameOf(s.Client)), text("(" + about + ")")}
		if len(s.Files) > 0 {
			where := file(t.place(s.Files[0]))
			where.style = faint
			runs = append(runs, where)
		}
		t.indented(2, runs...)
	}
}

// tallyWords writes "12 postman, 8 psql, 3 others".
func tallyWords(list []tally, most int) string {
	var out []string
	rest := 0
	for i, c := range list {
		if i >= most {
			rest += c.n
			continue
		}
		out = append(out, thousands(int64(c.n))+" "+c.name)
	}
	if rest > 0 {
		out = append(out, count(rest, "other", "others"))
	}
	return strings.Join(out, ", ")
}

func (t *table) summary() {
	t.line(bold("Summary"))
	t.row("findings", t.severityRuns()...)
	tools := mostTools
	if t.opts.Verbose {
		tools = 1 << 30
	}
	if len(t.sheets) > 0 {
		t.row("clients", text(fmt.Sprintf("%s: %s", thousands(int64(len(t.sheets))), tallyWords(t.tools(), tools))))
	}
	if byClass, total, values := t.secrets(); total > 0 {
		var words []string
		for _, c := range byClass {
			words = append(words, classCount(c, false))
		}
		t.row("secrets", text(fmt.Sprintf("%s: %s; %s", thousands(int64(total)), strings.Join(words, ", "), count(values, "different value", "different values"))))
	}
	in := t.scan.Scan
	t.row("read", text(fmt.Sprintf("%s, %s in %s", count(in.Files, "file", "files"), size(in.Bytes), took(in.DurationMS))))
	t.unreadable()
	t.next()
}

// severityRuns writes the number of findings by severity, leaving out what there is none of.
func (t *table) severityRuns() []run {
	var out []run
	for s := clientele.Critical; s >= clientele.Info; s-- {
		if n := t.severities[s]; n > 0 {
			out = append(out, run{text: thousands(int64(n)) + " " + s.String(), style: styleOf(s)})
		}
	}
	for i := range len(out) - 1 {
		out[i].text += ","
	}
	if len(out) == 0 {
		out = append(out, text("none"))
	}
	if t.suppressed > 0 {
		out = append(out, dimmed("("+thousands(int64(t.suppressed))+" more suppressed)"))
	}
	return out
}

// unreadable owns up to what the scan could not see.
func (t *table) unreadable() {
	list := t.scan.Scan.Unreadable
	if len(list) == 0 {
		return
	}
	t.blank()
	t.line(run{text: "Could not read " + count(len(list), "file", "files") + ",", style: medium}, text("or not wholly: what they hold may be missing above."))
	for i, u := range list {
		if i == mostUnreadable && !t.opts.Verbose {
			t.indented(2, dimmed("and "+count(len(list)-i, "other", "others")+"; --verbose lists them all"))
			return
		}
		t.indented(2, file(t.place(u.Path)+":"), text(u.Reason))
	}
}

// next writes what to do now.
func (t *table) next() {
	steps := t.nextSteps()
	t.blank()
	if len(steps) == 0 {
		t.line(bold("Next"))
		if len(t.sheets) == 0 {
			t.indented(2, text("Nothing was found here. Scan where developers work: clientele scan ~"))
			return
		}
		t.indented(2, text("Nothing needs mending. Keep it so: run clientele scan in the pipeline."))
		return
	}
	t.line(bold("Next"))
	for i, s := range steps {
		t.block([]run{{text: "  " + strconv.Itoa(i+1) + "."}}, 5, bold(s.In()+":"), text(s.Remedy))
		t.indented(5, dimmed(s.Command))
	}
}
