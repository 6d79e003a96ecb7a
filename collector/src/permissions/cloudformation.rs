//! The role as a CloudFormation template, also for a StackSet over all accounts of an organisation.

use super::policy::actions;
use super::{ABOUT, ROLE_NAME};
use serde_json::Value;
use std::fmt::Write as _;

const HEAD: &str = r#"# @ABOUT@
#
# The role that `evidenced` reads an AWS account with. In one account:
#   aws cloudformation deploy --template-file reader.yaml --stack-name evidenced-reader --capabilities CAPABILITY_NAMED_IAM \
#     --parameter-overrides CollectorPrincipalArn=arn:aws:iam::111122223333:role/evidenced ExternalId=SECRET
#
# In all accounts of an organisation, from its management account or a delegated administrator of StackSets:
#   aws cloudformation create-stack-set --stack-set-name evidenced-reader --template-body file://reader.yaml \
#     --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
#     --capabilities CAPABILITY_NAMED_IAM --parameters \
#     ParameterKey=CollectorPrincipalArn,ParameterValue=arn:aws:iam::111122223333:role/evidenced \
#     ParameterKey=ExternalId,ParameterValue=SECRET
#   aws cloudformation create-stack-instances --stack-set-name evidenced-reader --regions us-east-1 \
#     --deployment-targets OrganizationalUnitIds=ROOT_ID
# A role is one for all regions: name one region only. Such a StackSet leaves out the management account: deploy a stack there too.
#
# Then name the role in evidenced.yaml:
#   aws: {accounts: ["..."], role_name: @ROLE@, external_id: SECRET}
AWSTemplateFormatVersion: "2010-09-09"
Description: "@ABOUT@"

Parameters:
  CollectorPrincipalArn:
    Type: String
    Description: ARN of the role, user or account that the collector runs as. It alone may assume the role.
    AllowedPattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+|user/.+)$"
    ConstraintDescription: must be the ARN of an IAM role, an IAM user or an account (arn:aws:iam::111122223333:root)
  ExternalId:
    Type: String
    Description: External id that the collector gives when it assumes the role (external_id in evidenced.yaml). None when empty.
    Default: ""
    AllowedPattern: "^([A-Za-z0-9+=,.@:/_-]{2,1224})?$"
    ConstraintDescription: must be empty, or 2 to 1224 characters of letters, digits and +=,.@:/_-
  RoleName:
    Type: String
    Description: Name of the role (role_name in evidenced.yaml).
    Default: @ROLE@
    AllowedPattern: "^[A-Za-z0-9+=,.@_-]{1,64}$"

Conditions:
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]

Resources:
  EvidencedReader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: "@ABOUT@"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: EvidencedCollector
            Effect: Allow
            Principal:
              AWS: !Ref CollectorPrincipalArn
            Action: sts:AssumeRole
            Condition: !If
              - HasExternalId
              - StringEquals:
                  sts:ExternalId: !Ref ExternalId
              - !Ref AWS::NoValue
"#;

const TAIL: &str = r"
Outputs:
  RoleArn:
    Description: ARN of the role.
    Value: !GetAtt EvidencedReader.Arn
";

/// The template with these policy documents.
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
  EvidencedReadOnly{number}:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "${{RoleName}}-ReadOnlyGenerated-{number}"
      Description: "{ABOUT}"
      Roles:
        - !Ref EvidencedReader
      PolicyDocument:
        Version: "{version}"
        Statement:
          - Sid: {sid}
            Effect: Allow
            Resource: "*"
            Action:
"#
    );
    for action in actions(document) {
        let _ = writeln!(text, "              - {action}");
    }
    text
}
