//! SQS: the queues of each region, how they are encrypted and whom their policies let in.

pub mod queue;

use super::{Family, Operation, Paging, ResourceType};

/// An operation of SQS with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "sqs", name, permission, docs, ..Operation::PLAIN }
}

/// Lists the queues of a region, by URL.
pub static LIST_QUEUES: Operation = Operation {
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    ..one(
        "ListQueues",
        "sqs:ListQueues",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html",
    )
};

/// Answers with a queue's attributes, its policy among them.
pub static GET_QUEUE_ATTRIBUTES: Operation = one(
    "GetQueueAttributes",
    "sqs:GetQueueAttributes",
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html",
);

/// Answers with a queue's tags.
pub static LIST_QUEUE_TAGS: Operation = one(
    "ListQueueTags",
    "sqs:ListQueueTags",
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html",
);

/// SQS's family.
pub const FAMILY: Family = Family {
    name: "sqs",
    types: &[ResourceType::regional::<queue::Queue>("A queue, with its encryption and whom its policy lets in.")],
    collect: None,
};

#[cfg(test)]
mod tests;
