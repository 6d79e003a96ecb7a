//! Asking for a report and waiting for it, for a bounded time.

use super::super::REGION;
use super::super::ops::{GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT};
use super::{Outcome, Report, malformed};
use crate::aws::{Context, sdk};
use crate::document::Read;
use crate::exchange::CollectError;
use chrono::DateTime;
use evidenced_schemas::GapReason;
use std::time::Duration;

/// How often it is asked whether the report is ready.
const POLLS: u32 = 20;
/// Time between two questions: longer each time, up to five seconds; somewhat over a minute in all.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Codes of `GetCredentialReport` that mean: ask for it again.
const ANEW: [&str; 3] = ["ReportNotPresent", "ReportExpired", "ReportInProgress"];

/// The newest report that IAM will make.
pub(in crate::aws::iam) async fn fetch(context: &Context) -> Outcome {
    let mut pause = FIRST_PAUSE;
    let mut last = None;
    for poll in 0..POLLS {
        if poll > 0 {
            context.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        match generate(context).await? {
            Ready::Yes => match get(context).await {
                Err(error) if ANEW.contains(&error.code.as_str()) => last = Some(error),
                outcome => return outcome,
            },
            Ready::No(exchanges) => last = Some(not_ready(exchanges)),
        }
        context.progress("iam", &format!("credential report: asked {} of {POLLS} times", poll + 1));
    }
    Err(last.unwrap_or_else(|| not_ready(Vec::new())))
}

enum Ready {
    Yes,
    No(Vec<u64>),
}

async fn generate(context: &Context) -> Result<Ready, CollectError> {
    let client = context.iam();
    let read = sdk::call(&GENERATE_CREDENTIAL_REPORT, REGION, |trace| {
        client.generate_credential_report().customize().interceptor(trace).send()
    })
    .await?;
    let complete = read.value.state.as_ref().is_some_and(|state| state.as_str() == "COMPLETE");
    Ok(if complete { Ready::Yes } else { Ready::No(read.exchanges) })
}

async fn get(context: &Context) -> Outcome {
    let client = context.iam();
    let got = sdk::call(&GET_CREDENTIAL_REPORT, REGION, |trace| {
        client.get_credential_report().customize().interceptor(trace).send()
    })
    .await?;
    let refuse = |message: &str| malformed(message, got.exchanges.clone());
    let csv = got.value.content.as_ref().ok_or_else(|| refuse("an answer without Content"))?;
    let generated_at = got
        .value
        .generated_time
        .and_then(|time| DateTime::from_timestamp(time.secs(), 0))
        .ok_or_else(|| refuse("an answer without GeneratedTime"))?;
    let value = Report::parse(csv.as_ref(), generated_at).map_err(|error| refuse(&error))?;
    Ok(Read { value, exchanges: got.exchanges, at: got.at })
}

fn not_ready(exchanges: Vec<u64>) -> CollectError {
    let operation = &GENERATE_CREDENTIAL_REPORT;
    CollectError {
        kind: GapReason::Timeout,
        code: "ReportInProgress".to_owned(),
        ..CollectError::malformed(
            operation.service,
            operation.name,
            REGION,
            format!("the credential report was not ready after {POLLS} questions"),
            exchanges,
        )
    }
}
