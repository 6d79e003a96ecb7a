//! The Merkle tree that each statement tells of the ledger files before it, against the tree of the files that are there.
//!
//! It deliberately knows no store and no signature: what is wrong with a file itself is named elsewhere.

use super::problem::{ProblemKind as Kind, Problems};
use super::report::TreeHead;
use crate::ledger::tree::{Growing, leaf};
use evidenced_schemas::Digest;
use evidenced_schemas::statement::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// The trees of one stream, grown file by file while it is walked.
#[derive(Debug)]
pub(super) struct Trees {
    /// Over the files that are there; none from the first number on that has no file.
    there: Option<Growing>,
    /// What the next statement must tell; none after a number without a file. After a statement that told another tree it
    /// goes on from what that one told, so that each break is named once and a second one is still seen.
    expected: Option<Growing>,
    /// Sizes whose roots are asked for.
    wanted: BTreeSet<u64>,
    /// The roots of those sizes, as far as they could be computed.
    roots: BTreeMap<u64, Digest>,
}

impl Trees {
    /// Before the first file. `wanted` are the sizes whose roots are asked for.
    pub(super) fn new(wanted: BTreeSet<u64>) -> Self {
        let mut trees = Self {
            there: Some(Growing::default()),
            expected: Some(Growing::default()),
            wanted,
            roots: BTreeMap::new(),
        };
        trees.note();
        trees
    }

    /// The next number has no file, or one that cannot be read.
    pub(super) fn miss(&mut self) {
        (self.there, self.expected) = (None, None);
    }

    /// Checks what a statement tells of the files before it. Gives a warning where that cannot be checked.
    pub(super) fn check(&mut self, told: &Tree, file: &str, problems: &mut Problems) -> Option<String> {
        let Some(expected) = &self.expected else {
            self.expected = Growing::told(told);
            let what = "its Merkle tree cannot be checked: a statement before it is missing or cannot be read";
            return Some(what.to_owned());
        };
        let tree = expected.tree();
        if *told == tree {
            return None;
        }
        let what = if told.size != tree.size {
            format!("says that {} statements are before it, and there are {}", told.size, tree.size)
        } else if told.root != tree.root {
            format!(
                "tells the root {} of the {} statements before it, and theirs is {}",
                told.root, tree.size, tree.root
            )
        } else {
            "tells other subtrees than those that its root is made of".to_owned()
        };
        problems.add(Kind::TreeMismatch, file, what);
        self.expected = Growing::told(told).or_else(|| self.expected.take());
        None
    }

    /// Adds a ledger file.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let leaf = leaf(bytes);
        for tree in [&mut self.there, &mut self.expected].into_iter().flatten() {
            tree.push(leaf);
        }
        self.note();
    }

    fn note(&mut self) {
        if let Some(tree) = self.there.as_ref().filter(|tree| self.wanted.contains(&tree.size())) {
            self.roots.insert(tree.size(), tree.root());
        }
    }

    /// The tree over every file; none when a number has no file.
    pub(super) fn head(&self) -> Option<TreeHead> {
        self.there.as_ref().map(|tree| TreeHead { size: tree.size(), root: tree.root() })
    }

    /// The roots that were asked for, by size.
    pub(super) fn into_roots(self) -> BTreeMap<u64, Digest> {
        self.roots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems and warnings of files that tell these trees.
    fn walk(told: &[Option<Tree>]) -> (Vec<Kind>, usize) {
        let (mut trees, mut problems, mut warnings) = (Trees::new(BTreeSet::new()), Problems::of_store(), 0);
        for (told, number) in told.iter().zip(0_u8..) {
            match told {
                Some(told) => {
                    warnings += usize::from(trees.check(told, &number.to_string(), &mut problems).is_some());
                    trees.push(&[number]);
                }
                None => trees.miss(),
            }
        }
        (problems.into_list().iter().map(|problem| problem.kind).collect(), warnings)
    }

    /// What five honest statements tell.
    fn honest() -> Vec<Option<Tree>> {
        let mut growing = Growing::default();
        let mut tell = |number: u8| {
            let told = growing.tree();
            growing.push(leaf(&[number]));
            Some(told)
        };
        (0..5).map(&mut tell).collect()
    }

    #[test]
    fn a_break_is_named_once_and_a_second_one_too() {
        assert_eq!(walk(&honest()), (vec![], 0));
        let mut other = Growing::default();
        let mut told = honest();
        for number in 10..13 {
            other.push(leaf(&[number]));
        }
        // The fourth statement is over three other files; the fifth goes on from it.
        told[3] = Some(other.tree());
        other.push(leaf(&[3]));
        told[4] = Some(other.tree());
        assert_eq!(walk(&told), (vec![Kind::TreeMismatch], 0));
        told[4] = honest().remove(4);
        assert_eq!(walk(&told), (vec![Kind::TreeMismatch; 2], 0));
    }

    #[test]
    fn each_part_counts() {
        for spoil in [
            |tree: &mut Tree| tree.size = 4,
            |tree: &mut Tree| tree.root = Digest::of(b"other"),
            |tree: &mut Tree| tree.frontier.swap(0, 1),
            |tree: &mut Tree| _ = tree.frontier.pop(),
        ] {
            let mut told = honest();
            spoil(told[3].as_mut().unwrap());
            // What does not agree with itself is no ground to go on from: the next is checked against the files.
            assert_eq!(walk(&told), (vec![Kind::TreeMismatch], 0));
        }
    }

    #[test]
    fn after_a_missing_file_one_statement_cannot_be_checked() {
        let mut told = honest();
        told[1] = None;
        assert_eq!(walk(&told), (vec![], 1));
        told[4].as_mut().unwrap().root = Digest::of(b"other");
        assert_eq!(walk(&told), (vec![Kind::TreeMismatch], 1));
    }
}
