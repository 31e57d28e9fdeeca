# set by installer
umask 022
export ARTIFACTORY_USER=ana
export ARTIFACTORY_PASSWORD='AKCp8SDsUwswzHJMyPuaYV2FyCtlItZjBKyLof06vu1M1'
export http_proxy=http://ana:pr0xy-Pw@proxy.example-corp.io:3128
export no_proxy=localhost,127.0.0.1
