use super::event::Telling;
use super::outbox::{LETTERS, Letter, Outbox};
use super::*;
use crate::spool::Depth;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::event::What;
use evidenced_schemas::{Instant, StreamId};
use std::path::PathBuf;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn stream() -> StreamId {
    StreamId::parse("nightly/aws/111122223333").unwrap()
}

fn told(telling: &mut Telling, happening: &Happening<'_>, now: &str) -> Vec<Event> {
    telling.events(happening, Instant::new(at(now))).into_iter().map(|(_, event)| event).collect()
}

#[test]
fn the_same_thing_has_the_same_id_whoever_tells_it_and_another_thing_another() {
    let stream = stream();
    let missed = |missed, since| Happening::Missed { stream: &stream, missed, since: at(since) };
    let of = |happening: &Happening<'_>, now: &str| told(&mut Telling::of(Some("a")), happening, now).remove(0);
    let first = of(&missed(2, "2026-03-01T06:00:00Z"), "2026-03-01T09:00:00Z");
    let again = of(&missed(2, "2026-03-01T06:00:00Z"), "2026-03-01T09:00:07Z");
    let other = of(&missed(2, "2026-03-01T07:00:00Z"), "2026-03-01T09:00:00Z");
    assert_eq!(first.id, again.id);
    assert_ne!(first.id, other.id);
    assert!(first.id.starts_with("runs-missed-") && first.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    assert_eq!((first.source.as_str(), first.subject.as_deref()), ("a/nightly/aws/111122223333", Some("111122223333")));
    let grew = Happening::SpoolGrew { depth: Depth { runs: 1, bytes: 2, oldest: None } };
    let grew = told(&mut Telling::of(Some("Äcme/1:2")), &grew, "2026-03-01T09:00:00Z").remove(0);
    assert_eq!((grew.source.as_str(), grew.subject), ("%C3%84cme%2F1%3A2", None), "a URI reference");
}

#[test]
fn what_fails_on_and_on_is_told_once_a_day() {
    let (stream, mut telling) = (stream(), Telling::of(None));
    let failed = Happening::RunFailed { stream: &stream, why: "no" };
    assert_eq!(told(&mut telling, &failed, "2026-03-01T06:00:00Z").len(), 1);
    assert!(told(&mut telling, &failed, "2026-03-01T06:00:15Z").is_empty());
    assert!(told(&mut telling, &failed, "2026-03-02T05:59:59Z").is_empty());
    assert_eq!(told(&mut telling, &failed, "2026-03-02T06:00:00Z").len(), 1);
    let job = stream.job.clone();
    let unreachable = |scope| Happening::Unreachable { job: &job, scope, why: "no role" };
    let one = told(&mut telling, &unreachable(Some("1")), "2026-03-02T06:00:00Z");
    let two = told(&mut telling, &unreachable(Some("2")), "2026-03-02T06:00:00Z");
    assert!(one.len() == 1 && two.len() == 1 && one[0].id != two[0].id, "each scope by itself");
    assert!(told(&mut telling, &unreachable(Some("1")), "2026-03-02T07:00:00Z").is_empty());
    assert_eq!((one[0].source.as_str(), one[0].subject.as_deref()), ("evidenced/nightly", Some("1")));
}

fn event(number: usize) -> Event {
    let missed = Happening::Missed { stream: &stream(), missed: number, since: at("2026-03-01T06:00:00Z") };
    told(&mut Telling::of(None), &missed, "2026-03-01T09:00:00Z").remove(0)
}

fn number(event: &Event) -> u64 {
    match &event.what {
        What::RunsMissed(missed) => missed.missed,
        other => panic!("{other:?}"),
    }
}

fn outbox(folder: PathBuf) -> Outbox {
    Outbox::new("ops", folder, Arc::default())
}

/// The numbers of what waits, taken out one by one.
async fn drained(outbox: &Outbox) -> Vec<u64> {
    outbox.close();
    let mut numbers = Vec::new();
    while let Some(letter) = outbox.next().await {
        numbers.push(number(&outbox.read(&letter).unwrap()));
        outbox.done(&letter, Notice::Sent);
    }
    numbers
}

#[tokio::test]
async fn letters_survive_in_their_order_the_dead_among_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool/.notify/ops");
    let first = outbox(path.clone());
    first.open();
    for number in 0..4 {
        first.put(&event(number));
    }
    let letter = first.next().await.unwrap();
    first.dead(&letter);
    let letter = first.next().await.unwrap();
    first.done(&letter, Notice::Sent);
    std::fs::write(path.join(".new-0000000000001-000001.json"), "half").unwrap();
    let second = outbox(path.clone());
    second.open();
    assert_eq!(drained(&second).await, [0, 2, 3]);
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0, "nothing is left, nor what was half written");
}

#[tokio::test]
async fn there_are_never_more_than_a_thousand_and_the_newest_stay() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(folder.path().join("ops"));
    outbox.put(&event(0));
    let letter = outbox.next().await.unwrap();
    outbox.dead(&letter);
    for number in 1..=LETTERS + 4 {
        outbox.put(&event(number));
    }
    assert_eq!(outbox.waiting(), LETTERS);
    assert_eq!(std::fs::read_dir(folder.path().join("ops")).unwrap().count(), LETTERS, "the dead went first");
    let text = outbox.metrics.exposition(now());
    assert!(text.contains("evidenced_notifications_total{destination=\"ops\",outcome=\"lost\"} 5\n"), "{text}");
    let numbers = drained(&outbox).await;
    assert_eq!((numbers[0], numbers.len()), (5, LETTERS));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let outbox = outbox(file.join("ops"));
    outbox.open();
    outbox.put(&event(1));
    outbox.put(&event(2));
    assert!(matches!(outbox.next().await, Some(Letter::Memory(_))));
    assert_eq!(drained(&outbox).await, [1, 2]);
}

#[tokio::test]
async fn nothing_is_held_up_where_nobody_is_told_or_nothing_can_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    let notifier =
        |destinations| Notifier::new(destinations, folder.path(), None, Wire::new().unwrap(), Arc::default());
    let ended = CancellationToken::new();
    ended.cancel();
    let begun = std::time::Instant::now();
    notifier(Vec::new()).run(&ended, Duration::from_mins(1)).await;
    let nobody = Destination {
        name: "ops".to_owned(),
        url: "http://127.0.0.1:9/".parse().unwrap(),
        form: Form::Slack,
        secrets: Vec::new(),
        headers: HeaderMap::new(),
        on: Concern::ALL.into(),
        attempts: 20,
    };
    let telling = notifier(vec![nobody]);
    let stream = stream();
    for hour in 0..2000 {
        let since = at("2026-03-01T06:00:00Z") + TimeDelta::hours(hour);
        telling.happened(&Happening::Missed { stream: &stream, missed: 1, since });
    }
    telling.run(&ended, Duration::from_millis(200)).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let kept = std::fs::read_dir(folder.path().join(FOLDER).join("ops")).unwrap().count();
    assert_eq!(kept, LETTERS, "what was heard is kept for the next start, but no more than may be");
}
