//! Keys in files: Ed25519 (RFC 8032) in PEM that `openssl pkey` reads, the public key beside the private one.

use super::encoding::{other_algorithm, refused, to_pem, unwrap};
use super::{IfAbsent, Key, KeyError, Opened, Signer, Verifier};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use evidenced_schemas::Digest;
use std::path::{Path, PathBuf};

mod disk;

/// A new pair of keys.
#[derive(Debug)]
pub struct Generated {
    /// The private key's file, mode 0600.
    pub private_path: PathBuf,
    /// The public key's file.
    pub public_path: PathBuf,
    /// The key's id.
    pub keyid: Digest,
}

/// Where the public key of a private key's file is written: beside it, `signing.pub.pem` for `signing.pem`.
pub fn public_path(private: &Path) -> PathBuf {
    private.with_extension("pub.pem")
}

/// The mode of a key file that others than its owner may read.
pub fn readable_by_others(path: &Path) -> Option<u32> {
    disk::readable_by_others(path)
}

/// Makes a new pair of keys: the private one in `path` (mode 0600), the public one beside it.
///
/// # Errors
/// When there is something already, or the files cannot be written.
pub fn keygen(path: &Path) -> Result<Generated, KeyError> {
    let signer = generate()?;
    if !disk::write_new(path, private_pem(&signer)?.as_bytes(), disk::Mode::Private)? {
        let what = "exists already, and a key is never overwritten: name another file, or move this one away";
        return Err(KeyError::new(what).at(path.display()));
    }
    let public_path = public_path(path);
    write_public(&signer.verifier, &public_path)?;
    Ok(Generated { private_path: path.to_owned(), public_path, keyid: signer.keyid().clone() })
}

/// Writes a public key in PEM. A file that holds this very key already is left as it is.
///
/// # Errors
/// When the file holds something else, or cannot be written.
pub fn write_public(key: &Verifier, path: &Path) -> Result<(), KeyError> {
    if !disk::write_new(path, key.to_pem().as_bytes(), disk::Mode::Public)? {
        let there = disk::read(path)?.unwrap_or_default();
        if Verifier::from_pem(&there).ok().as_ref() != Some(key) {
            let what = "holds another public key, and is never overwritten: move it away, and write this one with \
                        `evidenced keygen --public KEY`";
            return Err(KeyError::new(what).at(path.display()));
        }
    }
    Ok(())
}

pub(super) fn generate() -> Result<Signer, KeyError> {
    let pair = Ed25519KeyPair::generate()
        .map_err(|error| KeyError::new("no key could be made: the system gave no randomness").caused_by(error))?;
    of_pair(pair)
}

/// Reads the key in `path`. Where there is none, two processes that make one at once end with the same.
pub(super) fn open(path: &Path, absent: IfAbsent) -> Result<Opened, KeyError> {
    let signer = |pem: &[u8]| {
        let signer = from_pem(pem).map_err(|error| error.at(path.display()))?;
        Ok(Signer { place: Some(path.display().to_string()), ..signer })
    };
    let opened = |signer, created| Opened { signer, created, public_path: Some(public_path(path)) };
    if let Some(pem) = disk::read_private(path)? {
        let signer = signer(&pem)?;
        // A key that was brought along, from `openssl genpkey` say. In a read-only folder there is just no copy.
        if absent == IfAbsent::Make
            && !public_path(path).exists()
            && let Err(error) = write_public(&signer.verifier, &public_path(path))
        {
            tracing::debug!(%error, "the public key was not written beside the private one");
        }
        return Ok(opened(signer, false));
    }
    if absent == IfAbsent::Refuse {
        let what = "is not there: name the file of a private key, or make one with `evidenced keygen`";
        return Err(KeyError::new(what).at(path.display()));
    }
    let made = generate()?;
    if disk::write_new(path, private_pem(&made)?.as_bytes(), disk::Mode::Private)? {
        write_public(&made.verifier, &public_path(path))?;
        return Ok(opened(Signer { place: Some(path.display().to_string()), ..made }, true));
    }
    let pem = disk::read_private(path)?.ok_or_else(|| {
        KeyError::new("appeared and vanished again while it was opened: try again").at(path.display())
    })?;
    Ok(opened(signer(&pem)?, false))
}

/// Reads a private key in PEM (PKCS#8, v1 or v2).
pub(super) fn from_pem(bytes: &[u8]) -> Result<Signer, KeyError> {
    let der = unwrap(bytes, "PRIVATE KEY")?;
    if let Some(algorithm) = other_algorithm(&der) {
        return Err(refused(algorithm));
    }
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
        .map_err(|error| KeyError::new("holds no whole Ed25519 private key in PKCS#8").caused_by(error))?;
    of_pair(pair)
}

fn of_pair(pair: Ed25519KeyPair) -> Result<Signer, KeyError> {
    let der = pair.public_key().as_der().map_err(|error| KeyError::new("has no public key").caused_by(error))?;
    let verifier = Verifier::from_der(der.as_ref())?;
    Ok(Signer::of(Key::File(pair), verifier))
}

pub(super) fn private_pem(signer: &Signer) -> Result<String, KeyError> {
    let Key::File(pair) = &signer.key else {
        return Err(KeyError::new("is not in a file: its private half never leaves the key service"));
    };
    let der = pair.to_pkcs8v1().map_err(|error| KeyError::new("cannot be written").caused_by(error))?;
    Ok(to_pem("PRIVATE KEY", der.as_ref()))
}
