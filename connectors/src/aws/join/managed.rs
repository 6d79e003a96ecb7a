//! Whether an instance is managed: its agent's registration with Systems Manager.

use super::cause::{at, lists_cut_short_in, missing};
use super::{Inputs, of_type};
use crate::aws::listing::Listed;
use crate::aws::ssm::patch_state::ManagedNode;
use crate::collection::Collected;
use evidenced_schemas::{Gap, Population, Resource};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) const NODE: &str = ManagedNode::TYPE;
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

#[cfg(test)]
mod tests {
    use super::super::network::INSTANCE;
    use super::super::tests::document;
    use super::*;
    use crate::collection::Tally;
    use evidenced_schemas::GapReason;
    use serde_json::json;

    fn instance() -> Resource {
        document(INSTANCE, "arn:i-1", "i-1", "us-east-1", 1, &json!({"instance_id": "i-1"}), &json!({}))
    }

    fn node(region: &str, id: &str, config: &Value) -> Resource {
        document(NODE, &format!("arn:{id}"), id, region, 2, config, &json!({}))
    }

    const WHOLE: &[&str] = &[""];
    const CUT: &[&str] = &["ssm:DescribeInstanceInformation denied (AccessDeniedException)"];
    const NO_LIST: &[&str] = &[];

    /// The instance after the join. Each list of nodes in its region has the reason why it is not whole, or an empty one.
    fn joined(nodes: Vec<Resource>, lists: &[&str]) -> Resource {
        let row = |reason: &&str| {
            let mut tally = Tally::new(NODE, "us-east-1");
            if !reason.is_empty() {
                tally.cut_short((*reason).to_owned());
            }
            tally.close(&nodes)
        };
        let populations = lists.iter().map(row).collect();
        let mut instance = instance();
        Facts::new(&Collected { resources: nodes, populations, ..Collected::default() }).fill(&mut instance);
        instance
    }

    #[test]
    fn an_instance_is_known_by_its_node_in_the_same_region() {
        let online = json!({"instance_id": "i-1", "ping_status": "Online"});
        let found = joined(vec![node("us-east-1", "i-1", &online)], WHOLE);
        assert_eq!(
            (&found.derived["ssm"], found.exchanges.as_slice()),
            (&json!({"ping_status": "Online"}), &[1, 2][..])
        );
        assert_eq!(
            joined(vec![node("us-east-1", "i-1", &online)], CUT).derived["ssm"],
            json!({"ping_status": "Online"})
        );
        let elsewhere = joined(vec![node("eu-west-1", "i-1", &online)], WHOLE);
        assert_eq!((&elsewhere.derived["ssm"], elsewhere.gaps.len()), (&Value::Null, 0));
        let other = json!({"instance_id": "i-2", "ping_status": "Online"});
        assert_eq!(joined(vec![node("us-east-1", "i-2", &other)], WHOLE).derived["ssm"], Value::Null);
    }

    #[test]
    fn it_is_unknown_where_the_list_was_cut_short_or_never_read_or_says_too_little() {
        let silent = node("us-east-1", "i-1", &json!({"instance_id": "i-1"}));
        for (found, reason) in [
            (joined(vec![], CUT), GapReason::Denied),
            (joined(vec![], NO_LIST), GapReason::Unavailable),
            (joined(vec![silent], WHOLE), GapReason::Malformed),
        ] {
            assert!(!found.derived.contains_key("ssm"));
            let gaps: Vec<_> = found.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
            assert_eq!(gaps, [(FIELD, reason)]);
        }
    }
}
