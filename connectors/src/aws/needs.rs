//! What reading needs: the operations and IAM actions behind resource types, counted with those of the types that are
//! joined into them.
//!
//! It follows from the declarations alone ([`super::ResourceType::operations`], [`super::join::JOINS`]). It does not know which controls
//! stand on which type.

use super::{Operation, identity, join, regions, resource_types};
use std::collections::{BTreeMap, BTreeSet};

/// Actions that read data, secrets, or what leads to them, and that look like reads of settings by their names. None of
/// them is ever among the permissions.
pub const DATA: [&str; 36] = [
    "athena:GetQueryResults",
    "cloudformation:GetTemplate",
    "codecommit:GetBlob",
    "codecommit:GetFile",
    "cognito-identity:GetCredentialsForIdentity",
    "connect:GetFederationToken",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ec2:GetPasswordData",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "glacier:GetJobOutput",
    "kinesis:GetRecords",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "lambda:GetFunction",
    "lambda:GetLayerVersion",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "rds:DownloadDBLogFilePortion",
    "redshift:GetClusterCredentials",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "sts:GetFederationToken",
];

/// What every run asks first, whatever it reads.
pub static FIRST: [&Operation; 2] = [&identity::GET_CALLER_IDENTITY, &regions::DESCRIBE_REGIONS];

/// These types, and every type that is read to fill in their documents.
pub fn with_joined<'a>(types: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    for type_ in types {
        add(type_, join::JOINS.len(), &mut needed);
    }
    needed
}

/// A type as the first joins leave it: a join reads what those before it filled in, and nothing of those after it.
fn add<'a>(type_: &'a str, joins: usize, needed: &mut BTreeSet<&'a str>) {
    needed.insert(type_);
    for (before, join) in join::JOINS[..joins].iter().enumerate().filter(|(_, join)| join.fills == type_) {
        for read in join.reads {
            add(read, before, needed);
        }
    }
}

/// Every operation that documents of these types need, by service and name: what each run asks first, those of the types,
/// and those of the types that are joined into them.
pub fn operations<'a>(
    types: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<(&'static str, &'static str), &'static Operation> {
    let types = with_joined(types);
    let of_types = resource_types().filter(|type_| types.contains(type_.name)).flat_map(|type_| type_.operations);
    FIRST.iter().chain(of_types).map(|operation| ((operation.service, operation.name), *operation)).collect()
}

/// Every IAM action that documents of these types need.
pub fn permissions<'a>(types: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'static str> {
    let of =
        |operation: &&'static Operation| std::iter::once(operation.permission).chain(operation.also.iter().copied());
    operations(types).values().flat_map(of).filter(|action| !action.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_needs_its_operations_and_those_of_what_is_joined_into_it() {
        let subnet = permissions(["aws.ec2.subnet"]);
        assert_eq!(subnet, BTreeSet::from(["ec2:DescribeRegions", "ec2:DescribeSubnets"]));
        let bucket = permissions(["aws.s3.bucket"]);
        assert!(bucket.contains("s3:GetBucketAcl") && bucket.contains("cloudtrail:GetEventSelectors"), "{bucket:?}");
        assert!(!bucket.contains("ec2:DescribeSubnets"), "{bucket:?}");
        // What a trail says of its bucket comes from trails again.
        assert_eq!(permissions(["aws.cloudtrail.trail"]), bucket);
        // Who uses the groups of an instance is not asked.
        let instance = permissions(["aws.ec2.instance"]);
        assert!(instance.contains("ec2:DescribeSecurityGroups"), "{instance:?}");
        assert!(!instance.contains("ec2:DescribeNetworkInterfaces"), "{instance:?}");
        assert_eq!(permissions([]), BTreeSet::from(["ec2:DescribeRegions"]));
    }

    #[test]
    fn joins_name_types_that_are_read() {
        let known: BTreeSet<&str> = resource_types().map(|type_| type_.name).collect();
        for join in join::JOINS {
            for type_ in join.reads.iter().chain([&join.fills]) {
                assert!(known.contains(type_), "no connector reads `{type_}`, which a join names");
            }
        }
    }
}
