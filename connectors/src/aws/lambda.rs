//! Lambda: the functions of each region, what they run on and who may call them. It never asks for code, and what a list
//! shows of environment variables is redacted before anything sees it.

pub mod function;

use super::{Family, Operation, Paging, ResourceType};

/// How Lambda's lists page.
const PAGES: Paging = Paging::Token { input: "Marker", output: "NextMarker" };

/// Lists the functions of a region. The answer shows environment variables.
pub static LIST_FUNCTIONS: Operation = Operation {
    service: "lambda",
    name: "ListFunctions",
    permission: "lambda:ListFunctions",
    http: Some(("GET", "/2015-03-31/functions")),
    paging: PAGES,
    secrets: &["Functions[].Environment.Variables.*"],
    docs: "https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html",
    ..Operation::PLAIN
};

/// Lists the aliases of a function: each may have a policy of its own.
pub static LIST_ALIASES: Operation = Operation {
    service: "lambda",
    name: "ListAliases",
    permission: "lambda:ListAliases",
    http: Some(("GET", "/2015-03-31/functions/{FunctionName}/aliases")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html",
    ..Operation::PLAIN
};

/// Answers with the policy of a function or, with a qualifier, of one of its aliases.
pub static GET_POLICY: Operation = Operation {
    service: "lambda",
    name: "GetPolicy",
    permission: "lambda:GetPolicy",
    absent: &["ResourceNotFoundException"],
    http: Some(("GET", "/2015-03-31/functions/{FunctionName}/policy")),
    docs: "https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html",
    ..Operation::PLAIN
};

/// Lists the URLs of a function and its aliases.
pub static LIST_FUNCTION_URL_CONFIGS: Operation = Operation {
    service: "lambda",
    name: "ListFunctionUrlConfigs",
    permission: "lambda:ListFunctionUrlConfigs",
    http: Some(("GET", "/2021-10-31/functions/{FunctionName}/urls")),
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html",
    ..Operation::PLAIN
};

/// Lambda's family.
pub const FAMILY: Family = Family {
    name: "lambda",
    types: &[ResourceType::regional::<function::Function>(
        "A function, with its runtime, its URLs and whom its policies let in; never its environment.",
    )],
    collect: None,
};

#[cfg(test)]
mod tests;
