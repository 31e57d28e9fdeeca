#!/usr/bin/env bash
# Deploys the order service. Needs: curl, jq, kubectl, helm, docker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ENVIRONMENT=${1:-staging}
IMAGE_TAG=$(git rev-parse --short HEAD)
REGISTRY=registry.example-corp.io
BASE_URL="https://api.${ENVIRONMENT}.example-corp.io"
RELEASE_ID=3f0c1d9e-6a53-4b5b-8d0f-1b2c3d4e5f60
export DEPLOY_TOKEN="glpat-u8jzPde0IgxLd6GncfBA"
export SLACK_WEBHOOK_URL=https://hooks.slack.com/services/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
export DB_PASSWORD='tr0ub4dor&3#Prod'
export GITHUB_TOKEN="${GH_TOKEN}"
export NEW_RELIC_KEY="<your-new-relic-key>"
export CACHE_PASSWORD=
API_KEY=${API_KEY:-fdaeeb975729fae923d5a4fd12aabfe2}

log() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2; }

login() {
  echo "dckr_pat_lI8ihN5KXSc7Tvo-hBKqFYY-kv5" | docker login -u deploybot --password-stdin "$REGISTRY"
  helm registry login "$REGISTRY" --username deploybot --password 'Blue-Whale 77!'
  gh auth login --with-token <<< "ghp_zJr4i0B3JrTAwR4y9ojfljoQoaF1LlqsajAI"
}

token() {
  curl --fail --silent --show-error \
    -u "orders-cli:9f#Kq:2zL@w" \
    --data-urlencode "grant_type=client_credentials" \
    --data-urlencode "client_secret=xNKu8iS2G8NPRVdD53X83RZJzzzzgEOzdmenCkhv" \
    "$BASE_URL/oauth/token" | jq -r .access_token
}

CURL_OPTS=(--silent --max-time 30 -H "X-Api-Key: MdgaKjIg8xNbe3nNyjOq9wMx")
CURL_OPTS+=(-H "Accept: application/json")

announce() {
  local access
  access=$(token)
  curl "${CURL_OPTS[@]}" -XPOST "$BASE_URL/v1/releases" \
    -H "Authorization: Bearer ${access}" \
    -H 'Content-Type: application/json' \
    -d "{\"tag\":\"$IMAGE_TAG\",\"signing_secret\":\"s1gn-Me-Please-2024\"}"
  curl -sS "https://status.example-corp.io/hooks/deploy?token=f33feff9243a8f506b40928b5b7a767c76fb008f&env=$ENVIRONMENT"
}

if [[ "$ENVIRONMENT" == production ]]; then
  KUBE_ARGS="--token=eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tLyIsInN1YiI6InN2Yy04NmJlYmIiLCJhdWQiOiJhcGkiLCJleHAiOjE4OTM0NTYwMDAsInNjb3BlIjoicmVhZCB3cml0ZSJ9.kCnD8zRA9a9SkpXz9w3QlY7Zkuvqdt7s8Stqcbnr3yBdGBLEPH1qhT61qtc4xatws8phP9nhFyJfm5di4PzJ59"
  kubectl $KUBE_ARGS --server https://k8s.example-corp.io rollout status deploy/orders
  kubectl create secret generic orders-db --from-literal=password='hunter2hunter2' --dry-run=client -o yaml | kubectl apply -f -
else
  kubectl --context staging rollout status deploy/orders
fi

for region in eu-west-1 us-east-1; do
  AWS_ACCESS_KEY_ID=AKIAPQM4I2HZ4UEP3ENT AWS_SECRET_ACCESS_KEY=ptUsGr7CmY/uCu3ZR1zTOlUcR64cXQLioDnkHIfx \
    aws s3 cp "dist/$IMAGE_TAG.tgz" "s3://example-artifacts-$region/"
done

ssh deploy@bastion.example-corp.io "curl -s -H 'X-Deploy-Token: rWi0B26R08qzjI6GKFSufrdZSlB5er8bOfZqfM2o' http://localhost:8080/reload"
login && announce
log "done $RELEASE_ID"

# old: curl -u 'deployer:Altes-Schloss 8' https://ci.example-corp.io/job/orders/build
# curl is kept here until the new pipeline runs: see https://wiki.example-corp.io/x/deploy
#curl -fsS \
#  -H "X-Api-Key: k3y-Auskommentiert-41" \
#  https://api.example-corp.io/v1/reload
# export LEGACY_DB_PASSWORD="Vor-dem-Umzug-42"
echo 'Wurzel.Werk 43' | sudo -S systemctl restart orders
