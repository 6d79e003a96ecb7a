//! Which scopes fall to which worker, where several share the work.
//!
//! Scopes are split by rendezvous hashing (highest random weight, Thaler and Ravishankar 1998): each worker has a weight for each scope,
//! and the heaviest takes it. So every worker finds its share alone, the shares are even, and another number of workers moves
//! only what it must: one more takes its share from all others, and nothing moves between those. It is a pure function of
//! scope ids; nothing of it is in the evidence, which is the same whoever collected it.

use evidenced_schemas::Digest;
use std::fmt;
use std::str::FromStr;

/// The most workers: each weighs every scope.
const MOST: u32 = 10_000;
/// How many workers there are, where the platform tells only which one this is.
pub const SHARDS: &str = "EVIDENCED_SHARDS";

/// Platforms that number their workers from 0: the variable with the number, and the one with how many there are.
///
/// <https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/>,
/// <https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html>,
/// <https://cloud.google.com/run/docs/container-contract#jobs-env-vars>
const PLATFORMS: [(&str, Option<&str>); 3] = [
    ("JOB_COMPLETION_INDEX", None),
    ("AWS_BATCH_JOB_ARRAY_INDEX", Some("AWS_BATCH_JOB_ARRAY_SIZE")),
    ("CLOUD_RUN_TASK_INDEX", Some("CLOUD_RUN_TASK_COUNT")),
];

/// One worker's share of all scopes: number `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// A share that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShardError(String);

impl Shard {
    /// Share `index` of `count`, from 1.
    ///
    /// # Errors
    /// When there is no such share.
    pub fn new(index: u32, count: u32) -> Result<Self, ShardError> {
        if count == 0 || count > MOST {
            return Err(ShardError(format!("{count} shares: there are 1 to {MOST}")));
        }
        if index == 0 || index > count {
            return Err(ShardError(format!(
                "there is no share {index} of {count}: shares are numbered from 1, so write 1/{count} to {count}/{count}"
            )));
        }
        Ok(Self { index, count })
    }

    /// The share that the platform gave this process; none where no platform did.
    ///
    /// # Errors
    /// When the platform tells which one it is and nobody tells of how many, or a variable holds no number.
    pub fn of_platform(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ShardError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let number = |name: &str, value: &str| {
            value.parse::<u32>().map_err(|_| ShardError(format!("{name}={value}: this is no whole number")))
        };
        let Some((name, index, platforms)) =
            PLATFORMS.iter().find_map(|(name, count)| Some((*name, set(name)?, *count)))
        else {
            return Ok(None);
        };
        let counted = platforms.into_iter().chain([SHARDS]).find_map(|name| Some((name, set(name)?)));
        let Some((counts, count)) = counted else {
            return Err(ShardError(format!(
                "{name}={index} says which worker this is and not of how many: set {SHARDS} to the number of workers (the \
                 `completions` of an Indexed Job), or give --shard I/N"
            )));
        };
        let (index, count) = (number(name, &index)?, number(counts, &count)?);
        let shard = Self::new(index.saturating_add(1), count).map_err(|_| {
            ShardError(format!(
                "{name}={index} and {counts}={count}: workers are numbered from 0, so the last is {}",
                i64::from(count) - 1
            ))
        })?;
        Ok(Some(shard))
    }

    /// Its number, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// True when this scope is of this share.
    pub fn holds(self, scope: &str) -> bool {
        heaviest(scope, self.count) == self.index
    }
}

/// The share that a scope falls to, from 1. Of equal weights the first counts.
fn heaviest(scope: &str, count: u32) -> u32 {
    let mut best = (0, 1);
    for index in 1..=count {
        let weight = Digest::of(format!("{index}\n{scope}").as_bytes()).leading();
        if weight > best.0 {
            best = (weight, index);
        }
    }
    best.1
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let wrong = || ShardError(format!("`{text}` is no share: write I/N, like 3/16 for the third of sixteen"));
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        Self::new(number(index).ok_or_else(wrong)?, number(count).ok_or_else(wrong)?)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn accounts(count: u64) -> Vec<String> {
        (0..count).map(|number| format!("{:012}", 100_000_000_000 + number * 7_919)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_scope_is_in_exactly_one_share(scope in "[a-z0-9-]{1,40}", count in 1_u32..64) {
            let holders = (1..=count).filter(|index| Shard::new(*index, count).unwrap().holds(&scope)).count();
            prop_assert_eq!(holders, 1);
        }

        #[test]
        fn one_more_worker_moves_scopes_to_itself_only(scope in "[a-z0-9-]{1,40}", count in 1_u32..64) {
            let (before, after) = (heaviest(&scope, count), heaviest(&scope, count + 1));
            prop_assert!(after == before || after == count + 1, "{} to {}", before, after);
        }

        #[test]
        fn what_is_written_is_read(index in 0_u32..40, count in 0_u32..40) {
            match format!("{index}/{count}").parse::<Shard>() {
                Ok(shard) => {
                    prop_assert!(index >= 1 && index <= count);
                    prop_assert_eq!(shard.to_string(), format!("{index}/{count}"));
                }
                Err(_) => prop_assert!(index == 0 || index > count),
            }
        }
    }

    #[test]
    fn shares_are_even_and_few_scopes_move() {
        let scopes = accounts(4_000);
        for count in [4_u32, 16] {
            let mut shares: BTreeMap<u32, u32> = BTreeMap::new();
            for scope in &scopes {
                *shares.entry(heaviest(scope, count)).or_default() += 1;
            }
            let even = 4_000 / count;
            // Five standard deviations of a fair split.
            let bound = 5.0 * f64::from(even).sqrt();
            assert_eq!(shares.len(), count as usize);
            assert!(shares.values().all(|share| f64::from(share.abs_diff(even)) < bound), "{count}: {shares:?}");
            let moved = scopes.iter().filter(|scope| heaviest(scope, count) != heaviest(scope, count + 1)).count();
            assert!(moved < 2 * 4_000 / (count as usize + 1), "{moved} moved from {count} workers to one more");
        }
    }

    #[test]
    fn shares_stay_where_they_are_between_versions() {
        let shares: Vec<u32> = accounts(8).iter().map(|scope| heaviest(scope, 4)).collect();
        assert_eq!(shares, [4, 3, 3, 4, 3, 1, 1, 2], "another function would have two versions read the same scope");
    }

    #[test]
    fn what_is_no_share_is_refused_with_what_to_write() {
        for (text, said) in [
            ("0/16", "numbered from 1, so write 1/16 to 16/16"),
            ("17/16", "there is no share 17 of 16"),
            ("1/0", "there are 1 to 10000"),
            ("1/10001", "there are 1 to 10000"),
            ("3", "write I/N, like 3/16"),
            ("a/b", "write I/N"),
            ("+1/2", "write I/N"),
            ("/", "write I/N"),
            ("1/2/3", "write I/N"),
            ("-1/3", "write I/N"),
        ] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!("16/16".parse::<Shard>().unwrap(), Shard { index: 16, count: 16 });
    }

    fn platform(variables: &[(&str, &str)]) -> Result<Option<Shard>, String> {
        let set: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Shard::of_platform(|name| set.get(name).map(|value| (*value).to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn platforms_number_their_workers_from_0() {
        let third = Ok(Some(Shard { index: 3, count: 16 }));
        assert_eq!(platform(&[]), Ok(None));
        assert_eq!(platform(&[("EVIDENCED_SHARDS", "16")]), Ok(None));
        assert_eq!(platform(&[("JOB_COMPLETION_INDEX", "2"), ("EVIDENCED_SHARDS", "16")]), third);
        assert_eq!(platform(&[("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "16")]), third);
        assert_eq!(platform(&[("CLOUD_RUN_TASK_INDEX", "2"), ("CLOUD_RUN_TASK_COUNT", "16")]), third);
        assert_eq!(
            platform(&[("CLOUD_RUN_TASK_INDEX", "0"), ("CLOUD_RUN_TASK_COUNT", "1")]).unwrap().unwrap().index,
            1
        );
    }

    #[test]
    fn a_platform_that_tells_too_little_or_nonsense_is_an_error_that_says_what_to_set() {
        let alone = platform(&[("JOB_COMPLETION_INDEX", "2")]).unwrap_err();
        assert!(alone.contains("set EVIDENCED_SHARDS to the number of workers"), "{alone}");
        assert!(platform(&[("AWS_BATCH_JOB_ARRAY_INDEX", "2")]).unwrap_err().contains("EVIDENCED_SHARDS"));
        let beyond = platform(&[("JOB_COMPLETION_INDEX", "16"), ("EVIDENCED_SHARDS", "16")]).unwrap_err();
        assert!(beyond.contains("the last is 15"), "{beyond}");
        let words = platform(&[("CLOUD_RUN_TASK_INDEX", "two"), ("CLOUD_RUN_TASK_COUNT", "4")]).unwrap_err();
        assert!(words.contains("CLOUD_RUN_TASK_INDEX=two"), "{words}");
        assert!(platform(&[("JOB_COMPLETION_INDEX", "0"), ("EVIDENCED_SHARDS", "0")]).is_err());
        assert!(platform(&[("CLOUD_RUN_TASK_INDEX", "4294967295"), ("CLOUD_RUN_TASK_COUNT", "4")]).is_err());
    }
}
