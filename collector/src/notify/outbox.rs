//! What is to be told to one destination: a file a message, so that it survives a restart.
//!
//! A message is `<when>-<number>.json` while it waits, and `….dead` after its last attempt; at the next start those wait
//! again, in their order. A folder that cannot be written does not stop telling: then messages are held in memory, fewer of
//! them. There are never more than [`LETTERS`]: the oldest go first, and that is counted.

use crate::collect::now;
use crate::metrics::{Letters, Metrics, Notice};
use evidenced_schemas::{Event, to_canonical_vec};
use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Messages of a destination, those that wait and the dead. One has some 20 KiB at most.
pub(super) const LETTERS: usize = 1000;
/// Messages that are held in memory where they cannot be written.
const IN_MEMORY: usize = 64;
const WAITING: &str = "json";
const DEAD: &str = "dead";
const UNFINISHED: &str = ".new-";

/// One message.
#[derive(Clone, Debug)]
pub(super) enum Letter {
    /// A file.
    File(PathBuf),
    /// It could not be written.
    Memory(Box<Event>),
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Letter>,
    dead: VecDeque<PathBuf>,
    /// Makes names differ.
    number: u32,
    closed: bool,
    /// Whether it was said that files cannot be written.
    said: bool,
}

/// The messages of one destination.
#[derive(Debug)]
pub(super) struct Outbox {
    name: String,
    folder: PathBuf,
    state: Mutex<State>,
    news: Notify,
    pub(super) metrics: Arc<Metrics>,
}

impl Outbox {
    pub(super) fn new(name: &str, folder: PathBuf, metrics: Arc<Metrics>) -> Self {
        Self { name: name.to_owned(), folder, state: Mutex::default(), news: Notify::new(), metrics }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds what was not sent before: it waits again, in its order.
    pub(super) fn open(&self) {
        let found = match files(&self.folder) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(destination = self.name, folder = %self.folder.display(), %error, "notifications that waited cannot be read");
                return;
            }
        };
        let mut state = self.state();
        for path in found {
            let waiting = path.with_extension(WAITING);
            if path == waiting || fs::rename(&path, &waiting).is_ok() {
                state.waiting.push_back(Letter::File(waiting));
            }
        }
        let waiting = state.waiting.len();
        self.bounded(&mut state);
        self.shown(&state);
        if waiting > 0 {
            tracing::info!(destination = self.name, waiting, "notifications that were not sent before are sent now");
        }
    }

    /// No message comes any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.news.notify_one();
    }

    /// Puts a message at the end.
    pub(super) fn put(&self, event: &Event) {
        let mut state = self.state();
        state.number += 1;
        let name = format!("{:013}-{:06}.{WAITING}", now().utc().timestamp_millis().max(0), state.number % 1_000_000);
        let letter = match write(&self.folder, &name, event) {
            Ok(path) => {
                state.said = false;
                Letter::File(path)
            }
            Err(error) => {
                if !state.said {
                    tracing::error!(destination = self.name, folder = %self.folder.display(), %error,
                        "notifications cannot be kept and are lost when the process ends: check the spool's folder");
                }
                state.said = true;
                Letter::Memory(Box::new(event.clone()))
            }
        };
        state.waiting.push_back(letter);
        self.bounded(&mut state);
        self.shown(&state);
        drop(state);
        self.news.notify_one();
    }

    /// The oldest message that waits, once there is one; none when no more will come.
    pub(super) async fn next(&self) -> Option<Letter> {
        loop {
            {
                let state = self.state();
                if let Some(letter) = state.waiting.front() {
                    return Some(letter.clone());
                }
                if state.closed {
                    return None;
                }
            }
            self.news.notified().await;
        }
    }

    /// What a message says; none where its file does not read any more, which is logged.
    pub(super) fn read(&self, letter: &Letter) -> Option<Event> {
        let path = match letter {
            Letter::Memory(event) => return Some((**event).clone()),
            Letter::File(path) => path,
        };
        let read = fs::read(path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::from));
        read.inspect_err(|error| {
            tracing::error!(destination = self.name, file = %path.display(), %error, "a notification does not read and is lost");
        })
        .ok()
    }

    /// A message is done with: it was sent, or is lost.
    pub(super) fn done(&self, letter: &Letter, outcome: Notice) {
        if let Letter::File(path) = letter {
            remove(path);
        }
        let mut state = self.state();
        take(&mut state, letter);
        self.metrics.notified(&self.name, outcome);
        self.shown(&state);
    }

    /// A message had its last attempt: it is kept, and not tried before the next start.
    pub(super) fn dead(&self, letter: &Letter) {
        let Letter::File(path) = letter else { return self.done(letter, Notice::Lost) };
        let dead = path.with_extension(DEAD);
        if let Err(error) = fs::rename(path, &dead) {
            tracing::error!(destination = self.name, file = %path.display(), %error, "a dead letter cannot be set aside");
        }
        let mut state = self.state();
        take(&mut state, letter);
        state.dead.push_back(dead);
        self.metrics.notified(&self.name, Notice::Dead);
        self.shown(&state);
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Drops the oldest beyond what is kept: the dead first.
    fn bounded(&self, state: &mut State) {
        let mut dropped = 0;
        while state.waiting.len() + state.dead.len() > LETTERS {
            if let Some(path) = state.dead.pop_front() {
                remove(&path);
            } else if let Some(Letter::File(path)) = state.waiting.pop_front() {
                remove(&path);
            }
            dropped += 1;
        }
        let in_memory = |letter: &Letter| matches!(letter, Letter::Memory(_));
        while state.waiting.iter().filter(|letter| in_memory(letter)).count() > IN_MEMORY {
            let Some(oldest) = state.waiting.iter().position(in_memory) else { break };
            state.waiting.remove(oldest);
            dropped += 1;
        }
        for _ in 0..dropped {
            self.metrics.notified(&self.name, Notice::Lost);
        }
        if dropped > 0 {
            tracing::error!(destination = self.name, dropped, "too many notifications wait: the oldest are dropped");
        }
    }

    fn shown(&self, state: &State) {
        self.metrics.letters(&self.name, Letters { waiting: state.waiting.len(), dead: state.dead.len() });
    }
}

/// Takes a message out, which is the first unless the oldest were dropped meanwhile.
fn take(state: &mut State, letter: &Letter) {
    let same = match (state.waiting.front(), letter) {
        (Some(Letter::File(front)), Letter::File(path)) => front == path,
        (Some(Letter::Memory(front)), Letter::Memory(event)) => front.id == event.id,
        _ => false,
    };
    if same {
        state.waiting.pop_front();
    }
}

/// The messages in a folder, in their order; none when it does not exist. What was not written to its end is removed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
        if is_unfinished {
            remove(&path);
        } else if path.extension().is_some_and(|extension| extension == WAITING || extension == DEAD) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a message and then gives it its name, so that it is there whole or not at all.
fn write(folder: &Path, name: &str, event: &Event) -> io::Result<PathBuf> {
    let bytes = to_canonical_vec(event).map_err(io::Error::other)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (unfinished, path) = (folder.join(format!("{UNFINISHED}{name}")), folder.join(name));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// Removes a message. One that is left is sent once more, with its id.
#[expect(clippy::disallowed_methods, reason = "a message that was sent is no evidence; it would be sent again")]
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %path.display(), %error, "a notification that is done with was not removed");
    }
}
