//! Which regions a run reads: those that the account has enabled, or those that were named.
//!
//! A region that was asked for and cannot be read is never left out in silence: it becomes an incomplete population of
//! every regional resource type.

use super::{Context, Operation, Reach, door, resource_types};
use crate::collection::Tally;
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::Population;
use evidenced_schemas::run::Regions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lists every region with its opt-in status.
pub static DESCRIBE_REGIONS: Operation = Operation {
    service: "ec2",
    name: "DescribeRegions",
    permission: "ec2:DescribeRegions",
    docs: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html",
    ..Operation::PLAIN
};

/// One region, as `ec2:DescribeRegions` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Region {
    /// Name, `eu-central-1`.
    #[serde(alias = "region_name")]
    pub name: String,
    /// `opt-in-not-required`, `opted-in` or `not-opted-in`.
    pub opt_in_status: String,
}

impl Region {
    /// The account can use it.
    pub fn is_enabled(&self) -> bool {
        matches!(self.opt_in_status.as_str(), "opt-in-not-required" | "opted-in")
    }
}

/// What is known of the regions.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// Every region, by name, or why they could not be listed.
    pub listed: Result<Read<Vec<Region>>, CollectError>,
    /// Regions to read, sorted.
    pub to_read: Vec<String>,
    /// Regions that were asked for and are not read, each with the reason. `unknown` stands for those that nobody listed.
    pub unread: Vec<(String, String)>,
}

impl Discovered {
    /// An incomplete population of every regional resource type for each region that is not read.
    pub fn populations(&self) -> Vec<Population> {
        let regional = || resource_types().filter(|type_| type_.reach == Reach::Regional);
        let rows = self.unread.iter().flat_map(|(region, reason)| regional().map(move |type_| (type_, region, reason)));
        rows.map(|(type_, region, reason)| {
            let mut tally = Tally::new(type_.name, region);
            tally.cut_short(reason.clone());
            tally.close(&[])
        })
        .collect()
    }
}

/// Lists the regions and decides which are read.
pub async fn discover(context: &Context) -> Discovered {
    let listed = list(context).await;
    let (to_read, unread) = match &context.order().asked.regions {
        Regions::Enabled(_) => enabled(context.home_region(), &listed),
        Regions::Named(names) => named(names, &listed),
    };
    Discovered { listed, to_read, unread }
}

async fn list(context: &Context) -> Result<Read<Vec<Region>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        region_info: Vec<Region>,
    }
    let region = context.home_region();
    let answer = context.ask(&DESCRIBE_REGIONS, region, json!({"AllRegions": true})).await?;
    let answer = answer.map(door::snake_case_keys);
    let mut regions = door::typed::<Answer>(&DESCRIBE_REGIONS, region, answer)?.map(|answer| answer.region_info);
    if !regions.value.iter().any(Region::is_enabled) {
        let message = "no region is enabled, which cannot be";
        return Err(CollectError {
            at: regions.at,
            ..CollectError::malformed("ec2", "DescribeRegions", region, message, regions.exchanges)
        });
    }
    regions.value.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(regions)
}

type Decision = (Vec<String>, Vec<(String, String)>);

fn enabled(home: &str, listed: &Result<Read<Vec<Region>>, CollectError>) -> Decision {
    match listed {
        Ok(regions) => {
            let enabled = regions.value.iter().filter(|region| region.is_enabled());
            (enabled.map(|region| region.name.clone()).collect(), vec![])
        }
        Err(error) => (vec![home.to_owned()], vec![("unknown".to_owned(), error.sentence())]),
    }
}

/// Named regions are read as named when the list is not known: a region that is not enabled then refuses by itself.
fn named(names: &[String], listed: &Result<Read<Vec<Region>>, CollectError>) -> Decision {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let Ok(regions) = listed else { return (names, vec![]) };
    let mut unread = Vec::new();
    names.retain(|name| match regions.value.iter().find(|region| region.name == *name) {
        Some(region) if region.is_enabled() => true,
        Some(region) => {
            unread.push((name.clone(), format!("the region is not enabled ({})", region.opt_in_status)));
            false
        }
        None => {
            unread.push((name.clone(), "ec2:DescribeRegions lists no region of this name".to_owned()));
            false
        }
    });
    (names, unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(regions: &[(&str, &str)]) -> Read<Vec<Region>> {
        let region = |(name, status): &(&str, &str)| Region { name: (*name).into(), opt_in_status: (*status).into() };
        Read { value: regions.iter().map(region).collect(), exchanges: vec![1], at: None }
    }

    #[test]
    fn enabled_regions_are_those_that_need_no_opt_in_or_have_it() {
        let answer =
            listed(&[("af-south-1", "not-opted-in"), ("eu-south-1", "opted-in"), ("us-east-1", "opt-in-not-required")]);
        assert_eq!(enabled("us-east-1", &Ok(answer)), (vec!["eu-south-1".into(), "us-east-1".into()], vec![]));
    }

    #[test]
    fn a_list_that_fails_leaves_the_home_region_and_a_row_that_says_so() {
        let failed = Err(CollectError::malformed("ec2", "DescribeRegions", "us-east-1", "", vec![]));
        let (read, unread) = enabled("us-east-1", &failed);
        assert_eq!(read, ["us-east-1"]);
        assert_eq!(unread, [("unknown".to_owned(), "ec2:DescribeRegions malformed (-)".to_owned())]);
        assert_eq!(named(&["eu-west-1".into()], &failed), (vec!["eu-west-1".into()], vec![]));
    }

    #[test]
    fn a_named_region_that_cannot_be_read_is_named() {
        let answer = listed(&[("af-south-1", "not-opted-in"), ("us-east-1", "opt-in-not-required")]);
        let names = ["us-east-1", "us-east-1", "af-south-1", "mars-north-1"].map(str::to_owned);
        let (read, unread) = named(&names, &Ok(answer));
        assert_eq!(read, ["us-east-1"]);
        let regions: Vec<&str> = unread.iter().map(|(region, _)| region.as_str()).collect();
        assert_eq!(regions, ["af-south-1", "mars-north-1"]);
    }
}
