# Configuration file for jupyter-notebook.
c = get_config()  #noqa

#  Default: ''
# c.NotebookApp.certfile = ''
c.NotebookApp.ip = '0.0.0.0'
c.NotebookApp.token = 'jup-tok-4417'
c.NotebookApp.password = u'sha1:67c9e60bb8b6:9ffede0825894254b2e042ea597d771089e11aed'
c.ServerApp.password = 'argon2:$argon2id$v=19$m=10240,t=10,p=8$c2FsdA$aGFzaA'
c.GitHubConfig.access_token = "ghp_Jupyt3rAbCdEfGhIjKlMnOpQrStUv0123"
c.JupyterHub.db_url = 'postgresql://hub:hubDbPw@pg.northwind.io/hub'
c.GitHubOAuthenticator.client_id = 'Iv1.jupyter0987'
c.GitHubOAuthenticator.client_secret = os.environ['GITHUB_CLIENT_SECRET']
