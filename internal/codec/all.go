package codec

import (
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/agent"
	"github.com/clientele/clientele/internal/codec/altair"
	"github.com/clientele/clientele/internal/codec/browser"
	"github.com/clientele/clientele/internal/codec/bruno"
	"github.com/clientele/clientele/internal/codec/ci"
	"github.com/clientele/clientele/internal/codec/cli"
	"github.com/clientele/clientele/internal/codec/compass"
	"github.com/clientele/clientele/internal/codec/datagrip"
	"github.com/clientele/clientele/internal/codec/datastore"
	"github.com/clientele/clientele/internal/codec/dbeaver"
	"github.com/clientele/clientele/internal/codec/dotenv"
	"github.com/clientele/clientele/internal/codec/graphql"
	"github.com/clientele/clientele/internal/codec/har"
	"github.com/clientele/clientele/internal/codec/hoppscotch"
	"github.com/clientele/clientele/internal/codec/httpfile"
	"github.com/clientele/clientele/internal/codec/httpie"
	"github.com/clientele/clientele/internal/codec/hurl"
	"github.com/clientele/clientele/internal/codec/insomnia"
	"github.com/clientele/clientele/internal/codec/jmeter"
	"github.com/clientele/clientele/internal/codec/k6"
	"github.com/clientele/clientele/internal/codec/kreya"
	"github.com/clientele/clientele/internal/codec/openapi"
	"github.com/clientele/clientele/internal/codec/postman"
	"github.com/clientele/clientele/internal/codec/restfox"
	"github.com/clientele/clientele/internal/codec/settings"
	"github.com/clientele/clientele/internal/codec/shell"
	"github.com/clientele/clientele/internal/codec/soapui"
	"github.com/clientele/clientele/internal/codec/store"
	"github.com/clientele/clientele/internal/codec/thunder"
	"github.com/clientele/clientele/internal/codec/yaak"
)

// All is every decoder there is.
func All() []clientele.Decoder {
	return slices.Concat(
		agent.Decoders,
		altair.Decoders,
		browser.Decoders,
		bruno.Decoders,
		ci.Decoders,
		cli.Decoders,
		compass.Decoders,
		datagrip.Decoders,
		datastore.Decoders,
		dbeaver.Decoders,
		dotenv.Decoders,
		graphql.Decoders,
		har.Decoders,
		hoppscotch.Decoders,
		httpfile.Decoders,
		httpie.Decoders,
		hurl.Decoders,
		insomnia.Decoders,
		jmeter.Decoders,
		k6.Decoders,
		kreya.Decoders,
		openapi.Decoders,
		postman.Decoders,
		restfox.Decoders,
		settings.Decoders,
		shell.Decoders,
		soapui.Decoders,
		store.Decoders,
		thunder.Decoders,
		yaak.Decoders,
	)
}
