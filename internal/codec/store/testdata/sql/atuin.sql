-- home/.local/share/atuin/history.db
CREATE TABLE history (id text primary key, timestamp integer not null, duration integer not null, exit integer not null, command text not null, cwd text not null, session text not null, hostname text not null, deleted_at integer, unique(timestamp, cwd, command));
CREATE INDEX idx_history_timestamp on history(timestamp);
INSERT INTO history VALUES ('0195a', 1740000000000000000, 120, 0, 'git status', '/home/mara/billing', 's1', 'box:mara', NULL),
 ('0195b', 1740000001000000000, 900, 0, 'curl -H "Authorization: Bearer at_Nightjar_Swift22" https://api.ledger.example/v1/me', '/home/mara', 's1', 'box:mara', NULL),
 ('0195c', 1740000002000000000, 900, 0, 'PGPASSWORD=''Kestrel & Merlin'' psql -h db -U app', '/home/mara', 's1', 'box:mara', NULL),
 ('0195d', 1740000003000000000, 10, 0, 'git status', '/home/mara', 's1', 'box:mara', NULL),
 ('0195e', 1740000004000000000, 10, 0, 'export SLACK_TOKEN=$(op read op://dev/slack/token)', '/home/mara', 's1', 'box:mara', 1740000005000000000),
 ('0195f', 1740000006000000000, 10, 1, 'mysql -u root -pHobby9Harrier kasse', '/home/mara', 's1', 'box:mara', NULL);
