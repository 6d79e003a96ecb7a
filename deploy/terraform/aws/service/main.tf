# `evidenced run` on Amazon ECS with Fargate.
#
#   module "service" {
#     source            = "./deploy/terraform/aws/service"
#     image             = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/evidenced@sha256:…"
#     config            = file("evidenced.yaml")
#     vpc_id            = "vpc-…"
#     subnet_ids        = ["subnet-…"]
#     writer_policy_arn = module.store.writer_policy_arn
#   }
#
# The task reaches AWS over the NAT gateway or the VPC endpoints of its subnets. In evidenced.yaml: spool.dir is
# file:///var/lib/evidenced/spool, and http.listen is 127.0.0.1:8080, which a sidecar of the same task may scrape.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "image" {
  description = "The image, by digest."
  type        = string
}

variable "config" {
  description = "Text of evidenced.yaml. It holds no secrets: keys are named, not written."
  type        = string
}

variable "config_image" {
  description = "An image with a shell, which writes evidenced.yaml into the task's volume before evidenced starts: that one has none. By digest, better."
  type        = string
  default     = "public.ecr.aws/docker/library/busybox:1.37"
}

variable "vpc_id" {
  description = "The VPC of the subnets."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, of several availability zones."
  type        = list(string)
}

variable "writer_policy_arn" {
  description = "Output writer_policy_arn of the module `store`."
  type        = string
}

variable "reader_role_name" {
  description = "Name of the reader role (role_name in evidenced.yaml) in the accounts that are read."
  type        = string
  default     = "EvidenceReader"
}

variable "reader_account_ids" {
  description = "Accounts whose reader role the task may assume; [\"*\"] for every account, which each account's trust policy then decides."
  type        = list(string)
  default     = ["*"]
}

variable "read_organization" {
  description = "The task may list the organisation's accounts and policies (accounts: all). It then runs in the management account or a delegated administrator's."
  type        = bool
  default     = false
}

variable "replicas" {
  description = "Tasks that run at the same time. Two know nothing of each other: the ledger settles who commits."
  type        = number
  default     = 2
}

variable "egress_ports" {
  description = "TCP ports that the task may reach; add 80 for a time-stamping authority that has no HTTPS, 4318 for a receiver of traces."
  type        = set(number)
  default     = [443]
}

variable "cpu" {
  description = "CPU units of a task (docs/operating.md, \"Sizing\")."
  type        = number
  default     = 512
}

variable "memory" {
  description = "MiB of a task (docs/operating.md, \"Sizing\")."
  type        = number
  default     = 1024
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64, as the image is."
  type        = string
  default     = "X86_64"
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 400
}

variable "name" {
  description = "Name of everything."
  type        = string
  default     = "evidenced"
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  account   = data.aws_caller_identity.current.account_id
  log_group = "/evidenced/${var.name}"
}

data "aws_iam_policy_document" "log_key" {
  #checkov:skip=CKV_AWS_109:the resource of a key's policy is the key itself
  #checkov:skip=CKV_AWS_111:the resource of a key's policy is the key itself
  #checkov:skip=CKV_AWS_356:the resource of a key's policy is the key itself
  statement {
    sid       = "AccountAdministers"
    effect    = "Allow"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "LogsEncrypts"
    effect    = "Allow"
    actions   = ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group}"]
    }
  }
}

resource "aws_kms_key" "log" {
  description             = "Log of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.log_key.json
  tags                    = var.tags
}

resource "aws_cloudwatch_log_group" "log" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.log.arn
  tags              = var.tags
}

data "aws_iam_policy_document" "tasks_assume" {
  statement {
    sid     = "EcsTasks"
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# Starts the task: pulls the image and writes the log. evidenced itself never has it.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.tasks_assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# What evidenced runs as: it writes evidence, and assumes the reader role of each account.
resource "aws_iam_role" "task" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.tasks_assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "writer" {
  role       = aws_iam_role.task.name
  policy_arn = var.writer_policy_arn
}

data "aws_iam_policy_document" "task" {
  #checkov:skip=CKV_AWS_356:the actions of AWS Organizations that read take no other resource
  statement {
    sid       = "AssumeReader"
    effect    = "Allow"
    actions   = ["sts:AssumeRole"]
    resources = [for id in var.reader_account_ids : "arn:${local.partition}:iam::${id}:role/${var.reader_role_name}"]
  }

  dynamic "statement" {
    for_each = var.read_organization ? [1] : []

    content {
      sid    = "ReadOrganization"
      effect = "Allow"
      actions = [
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListAccounts",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
      ]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "task" {
  name   = "collect"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}

resource "aws_security_group" "task" {
  name        = var.name
  description = "evidenced: out to the clouds, nothing in"
  vpc_id      = var.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_egress_rule" "out" {
  for_each          = { for port in var.egress_ports : tostring(port) => port }
  security_group_id = aws_security_group.task.id
  description       = "The APIs of the clouds, the store, the key service"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_ecs_cluster" "cluster" {
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "task" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  # Fargate gives a volume the owner and mode of the folder in the image.
  volume {
    name = "config"
  }

  volume {
    name = "state"
  }

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([
    {
      name                   = "config"
      image                  = var.config_image
      essential              = false
      user                   = "0"
      readonlyRootFilesystem = true
      entryPoint             = ["/bin/sh", "-euc"]
      command                = ["printf '%s' \"$CONFIG\" >/config/evidenced.yaml && chmod 0444 /config/evidenced.yaml"]
      environment            = [{ name = "CONFIG", value = var.config }]
      mountPoints            = [{ sourceVolume = "config", containerPath = "/config", readOnly = false }]
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.log.name
          awslogs-region        = local.region
          awslogs-stream-prefix = "config"
        }
      }
    },
    {
      name                   = "evidenced"
      image                  = var.image
      essential              = true
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      command                = ["run", "--config", "/etc/evidenced/evidenced.yaml", "--log-format", "json"]
      dependsOn              = [{ containerName = "config", condition = "SUCCESS" }]
      stopTimeout            = 60
      mountPoints = [
        { sourceVolume = "config", containerPath = "/etc/evidenced", readOnly = true },
        { sourceVolume = "state", containerPath = "/var/lib/evidenced", readOnly = false },
        { sourceVolume = "scratch", containerPath = "/tmp", readOnly = false },
      ]
      linuxParameters = { capabilities = { drop = ["ALL"] } }
      ulimits         = [{ name = "nofile", softLimit = 4096, hardLimit = 4096 }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.log.name
          awslogs-region        = local.region
          awslogs-stream-prefix = "evidenced"
        }
      }
    },
  ])
}

resource "aws_ecs_service" "service" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.cluster.id
  task_definition                    = aws_ecs_task_definition.task.arn
  desired_count                      = var.replicas
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 200
  enable_execute_command             = false
  propagate_tags                     = "SERVICE"
  tags                               = var.tags

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = false
  }

  # A configuration that cannot be carried out ends the task at once: the tasks before it go on.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
}

output "task_role_arn" {
  description = "Whom the reader roles trust (trusted_principal_arn of the module `reader`)."
  value       = aws_iam_role.task.arn
}

output "log_group" {
  description = "The log."
  value       = aws_cloudwatch_log_group.log.name
}
