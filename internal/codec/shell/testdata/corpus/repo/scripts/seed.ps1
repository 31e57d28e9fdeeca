# Seeds the demo tenant
param([string]$Tenant = "demo")
$env:DEMO_API_KEY = "fGmzWkpAePcEJIukB4geqNfngAFTCloiADN5RpVI"
$env:AZURE_CLIENT_SECRET = 'Q~8xW.~abcDEF123ghiJKL456mnoPQR789stuVW'
$token = "ghp_2XQWhX1ssrKrxqVqmCplppjs46LmuezqpGHo"
$clientId = "3e130f7e-b197-3166-2b5e-803b61ba4168"
$pass = ConvertTo-SecureString "Sup3r;Secure!" -AsPlainText -Force
$headers = @{
  "Authorization" = "Bearer $token"
  "X-Functions-Key" = "cMUP6n0a0uARxlNtencYFJEeAgYzQJjOIfPkzSrA"
}
Invoke-RestMethod -Uri "https://func.example-corp.io/api/seed?code=sQtA9dtVK4wAAb3XZxPmzUzn8aB5kBh0fzK4xDXk" -Method Post -Headers $headers -Body '{"password":"seed-Body-Pw1"}'
curl.exe "https://api.example-corp.io/v1/tenants" `
  -H "X-Api-Key: 4014c2b54b95523cf6941fa1c257c6f561c5cb34" `
  -u "seed:ps1`"quote"
az login --service-principal -u 7611a3ce-9d97-dcbe-e500-fe7ee5fc324b -p "az~sp~Secret.2024" --tenant example.onmicrosoft.com
