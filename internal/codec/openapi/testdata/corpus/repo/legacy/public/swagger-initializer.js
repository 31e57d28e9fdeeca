window.onload = function() {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: '#swagger-ui',
    onComplete: function () {
      ui.preauthorizeApiKey('apiKey', 'sui-key-ddee1122');
      ui.preauthorizeBasic("basicAuth", "swagger", "sui basic pw");
    }
  });
  ui.initOAuth({
    clientId: "swagger-ui",
    clientSecret: 'sui~client.secret.3344',
    realm: "warehouse",
    scopeSeparator: " ",
    additionalQueryStringParams: {}
  })
};
