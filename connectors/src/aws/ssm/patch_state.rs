//! `aws.ssm.instance-patch-state`: one for each managed node, so that a node which was never scanned is told too.

use super::super::listing::{Found, Listed, Name, Nothing, Place};
use super::{Context, Operation, PAGES};
use crate::aws::time;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Nodes that one call for patch states takes.
const AT_A_TIME: usize = 50;

/// Lists the nodes of a region that an agent has registered.
pub static DESCRIBE_INSTANCE_INFORMATION: Operation = Operation {
    service: "ssm",
    name: "DescribeInstanceInformation",
    permission: "ssm:DescribeInstanceInformation",
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html",
    ..Operation::PLAIN
};

/// Describes the patch state of up to 50 nodes; a node that was never scanned is left out.
pub static DESCRIBE_INSTANCE_PATCH_STATES: Operation = Operation {
    service: "ssm",
    name: "DescribeInstancePatchStates",
    permission: "ssm:DescribeInstancePatchStates",
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstancePatchStates.html",
    ..Operation::PLAIN
};

/// A managed node, as `ssm:DescribeInstanceInformation` describes it, with its patch state.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ManagedNode {
    /// `i-…` for an instance, `mi-…` for a machine elsewhere.
    pub instance_id: String,
    /// `Online` or `ConnectionLost`.
    pub ping_status: Option<String>,
    /// When the agent was heard last, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub last_ping_date_time: Option<String>,
    /// `EC2Instance` or `ManagedInstance`.
    pub resource_type: Option<String>,
    /// `Linux`, `Windows` or `MacOS`.
    pub platform_type: Option<String>,
    /// Version of the agent.
    pub agent_version: Option<String>,
    /// Its patches when it was last scanned; null when it never was.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub patch_state: Field<PatchState>,
    #[serde(skip)]
    #[schemars(skip)]
    state: Option<Result<Read<Option<PatchState>>, CollectError>>,
}

/// The patches of a node when it was last scanned.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PatchState {
    /// The node.
    pub instance_id: String,
    /// Patch baseline that it was held against.
    pub baseline_id: Option<String>,
    /// `Scan` or `Install`.
    pub operation: Option<String>,
    /// When the scan ended, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub operation_end_time: Option<String>,
    /// Patches of the baseline that are not installed.
    pub missing_count: Option<i64>,
    /// Patches whose installation failed.
    pub failed_count: Option<i64>,
    /// Patches that need a reboot to take effect.
    pub installed_pending_reboot_count: Option<i64>,
    /// Critical patches that are not as the baseline wants them.
    pub critical_non_compliant_count: Option<i64>,
    /// Security patches that are not as the baseline wants them.
    pub security_non_compliant_count: Option<i64>,
}

impl Listed for ManagedNode {
    const TYPE: &'static str = "aws.ssm.instance-patch-state";
    const LIST: &'static Operation = &DESCRIBE_INSTANCE_INFORMATION;
    const OPERATIONS: &'static [&'static Operation] =
        &[&DESCRIBE_INSTANCE_INFORMATION, &DESCRIBE_INSTANCE_PATCH_STATES];
    const ITEMS: &'static [&'static str] = &["instance_information_list"];
    const ALWAYS: &'static [&'static str] = &["ping_status", "resource_type"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"MaxResults": 50})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ssm", &format!("managed-instance/{}", self.instance_id));
        Name { id, name: self.instance_id.clone(), tags: None }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        if let Some(outcome) = self.state.take() {
            self.patch_state = draft.take("config.patch_state", outcome);
        }
        Box::pin(std::future::ready(Nothing {}))
    }
}

/// Finds the managed nodes with their patch states.
pub(super) async fn list(place: Place<'_>, found: &mut Found<'_, ManagedNode>) {
    found.list(ManagedNode::input(place.context)).await;
    let mut nodes: Vec<&mut ManagedNode> = found.items.iter_mut().map(|item| &mut item.value).collect();
    // In an order of their own, so that the same nodes are asked for together whatever order they were listed in.
    nodes.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
    for nodes in nodes.chunks_mut(AT_A_TIME) {
        let ids: Vec<&str> = nodes.iter().map(|node| node.instance_id.as_str()).collect();
        let input = json!({"InstanceIds": ids, "MaxResults": 100});
        let read = place.whole::<PatchState>(&DESCRIBE_INSTANCE_PATCH_STATES, &["instance_patch_states"], input).await;
        for node in nodes {
            let of_node = |states: &Read<Vec<PatchState>>| {
                let state = states.value.iter().find(|state| state.instance_id == node.instance_id).cloned();
                Read { value: state, exchanges: states.exchanges.clone(), at: states.at }
            };
            node.state = Some(read.as_ref().map(of_node).map_err(Clone::clone));
        }
    }
}
