//! ECS: the task definitions that containers are run from.
//!
//! An account may hold tens of thousands of revisions that nothing runs. Read are those that something uses, and the
//! latest of each family, which the next task is made of. What containers are told at their start (environment, command,
//! options of log drivers) is taken out before anything is written.

pub mod task_definition;
pub mod used;

use super::{Family, Operation, Paging, Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;

/// How the lists page.
const PAGES: Paging = Paging::Token { input: "nextToken", output: "nextToken" };

/// An operation of ECS with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "ecs", name, permission, docs, ..Operation::PLAIN }
}

/// A list of ECS.
const fn list(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { paging: PAGES, ..one(name, permission, docs) }
}

/// ECS' family.
pub const FAMILY: Family = Family {
    name: "ecs",
    types: &[ResourceType {
        name: task_definition::TYPE,
        about: "A revision of a task definition: the latest active one of a family, or one that a service or a task uses.",
        reach: Reach::Regional,
        operations: &[
            &task_definition::LIST_TASK_DEFINITION_FAMILIES,
            &task_definition::DESCRIBE_TASK_DEFINITION,
            &used::LIST_CLUSTERS,
            &used::LIST_SERVICES,
            &used::DESCRIBE_SERVICES,
            &used::LIST_TASKS,
            &used::DESCRIBE_TASKS,
        ],
        config: Shape::of(task_definition::TaskDefinition::json_schema),
        derived: Shape::of(task_definition::TaskDefinitionDerived::json_schema),
        collect: Some(|context| Box::pin(task_definition::collect(context))),
        instead: &[],
    }],
    collect: None,
};

#[cfg(test)]
mod tests;
