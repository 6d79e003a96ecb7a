//! Keys in files, keys of others, and envelopes that were changed.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::os::unix::fs::PermissionsExt as _;

/// RFC 8032, section 7.1, test 1, in the PEM that `openssl pkey` writes.
const RFC8032: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn a_known_key_signs_as_the_standard_says() {
    let signer = file::from_pem(RFC8032.as_bytes()).unwrap();
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(Digest::from_raw(signer.verifier.public_bytes()).as_str(), public);
    assert_eq!(file::private_pem(&signer).unwrap(), RFC8032);
    let Key::File(pair) = &signer.key else { panic!("it is in a file") };
    let signature = pair.sign(b"");
    assert!(signature.as_ref().starts_with(&[0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72]));
}

#[test]
fn a_key_is_made_once_private_and_with_its_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let first = Signer::open_or_create(&path).unwrap();
    assert!(first.created);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let public = std::fs::read(first.public_path.unwrap()).unwrap();
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
        let error = file::from_pem(pem.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{pem}: {error}");
    }
    assert!(Verifier::from_pem(RFC8032.as_bytes()).unwrap_err().to_string().contains("give the public one"));
}

#[test]
fn references_say_where_a_key_is() {
    let file = |text: &str| text.parse::<KeyReference>().unwrap().below(Path::new("/etc")).path().unwrap().to_owned();
    assert_eq!(file("file:///k/key.pem"), Path::new("/k/key.pem"));
    assert_eq!(file("file://./key.pem"), Path::new("/etc/key.pem"));
    assert_eq!(file("keys/key.pem"), Path::new("/etc/keys/key.pem"));
    assert!(KeyReference::parse("keys/key.pem").is_err(), "a configuration names the scheme");
    for good in [
        "awskms:///arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "awskms:///arn:aws-cn:kms:cn-north-1:111122223333:alias/team/evidence",
        "awskms:///alias/evidence?region=eu-west-1&endpoint=http://127.0.0.1:5000",
        "gcpkms://projects/example.com:acme/locations/europe-west1/keyRings/soc2/cryptoKeys/evidence/cryptoKeyVersions/12",
        "azurekms://acme.vault.azure.net/keys/evidence/0123456789abcdef0123456789abcdef",
        "azurekms://acme.managedhsm.azure.net/keys/evidence/1?endpoint=http://127.0.0.1:5000",
        "awskms:///1234abcd-12ab-34cd-56ef-1234567890ab",
    ] {
        let reference = KeyReference::parse(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        assert_eq!((reference.to_string().as_str(), reference.path()), (good, None));
    }
    for (bad, word) in [
        ("file://", "is no reference"),
        ("hsm:///slot/1", "`hsm` is no kind of key"),
        ("awskms://localhost:5000/alias/evidence", "?endpoint=URL"),
        ("awskms:///", "names no key"),
        ("awskms:///alias/", "names no key"),
        ("awskms:///arn:aws:kms::111122223333:key/1", "names no key"),
        ("awskms:///arn:aws:kms:eu-west-1:111122223333:grant/1", "names no key"),
        ("awskms:///arn:aws:kms:eu-west-1:111122223333:key/1?region=us-east-1", "remove the latter"),
        ("awskms:///alias/evidence?endpoint=127.0.0.1:5000", "is no URL of a server"),
        ("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", "add `/cryptoKeyVersions/N`"),
        ("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/latest", "names no key"),
        ("gcpkms:///projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "names no key"),
        ("gcpkms://projects/p?region=x", "`region` is no option"),
        ("azurekms://acme.vault.azure.net/keys/evidence", "add `/VERSION`"),
        ("azurekms://acme/keys/evidence/1", "names no key"),
        ("azurekms://acme.vault.azure.net/secrets/evidence/1", "names no key"),
        ("awskms:///alias/evidence?host=x", "`host` is no option"),
    ] {
        let error = KeyReference::parse(bad).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains(bad), "{bad}: {error}");
    }
}

/// A P-256 key and what `openssl dgst -sha256 -sign` made with it over `abc`.
const P256: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsJZifG6BSTtd/6tZXPESOOVSzf8y\nHx7svnWxuz9sOSXPVvyPQr43HdPtHZDTPPrrHeeGmuEPlX5hbk0GiN5/kw==\n-----END PUBLIC KEY-----\n";

#[test]
fn a_signature_by_openssl_holds_and_other_curves_are_refused() {
    let key = Verifier::from_pem(P256.as_bytes()).unwrap();
    assert_eq!((key.algorithm(), key.public_bytes().len()), (Algorithm::EcdsaP256, 65));
    assert_eq!(key.to_pem(), P256);
    let signature = BASE64
        .decode("MEYCIQC0BP4KAvLRlIZe3mks9C1Ji6iZHsBLPP9G+SYB8edIhgIhANmmDflmXaXOKfePFUoI7iibD2OumaJWZciW3ZuJvVkE")
        .unwrap();
    assert!(key.verify(b"abc", &signature));
    assert!(!key.verify(b"abd", &signature));
    let mut off_the_curve = key.spki().to_vec();
    off_the_curve[90] ^= 1;
    for (der, word) in [
        (off_the_curve, "no whole P-256"),
        (BASE64.decode("MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEM9pAKRyTfPfKe+2OugtMVNNAeLb8ci9SOI3kRBJzdY7OpCBm9aSg73ZIXbcOvoFm4k2NRad3HnB/BEZg3USIDsMFuvXjm+jEw5x/0EJWY1ErMB5kv4ZnyuGZuUcxk7Rf").unwrap(), "another curve than P-256"),
        (BASE64.decode("MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADsJZifG6BSTtd/6tZXPESOOVSzf8yHx7svnWxuz9sOSU=").unwrap(), "a compressed point"),
    ] {
        let error = Verifier::from_der(&der).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn the_first_statement_of_a_key_is_signed_by_the_key_before_it_too() {
    let signer = || Signer::generate().unwrap();
    let (old, other) = (signer(), signer());
    let (before, foreign) = (old.seal(b"1").await.unwrap(), other.seal(b"1").await.unwrap());
    let old_key = old.verifier();
    let new = signer().after(old).unwrap();

    let first = new.seal_after(b"2", Some(&before)).await.unwrap();
    assert_eq!((first.envelope.signatures.len(), first.warning), (2, None));
    assert!(first.envelope.signatures.is_sorted_by(|a, b| a.keyid < b.keyid));
    for key in [&old_key, &new.verifier()] {
        assert_eq!(key.open(&first.envelope).unwrap(), b"2");
    }
    let second = new.seal_after(b"3", Some(&first.envelope)).await.unwrap();
    assert_eq!((&second.envelope, second.warning), (&new.seal_here(b"3"), None));
    let alone = new.seal_after(b"1", None).await.unwrap();
    assert_eq!((alone.envelope, alone.warning), (new.seal_here(b"1"), None), "a new stream has no key before");

    let warned = new.seal_after(b"2", Some(&foreign)).await.unwrap();
    assert_eq!(warned.envelope, new.seal_here(b"2"));
    assert!(warned.warning.unwrap().contains("is not that key"));
    let warned = other.seal_after(b"2", Some(&before)).await.unwrap();
    assert!(warned.warning.unwrap().contains("names no key"));
    assert!(new.made(&before) && new.made(&second.envelope) && !new.made(&foreign));
}

#[test]
fn a_key_does_not_follow_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    keygen(&path).unwrap();
    let open = || Signer::open_or_create(&path).unwrap().signer;
    let error = open().after(open()).unwrap_err().to_string();
    assert!(error.contains("key.pem") && error.contains("the same key"), "{error}");
}
