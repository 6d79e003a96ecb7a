//! Trusted time: RFC 3161 tokens, as a time-stamping authority (TSA) gives them over the bytes of a ledger file.
//!
//! [`check`] reads a token and says whether it holds; [`authority`] asks for one; [`stamp`] gives the statements of a stream
//! theirs, in order. It deliberately trusts no authority by itself: the CA certificates are brought along, by the
//! configuration or by the verifier, and no revocation is asked for. What a token proves is that the file existed at its time.
//!
//! Sources: RFC 3161 (with RFC 5816), RFC 5652 sections 5.3 to 5.6, RFC 2634 section 5.4, RFC 5035 section 3.

mod asn1;
pub mod authority;
mod signer;
pub mod stamp;
mod trust;

#[cfg(test)]
mod tests;

pub use authority::Authority;
pub use trust::{Authorities, AuthoritiesError};

use asn1::{Accuracy, FAILURES, MessageImprint, PkiStatusInfo, SignedData, TimeStampResp, TstInfo};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use cms::content_info::ContentInfo;
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _};
use evidenced_schemas::Digest;
use signer::Signer;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// The largest token that is read, in bytes. One with a chain of three RSA certificates has some 6,000.
pub const LARGEST: usize = 1 << 20;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// How far a time may be off when the token does not say: the resolution of a time without fractions.
const UNSTATED_ACCURACY: TimeDelta = TimeDelta::seconds(1);

/// What a token that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the authority saw the file.
    pub time: DateTime<Utc>,
    /// How far that may be off, either way, as the token says.
    pub accuracy: Option<TimeDelta>,
    /// The policy that it was issued under, as an OID.
    pub policy: String,
}

impl Stamp {
    /// How far the time may be off, either way: one second where the token does not say.
    pub fn tolerance(&self) -> TimeDelta {
        self.accuracy.unwrap_or(UNSTATED_ACCURACY)
    }

    /// The latest that the time can be meant: with its tolerance, and the second that a time without fractions stands for.
    pub fn latest(&self) -> DateTime<Utc> {
        let whole = self.time == self.time.trunc_subsecs(0);
        self.time + self.tolerance() + if whole { TimeDelta::seconds(1) } else { TimeDelta::zero() }
    }

    /// The earliest that the time can be meant.
    pub fn earliest(&self) -> DateTime<Utc> {
        self.time - self.tolerance()
    }

    /// True when it is before another one whatever both tolerances allow.
    pub fn is_before(&self, other: &Self) -> bool {
        self.latest() < other.earliest()
    }
}

/// What a token must agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The bytes that it is to be over.
    pub over: &'a [u8],
    /// The number that was sent along, for a token that was just asked for.
    pub nonce: Option<u64>,
    /// The only policy that is accepted, as an OID.
    pub policy: Option<ObjectIdentifier>,
    /// Whom it must come from. Without any, who made the token is not known: only that it is whole.
    pub authorities: Option<&'a Authorities>,
}

/// A token that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct TokenError {
    /// What callers act on.
    pub kind: TokenErrorKind,
    /// What is wrong.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds of tokens that do not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenErrorKind {
    /// It is no token, or one that contradicts itself.
    Broken,
    /// It is over other bytes.
    Foreign,
    /// It was not made by a trusted authority, or not under the policy that was asked for.
    Untrusted,
    /// The authority refused to give one.
    Refused,
}

impl TokenError {
    fn new(kind: TokenErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    fn broken(what: impl Into<String>) -> Self {
        Self::new(TokenErrorKind::Broken, what)
    }

    fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Checks a token: a whole `TimeStampResp`, or a bare `TimeStampToken`.
///
/// The signature and the signed attributes, the signer's certificate with its purpose and its validity at the token's
/// time, what it is over, the nonce and the policy where they are known, and the chain up to a given authority at the
/// token's time. Not now: a token outlives the certificate it was made with.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(bytes: &[u8], expected: &Expected<'_>) -> Result<Stamp, TokenError> {
    let cms = signed_data(&token(bytes)?)?;
    let (content, info) = content(&cms)?;
    let time = asn1::instant(&info.gen_time)
        .ok_or_else(|| TokenError::broken("its time is no GeneralizedTime in UTC with seconds"))?;
    let signer = Signer::of(&cms)?;
    signer.check(&content, time)?;
    agrees(&info, expected)?;
    if let Some(authorities) = expected.authorities {
        let others = cms.certificates.iter().map(Vec::as_slice).filter(|bytes| *bytes != signer.bytes());
        authorities.issued(signer.bytes(), others, time)?;
    }
    Ok(Stamp { time, accuracy: info.accuracy.map(Accuracy::delta), policy: info.policy.to_string() })
}

impl Accuracy {
    fn delta(self) -> TimeDelta {
        let part = |number: Option<u16>| i64::from(number.unwrap_or(0));
        TimeDelta::seconds(i64::from(self.seconds.unwrap_or(0)))
            + TimeDelta::milliseconds(part(self.millis))
            + TimeDelta::microseconds(part(self.micros))
    }
}

/// The token in a file: what comes first is the status of an answer, or the type of a bare token.
fn token(bytes: &[u8]) -> Result<Vec<u8>, TokenError> {
    if bytes.len() > LARGEST {
        return Err(TokenError::broken(format!("is {} bytes long: no token is longer than {LARGEST}", bytes.len())));
    }
    if ContentInfo::from_der(bytes).is_ok() {
        return Ok(bytes.to_vec());
    }
    let answer = TimeStampResp::from_der(bytes).map_err(|error| {
        TokenError::broken("is no RFC 3161 time stamp: neither an answer nor a token").caused_by(error)
    })?;
    // granted, grantedWithMods
    if answer.status.status > 1 {
        let what = format!("the authority refused: {}", reason(&answer.status));
        return Err(TokenError::new(TokenErrorKind::Refused, what));
    }
    let token = answer.time_stamp_token.ok_or_else(|| TokenError::broken("is an answer without a token"))?;
    token.to_der().map_err(|error| TokenError::broken("its token cannot be read").caused_by(error))
}

/// What a refusal says of itself.
fn reason(status: &PkiStatusInfo) -> String {
    let mut words = vec![format!("status {}", status.status)];
    let bits = status.fail_info.as_ref();
    let set = |bit: &usize| bits.is_some_and(|bits| bits.bits().nth(*bit) == Some(true));
    words.extend(FAILURES.iter().filter(|(bit, _)| set(bit)).map(|(_, name)| (*name).to_owned()));
    // What a stranger wrote is shown without what could disturb a terminal.
    let printable = |text: &String| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    words.extend(status.status_string.iter().flatten().map(printable));
    words.join(", ")
}

fn signed_data(token: &[u8]) -> Result<SignedData, TokenError> {
    let malformed = |error: der::Error| TokenError::broken("its token is no CMS SignedData").caused_by(error);
    let outer = ContentInfo::from_der(token).map_err(malformed)?;
    if outer.content_type != SIGNED_DATA {
        return Err(TokenError::broken(format!("its token is of type {}, not signed data", outer.content_type)));
    }
    SignedData::from_der(&outer.content.to_der().map_err(malformed)?).map_err(malformed)
}

/// The bytes that are signed, and what they say.
fn content(signed: &SignedData) -> Result<(Vec<u8>, TstInfo), TokenError> {
    let malformed = |error: der::Error| TokenError::broken("what it signs is no TSTInfo").caused_by(error);
    if signed.content.econtent_type != TST_INFO {
        let what = format!("what it signs is of type {}, not TSTInfo", signed.content.econtent_type);
        return Err(TokenError::broken(what));
    }
    let content = signed.content.econtent.as_ref().ok_or_else(|| TokenError::broken("does not hold what it signs"))?;
    let content = content.decode_as::<OctetString>().map_err(malformed)?.into_bytes();
    let info = TstInfo::from_der(&content).map_err(malformed)?;
    if info.version != 1 {
        return Err(TokenError::broken(format!("is of version {}, not 1", info.version)));
    }
    if let Some(unknown) = info.extensions.iter().flatten().find(|extension| extension.critical) {
        return Err(TokenError::broken(format!("has a critical extension that is not known, {}", unknown.extn_id)));
    }
    Ok((content, info))
}

/// Compares what a token says with what it should.
fn agrees(info: &TstInfo, expected: &Expected<'_>) -> Result<(), TokenError> {
    let there = &info.message_imprint;
    if there.hash_algorithm.oid != SHA256 {
        let what = format!("is over a digest by {}, not by SHA-256", there.hash_algorithm.oid);
        return Err(TokenError::new(TokenErrorKind::Foreign, what));
    }
    let here = Digest::of(expected.over);
    if there.hashed_message.as_bytes() != here.to_raw() {
        let what = format!("is over other bytes than those of the file, whose SHA-256 is {here}");
        return Err(TokenError::new(TokenErrorKind::Foreign, what));
    }
    if let Some(nonce) = expected.nonce
        && info.nonce != integer(nonce).ok()
    {
        return Err(TokenError::broken("does not repeat the nonce of the request: it was made for another one"));
    }
    match expected.policy {
        Some(policy) if policy != info.policy => {
            let what = format!("was issued under policy {}, not {policy}", info.policy);
            Err(TokenError::new(TokenErrorKind::Untrusted, what))
        }
        _ => Ok(()),
    }
}

/// A number as an ASN.1 INTEGER, which has a sign: a leading zero keeps a high bit from being one.
fn integer(number: u64) -> der::Result<Int> {
    Int::from_der(&number.to_der()?)
}

/// The imprint of a file.
fn imprint(bytes: &[u8]) -> der::Result<MessageImprint> {
    Ok(MessageImprint {
        hash_algorithm: AlgorithmIdentifierOwned { oid: SHA256, parameters: Some(der::Any::null()) },
        hashed_message: OctetString::new(Digest::of(bytes).to_raw())?,
    })
}
