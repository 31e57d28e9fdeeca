-- home/.config/gcloud/access_tokens.db
CREATE TABLE "access_tokens" (account_id TEXT PRIMARY KEY, access_token TEXT, token_expiry TIMESTAMP, rapt_token TEXT, id_token TEXT);
INSERT INTO access_tokens VALUES ('mara@ledger.example', 'ya29.a0AeDClZ-Vireo_Warbler.7Kq2Lw9ZtX', '2026-02-01 12:30:00.123456', NULL, 'eyJhbGciOiJSUzI1NiJ9.eyJlbWFpbCI6Im1hcmFAbGVkZ2VyLmV4YW1wbGUifQ.Z2Nsb3VkLWlk'), ('old@ledger.example', NULL, NULL, NULL, NULL);
