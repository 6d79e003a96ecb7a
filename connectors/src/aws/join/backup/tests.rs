use super::super::apply;
use super::*;
use crate::collection::Tally;
use crate::document::{Draft, Field, Read};
use evidenced_schemas::{Cloud, Instant};

const REGION: &str = "eu-west-1";

fn document(type_: &str, id: &str, seq: u64, config: &Value, tags: Option<&[(&str, &str)]>) -> Resource {
    let at = Instant::new(DateTime::from_timestamp(seq.cast_signed(), 0).unwrap());
    let mut draft = Draft::new(type_, id, id, if type_ == BUCKET && id.ends_with("lost") { "unknown" } else { REGION });
    draft.saw(&Read { value: (), exchanges: vec![seq], at: Some(at) });
    let pairs = tags.map(|tags| tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
    draft.tags(pairs.map_or(Field::Unread, Field::Value));
    if tags.is_none() {
        draft.gap(Gap { field: "tags".to_owned(), ..gap("x:Tags", GapReason::Denied, "no") });
    }
    draft.finish(Cloud::Aws, &"123456789012".parse().unwrap(), at, config, &json!({}))
}

fn volume(id: &str, tags: Option<&[(&str, &str)]>) -> Resource {
    let arn = format!("arn:aws:ec2:eu-west-1:123456789012:volume/{id}");
    let config =
        json!({"volume_id": id, "state": "in-use", "attachments": [{"instance_id": "i-1", "state": "attached"}]});
    document(VOLUME, &arn, 1, &config, tags)
}

fn snapshot(id: &str, seq: u64, volume: &Value, state: &str, time: &str) -> Resource {
    document(Snapshot::TYPE, id, seq, &json!({"volume_id": volume, "state": state, "start_time": time}), Some(&[]))
}

fn region(protected: Option<&Value>) -> Resource {
    let mut config = json!({"backup_plans": []});
    if let Some(protected) = protected {
        config["protected_resources"] = protected.clone();
    }
    let mut made = document(ACCOUNT, "123456789012/eu-west-1", 9, &config, Some(&[]));
    if protected.is_none() {
        let cause = gap(PROTECTED, GapReason::Denied, "AccessDeniedException");
        made.gaps.push(Gap { field: "config.protected_resources".to_owned(), ..cause });
    }
    made.sealed()
}

fn joined(resources: Vec<Resource>, cut: &[&str]) -> Collected {
    let types = CAN_BE_REQUIRED.iter().map(|(type_, _)| *type_).chain([Snapshot::TYPE, ACCOUNT]);
    let row = |type_: &str| {
        let mut tally = Tally::new(type_, REGION);
        if cut.contains(&type_) {
            tally.cut_short("x:List denied (AccessDenied)".to_owned());
        }
        tally.close(&resources)
    };
    let populations = types.map(row).collect();
    let mut collected = Collected { resources, populations, ..Collected::default() };
    apply(&mut collected);
    collected
}

fn of<'a>(collected: &'a Collected, end: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.id.ends_with(end)).unwrap()
}

/// The value of a derived key, or the operation of its gap.
fn told(document: &Resource, key: &str) -> Result<Value, String> {
    let field = format!("derived.{key}");
    document.derived.get(key).cloned().ok_or_else(|| {
        let cause = document.gaps.iter().find(|gap| gap.field == field);
        cause.map_or_else(|| "no gap".to_owned(), |gap| gap.operation.clone())
    })
}

#[test]
fn a_volume_knows_its_newest_completed_snapshot() {
    let vol = json!("vol-1");
    let all = vec![
        volume("vol-1", Some(&[])),
        volume("vol-2", Some(&[])),
        region(Some(&json!([]))),
        snapshot("s1", 2, &vol, "completed", "2026-01-01T00:00:00.000Z"),
        snapshot("s2", 3, &vol, "completed", "2026-01-03T00:00:00.000Z"),
        snapshot("s3", 4, &vol, "pending", "2026-01-09T00:00:00.000Z"),
        snapshot("s4", 5, &json!("vol-ffffffff"), "completed", "2026-02-01T00:00:00.000Z"),
    ];
    let collected = joined(all.clone(), &[]);
    assert_eq!(told(of(&collected, "vol-1"), "latest_snapshot_time"), Ok(json!("2026-01-03T00:00:00.000Z")));
    assert_eq!(of(&collected, "vol-1").exchanges, [1, 3, 9]);
    assert_eq!(told(of(&collected, "vol-2"), "latest_snapshot_time"), Ok(json!(null)));
    assert_eq!(of(&collected, "vol-2").exchanges, [1, 2, 3, 4, 5, 9], "that there is none follows from all of them");
    let mut reversed = all.clone();
    reversed.reverse();
    assert_eq!(joined(reversed, &[]).ordered().resources, collected.ordered().resources);

    let cut = joined(all.clone(), &[Snapshot::TYPE]);
    assert_eq!(told(of(&cut, "vol-1"), "latest_snapshot_time"), Err("x:List".to_owned()));
    let half = document(Snapshot::TYPE, "s5", 6, &json!({"volume_id": "vol-1", "state": "completed"}), Some(&[]));
    let unclear = joined([all.clone(), vec![half]].concat(), &[]);
    assert_eq!(told(of(&unclear, "vol-1"), "latest_snapshot_time").unwrap_err(), "ec2");
    assert_eq!(told(of(&unclear, "vol-2"), "latest_snapshot_time"), Ok(json!(null)));
    let stray = snapshot("s6", 6, &json!(null), "completed", "2026-01-01T00:00:00Z");
    let unclear = joined([all, vec![stray]].concat(), &[]);
    assert_eq!(told(of(&unclear, "vol-2"), "latest_snapshot_time"), Err(SNAPSHOTS.to_owned()));
}

#[test]
fn a_backup_of_a_volume_is_its_own_or_that_of_its_instance() {
    let entry = |arn: &str, time: &Value| json!({"resource_arn": format!("arn:aws:ec2:eu-west-1:123456789012:{arn}"), "last_backup_time": time});
    let early = json!("2026-01-01T00:00:00Z");
    let late = json!("2026-01-02T00:00:00Z");
    for (protected, expected) in [
        (json!([]), json!(null)),
        (json!([entry("volume/vol-1", &early)]), early.clone()),
        (json!([entry("volume/vol-1", &early), entry("instance/i-1", &late)]), late.clone()),
        (json!([entry("volume/vol-1", &late), entry("instance/i-1", &early)]), late.clone()),
        (json!([entry("volume/vol-9", &late), entry("volume/vol-1", &json!(null))]), json!(null)),
    ] {
        let collected = joined(vec![volume("vol-1", Some(&[])), region(Some(&protected))], &[]);
        assert_eq!(told(of(&collected, "vol-1"), "latest_backup_time"), Ok(expected), "{protected}");
    }
    for resources in [vec![volume("vol-1", Some(&[])), region(None)], vec![volume("vol-1", Some(&[]))]] {
        let collected = joined(resources, &[]);
        assert_eq!(told(of(&collected, "vol-1"), "latest_backup_time"), Err(PROTECTED.to_owned()));
    }
}

#[test]
fn what_must_be_backed_up_is_known_only_when_everything_is() {
    let required = &[("backup", "required")][..];
    let database = |id: &str, cluster: &Value| {
        document(
            Database::TYPE,
            &format!("arn:aws:rds:eu-west-1:123456789012:db:{id}"),
            3,
            &json!({"db_cluster_identifier": cluster}),
            Some(required),
        )
    };
    let machine = |id: &str, state: &str| {
        let config = json!({"instance_id": id, "state": {"name": state}});
        document(
            Machine::TYPE,
            &format!("arn:aws:ec2:eu-west-1:123456789012:instance/{id}"),
            4,
            &config,
            Some(required),
        )
    };
    let bucket = |id: &str, tags| document(BUCKET, &format!("arn:aws:s3:::{id}"), 5, &json!({}), tags);
    let time = "2026-01-01T00:00:00Z";
    let protected = json!([
        {"resource_arn": "arn:aws:rds:eu-west-1:123456789012:cluster:main", "last_backup_time": time},
        {"resource_arn": "arn:aws:s3:::data", "last_backup_time": time},
    ]);
    let all = || {
        vec![
            region(Some(&protected)),
            volume("vol-1", Some(&[("backup", "not-required")])),
            database("a", &json!("main")),
            database("b", &json!(null)),
            machine("i-9", "terminated"),
            bucket("data", Some(required)),
            bucket("other", Some(&[])),
            document(
                Snapshot::TYPE,
                "snap",
                6,
                &json!({"volume_id": "vol-7", "state": "completed", "start_time": time}),
                Some(required),
            ),
        ]
    };
    let collected = joined(all(), &[]);
    let entry = |arn: &str, type_: &str, time: &Value| json!({"resource_arn": arn, "resource_type": type_, "last_backup_time": time});
    let expected = json!([
        entry("arn:aws:rds:eu-west-1:123456789012:db:a", Database::TYPE, &json!(time)),
        entry("arn:aws:rds:eu-west-1:123456789012:db:b", Database::TYPE, &json!(null)),
        entry("arn:aws:s3:::data", BUCKET, &json!(time)),
    ]);
    assert_eq!(told(of(&collected, "/eu-west-1"), "required_resources"), Ok(expected));
    assert_eq!(of(&collected, "/eu-west-1").exchanges, [3, 5, 9]);

    for (type_, _) in CAN_BE_REQUIRED {
        let cut = joined(all(), &[type_]);
        assert_eq!(told(of(&cut, "/eu-west-1"), "required_resources"), Err("x:List".to_owned()), "{type_}");
    }
    let untold = joined([all(), vec![document(Table::TYPE, "t", 7, &json!({}), None)]].concat(), &[]);
    assert_eq!(told(of(&untold, "/eu-west-1"), "required_resources"), Err("x:Tags".to_owned()));
    let lost = joined([all(), vec![bucket("lost", Some(required))]].concat(), &[]);
    assert!(told(of(&lost, "/eu-west-1"), "required_resources").is_err(), "a bucket that may lie here");
    let elsewhere = joined([all(), vec![bucket("lost", Some(&[]))]].concat(), &[]);
    assert!(told(of(&elsewhere, "/eu-west-1"), "required_resources").is_ok());

    let mut refused = all();
    refused[0] = region(None);
    assert_eq!(told(of(&joined(refused, &[]), "/eu-west-1"), "required_resources"), Err(PROTECTED.to_owned()));
    let nothing = joined(vec![region(None)], &[]);
    assert_eq!(told(of(&nothing, "/eu-west-1"), "required_resources"), Ok(json!([])), "nothing is required");
}
