//! Tokens made by the openssl command line (`tests/fakes/tsa.py`), good ones and every kind of wrong one.

use super::*;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const FILE: &[u8] = b"the bytes of a ledger file\n";
/// With the highest bit set: as an INTEGER it needs a leading zero.
const NONCE: u64 = 0xab54_a98c_eb1f_0ad2;
const POLICY: &str = "1.3.6.1.4.1.57264.9.1";

/// A folder with keys, certificates and tokens, made once a process.
struct Tokens(PathBuf);

fn tokens() -> &'static Tokens {
    static MADE: OnceLock<(tempfile::TempDir, Tokens)> = OnceLock::new();
    let (_, tokens) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pki, file) = (folder.path().join("pki"), folder.path().join("file"));
        std::fs::write(&file, FILE).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fakes/tsa.py");
        let run = |arguments: &[&str]| {
            let done = Command::new("python3").arg("-B").arg(&script).args(arguments).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        run(&["make", pki.to_str().unwrap()]);
        run(&["tokens", pki.to_str().unwrap(), file.to_str().unwrap(), &NONCE.to_string()]);
        (folder, Tokens(pki))
    });
    tokens
}

impl Tokens {
    fn of(&self, mode: &str) -> Vec<u8> {
        std::fs::read(self.0.join(format!("{mode}.tsr"))).unwrap()
    }

    fn authorities(&self, file: &str) -> Authorities {
        let mut authorities = Authorities::default();
        authorities.add(&self.0.join(file)).unwrap();
        authorities
    }

    fn check(&self, mode: &str) -> Result<Stamp, TokenError> {
        self.check_with(mode, "root.pem")
    }

    fn check_with(&self, mode: &str, ca: &str) -> Result<Stamp, TokenError> {
        let authorities = self.authorities(ca);
        check(&self.of(mode), &Expected { authorities: Some(&authorities), ..expected() })
    }
}

fn expected() -> Expected<'static> {
    let policy = Some(ObjectIdentifier::new_unwrap(POLICY));
    Expected { over: FILE, nonce: Some(NONCE), policy, authorities: None }
}

#[test]
fn tokens_by_rsa_and_ecdsa_and_with_either_form_of_set_hold() {
    let tokens = tokens();
    for mode in ["rsa", "rsa512", "p256", "p384", "chain", "sha1", "accurate", "fraction", "past"] {
        let stamp = tokens.check(mode).unwrap_or_else(|error| panic!("{mode}: {error:?}"));
        assert_eq!(stamp.policy, POLICY, "{mode}");
        let off = (crate::collect::now().utc() - stamp.time).num_seconds();
        assert!((-5..600).contains(&(off - if mode == "past" { 3600 } else { 0 })), "{mode}: {off}");
    }
    assert_eq!(tokens.check("accurate").unwrap().accuracy, Some(TimeDelta::microseconds(2_250_005)));
    let fraction = tokens.check("fraction").unwrap();
    assert_eq!((fraction.time.timestamp_subsec_micros(), fraction.accuracy), (123_456, None));
    assert_eq!(fraction.latest() - fraction.time, TimeDelta::seconds(1));
    assert_eq!(tokens.check("rsa").unwrap().latest() - tokens.check("rsa").unwrap().time, TimeDelta::seconds(2));
}

#[test]
fn the_fixtures_hold_certificates_in_both_orders() {
    let tokens = tokens();
    let certificates = |mode: &str| signed_data(&token(&tokens.of(mode)).unwrap()).unwrap().certificates;
    let is_sorted = |mode: &str| {
        let bytes = certificates(mode);
        assert!(bytes.len() > 1, "{mode}");
        bytes.is_sorted()
    };
    assert!(is_sorted("fraction"), "openssl cms writes DER");
    assert_eq!(certificates("chain").len(), 3, "the signer and `certs=`");
    // `openssl ts` leaves them as they come; which of the random keys sorts first differs, so they are turned by hand.
    let mut turned = tokens.of("fraction");
    let (first, second) = {
        let all = certificates("fraction");
        (all[0].clone(), all[1].clone())
    };
    let both = [first.clone(), second.clone()].concat();
    let at = turned.windows(both.len()).position(|window| window == both).unwrap();
    turned.splice(at..at + both.len(), [second, first].concat());
    let authorities = tokens.authorities("root.pem");
    check(&turned, &Expected { authorities: Some(&authorities), ..expected() }).unwrap();
}

#[test]
fn a_bare_token_holds_as_well_as_a_whole_answer() {
    let tokens = tokens();
    for mode in ["rsa", "chain", "fraction"] {
        let bare = token(&tokens.of(mode)).unwrap();
        assert!(bare.len() < tokens.of(mode).len());
        let authorities = tokens.authorities("root.pem");
        let of = |bytes: &[u8]| check(bytes, &Expected { authorities: Some(&authorities), ..expected() }).unwrap();
        assert_eq!(of(&bare), of(&tokens.of(mode)));
    }
}

#[test]
fn each_wrong_token_is_refused_for_what_is_wrong_with_it() {
    use TokenErrorKind::{Broken, Foreign, Refused, Untrusted};
    for (mode, kind, word) in [
        ("no-chain", Untrusted, "does not lead to a given CA"),
        ("foreign-root", Untrusted, "does not lead to a given CA"),
        ("policy", Untrusted, "issued under policy 1.3.6.1.4.1.57264.9.2"),
        ("other-policy", Untrusted, "issued under policy 1.3.6.1.4.1.57264.9.2"),
        ("refused", Refused, "status 2, badAlg"),
        ("expired", Broken, "was not valid at its time"),
        ("old", Broken, "was not valid at its time"),
        ("nonce", Broken, "does not repeat the nonce"),
        ("imprint", Foreign, "is over other bytes"),
        ("no-purpose", Broken, "does not say that it is for time stamps"),
        ("web", Broken, "is for other purposes"),
        ("purposes", Broken, "not for time stamps alone"),
        ("not-critical", Broken, "in a critical extension"),
        ("no-signing", Broken, "is not for signatures"),
        ("no-certificate", Broken, "does not carry the certificate"),
        ("no-ess", Broken, "do not name the signer's certificate"),
        ("no-attributes", Broken, "do not name TSTInfo"),
        ("two-signers", Broken, "has 2 signatures"),
        ("version", Broken, "is of version 2"),
        ("content-type", Broken, "not TSTInfo"),
        ("critical-extension", Broken, "1.3.6.1.4.1.57264.9.9"),
        ("weak-key", Broken, "does not verify"),
        ("weak-digest", Broken, "digest that is not accepted"),
    ] {
        let error = tokens().check(mode).map(|stamp| panic!("{mode}: accepted, {stamp:?}")).unwrap_err();
        assert_eq!(error.kind, kind, "{mode}: {error}");
        assert!(error.to_string().contains(word), "{mode}: {error}");
    }
}

#[test]
fn the_chain_is_checked_at_the_time_of_the_token_and_only_up_to_what_is_given() {
    let tokens = tokens();
    assert!(tokens.check_with("no-chain", "ca.pem").is_ok(), "the missing link is given with the root");
    assert!(tokens.check_with("chain", "middle.pem").is_ok(), "what is given is trusted as it stands");
    assert_eq!(tokens.check_with("chain", "other.pem").unwrap_err().kind, TokenErrorKind::Untrusted);
    let alone = |mode: &str| check(&tokens.of(mode), &expected());
    assert!(alone("foreign-root").is_ok(), "without a CA nobody knows who made it, and it is whole");
}

#[test]
fn no_flipped_bit_and_no_cut_is_accepted() {
    let tokens = tokens();
    let whole = tokens.of("p256");
    let authorities = tokens.authorities("root.pem");
    let expected = Expected { authorities: Some(&authorities), ..expected() };
    let stamp = check(&whole, &expected).unwrap();
    let mut same = Vec::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        if let Ok(changed) = check(&bytes, &expected) {
            assert_eq!(changed, stamp, "byte {at}");
            same.push(at);
        }
    }
    // What nothing depends on: numbers of versions, the list of digests, parameters that mean the same.
    assert!(same.len() < 40, "{} bytes may change: {same:?}", same.len());
    for length in 0..whole.len() {
        assert!(check(&whole[..length], &expected).is_err(), "cut after {length} bytes");
    }
    assert!(check(&[whole.as_slice(), b"\0"].concat(), &expected).is_err(), "a byte more");
    assert_eq!(check(&vec![0x30; LARGEST + 1], &expected).unwrap_err().kind, TokenErrorKind::Broken);
}

#[test]
fn the_query_asks_as_openssl_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (file, theirs) = (folder.path().join("file"), folder.path().join("query"));
    std::fs::write(&file, FILE).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["ts", "-query", "-sha256", "-cert", "-no_nonce", "-tspolicy", POLICY, "-data"]);
    assert!(openssl.arg(&file).arg("-out").arg(&theirs).output().unwrap().status.success());
    let query = asn1::TimeStampReq {
        version: 1,
        message_imprint: imprint(FILE).unwrap(),
        req_policy: Some(ObjectIdentifier::new_unwrap(POLICY)),
        nonce: None,
        cert_req: true,
    };
    assert_eq!(query.to_der().unwrap(), std::fs::read(theirs).unwrap());
}

#[test]
fn files_without_certificates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        Authorities::default().add(&file).unwrap_err().to_string()
    };
    assert!(refused("empty.pem", "").contains("holds no certificate"));
    assert!(
        refused("key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").contains("no certificate")
    );
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(refused("broken.pem", broken).contains("cannot be trusted"));
    let nowhere = Authorities::default().add(Path::new("/nowhere/ca.pem")).unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere/ca.pem: cannot be read"), "{nowhere}");
}
