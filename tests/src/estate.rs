//! The estate's answer key, and runs of the collector over it.

use crate::binary::{Call, Done};
use crate::evidence::{Bundle, Rows, bundles, only_bundle};
use crate::fakes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Regions that the estate lies in. Naming them spares each run the empty ones.
pub const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "eu-central-1"];

/// A folder to work in, with a store and a key.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
}

impl Default for Desk {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }
}

impl Desk {
    /// The folder, which is the binary's home.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The store's folder.
    pub fn store(&self) -> PathBuf {
        self.folder().join("evidence")
    }

    /// The store's URL.
    pub fn store_url(&self) -> String {
        format!("file://{}", self.store().display())
    }

    /// The public key that belongs to what was signed here.
    pub fn public_key(&self) -> String {
        self.folder().join("key.pub.pem").display().to_string()
    }

    /// Adds to the configuration in the folder.
    pub fn append(&self, text: &str) {
        let path = self.folder().join("evidenced.yaml");
        let before = std::fs::read_to_string(&path).expect("the configuration is there");
        std::fs::write(path, before + text).expect("the folder can be written");
    }

    /// A call in the folder.
    pub fn call<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Call {
        Call::new(self.folder(), arguments)
    }

    /// `collect` over the estate's regions, into this store.
    pub fn collect(&self, port: u16) -> Call {
        self.collect_into(port, &self.store_url())
    }

    /// `collect` over the estate's regions, into a store.
    pub fn collect_into(&self, port: u16, store: &str) -> Call {
        let mut arguments = vec!["collect", "--json", "--store", store, "--key", "key.pem"];
        arguments.extend(REGIONS.iter().flat_map(|region| ["--region", *region]));
        self.call(arguments).aws(port)
    }

    /// `verify` with the key.
    pub fn verify(&self) -> Done {
        self.call(["verify", "--json", &self.store_url(), "--key", &self.public_key()]).run()
    }

    /// `reperform`, with the network cut where that can be done.
    pub fn reperform(&self) -> Done {
        self.call(["reperform", "--json", &self.store_url()]).without_network().run()
    }

    /// One run in a fresh folder through a port, which must end with exit 3: moto never answers everything.
    pub fn bundle_with_gaps(port: u16, what: &str) -> (Self, Bundle) {
        let desk = Self::default();
        let _ = desk.collect(port).run().expect_code(3, what);
        let bundle = only_bundle(&desk.store());
        (desk, bundle)
    }
}

/// A verdict that is another one than the answer key has.
#[derive(Clone, Debug)]
pub struct Differing {
    /// The control.
    pub control: String,
    /// The resource's id; empty for a scope.
    pub id: String,
    /// The verdict of the key.
    pub expected: String,
    /// The verdict that was given; none where there was none.
    pub found: Option<String>,
}

/// An answer key: the verdict that each control must give on each resource.
#[derive(Debug)]
pub struct Verdicts {
    rows: Rows,
}

impl Verdicts {
    /// Reads `{control: {resource id: verdict}}`.
    pub fn read(json: &str) -> Self {
        let key: Value = serde_json::from_str(json).expect("the answer key is JSON");
        let controls = key.as_object().expect("it is a map").iter();
        let of_control = |(control, answers): (&String, &Value)| {
            let answers = answers.as_object().expect("it is a map of maps").clone();
            let control = control.clone();
            answers.into_iter().map(move |(id, verdict)| {
                ((control.clone(), id), verdict.as_str().expect("a verdict is a word").to_owned())
            })
        };
        Self { rows: controls.flat_map(of_control).collect() }
    }

    /// The one of `fakes/estate.py`.
    pub fn of_estate() -> Self {
        Self::read(&fakes::python("answer_key.py", &[]))
    }

    /// How many verdicts it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when it says nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many controls it speaks of.
    pub fn controls(&self) -> usize {
        self.rows.keys().map(|row| &row.0).collect::<BTreeSet<_>>().len()
    }

    /// Rows whose verdict is another one than the key has, with the one that was given; none where there is no such row.
    pub fn differing(&self, bundle: &Bundle) -> Vec<Differing> {
        let rows = bundle.rows();
        let of = |((control, id), expected): (&(String, String), &String)| {
            let found = rows.get(&(control.clone(), id.clone())).cloned();
            Differing { control: control.clone(), id: id.clone(), expected: expected.clone(), found }
        };
        self.rows.iter().map(of).filter(|row| row.found.as_ref() != Some(&row.expected)).collect()
    }

    /// Every verdict is as the key has it; all that differ are shown at once.
    pub fn assert_given_by(&self, bundle: &Bundle) {
        self.assert_given_by_all(std::slice::from_ref(bundle));
    }

    /// The same where the estate's scopes have a bundle each: a verdict is given by one of them.
    pub fn assert_given_by_all(&self, bundles: &[Bundle]) {
        let rows: Vec<Rows> = bundles.iter().map(Bundle::rows).collect();
        let known: BTreeSet<&str> = rows.iter().flat_map(Rows::keys).map(|row| row.0.as_str()).collect();
        let mut wrong = Vec::new();
        for ((control, id), expected) in &self.rows {
            assert!(known.contains(control.as_str()), "{control}: no such control was judged");
            let key = (control.clone(), id.clone());
            let found: Vec<&String> = rows.iter().filter_map(|rows| rows.get(&key)).collect();
            if !found.contains(&expected) {
                let is_it = |f: &&Value| f["control"] == **control && f["resource"]["id"] == **id;
                let finding = bundles.iter().flat_map(|bundle| &bundle.findings).find(is_it);
                wrong.push(format!("{control} {id}: {found:?}, should be {expected}: {finding:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} wrong verdicts:\n{}", wrong.len(), wrong.join("\n"));
    }

    /// Nothing was judged of which the key says nothing.
    pub fn assert_speaks_of_all(&self, bundles: &[Bundle]) {
        let given: Rows = bundles.iter().flat_map(Bundle::rows).collect();
        let unsaid: Vec<_> = given.iter().filter(|(row, _)| !self.rows.contains_key(*row)).collect();
        assert!(unsaid.is_empty(), "{} verdicts of which the answer key says nothing:\n{unsaid:#?}", unsaid.len());
    }
}

/// A store with the demo's runs, and a period that they are in and that has ended.
pub fn demo() -> (Desk, Vec<Bundle>, [String; 2]) {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--key", "key.pem"]).run().expect_code(0, "demo");
    let all = bundles(&desk.store());
    let mut times: Vec<&str> = all.iter().map(|bundle| bundle.run["as_of"].as_str().expect("an instant")).collect();
    times.sort_unstable();
    // The first instant after the last run: to the millisecond, as instants are written.
    let (first, last) = (times[0][..10].to_owned(), times[times.len() - 1].trim_end_matches('Z').to_owned() + "999Z");
    (desk, all, [first, last])
}
