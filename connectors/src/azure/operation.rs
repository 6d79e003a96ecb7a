//! Declarations: what a resource type of Azure reads, with which permission, and which errors are facts.

use super::Context;
use crate::declaration::{self, Provider};

/// Azure.
#[derive(Debug)]
pub struct Azure;

impl Provider for Azure {
    type Context = Context;
    type Operation = Operation;
}

/// A resource type of Azure.
pub type ResourceType = declaration::ResourceType<Azure>;
/// Reads resource types of Azure.
pub type Collect = declaration::Collect<Azure>;
/// Resource types of one Azure service.
pub type Family = declaration::Family<Azure>;

/// Which API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Azure Resource Manager, `https://management.azure.com`.
    ResourceManager,
    /// Microsoft Graph, `https://graph.microsoft.com`.
    Graph,
}

/// How one operation is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `GET` of a path with `{names}` to be filled in, its query with it.
    Get(&'static str),
    /// `POST` of a body to such a path.
    Post(&'static str),
    /// The rows of one `type` in a table of Azure Resource Graph. All of a table's types are asked for by one query
    /// ([`super::tables`]).
    Rows {
        /// The table, `resources`.
        table: &'static str,
        /// The type as Resource Graph writes it: in small letters.
        type_: &'static str,
    },
}

/// One operation of an Azure API.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The API.
    pub api: Api,
    /// The resource provider (`Microsoft.Storage`), or `Graph` for Microsoft Graph.
    pub service: &'static str,
    /// The operation's id in the provider's published description (`BlobServices_GetServiceProperties`).
    pub name: &'static str,
    /// What allows it: an action of a role (`Microsoft.Storage/storageAccounts/read`), or an application permission of Graph
    /// with its API in front (`Graph:Policy.Read.All`). Empty where none is needed.
    pub permission: &'static str,
    /// Further ones that are needed, where one is not enough.
    pub also: &'static [&'static str],
    /// How it is asked.
    pub request: Request,
    /// The answer is a list: its `value`, and the link to its next page.
    pub is_list: bool,
    /// Error codes that are a fact of absence for this operation and not a failure.
    pub absent: &'static [&'static str],
    /// Error codes that say that the tenant's licence does not give this. They are a gap of the kind `not_enabled`.
    pub unlicensed: &'static [&'static str],
    /// Several resource types make this same request: a run makes it once, and they share its answer.
    pub shared: bool,
    /// Fields of its answer that hold secrets, see [`crate::exchange::ApiRequest::secrets`].
    pub secrets: &'static [&'static str],
    /// Page of the provider's documentation.
    pub docs: &'static str,
}

impl Operation {
    /// One answer of Resource Manager, with no absence codes. Declarations say only what differs.
    pub const PLAIN: Self = Self {
        api: Api::ResourceManager,
        service: "",
        name: "",
        permission: "",
        also: &[],
        request: Request::Get(""),
        is_list: false,
        absent: &[],
        unlicensed: &[],
        shared: false,
        secrets: &[],
        docs: "",
    };

    /// A type that Resource Graph gives. `permission` is the read action of the type itself: rows that the reader may not
    /// read are left out without a word.
    pub const fn rows(table: &'static str, type_: &'static str, permission: &'static str) -> Self {
        Self {
            service: super::tables::SERVICE,
            name: super::tables::NAME,
            permission,
            also: &[super::tables::PERMISSION],
            request: Request::Rows { table, type_ },
            docs: "https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources",
            ..Self::PLAIN
        }
    }

    /// A call of Microsoft Graph, shared by whoever asks the same.
    pub const GRAPH: Self = Self { api: Api::Graph, service: "Graph", shared: true, ..Self::PLAIN };
}
