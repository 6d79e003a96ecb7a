//! The population of a resource type at an instant, and a sample of it that anybody can draw again.
//!
//! The rank of a resource is a digest over the seed and over what names it, and the smallest ranks are the sample: it depends on no
//! random numbers, no order of reading and no other resource. It judges nothing: documents and verdicts are those of the bundles.

use crate::bundle::{EXCHANGES, FINDINGS, Lines, POPULATIONS, RESOURCES};
use crate::history::{self, HistoryOptions, Whole};
use crate::ledger::list_streams;
use crate::report::problem;
use crate::store::{Store, StoreError};
use crate::verify::ProblemKind as Kind;
use crate::verify::problem::Problems;
use evidenced_schemas::sample::{
    EvidenceFile, METHOD, SAMPLE_VERSION, Sample, SampledBundle, SampledItem, SampledStream,
};
use evidenced_schemas::statement::Subject;
use evidenced_schemas::{Cloud, Digest, Finding, Instant, Population, Resource, StreamId};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The resource type.
    pub population: String,
    /// Its cloud.
    pub cloud: Cloud,
    /// How many.
    pub size: usize,
    /// The seed.
    pub seed: String,
}

/// What was drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The document.
    pub sample: Sample,
    /// Every type that the bundles have a population of.
    pub types: BTreeSet<String>,
}

/// The rank of a resource: SHA-256 over seed, stream, type, region and id, with a line feed between each and none at the end.
pub fn rank(seed: &str, stream: &str, type_: &str, region: &str, id: &str) -> Digest {
    Digest::of([seed, stream, type_, region, id].join("\n").as_bytes())
}

/// Draws from the newest whole bundle of each stream before the end of the options' period.
///
/// # Errors
/// When the store cannot be listed or read. What is damaged is in the sample's `problems`.
pub async fn draw(store: &dyn Store, options: &HistoryOptions, draw: &Draw) -> Result<Drawn, StoreError> {
    let mut streams = list_streams(store).await?;
    streams.retain(|stream| stream.cloud == draw.cloud);
    streams.retain(|stream| options.streams.is_empty() || options.streams.contains(stream));
    let mut drawing = Drawing { draw, chosen: BTreeMap::new(), types: BTreeSet::new() };
    let (mut told, mut problems) = (Vec::new(), Vec::new());
    for stream in &streams {
        let whole = history::newest_whole(store, options, stream, &READ, &mut problems).await?;
        let Some(whole) = whole else {
            told.push(SampledStream {
                stream: stream.to_string(),
                bundle: None,
                lists: Vec::new(),
                documents: 0,
                complete: false,
            });
            continue;
        };
        let mut found = Problems::of(&stream.to_string(), whole.run.sequence);
        let bundle = named(store, stream, &whole).await?;
        told.push(drawing.stream(stream, &whole, bundle, &mut found));
        problems.extend(found.into_list());
    }
    let lists = || told.iter().flat_map(|stream| &stream.lists);
    let sample = Sample {
        format: SAMPLE_VERSION,
        store: store.url().to_owned(),
        at: Instant::new(options.period.to - chrono::TimeDelta::milliseconds(1)),
        population: draw.population.clone(),
        seed: draw.seed.clone(),
        size: draw.size as u64,
        method: METHOD.to_owned(),
        signatures: options.signatures(),
        documents: told.iter().map(|stream| stream.documents).sum(),
        excluded: lists().map(|list| list.excluded).sum(),
        complete: lists().next().is_some() && told.iter().all(|stream| stream.complete),
        items: drawing.chosen.into_values().collect(),
        streams: told,
        problems: problems.iter().map(problem).collect(),
    };
    Ok(Drawn { sample, types: drawing.types })
}

/// The files that are looked into.
const READ: [&str; 3] = [FINDINGS, POPULATIONS, RESOURCES];

/// The bundle with the files that an auditor follows; none where its statement names no run.
async fn named(store: &dyn Store, stream: &StreamId, whole: &Whole) -> Result<Option<SampledBundle>, StoreError> {
    let path = stream.statement_key(whole.run.sequence);
    let bytes = store.get(&path).await?.unwrap_or_default();
    let statement = EvidenceFile { path, bytes: bytes.len() as u64, sha256: Digest::of(&bytes) };
    let (Some(run), Some(populations), Some(resources), Some(findings), Some(exchanges)) = (
        whole.run.run.clone(),
        file(whole, POPULATIONS),
        file(whole, RESOURCES),
        file(whole, FINDINGS),
        file(whole, EXCHANGES),
    ) else {
        return Ok(None);
    };
    let (sequence, as_of) = (whole.run.sequence, whole.run.as_of);
    Ok(Some(SampledBundle { sequence, run, as_of, statement, populations, resources, findings, exchanges }))
}

fn file(whole: &Whole, name: &str) -> Option<EvidenceFile> {
    let of = |subject: &Subject| EvidenceFile {
        path: subject.name.clone(),
        bytes: subject.annotations.bytes,
        sha256: subject.digest.sha256.clone(),
    };
    whole.subjects.iter().find(|subject| subject.name.ends_with(&format!("/{name}"))).map(of)
}

struct Drawing<'a> {
    draw: &'a Draw,
    /// The smallest ranks so far.
    chosen: BTreeMap<Digest, SampledItem>,
    types: BTreeSet<String>,
}

impl Drawing<'_> {
    /// Takes in the population of one stream.
    fn stream(
        &mut self,
        stream: &StreamId,
        whole: &Whole,
        bundle: Option<SampledBundle>,
        found: &mut Problems,
    ) -> SampledStream {
        let populations: Option<Vec<Population>> = whole.files.document(POPULATIONS, found);
        let mut lists = populations.unwrap_or_default();
        self.types.extend(lists.iter().map(|list| list.type_.clone()));
        lists.retain(|list| list.type_ == self.draw.population);
        let name = stream.to_string();
        let links: Vec<EvidenceFile> = bundle
            .iter()
            .flat_map(|bundle| [&bundle.resources, &bundle.exchanges, &bundle.findings])
            .cloned()
            .collect();
        let documents = self.documents(&name, whole, &links, found);
        self.verdicts(&name, whole, found);
        let expected: u64 = lists.iter().map(|list| list.listed.saturating_sub(list.excluded)).sum();
        let agrees = documents == Some(expected);
        if let (Some(documents), false, Some((path, _))) = (documents, agrees, whole.files.get(RESOURCES)) {
            let what = format!("holds {documents} documents of the type, and populations.json counts {expected}");
            found.add(Kind::BalanceBroken, path, what);
        }
        SampledStream {
            stream: name,
            complete: bundle.is_some() && agrees && lists.iter().all(Population::is_whole),
            bundle,
            lists,
            documents: documents.unwrap_or_default(),
        }
    }

    /// Ranks every document of the type, and counts them; none, with a problem, where the file does not read.
    fn documents(&mut self, stream: &str, whole: &Whole, links: &[EvidenceFile], found: &mut Problems) -> Option<u64> {
        let (path, bytes) = whole.files.get(RESOURCES)?;
        let mut count = 0;
        for line in lines::<Resource>(path, bytes, found)? {
            let resource = read(line, path, found)?;
            if resource.type_ != self.draw.population {
                continue;
            }
            count += 1;
            let Resource { type_, region, id, .. } = &resource;
            let rank = rank(&self.draw.seed, stream, type_, region, id);
            let is_chosen = self.chosen.len() < self.draw.size
                || self.chosen.last_key_value().is_some_and(|(largest, _)| rank < *largest);
            if is_chosen {
                self.chosen.insert(rank.clone(), item(rank, stream, resource, links));
                if self.chosen.len() > self.draw.size {
                    self.chosen.pop_last();
                }
            }
        }
        Some(count)
    }

    /// Adds the verdicts of what is chosen of a stream.
    fn verdicts(&mut self, stream: &str, whole: &Whole, found: &mut Problems) -> Option<()> {
        let own = self.chosen.iter_mut().filter(|(_, item)| item.stream == stream);
        let mut wanted: BTreeMap<(String, String), &mut SampledItem> =
            own.map(|(_, item)| ((item.region.clone(), item.id.clone()), item)).collect();
        let (path, bytes) = whole.files.get(FINDINGS)?;
        for line in lines::<Finding>(path, bytes, found)? {
            let finding = read(line, path, found)?;
            let Some(resource) = &finding.resource else { continue };
            if resource.type_ != self.draw.population {
                continue;
            }
            if let Some(item) = wanted.get_mut(&(resource.region.clone(), resource.id.clone())) {
                item.verdicts.push(finding);
            }
        }
        Some(())
    }
}

fn item(rank: Digest, stream: &str, resource: Resource, links: &[EvidenceFile]) -> SampledItem {
    SampledItem {
        rank,
        stream: stream.to_owned(),
        region: resource.region,
        id: resource.id,
        name: resource.name,
        document: resource.sha256,
        observed_at: resource.observed_at,
        gaps: resource.gaps.len() as u64,
        exchanges: resource.exchanges,
        files: links.to_vec(),
        verdicts: Vec::new(),
    }
}

type Line<T> = Result<crate::bundle::Line<T>, crate::bundle::ReadError>;

/// The lines of a file; none, with a problem, where it cannot be decompressed.
fn lines<'a, T: serde::de::DeserializeOwned>(
    path: &str,
    bytes: &'a [u8],
    found: &mut Problems,
) -> Option<Lines<'a, T>> {
    Lines::new(path, bytes).map_err(|error| found.add(Kind::DocumentMalformed, path, error.to_string())).ok()
}

/// What a line says; none, with a problem, where it does not read.
fn read<T>(line: Line<T>, path: &str, found: &mut Problems) -> Option<T> {
    line.map_err(|error| found.add(Kind::DocumentMalformed, path, error.to_string())).ok().map(|line| line.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'seed\nj/aws/1\naws.s3.bucket\nglobal\narn:aws:s3:::b' | sha256sum`
    #[test]
    fn a_rank_is_what_sha256sum_says() {
        let rank = rank("seed", "j/aws/1", "aws.s3.bucket", "global", "arn:aws:s3:::b");
        assert_eq!(rank.as_str(), "b72d7e3d06053455926b9b1f7d2d0121b7552a8987394716abb798e192bb96fb");
    }
}
