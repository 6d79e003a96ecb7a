//! Whether an instance is managed: its agent's registration with Systems Manager.

use super::cause::{at, lists_cut_short_in, missing};
use super::{Inputs, of_type};
use crate::aws::listing::Listed;
use crate::aws::ssm::patch_state::ManagedNode;
use crate::collection::Collected;
use evidenced_schemas::{Gap, Population, Resource};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const NODE: &str = ManagedNode::TYPE;
const FIELD: &str = "derived.ssm";

/// The managed nodes of the account.
#[derive(Debug)]
pub(super) struct Facts {
    nodes: BTreeMap<(String, String), Resource>,
    rows: Vec<Population>,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let key = |node: &Resource| Some((node.region.clone(), at(node, "config.instance_id")?.as_str()?.to_owned()));
        let nodes = of_type(&collected.resources, NODE);
        Self {
            nodes: nodes.into_iter().filter_map(|node| Some((key(&node)?, node))).collect(),
            rows: collected.populations.iter().filter(|row| row.type_ == NODE).cloned().collect(),
        }
    }

    /// Fills in an instance: `ssm`.
    pub(super) fn fill(&self, instance: &mut Resource) {
        let id = at(instance, "config.instance_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(node) = self.nodes.get(&(instance.region.clone(), id)) else {
            let operation = "ssm:DescribeInstanceInformation";
            return match lists_cut_short_in(&self.rows, NODE, &instance.region, operation) {
                Some(cause) => instance.gaps.push(Gap { field: FIELD.to_owned(), ..cause }),
                None => drop(instance.derived.insert("ssm".to_owned(), Value::Null)),
            };
        };
        Inputs::of(node).note(instance);
        let Some(status) = at(node, "config.ping_status").cloned() else {
            let cause = missing(node, "config.ping_status");
            return instance.gaps.push(Gap { field: FIELD.to_owned(), ..cause });
        };
        let managed = Map::from_iter([("ping_status".to_owned(), status)]);
        instance.derived.insert("ssm".to_owned(), Value::Object(managed));
    }
}
