#!/bin/sh
# nightly, from cron on db-admin-1
set -e
STAMP=$(date +%Y%m%d)
PGPASSWORD='correct horse battery' pg_dump -h pg-main.internal -p 5433 -U backup -Fc orders -f "/var/backups/orders-$STAMP.dump"
pg_dump "postgresql://reporting:Rep0rt1ng%21@pg-replica.internal:5432/warehouse?sslmode=require" > /var/backups/warehouse.sql
mysqldump -h mysql-1.internal -u root -p'T0p-S3cret/Root' --single-transaction --databases shop crm | gzip > "/var/backups/shop-$STAMP.sql.gz"
mysqldump --host=mysql-2.internal --user=ro --password="$MYSQL_RO_PASSWORD" stats > /var/backups/stats.sql
mongodump --uri "mongodb+srv://backup:m0ng0Dump_77@cluster0.ab1cd.mongodb.net/catalog" --out /var/backups/mongo
redis-cli -h redis-1.internal -a 'redis$tr0ngPw' --rdb /var/backups/redis.rdb
psql -h pg-main.internal -U backup orders <<'SQL'
ALTER ROLE exporter WITH PASSWORD 'Exp0rter_2023';
COPY (SELECT * FROM customers) TO '/tmp/customers.csv' CSV HEADER;
SQL
clickhouse-client --host ch.internal --user default --password changeme -q "SELECT 1"
sqlcmd -S mssql.internal,1433 -U sa -P 'Yukon$900Strong' -d erp -Q "BACKUP DATABASE erp TO DISK='erp.bak'"
bcp erp.dbo.Invoices out /tmp/invoices.dat -S mssql.internal -U exporter -P Inv0ice!Out -c
sqlplus -s system/0racleManager9@//ora.internal:1521/ORCLPDB1 @dump.sql
snowsql -a xy12345.eu-central-1 -u LOADER --private-key-passphrase sn0wKeyPhrase -q 'select current_version()'
openssl enc -aes-256-cbc -salt -pass pass:b4ckup-3ncrypt! -in /var/backups/warehouse.sql -out /var/backups/warehouse.enc
openssl rsa -in key.pem -passin env:KEY_PASS -out plain.pem
rclone copy /var/backups remote-s3:example-backups/db --config /root/.config/rclone/rclone.conf
sshpass -p 'sftp P@ss w0rd' sftp backup@sftp.partner.example.net <<EOF
put /var/backups/orders-$STAMP.dump
EOF
curl --aws-sigv4 "aws:amz:eu-west-1:s3" --user "AKIAEQH5AV2RICPHKQDL:zNNAL5wIScGebcy8F5n3+YNBDRzrZSgqbjG3uhkW" -T /var/backups/warehouse.enc https://example-backups.s3.eu-west-1.amazonaws.com/
