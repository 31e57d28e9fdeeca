export ZSH="$HOME/.oh-my-zsh"
plugins=(git kubectl)
source $ZSH/oh-my-zsh.sh
setopt hist_ignore_space
export HF_TOKEN=hf_PkhdM996G5rfDLI7jChGi4s6AKsrpVfVIs
export DOCKER_HUB_PASSWORD="Zsh&Docker8"
export TF_VAR_do_token=dop_v1_e7c6be9ff907a76cc0b57aaf89691052be1ceb374dab4683f84d30d3fc4d83ce
for f in ~/.zsh/*.zsh(N); do source $f; done
autoload -Uz compinit && compinit
(( $+commands[direnv] )) && eval "$(direnv hook zsh)"
export SONAR_TOKEN=$(security find-generic-password -s sonar -w)
