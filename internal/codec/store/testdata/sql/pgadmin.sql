-- home/.pgadmin/pgadmin4.db
CREATE TABLE version (name VARCHAR(32), value INTEGER NOT NULL, PRIMARY KEY (name));
CREATE TABLE user (id INTEGER NOT NULL, email VARCHAR(256), password VARCHAR(256), active BOOLEAN NOT NULL, username VARCHAR(256), auth_source VARCHAR(16) DEFAULT 'internal', masterpass_check TEXT, PRIMARY KEY (id));
CREATE TABLE keys (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name));
CREATE TABLE servergroup (id INTEGER NOT NULL, user_id INTEGER NOT NULL, name VARCHAR(128) NOT NULL, PRIMARY KEY (id), FOREIGN KEY (user_id) REFERENCES user (id), UNIQUE (user_id, name));
CREATE TABLE "server" (
  id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  servergroup_id INTEGER NOT NULL,
  name VARCHAR(128) NOT NULL,
  host VARCHAR(128),
  port INTEGER CHECK(port >= 1 AND port <= 65534),
  maintenance_db VARCHAR(64),
  username VARCHAR(64) NOT NULL,
  comment VARCHAR(1024),
  role VARCHAR(64),
  discovery_id VARCHAR(128),
  password TEXT,
  service TEXT,
  use_ssh_tunnel INTEGER DEFAULT 0,
  tunnel_host TEXT, tunnel_port INTEGER, tunnel_username TEXT, tunnel_authentication INTEGER DEFAULT 0, tunnel_identity_file TEXT, tunnel_password TEXT,
  save_password INTEGER DEFAULT 0,
  shared BOOLEAN,
  connection_params JSON,
  passexec_cmd TEXT, passexec_expiration INTEGER, tags TEXT, prepare_threshold INTEGER,
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES user (id)
);
INSERT INTO version VALUES ('ConfigDB', 42);
INSERT INTO user VALUES (1, 'dba@ledger.example', '$pbkdf2-sha512$25000$HWOMkXKuFeLcG0Po3RvjHA$8x7qhashhashhash', 1, 'dba@ledger.example', 'internal', 'Rm9yIGEgY2hlY2sgb25seQ==');
INSERT INTO keys VALUES ('SECRET_KEY', 'uZk8LmQ2xWvR7tYpN4sB6hJcFgDa9eUo1XiTw3KuMqE'), ('SECURITY_PASSWORD_SALT', 'bGxhbWEtc2FsdC0yMDI2LTAz'), ('CSRF_SESSION_KEY', 'c4f1e2d3b5a697880917263544536271');
INSERT INTO servergroup VALUES (1, 1, 'Servers'), (2, 1, 'Kunden Süd');
INSERT INTO server VALUES
 (1, 1, 1, 'ledger prod', 'db.prod.ledger.internal', 5432, 'ledger', 'ledger_admin', 'rotate with Elm: pw was Winter-in-Oslo-7', NULL, NULL, 'k3N5bWV0cmljLXNlYWxlZC1ieS1tYXN0ZXI=', NULL, 1, 'bastion.ledger.example', 22, 'tunnel_svc', 0, NULL, 'dHVubmVsLXNlYWxlZC1ieS1tYXN0ZXI=', 1, 0, '{"sslmode": "verify-full", "connect_timeout": 10, "sslkey": "<STORAGE_DIR>/.postgresql/postgresql.key"}', NULL, NULL, NULL, NULL),
 (2, 1, 2, 'staging', 'db.staging.ledger.internal', 5433, 'postgres', 'stage_ro', NULL, NULL, NULL, NULL, NULL, 0, NULL, 22, NULL, 0, NULL, NULL, 0, 1, '{"sslmode": "prefer", "passfile": "/home/mara/.pgpass"}', NULL, NULL, NULL, NULL),
 (3, 1, 2, 'via command', '10.8.0.3', 5432, 'app', 'app', NULL, NULL, NULL, NULL, NULL, 0, NULL, 22, NULL, 0, NULL, NULL, 0, 0, '{}', 'vault-get --token hvs.PgAdminStork77 db/app', 60, NULL, NULL);
