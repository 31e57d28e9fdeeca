terraform {
  required_version = ">= 1.6"
  backend "s3" {
    bucket     = "ledger-state"
    key        = "prod/terraform.tfstate"
    access_key = "AKIAQ7LEDGER4TFSTATE"
    secret_key = "Vb8+TnR2wYk5QmZx7JpLs4HdF9uGcE3oAi6KtX1y"
  }
}

provider "cloudflare" {
  api_token = var.cf_token
}

provider "postgresql" {
  host     = "pg.ledger.example"
  username = "tf_admin"
  password = "Plan & Apply 77"
}

variable "cf_token" {
  type      = string
  sensitive = true
}

variable "grafana_token" {
  type    = string
  default = "glsa_Hq7Lw9ZtKx2VmRcPdYs5BnJg8FaEuT4o_5d1c7e2f"
}

variable "webhooks" {
  default = {
    deploy_token = "dpl-tf-55120-juniper"
  }
}

locals {
  # pepper for old rows
  legacy_password = "salz$und$pfeffer"
  name_prefix     = "${var.env}-orders"
  tags            = merge(var.tags, { Owner = "team-orders", Token = "n/a" })
}

resource "aws_db_instance" "orders" {
  identifier                          = local.name_prefix
  engine                              = "postgres"
  username                            = "orders_admin"
  password                            = "tf Rds Main 9"
  kms_key_id                          = "arn:aws:kms:eu-west-1:111122223333:key/0b6a1f52-3c7d-4e8f-9a10-b2c3d4e5f607"
  iam_database_authentication_enabled = true
  tags                                = local.tags
}

resource "aws_db_instance" "replica" {
  password = data.aws_secretsmanager_secret_version.db.secret_string
  port     = var.pg_port != null ? var.pg_port : 5432
}

resource "aws_ssm_parameter" "smtp" {
  name  = "/orders/smtp"
  type  = "SecureString"
  value = "smtp-Param-Pw8"
}

resource "aws_ssm_parameter" "zone" {
  name  = "/orders/zone"
  type  = "String"
  value = "eu-west-1a"
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = jsonencode({
    username = "partner"
    password = "js0n Encoded!"
    url      = "https://${var.host}/"
  })
}

resource "aws_ecs_task_definition" "orders" {
  family = "orders"
  container_definitions = jsonencode([
    {
      name  = "orders"
      image = "ledger/orders:4"
      environment = [
        { name = "LOG_LEVEL", value = "info" },
        { name = "STRIPE_API_KEY", value = "rk_live_7hQm2TzVx9RwKpLs4YbN8cJd" },
        { name = "DATABASE_URL", value = "postgres://orders:ecsDsnPw5@pg.ledger.example/orders" },
      ]
    }
  ])
}

resource "aws_instance" "bastion" {
  key_name  = "ops-2021"
  user_data = <<-EOF
    #!/bin/sh
    export REGISTRY_PASSWORD='user data pw 3'
    docker login -u ci -p "$REGISTRY_PASSWORD" r.ledger.example
  EOF
  provisioner "local-exec" {
    command = "curl -u 'hook:l0calExec' https://hooks.ledger.example/up"
  }
}

resource "random_password" "x" {
  length  = 24
  special = true
}

output "token_ttl" {
  value = "3600"
}
