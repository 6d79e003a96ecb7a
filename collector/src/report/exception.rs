//! Approved exceptions, with what they cover.

use super::Told;
use chrono::{DateTime, Utc};
use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::policy::Exception;
use evidenced_schemas::report::{Covered, ExceptionSection, ExceptionState};
use std::collections::BTreeMap;

/// Each exception once, however many streams know it. One that was written otherwise in another stream stands by itself.
pub(super) fn sections(streams: &[Told<'_>], end: DateTime<Utc>) -> Vec<ExceptionSection> {
    let mut all: BTreeMap<&Exception, ExceptionSection> = BTreeMap::new();
    for history in streams.iter().map(|told| told.history) {
        for exception in &history.exceptions {
            let section = all.entry(exception).or_insert_with(|| ExceptionSection {
                exception: exception.clone(),
                state: state(exception, end),
                streams: 0,
                covers: Vec::new(),
            });
            section.streams += 1;
            let attached = history
                .standing
                .iter()
                .filter(|finding| finding.exception.as_ref().is_some_and(|attached| attached.id == exception.id));
            section.covers.extend(attached.map(|finding| Covered {
                stream: history.stream.to_string(),
                control: finding.control.clone(),
                resource: finding.resource.as_ref().map(|resource| ChangedResource {
                    type_: resource.type_.clone(),
                    region: resource.region.clone(),
                    id: resource.id.clone(),
                }),
            }));
        }
    }
    all.into_values().collect()
}

fn state(exception: &Exception, end: DateTime<Utc>) -> ExceptionState {
    if exception.expires.utc() < end {
        ExceptionState::Expired
    } else if exception.starts.utc() > end {
        ExceptionState::Future
    } else {
        ExceptionState::InForce
    }
}
