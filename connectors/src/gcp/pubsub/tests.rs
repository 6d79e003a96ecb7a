use crate::aws::scripted::{Scripted, gaps, only};
use crate::gcp::scripted::{assets, family, policies, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::json;

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "pubsub.googleapis.com:pubsub.projects.topics.list";
const POLICY: &str = "pubsub.googleapis.com:pubsub.projects.topics.getIamPolicy";
const NAME: &str = "//pubsub.googleapis.com/projects/evidence-test/topics/orders";

#[tokio::test]
async fn a_topic_is_the_same_from_the_inventory_and_from_its_own_api() {
    let topic = json!({"name": "projects/evidence-test/topics/orders", "kmsKeyName": "projects/p/locations/eu/keyRings/r/cryptoKeys/k"});
    let policy = json!({"etag": "x", "bindings": [{"role": "roles/pubsub.subscriber", "members": ["allUsers"]}]});
    let type_ = "pubsub.googleapis.com/Topic";
    let inventory = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, type_, topic.clone())]))
        .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[(NAME, type_, policy.clone())]));
    let direct = |body: &str| {
        without_inventory(Scripted::new())
            .always(LIST, "projects/evidence-test/topics", 200, &json!({"topics": [topic]}).to_string())
            .always(POLICY, "topics/orders:getIamPolicy", 200, body)
    };
    let listed = family(&super::FAMILY, inventory).await;
    let asked = family(&super::FAMILY, direct(&policy.to_string())).await;
    let (one, other) = (only(&listed, "gcp.pubsub.topic"), only(&asked, "gcp.pubsub.topic"));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((&one.id, &one.config), (&other.id, &other.config));
    assert_eq!(one.config["iam_policy"]["bindings"][0]["members"], json!(["allUsers"]));

    // Nothing is no policy: it does not say that nobody has a role.
    let nothing = family(&super::FAMILY, direct("{}")).await;
    assert_eq!(gaps(only(&nothing, "gcp.pubsub.topic")), [("config.iam_policy", GapReason::Malformed)]);
}
