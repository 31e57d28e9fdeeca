import jetbrains.buildServer.configs.kotlin.*
version = "2023.11"

project {
    params {
        param("env.DEPLOY_PASSWORD", "teamC1ty deploy")
        password("env.NPM_TOKEN", "credentialsJSON:4f7b2c1a-9d8e-4a6b-8c3d-1e2f3a4b5c6d", display = ParameterDisplay.HIDDEN)
        param("env.REGISTRY_PASSWORD", "%vault:ci/registry!/password%")
        param("system.sonar.token", "squ_8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a3f2e1d0c9b")
    }
    buildType {
        name = "Build"
        steps {
            script {
                scriptContent = "docker login -u ci -p d0ckerLoginPw registry.northwind.io"
            }
        }
    }
    features {
        feature {
            type = "OAuthProvider"
            param("secure:clientSecret", "credentialsJSON:aa7b2c1a-9d8e-4a6b-8c3d-1e2f3a4b5c6d")
            param("clientId", "northwind")
        }
    }
}
