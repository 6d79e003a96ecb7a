use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const WEB: &str = "Microsoft.Web:WebApps_GetConfiguration";
const AUTH: &str = "Microsoft.Web:WebApps_GetAuthSettingsV2WithoutSecrets";
const TYPE: &str = "azure.app.site";

fn script() -> Scripted {
    let site = row(
        "microsoft.web/sites",
        "shop",
        "westeurope",
        &json!({"kind": "functionapp,linux", "properties": {"state": "Running", "httpsOnly": true}}),
    );
    Scripted::new().always(QUERY, "", 200, &rows(&[site]))
}

#[tokio::test]
async fn a_site_is_read_with_its_front_end_and_its_sign_in() {
    let web = json!({"properties": {
        "minTlsVersion": "1.2", "ftpsState": "FtpsOnly", "appSettings": null, "publishingUsername": "$shop",
        "ipSecurityRestrictions": [{"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647, "name": "Allow all"}]}});
    let auth = json!({"properties": {
        "platform": {"enabled": true},
        "globalValidation": {"requireAuthentication": true, "unauthenticatedClientAction": "Return401"}}});
    let script = script().always(WEB, "sites/shop/config/web?", 200, &web.to_string()).always(
        AUTH,
        "sites/shop/config/authsettingsV2?",
        200,
        &auth.to_string(),
    );
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let site = only(&collected, TYPE);
    assert!(site.gaps.is_empty(), "{:?}", site.gaps);
    let web = &site.config["web"]["properties"];
    assert_eq!((&web["min_tls_version"], &web["ftps_state"]), (&json!("1.2"), &json!("FtpsOnly")));
    assert_eq!(web["ip_security_restrictions"][0]["ip_address"], "Any");
    assert_eq!(site.config["auth_settings"]["properties"]["global_validation"]["excluded_paths"], Value::Null);
    assert_eq!(site.config["properties"]["public_network_access"], Value::Null);
    assert!(!serde_json::to_string(site).unwrap().contains("$shop"));
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_its_field() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script = script().always(WEB, "", 403, refused).always(AUTH, "", 200, r#"{"value": 1}"#);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let expected = [("config.auth_settings", GapReason::Malformed), ("config.web", GapReason::Denied)];
    let mut found = gaps(only(&collected, TYPE));
    found.sort_unstable_by_key(|gap| gap.0);
    assert_eq!(found, expected);
}
