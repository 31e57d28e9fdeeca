package dsn

import "strings"

// AuthScheme is the manner of signing in, as in clientele.Auth, that the first word of an
// Authorization header names; "custom" where it is none that is known.
func AuthScheme(header string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(header), " ")
	if s := authWords[strings.ToLower(word)]; s != "" {
		return s
	}
	return "custom"
}

var authWords = map[string]string{
	"basic": "basic", "bearer": "bearer", "digest": "digest", "ntlm": "ntlm", "negotiate": "negotiate",
	"token": "bearer", "apikey": "api_key", "hawk": "hawk", "oauth": "oauth1", "aws": "aws_sigv4", "aws4-hmac-sha256": "aws_sigv4",
}

// HeaderScheme is the manner of signing in that a request's header stands for, or empty for a
// header that says nothing of it. A key that a vendor has a header of its own for is an API key.
func HeaderScheme(name, value string) string {
	low := strings.ToLower(name)
	switch {
	case low == "authorization":
		return AuthScheme(value)
	case keyHeaders[low] || strings.HasSuffix(low, "-api-key") || strings.HasSuffix(low, "-apikey"):
		return "api_key"
	}
	return ""
}

// QueryScheme is HeaderScheme for the parameters in a URL's query.
func QueryScheme(url string) string {
	_, query, _ := strings.Cut(url[:min(len(url), maxLen)], "?")
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if value != "" && keyParameters[strings.ToLower(name)] {
			return "api_key"
		}
	}
	return ""
}

var (
	keyHeaders = map[string]bool{
		"api-key": true, "apikey": true, "api_key": true, "x-apikey": true, "x-auth-token": true, "x-auth-key": true, "x-token": true,
		"x-access-token": true, "x-api-token": true, "api-token": true, "x-vault-token": true, "private-token": true, "job-token": true,
		"deploy-token": true, "dd-application-key": true, "ocp-apim-subscription-key": true, "x-functions-key": true,
		"x-goog-api-key": true, "x-figma-token": true, "x-shopify-access-token": true, "circle-token": true, "x-consul-token": true,
		"x-nomad-token": true, "x-jfrog-art-api": true, "x-redmine-api-key": true, "x-contentful-management-token": true,
		"x-cisco-meraki-api-key": true, "x-mbx-apikey": true, "x-master-key": true, "x-postmark-server-token": true,
		"xi-api-key": true, "x-subscription-token": true, "x-rapidapi-key": true, "x-aws-ec2-metadata-token": true,
	}
	keyParameters = map[string]bool{
		"key": true, "api_key": true, "apikey": true, "api-key": true, "x-api-key": true, "appid": true, "app_key": true,
		"access_key": true, "subscription-key": true, "subscription_key": true, "api_token": true, "apitoken": true,
	}
)
