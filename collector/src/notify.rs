//! Telling others what happens: CloudEvents over webhooks, or a Slack-compatible text.
//!
//! What is told was put into the outbox of its destination first, so that it survives a restart; it is sent in order, at
//! least once, with the same id each time. It deliberately delays and fails no run: what takes time is done beside them, and
//! what cannot be told is counted and logged. It shows no address and no secret.

mod event;
mod outbox;
mod send;
pub mod sign;
mod slack;

use crate::collect::now;
use crate::daemon::happening::{Happening, Observer};
use crate::metrics::{Metrics, Notice};
use event::Telling;
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::Event;
use evidenced_schemas::config::{Concern, Form};
use futures::future::join_all;
use http::HeaderMap;
use outbox::Outbox;
use sign::Secret;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Events that may wait to be put into an outbox.
const HEARD: usize = 1024;
/// The folder of outboxes in the spool's. No job's name begins with a dot.
const FOLDER: &str = ".notify";

/// Somebody who is told.
#[derive(Clone)]
pub struct Destination {
    /// Its name in the log, in figures and in the outbox.
    pub name: String,
    /// Where to. It may hold a secret, and is never shown.
    pub url: Url,
    /// How it is said.
    pub form: Form,
    /// What messages are signed with: each gives a signature.
    pub secrets: Vec<Secret>,
    /// Further headers.
    pub headers: HeaderMap,
    /// What is told.
    pub on: BTreeSet<Concern>,
    /// Attempts of one message.
    pub attempts: u32,
}

impl Destination {
    /// Its name and what it is told, without the address.
    pub fn said(&self) -> String {
        let on: Vec<&str> = self.on.iter().map(|concern| concern.as_str()).collect();
        format!("{} ({})", self.name, on.join(", "))
    }
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Destination").field("name", &self.name).field("form", &self.form).finish_non_exhaustive()
    }
}

/// Hears of what happens and tells it.
#[derive(Debug)]
pub struct Notifier {
    destinations: Vec<(Destination, Arc<Outbox>)>,
    telling: Mutex<Telling>,
    heard: mpsc::Sender<(Concern, Event)>,
    to_file: Mutex<Option<mpsc::Receiver<(Concern, Event)>>>,
    wire: Wire,
    metrics: Arc<Metrics>,
}

impl Notifier {
    /// For these destinations, with outboxes in the spool's folder. Nothing is read or sent before [`Self::run`].
    pub fn new(
        destinations: Vec<Destination>,
        spool: &Path,
        deployment: Option<&str>,
        wire: Wire,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (heard, to_file) = mpsc::channel(HEARD);
        let outbox = |destination: &Destination| {
            let folder = spool.join(FOLDER).join(&destination.name);
            Arc::new(Outbox::new(&destination.name, folder, Arc::clone(&metrics)))
        };
        Self {
            destinations: destinations
                .into_iter()
                .map(|one| (outbox(&one), one))
                .map(|(box_, one)| (one, box_))
                .collect(),
            telling: Mutex::new(Telling::of(deployment)),
            heard,
            to_file: Mutex::new(Some(to_file)),
            wire,
            metrics,
        }
    }

    /// Tells until `ended`, and then for `longest` at most what still waits. What does not go out by then stays in the outbox and
    /// goes out after the next start. It runs once.
    pub async fn run(&self, ended: &CancellationToken, longest: Duration) {
        let to_file = self.to_file.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(mut to_file), false) = (to_file, self.destinations.is_empty()) else {
            self.metrics.tells(&[]);
            return ended.cancelled().await;
        };
        let names: Vec<&str> = self.destinations.iter().map(|(destination, _)| destination.name.as_str()).collect();
        self.metrics.tells(&names);
        for (_, outbox) in &self.destinations {
            outbox.open();
        }
        let filing = async {
            loop {
                tokio::select! {
                    biased;
                    Some((concern, event)) = to_file.recv() => self.file(concern, event).await,
                    () = ended.cancelled() => break,
                }
            }
            while let Ok((concern, event)) = to_file.try_recv() {
                self.file(concern, event).await;
            }
            for (_, outbox) in &self.destinations {
                outbox.close();
            }
            tokio::time::sleep(longest).await;
        };
        let sending =
            self.destinations.iter().map(|(destination, outbox)| send::send_all(&self.wire, destination, outbox));
        tokio::select! {
            () = filing => {}
            _ = join_all(sending) => {}
        }
        for (destination, outbox) in &self.destinations {
            let waiting = outbox.waiting();
            if waiting > 0 {
                tracing::warn!(destination = destination.name, waiting, "notifications wait for the next start");
            }
        }
    }

    /// Puts an event into the outbox of everyone who wants to hear of it, where a slow disk holds up nobody.
    async fn file(&self, concern: Concern, event: Event) {
        let event = Arc::new(event);
        for (_, outbox) in self.destinations.iter().filter(|(destination, _)| destination.on.contains(&concern)) {
            let (outbox, event) = (Arc::clone(outbox), Arc::clone(&event));
            if let Err(error) = tokio::task::spawn_blocking(move || outbox.put(&event)).await {
                tracing::error!(%error, "a notification was not kept: this is a fault of evidenced, please report it");
            }
        }
    }
}

impl Observer for Notifier {
    fn happened(&self, happening: &Happening<'_>) {
        if let Happening::Missed { stream, missed, .. } = happening {
            self.metrics.missed(stream, *missed);
        }
        if self.destinations.is_empty() {
            return;
        }
        let events = self.telling.lock().unwrap_or_else(PoisonError::into_inner).events(happening, now());
        for told in events {
            let Err(error) = self.heard.try_send(told) else { continue };
            let (_, event) = error.into_inner();
            tracing::error!(id = event.id, "too much happens at once: a notification is lost");
            for (destination, _) in &self.destinations {
                self.metrics.notified(&destination.name, Notice::Lost);
            }
        }
    }
}

#[cfg(test)]
mod tests;
