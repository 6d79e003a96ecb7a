//! `aws.organizations.member`: an account as the organisation lists it. Root's e-mail address is deliberately not kept.

use super::LIST_ACCOUNTS;
use crate::aws::Operation;
use crate::aws::listing::{Listed, Name, Nothing, Place};
use crate::document::Draft;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The account.
    id: String,
    /// Its ARN, with the organisation's id.
    arn: Option<String>,
    /// Its name.
    name: Option<String>,
    /// `PENDING_ACTIVATION`, `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE` or `CLOSED`.
    state: Option<String>,
    /// The older word for the state, which AWS retired in September 2026.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    status: Option<String>,
    /// `CREATED` or `INVITED`.
    joined_method: Option<String>,
}

impl Member {
    /// The account.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its state, in whichever word it was told.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref().or(self.status.as_deref())
    }
}

impl Listed for Member {
    const TYPE: &'static str = "aws.organizations.member";
    const LIST: &'static Operation = &LIST_ACCOUNTS;
    const ITEMS: &'static [&'static str] = &["accounts"];
    const ALWAYS: &'static [&'static str] = &["arn", "name", "state"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let name = self.name.clone().unwrap_or_else(|| self.id.clone());
        Name { id: self.id.clone(), name, tags: None }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        self.state = self.state.take().or_else(|| self.status.take());
        Box::pin(std::future::ready(Nothing {}))
    }
}
