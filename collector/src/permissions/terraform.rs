//! The role as Terraform (HCL), for the `aws` provider.

use super::policy::actions;
use super::{ABOUT, ROLE_NAME};
use serde_json::Value;
use std::fmt::Write as _;

const HEAD: &str = r#"# @ABOUT@
#
# The role that `evidenced` reads an AWS account with. Apply it in each account, with the ARN of whom the collector is:
#   terraform apply -var trusted_principal_arn=arn:aws:iam::111122223333:role/evidenced -var external_id=SECRET
# and name the role in evidenced.yaml:
#   aws: {accounts: ["..."], role_name: @ROLE@, external_id: SECRET}

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

variable "trusted_principal_arn" {
  description = "ARN of the role or user that the collector runs as: it alone may assume this role."
  type        = string
}

variable "external_id" {
  description = "External id that the collector gives when it assumes this role (external_id in evidenced.yaml); none when empty."
  type        = string
  default     = ""
}

variable "role_name" {
  description = "Name of the role (role_name in evidenced.yaml)."
  type        = string
  default     = "@ROLE@"
}

data "aws_iam_policy_document" "evidenced_trust" {
  statement {
    sid     = "EvidencedCollector"
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }

    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "evidenced" {
  name               = var.role_name
  description        = "@ABOUT@"
  assume_role_policy = data.aws_iam_policy_document.evidenced_trust.json
}
"#;

const TAIL: &str = r#"
output "role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.evidenced.arn
}
"#;

/// The configuration with these policy documents.
pub fn text(documents: &[Value]) -> String {
    let mut text = HEAD.replace("@ABOUT@", ABOUT).replace("@ROLE@", ROLE_NAME);
    for (number, document) in (1..).zip(documents) {
        text.push_str(&policy(number, document));
    }
    text.push_str(TAIL);
    text
}

fn policy(number: usize, document: &Value) -> String {
    let sid = document["Statement"][0]["Sid"].as_str().unwrap_or_default();
    let version = document["Version"].as_str().unwrap_or_default();
    let mut text = format!(
        r#"
resource "aws_iam_policy" "evidenced_read_only_{number}" {{
  #checkov:skip=CKV_AWS_355:the settings of every resource are read, and most of these actions take no other resource
  name        = "${{var.role_name}}-ReadOnlyGenerated-{number}"
  description = "{ABOUT}"

  policy = jsonencode({{
    Version = "{version}"
    Statement = [
      {{
        Sid      = "{sid}"
        Effect   = "Allow"
        Resource = "*"
        Action = [
"#
    );
    for action in actions(document) {
        let _ = writeln!(text, "          \"{action}\",");
    }
    let _ = write!(
        text,
        r#"        ]
      }},
    ]
  }})
}}

resource "aws_iam_role_policy_attachment" "evidenced_read_only_{number}" {{
  role       = aws_iam_role.evidenced.name
  policy_arn = aws_iam_policy.evidenced_read_only_{number}.arn
}}
"#
    );
    text
}
