//! Keys in files, keys of others, and envelopes that were changed.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

/// RFC 8032, section 7.1, test 1, in the PEM that `openssl pkey` writes.
const RFC8032: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn a_known_key_signs_as_the_standard_says() {
    let signer = Signer::from_pem(RFC8032.as_bytes()).unwrap();
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(Digest::from_raw(&signer.verifier.public).as_str(), public);
    assert_eq!(signer.private_pem().unwrap(), RFC8032);
    let signature = signer.pair.sign(b"");
    assert!(signature.as_ref().starts_with(&[0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72]));
}

#[test]
fn a_key_is_made_once_private_and_with_its_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let first = Signer::open_or_create(&path).unwrap();
    assert!(first.created);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let public = std::fs::read(&first.public_path).unwrap();
    assert_eq!(Verifier::from_pem(&public).unwrap(), first.signer.verifier());
    let second = Signer::open_or_create(&path).unwrap();
    assert!(!second.created);
    assert_eq!(second.signer.keyid(), first.signer.keyid());
    let error = keygen(&path).unwrap_err().to_string();
    assert!(error.contains("key.pem") && error.contains("never overwritten"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing unfinished stays");
}

#[test]
fn many_that_start_at_once_end_with_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let keyids: Vec<Digest> = std::thread::scope(|scope| {
        let starts: Vec<_> =
            (0..16).map(|_| scope.spawn(|| Signer::open_or_create(&path).unwrap().signer.keyid().clone())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keyids.iter().all(|keyid| *keyid == keyids[0]));
}

#[test]
fn envelopes_hold_for_their_key_and_payload_alone() {
    let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
    let envelope = signer.seal_here(b"{}");
    assert_eq!(signer.verifier().open(&envelope).unwrap(), b"{}");
    assert_eq!(signer.seal_here(b"{}"), envelope, "the same payload gives the same envelope");
    assert!(matches!(other.verifier().open(&envelope), Err(EnvelopeError::AnotherKey(_))));

    let mut changed = envelope.clone();
    changed.payload = BASE64.encode(b"[]");
    assert!(matches!(signer.verifier().open(&changed), Err(EnvelopeError::Signature(_))));
    let mut retyped = envelope.clone();
    retyped.payload_type = "text/plain".to_owned();
    assert!(matches!(signer.verifier().open(&retyped), Err(EnvelopeError::PayloadType(_))));
    let mut forged = other.seal_here(b"{}");
    forged.signatures[0].keyid = signer.keyid().clone();
    assert!(matches!(signer.verifier().open(&forged), Err(EnvelopeError::Signature(_))));
    let mut unsigned = envelope;
    unsigned.signatures.clear();
    assert!(matches!(signer.verifier().open(&unsigned), Err(EnvelopeError::Unsigned)));
}

#[test]
fn other_keys_are_refused_plainly() {
    let private = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQ==\n-----END PRIVATE KEY-----\n";
    let public = Signer::generate().unwrap().verifier().to_pem();
    for (pem, word) in [
        (private, "an EC key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n", "an RSA key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n", "encrypted"),
        (public.as_str(), "a public key"),
        ("", "no PEM block"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n", "no whole Ed25519"),
    ] {
        let error = Signer::from_pem(pem.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{pem}: {error}");
    }
    assert!(Verifier::from_pem(RFC8032.as_bytes()).unwrap_err().to_string().contains("give the public one"));
}
