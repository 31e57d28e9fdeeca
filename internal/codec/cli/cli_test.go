package cli_test

import (
	"testing"

	"github.com/clientele/clientele/internal/codec/cli"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T) { codectest.Run(t, cli.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, cli.Decoders) }
