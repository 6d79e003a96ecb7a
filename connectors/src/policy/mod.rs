//! The organisation's own documents: files that people write, read with the place of everything that is wrong.
//!
//! What they mean for a control is not decided here, and which controls there are is not known here.

pub mod documents;
pub mod exceptions;
pub mod operation;
pub mod registers;

pub use operation::{Operation, Org, ResourceType};

use crate::collection::{Collected, Order};
use crate::document::{Draft, Read};
use crate::exchange::{ApiRequest, CollectError, ErrorDialect, Transport, files};
use bytes::Bytes;
use evidenced_schemas::{Cloud, GapReason, Resource};
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;
use std::sync::Arc;

/// Something wrong in a file: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct Wrong {
    /// The line in the file, from 1, where there is one.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub what: String,
}

/// Reads a YAML file.
///
/// # Errors
/// When it is no YAML, has a key that is not known, or lacks one.
pub fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    serde_saphyr::from_str(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        let what = message.lines().next().unwrap_or_default().to_owned();
        Wrong { line: error.location().map(|at| at.line()), what }
    })
}

/// The line of a value, from 1.
fn line<T>(spanned: &Spanned<T>) -> Option<u64> {
    Some(spanned.referenced.line()).filter(|line| *line > 0)
}

/// A text that says something.
fn text(key: &str, spanned: &Spanned<String>) -> Result<String, Wrong> {
    let text = spanned.value.trim();
    if text.is_empty() {
        return Err(Wrong { line: line(spanned), what: format!("`{key}` is empty") });
    }
    Ok(text.to_owned())
}

/// The service in exchanges.
pub const SERVICE: &str = "policy";
/// The name in [`Asked::endpoints`](evidenced_schemas::run::Asked::endpoints) of the policy file's address.
pub const POLICY: &str = "policy";
/// The name there of the address of the file of exceptions.
pub const EXCEPTIONS: &str = "exceptions";

/// Every resource type of the organisation.
pub fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    documents::TYPES.iter()
}

/// Reads the documents. The same files give the same documents.
pub async fn collect(order: Order, transport: Arc<dyn Transport>) -> Collected {
    let context = Context { order, transport };
    context.order.progress.step(SERVICE, "reading");
    let mut collected = documents::collect(&context).await;
    collected.region_set = vec![documents::REGION.to_owned()];
    collected.ordered()
}

/// What the documents are read through.
#[derive(Debug)]
pub struct Context {
    order: Order,
    transport: Arc<dyn Transport>,
}

impl Context {
    /// A file that the order names.
    fn file(&self, name: &str) -> Option<String> {
        self.order.asked.endpoints.get(name).map(files::path)
    }

    fn policy(&self) -> Option<String> {
        self.file(POLICY)
    }

    fn exceptions(&self) -> Option<String> {
        self.file(EXCEPTIONS)
    }

    /// A path that the policy file names.
    fn beside_policy(&self, path: &str) -> String {
        documents::beside(self.policy().as_deref(), path)
    }

    fn finish(&self, draft: Draft, config: &impl Serialize, derived: &impl Serialize) -> Resource {
        draft.finish(Cloud::Org, &self.order.scope, self.order.as_of, config, derived)
    }

    /// The bytes of a file.
    async fn read(&self, operation: &Operation, path: &str) -> Result<Read<Vec<u8>>, CollectError> {
        let url = files::address(path).map_err(|error| {
            let nothing = Read { value: (), exchanges: Vec::new(), at: None };
            malformed(operation, format!("{path}: {error}"), &nothing)
        })?;
        let request = ApiRequest {
            cloud: Cloud::Org,
            region: documents::REGION.to_owned(),
            service: SERVICE.to_owned(),
            operation: operation.name.to_owned(),
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            dialect: ErrorDialect::Plain,
            secrets: &[],
        };
        let response = self.transport.call(request.clone()).await?;
        if let Some(error) = CollectError::from_response(&request, &response) {
            return Err(CollectError { message: path.to_owned(), ..error });
        }
        Ok(Read { value: response.body.to_vec(), exchanges: vec![response.seq], at: Some(response.finished_at) })
    }
}

/// The error of a file that does not say what it should.
fn malformed<T>(operation: &Operation, message: String, read: &Read<T>) -> CollectError {
    CollectError {
        kind: GapReason::Malformed,
        service: SERVICE.to_owned(),
        operation: operation.name.to_owned(),
        region: documents::REGION.to_owned(),
        code: "-".to_owned(),
        message,
        exchanges: read.exchanges.clone(),
        at: read.at,
    }
}
