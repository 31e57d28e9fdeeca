-- home/.config/Cursor/User/globalStorage/state.vscdb
PRAGMA journal_mode = WAL;
CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO ItemTable VALUES ('workbench.panel.position', 'bottom'), ('telemetry.machineId', '8f7e6d5c4b3a29180716f5e4d3c2b1a0'), ('cursorAuth/accessToken', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhdXRoMHx1c2VyXzAxIiwiZXhwIjoxNzcyMDAwMDAwfQ.b2xkLXNpZw'), ('cursorAuth/cachedEmail', 'mara@ledger.example'), ('cursorAuth/stripeMembershipType', 'pro');
PRAGMA wal_checkpoint(TRUNCATE);
INSERT INTO ItemTable VALUES ('cursorAuth/accessToken', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhdXRoMHx1c2VyXzAxIiwiZXhwIjoxNzgyMDAwMDAwfQ.bmV3LXNpZw'), ('cursorAuth/refreshToken', 'crt_Waxwing-Hoopoe.55'), ('secret://{"extensionId":"vscode.github-authentication","key":"github.auth"}', '{"type":"Buffer","data":[118,49,49,201,13,77,60,12,99,2,140,33,5,81,19,200]}');
