//! AWS Backup (`fakes/backup.py`), which moto knows only in part.

use super::script::Script;
use crate::binary::Call;

/// The server, with nothing in it.
#[derive(Debug)]
pub struct Backup(Script);

impl Default for Backup {
    fn default() -> Self {
        Self(Script::start("backup.py", &[], &[]))
    }
}

impl Backup {
    /// Its address.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// A call that asks AWS Backup here.
    #[must_use]
    pub fn ask(&self, call: Call) -> Call {
        call.env("AWS_ENDPOINT_URL_BACKUP", self.url())
    }
}
