// Package cli decodes what command-line tools keep on disk to sign in with: profiles, token
// caches, registry credentials, private keys, and the settings of data movers.
//
// Most of these files say the same few things under different names: a secret, whom it
// belongs to, where it is sent, when it ends. They are rows of a table (table.go) in which
// each field of a format is given its meaning (meaning.go), one file of rows for a family:
//
//	cloud.go   providers of machines and clusters: aws, gcloud, az, doctl, oci …
//	forge.go   code hosts and package registries: gh, glab, yarn, pip, cargo, composer …
//	saas.go    everything else that is called over HTTPS: stripe, netlify, ngrok, op …
//	movers.go  tools that copy data in bulk: rclone, s3cmd, mc, lftp …
//
// Where the shape needs more than a table (a kubeconfig joins users and clusters, Maven and
// rclone hide values behind keys that are at hand) a decoder of its own stands in a file
// named for the tool.
//
// Where the formats come from. Read in source: the login cache of aws (aws-sdk-go-v2,
// credentials/logincreds), rclone's obscure and its test vectors, render, railway, an older
// infisical, azd's secrets, parts of glab's configuration and of plexus-cipher, and
// anoopengineer/winscppasswd for WinSCP. The other formats follow the tools' documentation
// and published examples, and are not checked with their source; nor are the Salesforce
// cipher and WinSCP's two-byte lengths, which have no published vector here.
package cli

import "github.com/clientele/clientele"

// Decoders are the decoders of the package.
var Decoders = decoders()

func decoders() []clientele.Decoder {
	all := []clientele.Decoder{
		dockerDecoder, kubeDecoder, argoDecoder, msalDecoder,
		tfvarsDecoder, tfDecoder, tfstateDecoder, pulumiStackDecoder,
		ghDecoder, gitCredentialsDecoder, gitConfigDecoder, npmrcDecoder, requirementsDecoder,
		mavenDecoder, mavenSecurityDecoder, nugetDecoder, hexDecoder,
		sshConfigDecoder, keyDecoder, ageDecoder, salesforceDecoder,
		rcloneSealedDecoder, filezillaDecoder, winscpDecoder, lftpDecoder, cyberduckDecoder,
	}
	for _, rows := range [][]row{cloudRows, forgeRows, saasRows, moverRows} {
		for _, r := range rows {
			all = append(all, r.decoder())
		}
	}
	return all
}
