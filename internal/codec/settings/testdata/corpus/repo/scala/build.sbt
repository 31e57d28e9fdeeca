ThisBuild / scalaVersion := "2.13.12"

lazy val root = (project in file("."))
  .settings(
    name := "orders",
    credentials += Credentials("Sonatype Nexus Repository Manager", "nexus.northwind.io", "deployer", "n3xus;sbt"),
    credentials += Credentials(Path.userHome / ".sbt" / ".credentials"),
    resolvers += "nw" at "https://nexus.northwind.io/repository/maven",
    publishTo := Some("releases" at "https://pub:sbtUrlPw@nexus.northwind.io/releases")
  )
