//! Whether some region records the global resource types: one region is enough, and none of them must be unread to say no.

use super::{Context, DESCRIBE_CONFIGURATION_RECORDERS, Draft, Field, Recorder, Recorders};
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;

/// The fact, which all regions share.
#[derive(Debug)]
pub(super) struct Global(Result<Read<Option<bool>>, CollectError>);

impl Global {
    /// The fact in one region's document.
    pub(super) fn note(&self, draft: &mut Draft) -> Field<bool> {
        draft.take("derived.global_types_recorded", self.0.clone())
    }
}

/// `read` holds the recorders of the run's regions, in their order.
pub(super) fn recorded(context: &Context, read: &[Recorders]) -> Global {
    let proof = read.iter().flatten().find(|read| read.value.iter().any(records_global_types));
    if let Some(read) = proof {
        return Global(Ok(read.clone().map(|_| Some(true))));
    }
    Global(every_region(context, read).map(|all| all.map(|()| Some(false))))
}

fn records_global_types(recorder: &Recorder) -> bool {
    let asked = recorder.recording_group.as_ref().and_then(|group| group.include_global_resource_types);
    let on = recorder.status.as_ref().and_then(|status| status.recording);
    asked == Some(true) && on == Some(true)
}

/// The exchanges of all enabled regions of the account, or why some were not read.
fn every_region(context: &Context, read: &[Recorders]) -> Result<Read<()>, CollectError> {
    let listed = context.listed_regions()?;
    let mut all = Read { value: (), exchanges: listed.exchanges, at: listed.at };
    for region in read {
        let region = region.as_ref().map_err(Clone::clone)?;
        all.exchanges.extend(&region.exchanges);
        all.at = all.at.max(region.at);
    }
    match listed.value.iter().find(|region| region.is_enabled() && !context.regions().contains(&region.name)) {
        None => Ok(all),
        Some(left_out) => {
            let operation = &DESCRIBE_CONFIGURATION_RECORDERS;
            let message = "this region is not part of the run";
            let error = CollectError::malformed(operation.service, operation.name, &left_out.name, message, vec![]);
            let code = format!("{} was not read", left_out.name);
            Err(CollectError { kind: GapReason::Unavailable, code, ..error })
        }
    }
}
