package openapi_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/openapi"
)

func TestSuite(t *testing.T) { codectest.Run(t, openapi.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, openapi.Decoders) }

func TestDescriptionWithoutCredentialsIsNoClient(t *testing.T) {
	const clean = `{"openapi": "3.0.1", "info": {"description": "Send your api key: see Authorization: Bearer <token>, or curl -u user:password"},
		"paths": {"/login": {"post": {"requestBody": {"content": {"application/json": {"example": {"password": "string", "token": "{token}"}}}}}}},
		"servers": [{"url": "https://api.test/v1/@me"}],
		"components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
		"schemas": {"Login": {"properties": {"password": {"type": "string", "example": "hunter2"}}}}}}`
	parts, err := openapi.Decoders[0].Decode(clientele.File{Path: "openapi.json", Data: []byte(clean)})
	if parts != nil || err != nil {
		t.Errorf("%d parts, error %v", len(parts), err)
	}
}

func TestPublicClientOfAPageIsNoNews(t *testing.T) {
	parts, err := openapi.Decoders[1].Decode(clientele.File{Path: "index.html", Data: []byte(`ui.initOAuth({clientId: "swagger"})`)})
	if parts != nil || err != nil {
		t.Errorf("%d parts, error %v", len(parts), err)
	}
}
