package datagrip_test

import (
	"testing"

	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/datagrip"
)

func TestSuite(t *testing.T) { codectest.Run(t, datagrip.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, datagrip.Decoders) }
