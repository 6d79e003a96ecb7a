use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const LOGS: &str = "Microsoft.Insights:DiagnosticSettings_List";
const KEYS: &str = "Microsoft.KeyVault:Keys_List";
const KEY: &str = "Microsoft.KeyVault:Keys_Get";
const SECRETS: &str = "Microsoft.KeyVault:Secrets_List";
const REFUSED: &str = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
const EMPTY: &str = r#"{"value": []}"#;

fn vault(name: &str) -> Value {
    row("microsoft.keyvault/vaults", name, "westeurope", &json!({"properties": {"enablePurgeProtection": true}}))
}

/// An item below a vault, whose id has other capitals than Resource Graph writes.
fn item(below: &str, name: &str, properties: &Value) -> Value {
    let id =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/a/{below}/{name}");
    json!({"id": id, "name": name, "location": "westeurope", "properties": properties})
}

fn list(items: &[Value]) -> String {
    json!({"value": items}).to_string()
}

fn script() -> Scripted {
    let key =
        |name: &str, exp: i64| item("keys", name, &json!({"kty": "RSA", "attributes": {"enabled": true, "exp": exp}}));
    let secret = item(
        "secrets",
        "site",
        &json!({"contentType": "application/x-pkcs12", "attributes": {"enabled": true, "exp": 1_900_000_000}}),
    );
    let policy = json!({"lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "rotate"}}]});
    Scripted::new()
        .always(QUERY, "resources | where", 200, &rows(&[vault("a")]))
        .always(LOGS, "vaults/a", 200, EMPTY)
        .always(KEYS, "vaults/a/keys", 200, &list(&[key("signing", 1_800_000_000), key("site", 1_900_000_000)]))
        .always(KEY, "keys/signing", 200, &item("keys", "signing", &json!({"rotationPolicy": policy})).to_string())
        .always(KEY, "keys/site", 200, &item("keys", "site", &json!({"kty": "RSA"})).to_string())
        .always(SECRETS, "vaults/a/secrets", 200, &list(&[secret]))
}

fn named<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|one| one.type_ == "azure.keyvault.key" && one.name == name).unwrap()
}

#[tokio::test]
async fn keys_and_secrets_are_read_below_their_vault() {
    let collected = family(&super::FAMILY, &["*/read"], script()).await;
    assert_eq!(only(&collected, "azure.keyvault.vault").config["diagnostic_settings"], json!([]));
    let signing = named(&collected, "signing");
    assert!(signing.gaps.is_empty(), "{:?}", signing.gaps);
    assert_eq!(signing.config["rotation_policy"]["lifetime_actions"][0]["action"]["type"], "rotate");
    assert_eq!(signing.config["properties"]["attributes"]["exp"], 1_800_000_000);
    assert_eq!(signing.derived["of_certificate"], false);
    let site = named(&collected, "site");
    assert_eq!(site.config["rotation_policy"], Value::Null, "Azure leaves out a policy that there is not");
    assert_eq!(site.derived["of_certificate"], true);
    assert_eq!(only(&collected, "azure.keyvault.secret").config["properties"]["attributes"]["exp"], 1_900_000_000);
    assert!(collected.populations.iter().all(|row| row.complete), "{:?}", collected.populations);
}

#[tokio::test]
async fn a_vault_whose_keys_are_refused_leaves_the_list_of_keys_unfinished() {
    let script = Scripted::new()
        .always(QUERY, "resources | where", 200, &rows(&[vault("a"), vault("b")]))
        .always(LOGS, "", 403, REFUSED)
        .always(KEYS, "vaults/a/", 200, EMPTY)
        .always(KEYS, "vaults/b/", 403, REFUSED)
        .always(SECRETS, "", 200, r#"{"value": {"a": 1}}"#);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    for (type_, complete) in [("vault", true), ("key", false), ("secret", false)] {
        let type_ = format!("azure.keyvault.{type_}");
        let of_type: Vec<_> = collected.populations.iter().filter(|row| row.type_ == type_).collect();
        assert!(!of_type.is_empty() && of_type.iter().all(|row| row.complete == complete), "{type_}");
    }
    for vault in &collected.resources {
        assert_eq!(gaps(vault), [("config.diagnostic_settings", GapReason::Denied)]);
    }
}

#[tokio::test]
async fn what_is_refused_about_a_key_is_a_gap() {
    let key = item("keys", "k", &json!({"attributes": {"enabled": true}}));
    let script = Scripted::new()
        .always(QUERY, "resources | where", 200, &rows(&[vault("a")]))
        .always(LOGS, "", 200, EMPTY)
        .always(KEYS, "", 200, &list(&[key]))
        .always(KEY, "", 403, REFUSED)
        .always(SECRETS, "", 403, REFUSED);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let expected = [("config.rotation_policy", GapReason::Denied), ("derived.of_certificate", GapReason::Denied)];
    assert_eq!(gaps(named(&collected, "k")), expected);
}

#[tokio::test]
async fn a_reader_without_the_role_for_vaults_proves_nothing_about_keys() {
    let script = Scripted::new().always(QUERY, "", 200, &rows(&[]));
    let collected = family(&super::FAMILY, &["Microsoft.KeyVault/vaults/keys/read"], script).await;
    assert!(collected.populations.iter().all(|row| !row.complete), "{:?}", collected.populations);
}
