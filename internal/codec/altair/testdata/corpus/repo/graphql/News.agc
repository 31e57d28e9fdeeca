{
  "version": 1,
  "type": "collection",
  "title": "News API",
  "id": "9209dcb4-68e0-4e03-afd0-db161b56bb9a",
  "storageType": "api",
  "workspaceId": "2f5fe555-a632-4d18-aa3b-99e68433f7a4",
  "teamUid": "team-6VLg8ykCcdOA",
  "description": "Editor: Schlag*zeile 1",
  "headers": [
    {
      "key": "X-News-Key",
      "value": "nk-zbkZoRaoZV8dI8CVfwbYyFmceqDJ",
      "enabled": true
    },
    {
      "key": "X-Old",
      "value": "nko-mW7D8snfgJHPkSIJ0pqgAk5a",
      "enabled": false
    }
  ],
  "authorization": {
    "type": "bearer",
    "data": {
      "token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkLm5ld3MuZXhhbXBsZSIsInN1YiI6Im5ld3MiLCJhdWQiOiJhcGkiLCJleHAiOjE4OTM0NTYwMDB9.4R1v0iEL20MgKndrQ3FvkRoE85IaRWdsZAdw52k1J9wMHlCh_Wc60LO0SMJRuXf19GJlXBHsVo7pJ4aeHoF8f0"
    }
  },
  "environmentVariables": {
    "cms": {
      "secret": "cms-ZfrmxKjN1XflVGzNRxsfN6"
    }
  },
  "preRequest": {
    "script": "altair.helpers.setEnvironment('t','ghp_SPMkch6VlbiNRi7UsE5TsKYXd0cMWLgubiwf')",
    "enabled": true
  },
  "queries": [
    {
      "version": 1,
      "type": "window",
      "query": "query {\n  feed { id }\n}",
      "apiUrl": "{{url}}/graphql",
      "variables": "{}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "Authorization",
          "value": "Bearer {{token}}",
          "enabled": true
        },
        {
          "key": "X-Trace",
          "value": "566da7db-79e4-4c91-acb6-56add11adf5d",
          "enabled": true
        }
      ],
      "windowName": "Feed",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "",
      "postRequestScriptEnabled": false,
      "id": "b7a19e5c-bf0d-4e6d-ae0c-c811dcb8542e",
      "updated_at": 1643543387452,
      "created_at": 1643543387452
    },
    {
      "version": 1,
      "type": "window",
      "query": "mutation {\n  login(email: \"ed@example.com\", password: \"inGql Pass 8\") { token }\n}",
      "apiUrl": "https://ed:U!rl-Pass@news.example.com/graphql",
      "variables": "{\n  \"password\": \"Var!Kennwort\"\n}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "",
          "value": "",
          "enabled": true
        }
      ],
      "windowName": "Login",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "",
      "postRequestScriptEnabled": false,
      "id": "32df4930-66b9-49df-aa07-4243983221f1",
      "updated_at": 1643543387452,
      "created_at": 1643543387452
    },
    {
      "version": 1,
      "type": "window",
      "query": "query {\n  feed { id }\n}",
      "apiUrl": "{{url}}/graphql",
      "variables": "{}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "",
          "value": "",
          "enabled": true
        }
      ],
      "windowName": "Basic",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "// token glpat-GqrIKAOPa46m6VQUReQ0",
      "postRequestScriptEnabled": false,
      "id": "456f1480-c1d1-4440-ad0f-2ea915693454",
      "updated_at": 1643543387452,
      "created_at": 1643543387452,
      "authorizationType": "basic",
      "authorizationData": {
        "username": "editor",
        "password": "Redaktion#9"
      }
    },
    {
      "version": 1,
      "type": "window",
      "query": "query {\n  feed { id }\n}",
      "apiUrl": "{{url}}/graphql",
      "variables": "{}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "",
          "value": "",
          "enabled": true
        }
      ],
      "windowName": "Key",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "",
      "postRequestScriptEnabled": false,
      "id": "58b6ea92-df3c-4c05-a01a-43ac4d948c58",
      "updated_at": 1643543387452,
      "created_at": 1643543387452,
      "authorizationType": "api-key",
      "authorizationData": {
        "headerName": "X-Api-Key",
        "headerValue": "3d65628343db26ca374bde657a13442b11e1"
      }
    },
    {
      "version": 1,
      "type": "window",
      "query": "query {\n  feed { id }\n}",
      "apiUrl": "{{url}}/graphql",
      "variables": "{}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "",
          "value": "",
          "enabled": true
        }
      ],
      "windowName": "OAuth",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "",
      "postRequestScriptEnabled": false,
      "id": "9151ec14-f0be-4461-a639-f088ff5dd636",
      "updated_at": 1643543387452,
      "created_at": 1643543387452,
      "authorizationType": "oauth2",
      "authorizationData": {
        "type": "client-credentials",
        "clientId": "news-cli",
        "clientSecret": "nc_zUvUj0a5vYtJf4FEwT7dXAQW2frlhbNN",
        "tokenEndpoint": "https://id.news.example/token",
        "scopes": [
          "read"
        ],
        "accessTokenResponse": {
          "access_token": "nat-o5xB541pMf0OHSqq87mnRlIjFUuVXUAvxIoLB2Vd",
          "refresh_token": "nrt-Vy5uLYVhedihlh3Bs3iwkg5QxvsK3VZD6UNn2KWz",
          "expires_in": 3600
        }
      }
    },
    {
      "version": 1,
      "type": "window",
      "query": "query {\n  feed { id }\n}",
      "apiUrl": "{{url}}/graphql",
      "variables": "{}",
      "subscriptionUrl": "",
      "subscriptionConnectionParams": "{}",
      "headers": [
        {
          "key": "",
          "value": "",
          "enabled": true
        }
      ],
      "windowName": "Unselected",
      "preRequestScript": "",
      "preRequestScriptEnabled": false,
      "postRequestScript": "",
      "postRequestScriptEnabled": false,
      "id": "c0d38587-6709-4d25-a661-62005b10daf2",
      "updated_at": 1643543387452,
      "created_at": 1643543387452,
      "authorizationType": "none",
      "authorizationData": {
        "username": "left",
        "password": "Ver!gessen 2"
      }
    }
  ],
  "collections": [
    {
      "version": 1,
      "type": "collection",
      "title": "Abos 📰",
      "queries": [
        {
          "version": 1,
          "type": "window",
          "query": "query {\n  feed { id }\n}",
          "apiUrl": "{{url}}/graphql",
          "variables": "{}",
          "subscriptionUrl": "wss://news.example.com/ws?token=sub-43ordX5iagdmgfp8i2fS2C",
          "subscriptionConnectionParams": "{\n  \"authToken\": \"scp-HrFFGTZZc3cJQkauG0NE20aKzp\"\n}",
          "headers": [
            {
              "key": "",
              "value": "",
              "enabled": true
            }
          ],
          "windowName": "Live",
          "preRequestScript": "",
          "preRequestScriptEnabled": false,
          "postRequestScript": "",
          "postRequestScriptEnabled": false,
          "id": "a1a5fb26-9a99-4d71-a2ac-cd72576d32e1",
          "updated_at": 1643543387452,
          "created_at": 1643543387452
        }
      ],
      "collections": []
    }
  ]
}