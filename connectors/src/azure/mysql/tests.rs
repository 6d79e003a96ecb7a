use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::json;

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const CONFIGURATIONS: &str = "Microsoft.DBforMySQL:Configurations_ListByServer";

fn script() -> Scripted {
    let server = row(
        "microsoft.dbformysql/flexibleservers",
        "orders",
        "westeurope",
        &json!({"properties": {"version": "8.0.21", "state": "Ready"}}),
    );
    Scripted::new().always(QUERY, "resources | where", 200, &rows(&[server]))
}

#[tokio::test]
async fn the_parameters_that_controls_need_stay() {
    let parameter = |name: &str, value: &str| json!({"id": "/c", "name": name, "properties": {"value": value, "source": "user-override"}});
    let all = json!({"value": [parameter("tls_version", "TLSv1.2"), parameter("wait_timeout", "28800"), parameter("audit_log_enabled", "ON")]});
    let script = script().always(CONFIGURATIONS, "flexibleservers/orders/configurations", 200, &all.to_string());
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let server = only(&collected, "azure.mysql.server");
    assert!(server.gaps.is_empty(), "{:?}", server.gaps);
    let expected = json!([
        {"name": "audit_log_enabled", "properties": {"value": "ON", "source": "user-override"}},
        {"name": "tls_version", "properties": {"value": "TLSv1.2", "source": "user-override"}}]);
    assert_eq!(server.config["configurations"], expected);
}

#[tokio::test]
async fn refused_parameters_are_a_gap() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let collected = family(&super::FAMILY, &["*/read"], script().always(CONFIGURATIONS, "", 403, refused)).await;
    assert_eq!(gaps(only(&collected, "azure.mysql.server")), [("config.configurations", GapReason::Denied)]);
}
