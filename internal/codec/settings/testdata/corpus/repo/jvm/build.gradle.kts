plugins {
    kotlin("jvm") version "1.9.22"
    `maven-publish`
    signing
}

val sonatypeUser: String by project
val signingPassword: String = "Sign it 2024!"

publishing {
    repositories {
        maven {
            url = uri("https://s01.oss.sonatype.org/service/local/staging/deploy/maven2/")
            credentials {
                username = "northwind-bot"
                password = providers.gradleProperty("sonatypePassword").get()
            }
        }
        maven {
            url = uri("https://maven.cloudsmith.io/northwind/libs/")
            credentials {
                username = "cloud"
                password = "Csm1th-Grüße"
            }
        }
        maven("https://packages.northwind.io/maven") {
            credentials(HttpHeaderCredentials::class) {
                name = "Private-Token"
                value = "glpat-Kq7vXw2ZsT9LmB4nRyEc"
            }
        }
    }
}

sonar {
    properties {
        property("sonar.host.url", "https://sonar.northwind.io")
        property("sonar.token", "sqp_3b1f0c9d8e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c")
        property("sonar.password", System.getenv("SONAR_LOGIN"))
    }
}

tasks.register<JavaExec>("migrate") {
    environment("DB_PASSWORD", "migrate me up 3")
    systemProperty("db.password", "sysprop-pw-81")
    args("--verbose")
}
