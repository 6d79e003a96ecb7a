//! Exit codes, and errors that carry one.

use std::fmt;
use std::process::ExitCode;

/// The exit codes of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: fine.
    Fine,
    /// 1: failed.
    Failed,
    /// 2: usage or configuration.
    Usage,
    /// 3: collected, but with gaps.
    Gaps,
    /// 4: verification failed.
    Unverified,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Gaps => 3,
            Exit::Unverified => 4,
        })
    }
}

/// A command that did not do what was asked.
#[derive(Debug)]
pub struct CommandError {
    /// How the process ends.
    pub exit: Exit,
    what: String,
}

impl CommandError {
    /// Wrong usage or configuration.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, what: what.into() }
    }

    /// A failure, with its causes in one line.
    pub fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { exit: Exit::Failed, what: chain(error) }
    }

    /// Wrong usage or configuration, with its causes in one line.
    pub fn misused(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { exit: Exit::Usage, what: chain(error) }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// An error and its causes, each said once.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        // Some causes go on with a report of their own; its first line says what happened.
        let said = said.lines().next().unwrap_or_default();
        if !text.ends_with(said) {
            text.push_str(": ");
            text.push_str(said);
        }
        source = cause.source();
    }
    text
}
