# values for prod
region         = "eu-central-1"
instance_count = 3
multi_az       = true
db_username    = "shop"
db_password    = "tr0ub4dor&3 horse"
tags = {
  owner = "team-shop"
  cost  = "4711"
}
api_keys = {
  "sendgrid" = "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"
  datadog    = "5f0c81d7e92ab3464c7d1e08f9a6b253"
  pager      = "w+Zt8qKpV2nRmXsLb7Yc"
  stripe     = "sk_live_IpcCmczDJqYG3HG57pYfa1u6"
}
allowed_cidrs = ["10.0.0.0/8", "192.168.0.0/16"]
bootstrap_tokens = [
  "hvs.CAESI06zusE8yXvFiyEcYXPhEfpIu2I58M1g6uBw0dLYcxvlVo4TizQevFwG1tO6yOKtzgMD5rzj8bwGZhHEu", # old
]
datadog_api_key = "d1ad15d534d907636819dc716ab87c0e"
slack_webhook   = "https://hooks.slack.com/services/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"
ssh_private_key = <<-EOT
-----BEGIN OPENSSH PRIVATE KEY-----
5wFf6hwN2yrjaMA8lDmkwmOtfa9DD8KIQlw/tAxYmbjz7Ic2jfAdgnH85zdc6Bah
fVF6l0tFloQ7k/XhfxtB1uSicpjG8lfItHroNck0oCEP4ZXGoorC4EMmRB34d5Dy
-----END OPENSSH PRIVATE KEY-----
EOT
admin_password = ""
vendor_token   = "<your-vendor-token>"
escaped_pw     = "qu\"ote\\back"
