//! A project or organisation of Google Cloud: each permission that reading needs is asked for by name, and everything that a run
//! reads is asked for once; what is refused is named with its permission.

mod noting;

use super::permissions::Action;
use super::{Check, Outcome};
use crate::catalogue::Catalogue;
use crate::collect::{Credentials, Scope};
use crate::permissions::gcp;
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_connectors::gcp::needs::{self, Operations, Way};
use evidenced_connectors::gcp::{
    self as connector, Context, FAMILIES, ORGANIZATION_FAMILIES, assets, held, organization_of,
};
use evidenced_connectors::{Collected, Order};
use evidenced_schemas::GapReason;
use noting::{Noted, Noting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Google Cloud is asked at one place.
const PLACE: &str = "global";
/// Why a permission above the project was not tried.
const NOTHING_THERE: &str = "nothing is there to ask it of";
/// Beside a permission that the credentials do not have.
const NOT_GIVEN: &str = "not given";

/// Reads a scope and keeps nothing of it but what is missing.
pub(super) async fn examine(
    what: &str,
    scope: &Scope,
    order: Order,
    transport: &Arc<dyn Transport>,
    catalogue: &Catalogue,
    checks: &mut Vec<Check>,
) {
    let noting = Arc::new(Noting::over(Arc::clone(transport)));
    let collected = scope.credentials.collect(order.clone(), Arc::clone(&noting) as Arc<dyn Transport>).await;
    checks.push(read(what, &collected));
    let inventory = noting.of_service(assets::SERVICE);
    checks.extend(inventory.as_ref().map(|noted| usable(what, noted)));
    checks.push(enabled(what, &noting));
    let way = if matches!(inventory, Some(Noted::Refused(_))) { Way::Direct } else { Way::Inventory };
    let families = if organization_of(&scope.id).is_some() { ORGANIZATION_FAMILIES } else { FAMILIES };
    let asked = needs::asked(families.iter().flat_map(|family| family.types).map(|type_| type_.name), way);
    let Credentials::Gcp { credentials, .. } = &scope.credentials else { return };
    let context = Context::new(order, Arc::clone(transport), credentials.clone());
    let mut actions = tried(&context, &asked, &noting).await;
    for action in actions.iter_mut().filter(|action| !action.refused.is_empty()) {
        action.controls = standing_on(catalogue, &action.action, way);
    }
    checks.push(report(what, actions));
}

/// What a run would not have of the scope.
fn read(what: &str, collected: &Collected) -> Check {
    let cut_short = collected.populations.iter().filter_map(|row| {
        let reason = row.reason.as_ref().filter(|_| !row.complete)?;
        Some(format!("{}: {reason}", row.type_))
    });
    let operations = needs::operations(connector::resource_types().map(|type_| type_.name)).into_values();
    let permissions: BTreeMap<String, &str> = operations
        .map(|operation| (format!("{}:{}", operation.service, operation.name), operation.permission))
        .collect();
    let permission = |operation: &str| permissions.get(operation).copied().unwrap_or("another permission");
    let of_gaps = collected.resources.iter().flat_map(|resource| &resource.gaps);
    let refused = of_gaps
        .filter(|gap| matches!(gap.reason, GapReason::Denied | GapReason::Unauthenticated | GapReason::NotEnabled))
        .map(|gap| format!("{} needs {}: {} ({})", gap.operation, permission(&gap.operation), gap.reason, gap.code));
    let missing: BTreeSet<String> = cut_short.chain(refused).collect();
    if missing.is_empty() {
        let types: BTreeSet<&str> = collected.populations.iter().map(|row| row.type_.as_str()).collect();
        return Check::ok(what, format!("everything of its {} resource types can be read", types.len()));
    }
    let found = format!("not everything can be read: {}", missing.into_iter().collect::<Vec<_>>().join("; "));
    Check::new(what, Outcome::Warning, found).advising(
        "give the collector the role that `evidenced permissions --cloud gcp` prints; what stays refused is not_evaluated in every run",
    )
}

/// Whether Cloud Asset Inventory can be used.
fn usable(what: &str, noted: &Noted) -> Check {
    let what = format!("{what}, Cloud Asset Inventory");
    match noted {
        Noted::Answered => Check::ok(what, "it answers, and most is read by its lists"),
        Noted::Refused(error) => {
            let found = format!("each API is asked instead, by many more calls: {}", error.sentence());
            Check::new(what, Outcome::Warning, found).advising(assets::REMEDY)
        }
        Noted::Failed(error) => Check::new(what, Outcome::NotChecked, error.sentence()),
    }
}

/// Which services are not enabled where the collector's credentials live.
fn enabled(what: &str, noting: &Noting) -> Check {
    let what = format!("{what}, services");
    let disabled = noting.disabled();
    if disabled.is_empty() {
        return Check::ok(what, "every service that was asked is enabled");
    }
    let disabled = disabled.into_iter().collect::<Vec<_>>().join(" ");
    Check::new(what, Outcome::Warning, format!("not enabled: {disabled}")).advising(format!(
        "enable them in the project of the collector's credentials: gcloud services enable {disabled}. One that is off in the project \
         that is read is used there by nobody"
    ))
}

/// What was found of each permission: asked for by name, or where it is of what lies above the project, by what a run asked.
async fn tried(context: &Context, asked: &Operations, noting: &Noting) -> Vec<Action> {
    let of_organization = !context.organization().is_empty();
    let (above, own): (BTreeSet<&str>, BTreeSet<&str>) = needs::permissions(asked)
        .into_iter()
        .partition(|permission| !of_organization && needs::is_above_projects(permission));
    let mut actions = Vec::new();
    for (permission, outcome) in held::held(context, own).await {
        actions.push(match outcome {
            Ok(true) => allowed(permission),
            Ok(false) => refused(permission, NOT_GIVEN),
            Err(error) => not_checked(permission, error.sentence()),
        });
    }
    for permission in above {
        let names =
            asked.values().filter(|operation| operation.permission == permission).map(|operation| operation.name);
        let noted: Vec<Noted> = names.filter_map(|name| noting.of_operation(name)).collect();
        let worst = noted.iter().find(|noted| !matches!(noted, Noted::Answered)).or(noted.first());
        actions.push(match worst {
            Some(Noted::Answered) => allowed(permission),
            Some(Noted::Refused(error)) => refused(permission, &error.code),
            Some(Noted::Failed(error)) => not_checked(permission, error.sentence()),
            None => not_checked(permission, NOTHING_THERE.to_owned()),
        });
    }
    actions.sort_by(|one, other| one.action.cmp(&other.action));
    actions
}

fn allowed(permission: &str) -> Action {
    Action { action: permission.to_owned(), allowed: BTreeSet::from([PLACE.to_owned()]), ..Action::default() }
}

fn refused(permission: &str, code: &str) -> Action {
    let refused = BTreeMap::from([(PLACE.to_owned(), code.to_owned())]);
    Action { action: permission.to_owned(), refused, ..Action::default() }
}

fn not_checked(permission: &str, why: String) -> Action {
    let not_checked = BTreeMap::from([(PLACE.to_owned(), why)]);
    Action { action: permission.to_owned(), not_checked, ..Action::default() }
}

fn standing_on(catalogue: &Catalogue, permission: &str, way: Way) -> Vec<String> {
    let own = catalogue.controls().iter().filter(|control| control.id.starts_with("gcp."));
    let standing = own.filter(|control| {
        let needs = gcp::of([*control], way);
        needs.permissions.contains(permission) || needs.of_organization.contains(permission)
    });
    standing.map(|control| control.id.clone()).collect()
}

/// One check for all permissions.
fn report(what: &str, actions: Vec<Action>) -> Check {
    let names = |of: fn(&Action) -> bool| {
        actions.iter().filter(|action| of(action)).map(|action| action.action.as_str()).collect::<Vec<_>>()
    };
    let missing = names(|action| !action.refused.is_empty());
    let untried = names(|action| !action.not_checked.is_empty());
    let mut found = format!(
        "of {} permissions that collecting needs {} are given, {} are missing, {} could not be tried",
        actions.len(),
        actions.len() - missing.len() - untried.len(),
        missing.len(),
        untried.len()
    );
    for (word, names) in [("missing", &missing), ("not tried", &untried)] {
        if !names.is_empty() {
            found = format!("{found}; {word}: {}", names.join(", "));
        }
    }
    let outcome = match (missing.is_empty(), untried.len() == actions.len()) {
        (false, _) => Outcome::Warning,
        (true, true) => Outcome::NotChecked,
        (true, false) => Outcome::Ok,
    };
    let mut check = Check::new(format!("{what}, permissions"), outcome, found);
    if outcome == Outcome::Warning {
        check = check.advising(
            "give the collector the role that `evidenced permissions --cloud gcp` prints. Where it has that role, a deny policy or a \
             principal access boundary of the organisation takes them away",
        );
    }
    Check { actions, ..check }
}

/// What a refusal is, as against a failure.
fn is_refusal(error: &CollectError) -> bool {
    matches!(error.kind, GapReason::Denied | GapReason::NotEnabled | GapReason::NotFound)
}
