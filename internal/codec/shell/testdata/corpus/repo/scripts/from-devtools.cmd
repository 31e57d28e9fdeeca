@echo off
REM don't run in prod
set PGPASSWORD=W1nd0ws-Pg
set "API_SECRET=b4tch-s3cret"
set TARGET=%1
set TOKEN=%CI_TOKEN%
curl ^"https://app.example-corp.io/api/me^" ^
  -H ^"authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tLyIsInN1YiI6InN2Yy0yNmY2OTYiLCJhdWQiOiJhcGkiLCJleHAiOjE4OTM0NTYwMDAsInNjb3BlIjoicmVhZCB3cml0ZSJ9.D7CHLn_xC-1hsYgBds1ghxY5OokvQyx7eNWVQ4vnakJkS1pAWTN3lg8zV5yPU8d0FZfWe7ihGyiRUIQfHOJMai^" ^
  -H ^"x-api-key: b0ogET9D9XyYq6B0Fi7FlaZ7Vt0SXjMpu3uDxYYM^" ^
  --data-raw ^"^{^\^"pin^\^":^\^"winpw 100^^ok^\^"^}^"
curl -u admin:bat-Passw0rd https://legacy.example-corp.io/status
"C:\Program Files\PostgreSQL\15\bin\psql.exe" -h db -U app -d shop -c "select 1"
