#!/bin/bash
# Everything here comes from the environment: nothing in this file is a secret.
: "${API_TOKEN:?set API_TOKEN}"
HOST=${HOST:-http://localhost:8080}
SHA=9b74c9897bac770ffc029102a200c5de
curl -sf -H "Authorization: Bearer $API_TOKEN" "$HOST/health"
curl -sf -u "$API_USER:$API_PASS" "$HOST/v1/me?api_key=${API_KEY}"
curl -sf -H "X-Auth: $(cat /run/secrets/x_auth)" "$HOST/v1/me"
curl -H 'Authorization: Bearer YOUR_API_TOKEN_HERE' https://api.example.com/v1/demo
curl -u "demo:<password>" https://api.example.com/v1/demo
curl -d 'client_secret=$CLIENT_SECRET&grant_type=client_credentials' "$HOST/oauth/token" -c cookies.txt -o out/token.json
curl --cert client.pem:$CERT_PASS -b cookies.txt "$HOST/v1/mtls"
newman run collections/smoke.postman_collection.json -e environments/staging.postman_environment.json \
  --env-var "token=$API_TOKEN" -r cli,htmlextra --reporter-htmlextra-export reports/smoke.html --export-environment out/env.json
mysql -h "$DB_HOST" -u app -p"$DB_PASSWORD" shop -e 'select 1'
echo "$DOCKER_PASSWORD" | docker login -u "$DOCKER_USER" --password-stdin
vault login -method=oidc role=dev
export VAULT_TOKEN=$(vault print token)
kubectl --token="${KUBE_TOKEN}" get pods
sha256sum -c <<< "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  dist.tgz"
