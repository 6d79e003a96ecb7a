//! ECR: the private repositories of container images. Those of the public gallery belong to another service (`ecr-public`)
//! and are deliberately not read: being public is what they are for.

use super::listing::{Listed, Name, Place};
use super::resource_policy::{self, Exposure};
use super::{Context, Family, Operation, Paging, ResourceType, door, sdk};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the repositories of a region.
pub static DESCRIBE_REPOSITORIES: Operation = Operation {
    paging: Paging::Token { input: "nextToken", output: "nextToken" },
    ..one(
        "DescribeRepositories",
        "ecr:DescribeRepositories",
        "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html",
    )
};

/// Says how the registry of a region scans images.
pub static GET_REGISTRY_SCANNING_CONFIGURATION: Operation = one(
    "GetRegistryScanningConfiguration",
    "ecr:GetRegistryScanningConfiguration",
    "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html",
);

/// Gives the policy of a repository.
pub static GET_REPOSITORY_POLICY: Operation = Operation {
    absent: &["RepositoryPolicyNotFoundException"],
    ..one(
        "GetRepositoryPolicy",
        "ecr:GetRepositoryPolicy",
        "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html",
    )
};

/// An operation of ECR with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "ecr", name, permission, docs, ..Operation::PLAIN }
}

/// ECR's family.
pub const FAMILY: Family = Family {
    name: "ecr",
    types: &[ResourceType::regional::<Repository>("A private repository of container images.")],
    collect: None,
};

/// A repository, as `ecr:DescribeRepositories` describes it, and its policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// ARN.
    pub repository_arn: String,
    /// Name.
    pub repository_name: String,
    /// `MUTABLE`, `IMMUTABLE`, or either `…_WITH_EXCLUSION`.
    pub image_tag_mutability: Option<String>,
    /// Tags that the exclusion is for; null where there are none.
    pub image_tag_mutability_exclusion_filters: Option<Vec<TagFilter>>,
    /// The repository's own setting. It counts as long as the registry has no rules.
    pub image_scanning_configuration: Option<ScanningConfiguration>,
    /// How images are encrypted.
    pub encryption_configuration: Option<EncryptionConfiguration>,
    /// How the registry of the region scans.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub registry_scanning: Field<RegistryScanning>,
    /// Text of the repository's policy; null when it has none.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub policy: Field<String>,
}

/// Tags of images.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TagFilter {
    /// Tags with `*` for any characters.
    pub filter: String,
    /// `WILDCARD`
    pub filter_type: Option<String>,
}

/// A repository's own setting.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScanningConfiguration {
    /// Images are scanned when they are pushed.
    pub scan_on_push: Option<bool>,
}

/// How images are encrypted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EncryptionConfiguration {
    /// `AES256`, `KMS` or `KMS_DSSE`.
    pub encryption_type: Option<String>,
    /// Key; null for ECR's own.
    pub kms_key: Option<String>,
}

/// How a registry scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistryScanning {
    /// `BASIC` or `ENHANCED`.
    pub scan_type: String,
    /// Rules; none leave it to the repositories.
    pub rules: Vec<ScanningRule>,
}

/// Which repositories are scanned, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScanningRule {
    /// `SCAN_ON_PUSH`, `CONTINUOUS_SCAN` or `MANUAL`.
    pub scan_frequency: String,
    /// Repositories that it is for.
    pub repository_filters: Vec<RepositoryFilter>,
}

/// Names of repositories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryFilter {
    /// A part of the name; the whole name where it holds `*` for any characters.
    pub filter: String,
    /// `WILDCARD`
    pub filter_type: String,
}

/// `derived` of `aws.ecr.repository`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RepositoryDerived {
    /// Images are scanned at the latest when they are pushed.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub scanning_enabled: Field<bool>,
    /// Whom the policy lets in.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
}

impl Listed for Repository {
    const TYPE: &'static str = "aws.ecr.repository";
    const LIST: &'static Operation = &DESCRIBE_REPOSITORIES;
    const OPERATIONS: &'static [&'static Operation] =
        &[&DESCRIBE_REPOSITORIES, &GET_REGISTRY_SCANNING_CONFIGURATION, &GET_REPOSITORY_POLICY];
    const ITEMS: &'static [&'static str] = &["repositories"];
    const ALWAYS: &'static [&'static str] = &["image_tag_mutability"];
    /// How the region's registry scans.
    type Around = Result<Read<RegistryScanning>, CollectError>;
    type Derived = RepositoryDerived;

    fn input(_: &Context) -> Value {
        json!({"maxResults": 1000})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        #[derive(Deserialize)]
        struct Answer {
            scanning_configuration: RegistryScanning,
        }
        Box::pin(async move {
            let read = place.one::<Answer>(&GET_REGISTRY_SCANNING_CONFIGURATION, json!({})).await?;
            Ok(read.map(|answer| answer.scanning_configuration))
        })
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.repository_arn.clone(), name: self.repository_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        scanning: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, RepositoryDerived> {
        Box::pin(async move {
            self.registry_scanning =
                draft.take("config.registry_scanning", scanning.clone().map(|read| read.map(Some)));
            self.policy = draft.take("config.policy", policy(place, &self.repository_name).await);
            let scanning_enabled = self.scanned();
            if scanning_enabled.is_unread() {
                draft.miss_with("derived.scanning_enabled", &["config.registry_scanning"]);
            }
            RepositoryDerived { scanning_enabled, policy: self.exposure(place, draft) }
        })
    }
}

impl Repository {
    /// Rules of the registry override what the repository says; a repository that none of them names is scanned by hand
    /// at most (basic), or not at all (enhanced).
    fn scanned(&self) -> Field<bool> {
        let Some(registry) = self.registry_scanning.value() else { return Field::Unread };
        if registry.scan_type == "BASIC" && registry.rules.is_empty() {
            let own = self.image_scanning_configuration.as_ref().and_then(|own| own.scan_on_push);
            return Field::Value(own == Some(true));
        }
        let scans = |rule: &&ScanningRule| rule.scan_frequency != "MANUAL";
        let named = |rule: &ScanningRule| rule.repository_filters.iter().any(|f| f.names(&self.repository_name));
        Field::Value(registry.rules.iter().filter(scans).any(named))
    }

    fn exposure(&self, place: Place<'_>, draft: &mut Draft) -> Field<Exposure> {
        let Some(policy) = self.policy.known() else {
            draft.miss_with("derived.policy", &["config.policy"]);
            return Field::Unread;
        };
        match resource_policy::exposure(policy.map(String::as_str), place.context.account()) {
            Ok(exposure) => Field::Value(exposure),
            Err(message) => {
                let error = CollectError::malformed("ecr", "GetRepositoryPolicy", place.region, message, vec![]);
                draft.miss("derived.policy", &error);
                Field::Unread
            }
        }
    }
}

impl RepositoryFilter {
    fn names(&self, repository: &str) -> bool {
        if !self.filter.contains('*') {
            return repository.contains(&self.filter);
        }
        let mut pieces = self.filter.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| repository.strip_prefix(first)) else { return false };
        let pieces: Vec<&str> = pieces.collect();
        let Some((last, between)) = pieces.split_last() else { return false };
        for piece in between {
            let Some((_, after)) = rest.split_once(piece) else { return false };
            rest = after;
        }
        rest.ends_with(last)
    }
}

async fn policy(place: Place<'_>, repository: &str) -> Result<Read<Option<String>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        policy_text: String,
    }
    let asked = json!({"repositoryName": repository});
    let answer =
        sdk::absent(&GET_REPOSITORY_POLICY, place.context.ask(&GET_REPOSITORY_POLICY, place.region, asked).await)?;
    let (exchanges, at) = (answer.exchanges, answer.at);
    let Some(value) = answer.value else { return Ok(Read { value: None, exchanges, at }) };
    let read = Read { value: door::snake_case_keys(value), exchanges, at };
    Ok(door::item::<Answer>(&GET_REPOSITORY_POLICY, place.region, read)?.map(|answer| Some(answer.policy_text)))
}

#[cfg(test)]
mod tests;
