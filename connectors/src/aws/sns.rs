//! SNS: the topics of each region, how they are encrypted and whom their policies let in.

pub mod topic;

use super::{Family, Operation, Paging, ResourceType};

/// An operation of SNS with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "sns", name, permission, docs, ..Operation::PLAIN }
}

/// Lists the topics of a region, by ARN.
pub static LIST_TOPICS: Operation = Operation {
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    ..one("ListTopics", "sns:ListTopics", "https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html")
};

/// Answers with a topic's attributes, its policy among them.
pub static GET_TOPIC_ATTRIBUTES: Operation = Operation {
    lists: &["entry"],
    ..one(
        "GetTopicAttributes",
        "sns:GetTopicAttributes",
        "https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html",
    )
};

/// Answers with a topic's tags.
pub static LIST_TAGS_FOR_RESOURCE: Operation = one(
    "ListTagsForResource",
    "sns:ListTagsForResource",
    "https://docs.aws.amazon.com/sns/latest/api/API_ListTagsForResource.html",
);

/// SNS's family.
pub const FAMILY: Family = Family {
    name: "sns",
    types: &[ResourceType::regional::<topic::Topic>("A topic, with its encryption and whom its policy lets in.")],
    collect: None,
};

#[cfg(test)]
mod tests;
