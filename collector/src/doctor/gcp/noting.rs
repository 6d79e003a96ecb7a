//! A transport that notes how each operation was answered.

use evidenced_connectors::exchange::{ApiRequest, ApiResponse, CollectError, Transport};
use evidenced_schemas::GapReason;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How an operation was answered.
#[derive(Clone, Debug)]
pub(super) enum Noted {
    /// It was answered, at least once.
    Answered,
    /// It may not be asked, or is not enabled.
    Refused(CollectError),
    /// It gave no answer from which that could be told.
    Failed(CollectError),
}

/// The transport.
#[derive(Debug)]
pub(super) struct Noting {
    transport: Arc<dyn Transport>,
    /// By service and operation, each code once.
    noted: Mutex<BTreeMap<(String, String), Noted>>,
    disabled: Mutex<BTreeSet<String>>,
}

impl Noting {
    pub(super) fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport, noted: Mutex::default(), disabled: Mutex::default() }
    }

    /// How a service was answered: a refusal of one of its operations counts.
    pub(super) fn of_service(&self, service: &str) -> Option<Noted> {
        self.worst(|(of, _)| of == service)
    }

    /// How an operation was answered.
    pub(super) fn of_operation(&self, name: &str) -> Option<Noted> {
        self.worst(|(_, operation)| operation == name)
    }

    /// Services that are not enabled.
    pub(super) fn disabled(&self) -> BTreeSet<String> {
        self.disabled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn worst(&self, is_it: impl Fn(&(String, String)) -> bool) -> Option<Noted> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<&Noted> = noted.iter().filter(|(call, _)| is_it(call)).map(|(_, noted)| noted).collect();
        own.iter().find(|noted| !matches!(noted, Noted::Answered)).or(own.first()).map(|noted| (*noted).clone())
    }

    fn note(&self, request: &ApiRequest, outcome: &Result<ApiResponse, CollectError>) {
        let error = match outcome {
            Ok(response) => CollectError::from_response(request, response),
            Err(error) => Some(error.clone()),
        };
        if error.as_ref().is_some_and(|error| error.kind == GapReason::NotEnabled) {
            self.disabled.lock().unwrap_or_else(PoisonError::into_inner).insert(request.service.clone());
        }
        let now = match error {
            None => Noted::Answered,
            Some(error) if super::is_refusal(&error) => Noted::Refused(error),
            Some(error) => Noted::Failed(error),
        };
        let call = (request.service.clone(), request.operation.clone());
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match noted.get(&call) {
            // A refusal stays: of two folders one may be out of reach.
            Some(Noted::Refused(_)) => {}
            Some(Noted::Failed(_)) if matches!(now, Noted::Answered) => {}
            _ => drop(noted.insert(call, now)),
        }
    }
}

#[async_trait::async_trait]
impl Transport for Noting {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        let outcome = self.transport.call(request.clone()).await;
        self.note(&request, &outcome);
        outcome
    }

    async fn pause(&self, time: Duration) {
        self.transport.pause(time).await;
    }
}
