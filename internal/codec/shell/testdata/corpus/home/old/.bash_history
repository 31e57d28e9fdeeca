ls
vim don't.txt
curl -H "Authorization: Bearer kHWGgbgek8HF0DNBZZdPaRXLujTpwrkcrOg258Le" https://api.example-corp.io/x
for h in a b; do
ssh $h uptime
done
export SLACK_TOKEN="xoxb-537960036907-093330292507-tAMq94F8epRyRTLoAtz4TFbY"
curl -s https://api.example-corp.io/form \
  -F 'api_secret=cont1nued-F'
echo it's fine
redis-cli -a hist-redis-9 ping
az storage blob list --account-name corp --account-key fCxYV7fCXwOUyrk6q8WrziE/2LN9xmHvkbB53xGODK5Pe0IvZIpB4u96Uby0bs/AapjzaHTnQ4XhvH7ObEA+Lg== -c backups
exit
