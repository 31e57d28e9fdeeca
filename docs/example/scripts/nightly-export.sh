#!/usr/bin/env bash
set -euo pipefail
PGPASSWORD='Zug-Vogel.88' pg_dump -h db.acme.example -U reports warehouse > /backup/warehouse.sql
curl -sf -H "X-Api-Key: ${BACKUP_KEY:?}" -T /backup/warehouse.sql https://backup.acme.example/upload
