# pasted from the browser's network tab, don't commit!!
curl 'https://app.example-corp.io/api/v2/invoices?page=1' \
  -H 'accept: application/json, text/plain, */*' \
  -H 'authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tLyIsInN1YiI6InN2Yy05NzkxZTUiLCJhdWQiOiJhcGkiLCJleHAiOjE4OTM0NTYwMDAsInNjb3BlIjoicmVhZCB3cml0ZSJ9.uI5aHUQPFeNBTxaQWk8JzFalHlsZfYcMMDktXP_tKsf2rcDkdfrUnW5gcF-Ha6ili8GjHEAD6_Wj9KfzjsQGMr' \
  -b '_ga=GA1.2.1234567890.1690000000; session_id=0f1f836f99eee3692f09e2e8c662248b483b7ffc050fec94dbca3a0aac36098b; theme=dark' \
  -H 'sec-ch-ua: "Chromium";v="124", "Not-A.Brand";v="99"' \
  -H 'x-csrf-token: ezy3Lex7BWr2drgd1QsO7jprBGumXxY9B4bZWOz6' \
  --compressed

curl 'https://app.example-corp.io/login' -X POST \
  -H 'content-type: application/json;charset=UTF-8' \
  --data-raw $'{"email":"ana@example-corp.io","password":"Pa\'ssw\u0021rd-42"}'
wget --user=ana --password='w-get*me' --header='X-Token: 621de49f145fda9988c79fc35526f7ea' https://files.example-corp.io/report.pdf
http -a 'ana:httpie~pw' POST https://app.example-corp.io/api/keys name=ci secret_key=WCBiJmpflvJfupxqZKm4bV3AyAVHnyrvWdFrK9xi X-Request-Id:6287cced-9041-dff0-2cee-737443e21047
xh POST :3000/login Authorization:'Bearer K6cPTt9iOqHOBSWhgetH8LmyqoYMaaItDr9uP14p' user=bob password:='"xh-pass-1"'
grpcurl -H 'authorization: Bearer EHpJpb9ATPtdbmF4RPAfqoQB7xoFcSvTAxRzmaZs' -d '{"id": 7}' grpc.example-corp.io:443 orders.v1.Orders/Get
