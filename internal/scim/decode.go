package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// decode reads one JSON object. Keys that differ in nothing but the case of their letters are
// the same attribute, so neither may stand twice. Numbers are json.Number.
func decode(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, refuse(InvalidSyntax, "the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err == nil {
		_, err = dec.Token()
		if err == nil {
			err = refuse(InvalidSyntax, "something follows the JSON document")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		return nil, syntax(err)
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, refuse(InvalidSyntax, "the body is not a JSON object")
	}
	return doc, nil
}

func syntax(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse(InvalidSyntax, "the body ends before its JSON document does")
	}
	return refuse(InvalidSyntax, "the body is not JSON: %v", err)
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, refuse(InvalidSyntax, "the body is nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return decodeObject(dec, depth)
	case json.Delim('['):
		return decodeList(dec, depth)
	}
	return tok, nil
}

func decodeList(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

func decodeObject(dec *json.Decoder, depth int) (any, error) {
	o := map[string]any{}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := tok.(string)
		low := strings.ToLower(key)
		if seen[low] {
			return nil, refuse(InvalidSyntax, "%.80q stands twice in one object", key)
		}
		seen[low] = true
		if o[key], err = decodeValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return o, err
}

// member is the value of a key, whatever the case of its letters.
func member(doc map[string]any, key string) any {
	if v, ok := doc[key]; ok {
		return v
	}
	for k, v := range doc {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

// checkSchemas sees to it that a body which says what it is says what was asked for. One that
// says nothing is taken for it.
func checkSchemas(doc map[string]any, want string) error {
	v := member(doc, "schemas")
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		return refuse(InvalidSyntax, "schemas is not a list")
	}
	for _, s := range list {
		if s, ok := s.(string); ok && strings.EqualFold(s, want) {
			return nil
		}
	}
	return refuse(InvalidSyntax, "schemas does not name %s", want)
}
