package compass_test

import (
	"testing"

	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/compass"
)

func TestSuite(t *testing.T) { codectest.Run(t, compass.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, compass.Decoders) }
