//! A transport that lets each call of a collection through once, and notes whether it was allowed.
//!
//! A collection over it asks everything that a run asks, with the requests of a run, and of each list its first page and
//! of each kind of resource one: what is asked again in the same region is not sent, and reads as cancelled. What the
//! collection then says is thrown away.

use evidenced_connectors::aws::{Operation, needs, resource_types};
use evidenced_connectors::exchange::{ApiRequest, ApiResponse, CollectError, Transport};
use evidenced_schemas::GapReason;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A call that is tried once: service, operation, region.
type Call = (String, String, String);

/// What the provider said to a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// It answered.
    Allowed,
    /// It gave no answer from which that could be told, and what it gave.
    Unclear(String),
    /// It refused, with this code.
    Refused(String),
}

impl Answer {
    fn of(operation: Option<&Operation>, request: &ApiRequest, outcome: &Result<ApiResponse, CollectError>) -> Self {
        let error = match outcome {
            Ok(response) => CollectError::from_response(request, response),
            Err(error) => Some(error.clone()),
        };
        match error {
            None => Self::Allowed,
            Some(error) if operation.is_some_and(|operation| operation.is_absence(&error.code)) => Self::Allowed,
            Some(error) if error.kind == GapReason::Denied => Self::Refused(error.code),
            Some(error) => Self::Unclear(format!("{} ({})", error.kind, error.code)),
        }
    }
}

#[derive(Debug, Default)]
struct Notes {
    /// Counts the pauses: after one, everything may be asked once more (a report that was being generated).
    round: u64,
    /// Calls by the round they were last asked in, with the worst answer.
    calls: BTreeMap<Call, (u64, Option<Answer>)>,
}

/// The transport.
#[derive(Debug)]
pub(super) struct Trial {
    transport: Arc<dyn Transport>,
    operations: BTreeMap<(&'static str, &'static str), &'static Operation>,
    notes: Mutex<Notes>,
}

impl Trial {
    pub(super) fn over(transport: Arc<dyn Transport>) -> Self {
        let operations = needs::operations(resource_types().map(|type_| type_.name));
        Self { transport, operations, notes: Mutex::default() }
    }

    /// The answers to an operation, by region.
    pub(super) fn answers(&self, operation: &Operation) -> BTreeMap<String, Answer> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let own = notes
            .calls
            .iter()
            .filter(|((service, name, _), _)| *service == operation.service && *name == operation.name);
        own.filter_map(|((_, _, region), (_, answer))| Some((region.clone(), answer.clone()?))).collect()
    }

    /// True when the call may be sent now.
    fn begin(&self, call: &Call) -> bool {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let round = notes.round;
        match notes.calls.get_mut(call) {
            Some((asked, _)) if *asked == round => false,
            Some((asked, _)) => {
                *asked = round;
                true
            }
            None => {
                notes.calls.insert(call.clone(), (round, None));
                true
            }
        }
    }

    fn end(&self, call: &Call, answer: Answer) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, worst)) = notes.calls.get_mut(call) {
            *worst = worst.take().max(Some(answer));
        }
    }
}

#[async_trait::async_trait]
impl Transport for Trial {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        let call = (request.service.clone(), request.operation.clone(), request.region.clone());
        if !self.begin(&call) {
            let (service, operation, region) = call;
            let error = CollectError::malformed(&service, &operation, &region, "was tried already", vec![]);
            return Err(CollectError { kind: GapReason::Cancelled, ..error });
        }
        let outcome = self.transport.call(request.clone()).await;
        let operation = self.operations.get(&(call.0.as_str(), call.1.as_str())).copied();
        self.end(&call, Answer::of(operation, &request, &outcome));
        outcome
    }

    async fn pause(&self, time: Duration) {
        self.transport.pause(time).await;
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).round += 1;
    }
}

#[cfg(test)]
mod tests;
