//! `aws.backup.account`: one document a region.
//!
//! Plans, protected resources and restore jobs are facts of a region, and a region that refuses must leave the others
//! whole. That the account as a whole is covered, or restored something somewhere, is for the controls to say.

use super::list;
use crate::aws::listing::Place;
use crate::aws::time;
use crate::aws::{Context, Operation};
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use chrono::{Duration, SecondsFormat};
use evidenced_schemas::Resource;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The type's name.
pub(in crate::aws) const TYPE: &str = "aws.backup.account";
/// Regions that are read at the same time.
const AT_ONCE: usize = 16;
/// Restore jobs that were completed earlier are not read: 366 days.
const RESTORES_WITHIN: Duration = Duration::days(366);

/// Lists the backup plans of a region.
pub static LIST_BACKUP_PLANS: Operation = list(
    "ListBackupPlans",
    "/backup/plans/",
    "backup:ListBackupPlans",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupPlans.html",
);

/// Lists the selections of resources of a plan.
pub static LIST_BACKUP_SELECTIONS: Operation = list(
    "ListBackupSelections",
    "/backup/plans/{backupPlanId}/selections/",
    "backup:ListBackupSelections",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupSelections.html",
);

/// Lists the resources that Backup has recovery points of.
pub static LIST_PROTECTED_RESOURCES: Operation = list(
    "ListProtectedResources",
    "/resources/",
    "backup:ListProtectedResources",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListProtectedResources.html",
);

/// Lists the restore jobs that were completed within a year.
pub static LIST_RESTORE_JOBS: Operation = list(
    "ListRestoreJobs",
    "/restore-jobs/",
    "backup:ListRestoreJobs",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRestoreJobs.html",
);

/// Lists the plans by which Backup tries restores.
pub static LIST_RESTORE_TESTING_PLANS: Operation = Operation {
    paging: crate::aws::Paging::Token { input: "NextToken", output: "NextToken" },
    ..list(
        "ListRestoreTestingPlans",
        "/restore-testing/plans",
        "backup:ListRestoreTestingPlans",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRestoreTestingPlans.html",
    )
};

/// Everything that a document is built from.
pub(super) const OPERATIONS: &[&Operation] = &[
    &LIST_BACKUP_PLANS,
    &LIST_BACKUP_SELECTIONS,
    &LIST_PROTECTED_RESOURCES,
    &LIST_RESTORE_JOBS,
    &LIST_RESTORE_TESTING_PLANS,
];

/// `config` of `aws.backup.account`. Times are RFC 3339.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AccountConfig {
    /// Plans, by id.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub backup_plans: Field<Vec<BackupPlan>>,
    /// Selections of resources of all plans, by id.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub backup_selections: Field<Vec<BackupSelection>>,
    /// Resources with a recovery point, by ARN.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub protected_resources: Field<Vec<ProtectedResource>>,
    /// Restore jobs that were completed in the 366 days before the run, by id.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub restore_jobs: Field<Vec<RestoreJob>>,
    /// Plans by which restores are tried, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub restore_testing_plans: Field<Vec<RestoreTestingPlan>>,
}

/// `derived` of `aws.backup.account`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AccountDerived {
    /// Resources of the region that are tagged `backup=required`, by ARN: instances, volumes, databases, tables and
    /// buckets. Filled in once those are known.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub required_resources: Field<Vec<RequiredResource>>,
}

/// A plan.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackupPlan {
    /// Id.
    pub backup_plan_id: String,
    /// Name.
    pub backup_plan_name: Option<String>,
    /// When it last ran.
    #[serde(default, deserialize_with = "time::text")]
    pub last_execution_date: Option<String>,
}

/// A selection of resources.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackupSelection {
    /// Id.
    pub selection_id: String,
    /// Name.
    pub selection_name: Option<String>,
    /// Plan that it belongs to.
    pub backup_plan_id: Option<String>,
}

/// A resource with a recovery point.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProtectedResource {
    /// ARN.
    pub resource_arn: String,
    /// `EBS`, `RDS`, …
    pub resource_type: Option<String>,
    /// Its last backup.
    #[serde(default, deserialize_with = "time::text")]
    pub last_backup_time: Option<String>,
}

/// A restore job.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreJob {
    /// Id.
    pub restore_job_id: String,
    /// `COMPLETED`
    pub status: Option<String>,
    /// When it was completed.
    #[serde(default, deserialize_with = "time::text")]
    pub completion_date: Option<String>,
    /// `EBS`, `RDS`, …
    pub resource_type: Option<String>,
    /// What was restored.
    pub recovery_point_arn: Option<String>,
    /// What a validation of the restored resource said; null where none was asked for.
    pub validation_status: Option<String>,
    /// The restore testing plan that began it.
    pub created_by: Option<RestoreCreator>,
}

/// What began a restore job.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreCreator {
    /// Restore testing plan.
    pub restore_testing_plan_arn: Option<String>,
}

/// A plan by which restores are tried.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RestoreTestingPlan {
    /// Name.
    pub restore_testing_plan_name: String,
    /// When it last ran; that says nothing of how it went.
    #[serde(default, deserialize_with = "time::text")]
    pub last_execution_time: Option<String>,
    /// When it runs.
    pub schedule_expression: Option<String>,
}

/// A resource that must be backed up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequiredResource {
    /// ARN.
    pub resource_arn: String,
    /// Type of its document.
    pub resource_type: String,
    /// Last backup of it, or of the instance or cluster that it is backed up with; null where there is none.
    pub last_backup_time: Option<String>,
}

/// A document for each region of the run.
pub(super) async fn collect(context: &Context) -> Collected {
    let regions: Vec<_> =
        context.regions().iter().map(|region| Box::pin(document(Place { context, region }))).collect();
    let resources = stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let row = |region: &String| {
        let mut tally = Tally::new(TYPE, region);
        tally.page();
        tally.close(&resources)
    };
    Collected { populations: context.regions().iter().map(row).collect(), resources, ..Collected::default() }
}

type Outcome<T> = Result<Read<Vec<T>>, CollectError>;

async fn document(place: Place<'_>) -> Resource {
    let id = format!("{}/{}", place.context.account(), place.region);
    let mut draft = Draft::new(TYPE, id, place.region, place.region);
    let since = place.context.as_of().utc() - RESTORES_WITHIN;
    let restored = json!({"status": "COMPLETED", "maxResults": 1000,
        "completeAfter": since.to_rfc3339_opts(SecondsFormat::Secs, true)});
    let all = || json!({"maxResults": 1000});
    let ((plans, selections), protected, jobs, testing) = futures::join!(
        planned(place),
        place.whole::<ProtectedResource>(&LIST_PROTECTED_RESOURCES, &["results"], all()),
        place.whole::<RestoreJob>(&LIST_RESTORE_JOBS, &["restore_jobs"], restored),
        place.whole::<RestoreTestingPlan>(
            &LIST_RESTORE_TESTING_PLANS,
            &["restore_testing_plans"],
            json!({"MaxResults": 1000})
        ),
    );
    let config = AccountConfig {
        backup_plans: sorted(&mut draft, "backup_plans", plans, |plan| plan.backup_plan_id.clone()),
        backup_selections: sorted(&mut draft, "backup_selections", selections, |own| own.selection_id.clone()),
        protected_resources: sorted(&mut draft, "protected_resources", protected, |own| own.resource_arn.clone()),
        restore_jobs: sorted(&mut draft, "restore_jobs", jobs, |job| job.restore_job_id.clone()),
        restore_testing_plans: sorted(&mut draft, "restore_testing_plans", testing, |plan| {
            plan.restore_testing_plan_name.clone()
        }),
    };
    place.context.finish(draft, &config, &AccountDerived::default())
}

/// Plans and the selections of all of them.
async fn planned(place: Place<'_>) -> (Outcome<BackupPlan>, Outcome<BackupSelection>) {
    let plans = place.whole::<BackupPlan>(&LIST_BACKUP_PLANS, &["backup_plans_list"], json!({"maxResults": 1000}));
    let plans = match plans.await {
        Ok(plans) => plans,
        Err(error) => return (Err(error.clone()), Err(error)),
    };
    let mut all = Read { value: vec![], exchanges: plans.exchanges.clone(), at: plans.at };
    for plan in &plans.value {
        let input = json!({"backupPlanId": plan.backup_plan_id, "maxResults": 1000});
        match place.whole::<BackupSelection>(&LIST_BACKUP_SELECTIONS, &["backup_selections_list"], input).await {
            Ok(read) => {
                all.value.extend(read.value);
                all.exchanges.extend(read.exchanges);
                all.at = all.at.max(read.at);
            }
            Err(error) => return (Ok(plans), Err(error)),
        }
    }
    (Ok(plans), Ok(all))
}

fn sorted<T>(draft: &mut Draft, key: &str, outcome: Outcome<T>, by: impl Fn(&T) -> String) -> Field<Vec<T>> {
    let outcome = outcome.map(|read| {
        read.map(|mut items| {
            items.sort_by_key(&by);
            Some(items)
        })
    });
    draft.take(&format!("config.{key}"), outcome)
}
