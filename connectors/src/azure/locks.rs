//! Management locks: what keeps resources from being deleted or changed.
//!
//! Documentation: <https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources>.

use super::context::Context;
use super::listing;
use super::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every lock in a subscription, at whatever level.
pub(super) static LIST: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "ManagementLocks_ListAtSubscriptionLevel",
    permission: "Microsoft.Authorization/locks/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/locks?api-version=2020-05-01",
    ),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level",
    ..Operation::PLAIN
};

const BETWEEN: &str = "/providers/microsoft.authorization/locks/";

/// A lock, as the list has it.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    id: String,
    properties: Properties,
}

#[derive(Debug, Deserialize)]
struct Properties {
    level: Option<String>,
}

/// A lock on a resource, on its group or on the subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(super) struct Lock {
    /// Its id.
    id: String,
    /// `CanNotDelete` or `ReadOnly`.
    level: Option<String>,
}

/// Every lock of the subscription, or why they are not known.
pub(super) type Locks = Result<Read<Vec<Item>>, CollectError>;

/// Reads them.
pub(super) async fn all(context: &Context) -> Locks {
    listing::whole_if_seen(context, &LIST, &[("subscription", context.subscription())]).await
}

/// The locks that a resource is under, sorted by id.
pub(super) fn over(locks: &Locks, resource: &str) -> Result<Read<Option<Vec<Lock>>>, CollectError> {
    let locks = locks.as_ref().map_err(Clone::clone)?;
    let resource = format!("{}/", resource.to_ascii_lowercase());
    let is_over = |lock: &&Item| {
        let id = lock.id.to_ascii_lowercase();
        id.rsplit_once(BETWEEN).is_some_and(|(scope, _)| resource.starts_with(&format!("{scope}/")))
    };
    let over = locks.value.iter().filter(is_over);
    let mut over: Vec<Lock> =
        over.map(|lock| Lock { id: lock.id.clone(), level: lock.properties.level.clone() }).collect();
    over.sort();
    Ok(Read { value: Some(over), exchanges: locks.exchanges.clone(), at: locks.at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lock_is_over_what_lies_at_its_scope_and_below() {
        let at = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/locks/keep");
        let account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a";
        let other = format!("{account}b");
        let scopes = [
            "/subscriptions/S",
            "/subscriptions/s/resourcegroups/RG",
            account,
            &other,
            "/subscriptions/s/resourceGroups/r",
        ];
        let items = scopes.map(|scope| json!({"id": at(scope), "properties": {"level": "CanNotDelete"}}));
        let value = items.into_iter().map(|item| serde_json::from_value(item).unwrap()).collect();
        let found = over(&Ok(Read { value, exchanges: vec![7], at: None }), account).unwrap();
        let mut expected: Vec<String> = scopes[..3].iter().map(|scope| at(scope)).collect();
        expected.sort();
        assert_eq!(found.value.unwrap().into_iter().map(|lock| lock.id).collect::<Vec<_>>(), expected);
        assert_eq!(found.exchanges, [7]);
    }
}
