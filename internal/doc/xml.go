package doc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// XML reads an XML document. An element is a Map named by its local name, its attributes are
// String kids named "@name", and its own character data is its Text, trimmed. Undeclared
// entities are kept as they stand; nothing outside the file is read. What comes before a
// fault is returned with the error. The returned node is the root element.
func XML(src []byte) (*Node, error) {
	dec := xml.NewDecoder(bytes.NewReader(src))
	dec.Strict = false
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // Data is UTF-8 already
	top := &Node{Kind: Map}
	stack := []*Node{top}
	text := []*strings.Builder{{}}
	at := lines{src: src}
	root := func() *Node {
		for i := len(stack) - 1; i > 0; i-- {
			stack[i].Text = strings.TrimSpace(text[i].String())
		}
		if len(top.Kids) == 0 {
			return nil
		}
		return top.Kids[0]
	}
	for nodes := 0; ; {
		line := at.of(int(dec.InputOffset()))
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			if len(stack) > 1 {
				return root(), fault(line, "the XML text ends inside element %s", stack[len(stack)-1].Key)
			}
			return root(), nil
		}
		if err != nil {
			return root(), fault(line, "not well-formed XML")
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if nodes += 1 + len(t.Attr); nodes > MaxNodes {
				return root(), tooMuch(line, "more elements than are read from one file")
			}
			if len(stack) > MaxDepth {
				return root(), tooMuch(line, "nested deeper than is read")
			}
			n := &Node{Kind: Map, Key: t.Name.Local, Line: line}
			for _, a := range t.Attr {
				n.Kids = append(n.Kids, &Node{Kind: String, Key: "@" + a.Name.Local, Text: a.Value, Line: line})
			}
			up := stack[len(stack)-1]
			up.Kids = append(up.Kids, n)
			stack, text = append(stack, n), append(text, &strings.Builder{})
		case xml.EndElement:
			// An end that closes nothing is passed over; one that closes an outer element
			// closes those inside it too.
			for i := len(stack) - 1; i > 0; i-- {
				if stack[i].Key != t.Name.Local {
					continue
				}
				for j := len(stack) - 1; j >= i; j-- {
					stack[j].Text = strings.TrimSpace(text[j].String())
				}
				stack, text = stack[:i], text[:i]
				break
			}
		case xml.CharData:
			text[len(text)-1].Write(t)
		}
	}
}
