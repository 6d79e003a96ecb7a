use super::*;
use crate::aws::scripted::Scripted;
use crate::azure::scripted::{context, with_role};
use std::sync::Arc;

const READ: &str = "Microsoft.Storage/storageAccounts/read";
const LIST: Operation = Operation::rows("resources", "microsoft.storage/storageaccounts", READ);
const DENIES: &str = "Microsoft.Authorization:DenyAssignments_List";
const PRINCIPAL: &str = "bbbbbbbb-0000-4000-8000-000000000002";

async fn hides(script: Scripted) -> Option<String> {
    Reader::find(&context(&Arc::new(script)), Some(PRINCIPAL)).await.hides(&LIST).map(|hidden| hidden.reason)
}

#[tokio::test]
async fn a_role_for_the_whole_subscription_shows_everything_that_it_names() {
    assert_eq!(hides(with_role(Scripted::new(), &["*/read"])).await, None);
    assert_eq!(hides(with_role(Scripted::new(), &["Microsoft.Storage/*"])).await, None);
    let other = hides(with_role(Scripted::new(), &["Microsoft.Compute/*/read"])).await.unwrap();
    assert!(other.contains(READ), "{other}");
}

#[tokio::test]
async fn a_role_under_a_condition_gives_nothing_for_sure() {
    let assigned =
        r#"{"value":[{"id":"/a","properties":{"roleDefinitionId":"/r","condition":"((!(ActionMatches{'x'})))"}}]}"#;
    let script = Scripted::new()
        .always("Microsoft.Authorization:RoleAssignments_ListForSubscription", "", 200, assigned)
        .always(DENIES, "", 200, r#"{"value":[]}"#);
    assert!(hides(script).await.is_some());
}

#[tokio::test]
async fn what_could_not_be_read_of_the_reader_hides_everything() {
    let refused = r#"{"error":{"code":"AuthorizationFailed"}}"#;
    let script =
        Scripted::new().always("Microsoft.Authorization:RoleAssignments_ListForSubscription", "", 403, refused);
    assert!(hides(script).await.unwrap().contains("RoleAssignments_ListForSubscription denied (AuthorizationFailed)"));
    let script = Scripted::new().once(DENIES, "", 403, refused);
    assert!(hides(with_role(script, &["*"])).await.unwrap().contains("DenyAssignments_List denied"));
    let unknown = Reader::find(&context(&Arc::new(Scripted::new())), None).await;
    assert!(unknown.hides(&LIST).unwrap().reason.contains("not known"));
}

#[tokio::test]
async fn a_deny_assignment_that_may_meet_the_reader_hides() {
    let deny = |principals: &str, excluded: &str, actions: &str| {
        let body = format!(
            r#"{{"value":[{{"id":"/deny","properties":{{"permissions":[{{"actions":[{actions}],"notActions":[]}}],
               "principals":[{principals}],"excludePrincipals":[{excluded}]}}}}]}}"#
        );
        with_role(Scripted::new().once(DENIES, "", 200, &body), &["*/read"])
    };
    let (everyone, me) =
        (format!(r#"{{"id":"{EVERYONE}","type":"SystemDefined"}}"#), format!(r#"{{"id":"{PRINCIPAL}"}}"#));
    assert!(hides(deny(&everyone, "", "\"*\"")).await.unwrap().contains("/deny"));
    assert!(hides(deny(&me, "", "\"Microsoft.Storage/*/read\"")).await.is_some());
    assert!(hides(deny(r#"{"id":"g","type":"Group"}"#, "", "\"*/read\"")).await.is_some());
    assert_eq!(hides(deny(&everyone, &me, "\"*\"")).await, None, "it is excepted");
    assert_eq!(hides(deny(&everyone, "", "\"*/write\"")).await, None, "reading is not denied");
    assert_eq!(hides(deny(r#"{"id":"u","type":"User"}"#, "", "\"*\"")).await, None, "it is about another");
}
