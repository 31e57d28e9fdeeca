if status is-interactive
    set -gx EDITOR nvim
    set -gx GITHUB_TOKEN ghp_0HURByDwcMRwC8aReHogAxGzPJ7Kj4m9AFzC
    set -x DB_PASS 'f1sh & chips'
    set -gx NPM_TOKEN $NPM_TOKEN_FROM_KEYRING
    alias k=kubectl
end
function stag
    curl -s -u stag:fish-Stag1 https://staging.example-corp.io/$argv[1]
end
