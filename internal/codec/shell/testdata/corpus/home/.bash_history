#1712000001
cd ~/src/orders
#1712000010
curl -u ana:hist0ry-One https://api.example-corp.io/v1/me
#1712000020
export GITHUB_TOKEN=ghp_XN5LvSHV0fkxuxe0tGlhP5sSv07G4AOkHs0G
#1712000030
psql postgres://ana:h1st_pg@db.internal/orders
#1712000040
curl -X POST https://api.example-corp.io/v1/login -d '{
  "user": "ana",
  "password": "multi line pw"
}'
#1712000050
git commit -m "don't log it
#1712000060
docker login -u ana -p dckr_pat_Ay0xhnTf0baNaMYmbdzw-Isz0ps
#1712000070
mysql -h db -u root -p
#1712000080
PGPASSWORD=$PW psql -h db
#1712000090
ls -la; kubectl get pods -n prod
#1712000100
sudo mount -t cifs //nas/share /mnt -o username=ana,password=c1fs-pass
