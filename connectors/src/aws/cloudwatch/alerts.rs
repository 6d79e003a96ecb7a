//! The fifteen alerts that an account should have, each with the events that must set it off.
//!
//! An alert is there when something matches *every* one of its events: a filter that leaves one out misses it. The events are
//! made here, as CloudTrail records them; nothing of them is read from the account.
//!
//! Sources: the event names of the CIS AWS Foundations Benchmark (v3.0.0, 4.1 to 4.15), and the CloudTrail User Guide,
//! "CloudTrail record contents" and "AWS Management Console sign-in events". Left out of the benchmark's names are those of
//! EC2-Classic (`AttachClassicLinkVpc` …), which no longer exists.

use crate::aws::partition;
use serde_json::{Value, json};

/// An alert.
#[derive(Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its key in `derived.alert_coverage`.
    pub key: &'static str,
    events: Events,
}

#[derive(Debug, PartialEq, Eq)]
enum Events {
    /// Calls that write, of a service.
    Writes { service: &'static str, global: bool, names: &'static [&'static str] },
    /// Calls that were refused.
    Refused,
    /// Sign-ins to the console.
    SignIn { mfa: &'static str, failed: bool },
    /// What the root user does.
    Root,
}

/// Names of calls to EC2, which lies in every region.
const fn ec2(key: &'static str, names: &'static [&'static str]) -> Alert {
    regional(key, "ec2", names)
}

const fn regional(key: &'static str, service: &'static str, names: &'static [&'static str]) -> Alert {
    Alert { key, events: Events::Writes { service, global: false, names } }
}

const fn global(key: &'static str, service: &'static str, names: &'static [&'static str]) -> Alert {
    Alert { key, events: Events::Writes { service, global: true, names } }
}

/// Every alert, in the order of the benchmark.
#[rustfmt::skip]
pub static ALERTS: [Alert; 15] = [
    Alert { key: "unauthorized-api-calls", events: Events::Refused },
    Alert { key: "console-signin-without-mfa", events: Events::SignIn { mfa: "No", failed: false } },
    Alert { key: "root-usage", events: Events::Root },
    global("iam-policy-changes", "iam", &[
        "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
        "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy",
        "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy",
    ]),
    regional("cloudtrail-changes", "cloudtrail", &["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]),
    Alert { key: "console-signin-failures", events: Events::SignIn { mfa: "No", failed: true } },
    regional("kms-key-deletion", "kms", &["DisableKey", "ScheduleKeyDeletion"]),
    regional("s3-policy-changes", "s3", &[
        "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication", "DeleteBucketPolicy",
        "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication",
    ]),
    regional("config-changes", "config", &[
        "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder",
    ]),
    ec2("security-group-changes", &[
        "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup",
    ]),
    ec2("nacl-changes", &[
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry",
        "ReplaceNetworkAclAssociation",
    ]),
    ec2("network-gateway-changes", &[
        "CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway",
        "DeleteInternetGateway", "DetachInternetGateway",
    ]),
    ec2("route-table-changes", &[
        "CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable", "DeleteRoute",
        "DisassociateRouteTable",
    ]),
    ec2("vpc-changes", &[
        "CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection",
        "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection",
    ]),
    global("organizations-changes", "organizations", &[
        "AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake",
        "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy", "DisablePolicyType",
        "EnablePolicyType", "InviteAccountToOrganization", "LeaveOrganization", "MoveAccount",
        "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit",
    ]),
];

/// An event as CloudTrail records it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The record.
    pub record: Value,
    /// Region in which it happens, and in which EventBridge delivers it.
    pub region: String,
    /// It reads and writes nothing. EventBridge delivers such events only to rules that ask for all of them.
    pub read_only: bool,
}

impl Event {
    /// Its name.
    pub fn name(&self) -> &str {
        self.text("eventName")
    }

    /// The service that it came from: `iam.amazonaws.com`.
    pub fn source(&self) -> &str {
        self.text("eventSource")
    }

    fn text(&self, name: &str) -> &str {
        self.record.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The record as EventBridge delivers it.
    pub fn delivered(&self) -> Value {
        let service = self.source().trim_end_matches(".amazonaws.com");
        let sign_in = self.text("eventType") == "AwsConsoleSignIn";
        let kind = if sign_in { "AWS Console Sign In via CloudTrail" } else { "AWS API Call via CloudTrail" };
        json!({
            "version": "0", "id": "00000000-0000-0000-0000-000000000000", "source": format!("aws.{service}"),
            "detail-type": kind, "account": self.text("recipientAccountId"), "time": self.text("eventTime"),
            "region": self.region, "resources": [], "detail": self.record,
        })
    }
}

impl Alert {
    /// The events of a region of this account that must set it off. Those of services without regions, and of the root
    /// user's sign-in, happen in the partition's global region, whichever region is asked for.
    pub fn events(&self, account: &str, region: &str) -> Vec<Event> {
        let here = Scene { account, region };
        let everywhere = Scene { account, region: partition::of_region(region).global_region };
        match &self.events {
            Events::Writes { service, global, names } => {
                let scene = if *global { &everywhere } else { &here };
                names.iter().map(|name| scene.call(service, name, false, &scene.role())).collect()
            }
            Events::Refused => vec![
                here.refused("ec2", "RunInstances", false, "Client.UnauthorizedOperation"),
                here.refused("ec2", "DescribeInstances", true, "Client.UnauthorizedOperation"),
                here.refused("ssm", "PutParameter", false, "AccessDenied"),
                here.refused("kms", "ListKeys", true, "AccessDeniedException"),
            ],
            Events::SignIn { mfa, failed } => vec![here.sign_in(mfa, *failed, &here.user())],
            Events::Root => vec![
                here.call("ec2", "RunInstances", false, &here.root()),
                everywhere.sign_in("Yes", false, &everywhere.root()),
            ],
        }
    }
}

/// An event that happens all the time and is no reason for an alert: a filter that counts it has an alarm that never rests.
pub fn ordinary(account: &str, region: &str) -> Event {
    let scene = Scene { account, region };
    scene.call("ec2", "DescribeInstances", true, &scene.role())
}

/// Where an event happens.
struct Scene<'a> {
    account: &'a str,
    region: &'a str,
}

impl Scene<'_> {
    fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", partition::of_region(self.region).name, self.account)
    }

    fn role(&self) -> Value {
        json!({
            "type": "AssumedRole", "principalId": "AROAEXAMPLE:session", "accountId": self.account,
            "arn": self.arn("role/operator").replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session",
            "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE",
                "arn": self.arn("role/operator"), "accountId": self.account, "userName": "operator"}},
        })
    }

    fn user(&self) -> Value {
        json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": self.account, "arn": self.arn("user/alice"),
            "userName": "alice"})
    }

    fn root(&self) -> Value {
        json!({"type": "Root", "principalId": self.account, "accountId": self.account, "arn": self.arn("root")})
    }

    fn call(&self, service: &str, name: &str, read_only: bool, identity: &Value) -> Event {
        let record = json!({
            "eventVersion": "1.11", "userIdentity": identity, "eventTime": "2026-01-01T00:00:00Z",
            "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": self.region,
            "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.17", "requestParameters": {},
            "responseElements": null, "requestID": "example", "eventID": "example", "readOnly": read_only,
            "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": self.account,
            "eventCategory": "Management",
        });
        Event { record, region: self.region.to_owned(), read_only }
    }

    fn refused(&self, service: &str, name: &str, read_only: bool, code: &str) -> Event {
        let mut event = self.call(service, name, read_only, &self.role());
        event.record["errorCode"] = json!(code);
        event.record["errorMessage"] = json!("You are not authorized to perform this operation.");
        event
    }

    fn sign_in(&self, mfa: &str, failed: bool, identity: &Value) -> Event {
        let mut event = self.call("signin", "ConsoleLogin", false, identity);
        event.record["eventType"] = json!("AwsConsoleSignIn");
        event.record["additionalEventData"] = json!({"MFAUsed": mfa, "MobileVersion": "No", "LoginTo": "console"});
        event.record["responseElements"] = json!({"ConsoleLogin": if failed { "Failure" } else { "Success" }});
        if failed {
            event.record["errorMessage"] = json!("Failed authentication");
        }
        event
    }
}

#[cfg(test)]
mod tests;
