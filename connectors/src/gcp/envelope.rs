//! What names a resource: its full name, its name for people, its region and its labels, found in what its API says of it.

use serde_json::Value;
use std::collections::BTreeMap;

/// What names a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Its full resource name, `//storage.googleapis.com/my-bucket`.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Its region (of a zone, the region around it), a multi-region, or `global`.
    pub region: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Envelope {
    /// Finds it in an item with this full name. `labels` is where the labels are, in dots.
    pub fn of(id: String, item: &Value, labels: &str) -> Self {
        let text = |member: &str| item.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
        let of_id = id.rsplit('/').next().unwrap_or(&id).to_owned();
        let name = text("displayName").or_else(|| text("friendlyName")).map_or(of_id, str::to_owned);
        let labels = labels.split('.').try_fold(item, |value, member| value.get(member));
        let labels = labels.and_then(Value::as_object).into_iter().flatten();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        Self { name, region: region(&id, item), labels, id }
    }
}

fn region(id: &str, item: &Value) -> String {
    let text = |member: &str| item.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    let place = ["location", "region", "zone"].into_iter().find_map(text);
    let in_id = || {
        let mut parts = id.split('/');
        parts.by_ref().find(|part| ["locations", "regions", "zones"].contains(part))?;
        parts.next()
    };
    let place = place.or_else(in_id).and_then(|place| place.rsplit('/').next()).unwrap_or("global");
    around(&place.to_ascii_lowercase()).to_owned()
}

/// The region around a zone (`europe-west1-b`); any other place as it is.
fn around(place: &str) -> &str {
    match place.rsplit_once('-') {
        Some((region, zone)) if zone.len() == 1 && region.ends_with(|last: char| last.is_ascii_digit()) => region,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_is_a_region_a_multi_region_or_global() {
        let region = |id: &str, item: Value| Envelope::of(id.to_owned(), &item, "labels").region;
        assert_eq!(region("//x/a", json!({"location": "EU"})), "eu");
        assert_eq!(region("//x/a", json!({"zone": "https://x/projects/p/zones/europe-west1-b"})), "europe-west1");
        assert_eq!(region("//x/a", json!({"region": "https://x/projects/p/regions/europe-west1"})), "europe-west1");
        assert_eq!(region("//x/projects/p/locations/us-central1/keyRings/r", json!({})), "us-central1");
        assert_eq!(region("//x/projects/p/zones/us-central1-a/clusters/c", json!({})), "us-central1");
        assert_eq!(region("//x/projects/p/global/firewalls/f", json!({})), "global");
    }

    #[test]
    fn a_name_for_people_is_its_own_or_the_end_of_the_full_name() {
        let name = |item: Value| Envelope::of("//x/projects/p/topics/t".to_owned(), &item, "labels").name;
        assert_eq!(name(json!({})), "t");
        assert_eq!(name(json!({"displayName": "Orders"})), "Orders");
    }

    #[test]
    fn labels_are_where_the_type_says() {
        let item = json!({"settings": {"userLabels": {"data_class": "internal"}}});
        let labels = Envelope::of("//x/a".to_owned(), &item, "settings.userLabels").labels;
        assert_eq!(labels, [("data_class".to_owned(), "internal".to_owned())].into());
    }
}
