# ~/.bashrc
case $- in *i*) ;; *) return;; esac
HISTCONTROL=ignoreboth
export EDITOR=vim PATH="$HOME/bin:$PATH"
export OPENAI_API_KEY=sk-proj-faA6WEi3QrplK1xckSxKM2awH7C9HehwTp0136uX
export AWS_ACCESS_KEY_ID=AKIAYDSG74BIBPFOLKGT
export AWS_SECRET_ACCESS_KEY=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
export HOMEBREW_GITHUB_API_TOKEN='ghp_p1vTB1KZ6u0z2JduHj9R7wp3BQOaxgHleuBm'
export JIRA_PASSWORD="Sommer2023!"
export VAULT_TOKEN=$(cat ~/.vault-token)
export OP_SESSION=op://Private/session/token
# export OLD_TOKEN=commented-out
alias prod='psql "postgres://ana:al1asPw_9@prod.db.example-corp.io/orders"'
alias jira="curl -s -u ana@example-corp.io:GQboiAzX7DOcZ44cc3PNr6RN https://example-corp.atlassian.net/rest/api/2/myself"
[ -f ~/.fzf.bash ] && source ~/.fzf.bash
gl() { curl -sS -H "PRIVATE-TOKEN: glpat-rOIZ7cNgqhHaBp8cshtw" "https://gitlab.example-corp.io/api/v4/$1"; }
