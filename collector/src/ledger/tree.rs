//! The Merkle tree over a stream's ledger files, as RFC 6962 (section 2.1) defines it.
//!
//! Leaf `n` is the `n`-th ledger file, byte for byte. A tree is kept by its frontier: the roots of the full subtrees that it
//! falls into, largest first. With it the next file is added without reading those before. It deliberately knows no store.

use aws_lc_rs::digest::{Context, SHA256};
use evidenced_schemas::Digest;
use evidenced_schemas::statement::Tree;

/// A tree that grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growing {
    size: u64,
    frontier: Vec<[u8; 32]>,
}

/// The hash of a leaf: SHA-256 over a zero byte and the file.
pub fn leaf(file: &[u8]) -> [u8; 32] {
    hash(&[&[0], file])
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

impl Growing {
    /// The tree that a statement tells; none when its parts do not agree with each other.
    pub fn told(tree: &Tree) -> Option<Self> {
        let frontier = tree.frontier.iter().map(Digest::to_raw).collect();
        let told = Self { size: tree.size, frontier };
        (told.frontier.len() == tree.size.count_ones() as usize && told.root() == tree.root).then_some(told)
    }

    /// Adds a leaf, given its [`leaf`] hash.
    pub fn push(&mut self, leaf: [u8; 32]) {
        let mut carry = leaf;
        // Each full subtree of the size that is carried makes one of twice the size.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.frontier.pop() {
                carry = node(&left, &carry);
            }
        }
        self.frontier.push(carry);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle tree hash.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.frontier.iter().rev();
        let root = match subtrees.next() {
            None => hash(&[]),
            Some(smallest) => subtrees.fold(*smallest, |right, left| node(left, &right)),
        };
        Digest::from_raw(&root)
    }

    /// As a statement tells it.
    pub fn tree(&self) -> Tree {
        let frontier = self.frontier.iter().map(|subtree| Digest::from_raw(subtree)).collect();
        Tree { size: self.size, root: self.root(), frontier }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, word by word.
    fn defined(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => hash(&[]),
            [one] => leaf(one),
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                node(&defined(&many[..split]), &defined(&many[split..]))
            }
        }
    }

    #[test]
    fn it_grows_as_the_definition_says() {
        let leaves: Vec<Vec<u8>> = (0..70_u8).map(|n| vec![n; usize::from(n)]).collect();
        let mut growing = Growing::default();
        for n in 0..leaves.len() {
            assert_eq!(growing.root(), Digest::from_raw(&defined(&leaves[..n])), "{n} leaves");
            assert_eq!(Growing::told(&growing.tree()).as_ref(), Some(&growing), "{n} leaves");
            growing.push(leaf(&leaves[n]));
        }
    }

    /// The roots that certificate-transparency implementations test with (trillian, sunlight: eight leaves).
    #[test]
    fn known_roots() {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        let mut growing = Growing::default();
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        for n in 0..=leaves.len() {
            if let Some((_, root)) = roots.iter().find(|(size, _)| *size == n) {
                assert_eq!(growing.root().as_str(), *root, "{n} leaves");
            }
            if let Some(next) = leaves.get(n) {
                growing.push(leaf(&bytes(next)));
            }
        }
    }

    #[test]
    fn a_tree_that_does_not_agree_with_itself_is_not_taken() {
        let mut growing = Growing::default();
        (0..5_u8).for_each(|n| growing.push(leaf(&[n])));
        let good = growing.tree();
        assert!(Growing::told(&Tree { size: 4, ..good.clone() }).is_none());
        assert!(Growing::told(&Tree { root: Digest::of(b"other"), ..good.clone() }).is_none());
        let mut swapped = good;
        swapped.frontier.swap(0, 1);
        assert!(Growing::told(&swapped).is_none());
    }
}
