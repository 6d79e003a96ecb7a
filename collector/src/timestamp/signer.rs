//! The signer of a token: which certificate it is, that it may make time stamps, and that its key signed what is there.
//!
//! It deliberately does not ask who vouches for the certificate: see [`super::trust`].

use super::asn1::{SignedData, SigningCertificate, SigningCertificateV2};
use super::{SHA256, TST_INFO, TokenError};
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use chrono::{DateTime, Utc};
use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode as _};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Signed attributes (RFC 5652 section 11, RFC 2634 section 5.4, RFC 5035 section 3).
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// id-kp-timeStamping.
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// Keys and signatures (RFC 8017 appendix A, RFC 5480, RFC 5758).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A digest, and what signatures with it are called.
struct Hash {
    oid: ObjectIdentifier,
    algorithm: &'static digest::Algorithm,
    with_rsa: ObjectIdentifier,
    with_ecdsa: ObjectIdentifier,
    rsa: &'static dyn VerificationAlgorithm,
    p256: &'static dyn VerificationAlgorithm,
    p384: &'static dyn VerificationAlgorithm,
}

static HASHES: [Hash; 3] = [
    Hash {
        oid: SHA256,
        algorithm: &digest::SHA256,
        with_rsa: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        with_ecdsa: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        rsa: &signature::RSA_PKCS1_2048_8192_SHA256,
        p256: &signature::ECDSA_P256_SHA256_ASN1,
        p384: &signature::ECDSA_P384_SHA256_ASN1,
    },
    Hash {
        oid: SHA384,
        algorithm: &digest::SHA384,
        with_rsa: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
        with_ecdsa: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        rsa: &signature::RSA_PKCS1_2048_8192_SHA384,
        p256: &signature::ECDSA_P256_SHA384_ASN1,
        p384: &signature::ECDSA_P384_SHA384_ASN1,
    },
    Hash {
        oid: SHA512,
        algorithm: &digest::SHA512,
        with_rsa: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
        with_ecdsa: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        rsa: &signature::RSA_PKCS1_2048_8192_SHA512,
        p256: &signature::ECDSA_P256_SHA512_ASN1,
        p384: &signature::ECDSA_P384_SHA512_ASN1,
    },
];

/// The one signer of a token, with its certificate.
pub(super) struct Signer<'a> {
    info: &'a SignerInfo,
    bytes: &'a [u8],
    certificate: Certificate,
}

impl<'a> Signer<'a> {
    /// Finds it. RFC 3161 section 2.4.2 wants exactly one signature, and the certificate was asked for.
    pub(super) fn of(signed: &'a SignedData) -> Result<Self, TokenError> {
        let [info] = signed.signers.as_slice() else {
            return Err(TokenError::broken(format!("has {} signatures, not one", signed.signers.len())));
        };
        for bytes in &signed.certificates {
            // One that does not read may belong to a chain that is not needed.
            let Ok(certificate) = Certificate::from_der(bytes) else { continue };
            if is_named(&info.sid, &certificate) {
                return Ok(Self { info, bytes, certificate });
            }
        }
        Err(TokenError::broken("does not carry the certificate of its signer"))
    }

    /// The certificate, as received.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Checks everything that the token must agree with itself in.
    pub(super) fn check(&self, content: &[u8], time: DateTime<Utc>) -> Result<(), TokenError> {
        self.may_stamp(time)?;
        let hash = HASHES.iter().find(|hash| hash.oid == self.info.digest_alg.oid).ok_or_else(|| {
            TokenError::broken(format!("is signed over a digest that is not accepted, {}", self.info.digest_alg.oid))
        })?;
        if self.attribute::<ObjectIdentifier>(CONTENT_TYPE, "content type")? != Some(TST_INFO) {
            return Err(TokenError::broken("its signed attributes do not name TSTInfo as the type of the content"));
        }
        let there = self.attribute::<OctetString>(MESSAGE_DIGEST, "message digest")?;
        if there.as_ref().map(OctetString::as_bytes) != Some(digest::digest(hash.algorithm, content).as_ref()) {
            return Err(TokenError::broken("its signed attributes hold another digest than that of the content"));
        }
        self.names_its_certificate()?;
        self.signature(hash)
    }

    /// RFC 3161 section 2.3: the certificate is for time stamps alone, and says so in a critical extension.
    fn may_stamp(&self, time: DateTime<Utc>) -> Result<(), TokenError> {
        let tbs = &self.certificate.tbs_certificate;
        let malformed =
            |error: der::Error| TokenError::broken("its signer's certificate does not read").caused_by(error);
        match tbs.get::<ExtendedKeyUsage>().map_err(malformed)? {
            Some((true, usage)) if usage.0 == [TIME_STAMPING] => {}
            Some((_, usage)) if !usage.0.contains(&TIME_STAMPING) => {
                return Err(TokenError::broken("its signer's certificate is for other purposes than time stamps"));
            }
            Some(_) => {
                let what = "its signer's certificate is not for time stamps alone, in a critical extension";
                return Err(TokenError::broken(what));
            }
            None => return Err(TokenError::broken("its signer's certificate does not say that it is for time stamps")),
        }
        if let Some((_, KeyUsage(usage))) = tbs.get::<KeyUsage>().map_err(malformed)?
            && !usage.contains(KeyUsages::DigitalSignature)
            && !usage.contains(KeyUsages::NonRepudiation)
        {
            return Err(TokenError::broken("its signer's certificate is not for signatures"));
        }
        let from = tbs.validity.not_before.to_unix_duration().as_secs();
        let to = tbs.validity.not_after.to_unix_duration().as_secs();
        match u64::try_from(time.timestamp()) {
            Ok(seconds) if (from..=to).contains(&seconds) => Ok(()),
            _ => Err(TokenError::broken(format!("its signer's certificate was not valid at its time, {time}"))),
        }
    }

    /// The only value of a signed attribute; none when there is no such attribute.
    fn attribute<T: for<'d> Decode<'d>>(&self, oid: ObjectIdentifier, name: &str) -> Result<Option<T>, TokenError> {
        let attributes = self.info.signed_attrs.iter().flat_map(|attributes| attributes.iter());
        let mut found = attributes.filter(|attribute| attribute.oid == oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        let (1, None) = (attribute.values.len(), found.next()) else {
            return Err(TokenError::broken(format!("has its signed attribute {name} more than once")));
        };
        let malformed = |error: der::Error| {
            TokenError::broken(format!("its signed attribute {name} does not read")).caused_by(error)
        };
        let value = attribute.values.iter().next().map(|value| value.to_der().and_then(|der| T::from_der(&der)));
        value.transpose().map_err(malformed)
    }

    /// The signed attributes name the signer's certificate by its digest, so that no other one for the same key can be put
    /// in its place. One of both forms must be there, and each that is there must be right (RFC 5816 section 2.2.1).
    fn names_its_certificate(&self) -> Result<(), TokenError> {
        let old = self.attribute::<SigningCertificate>(SIGNING_CERTIFICATE, "signing certificate")?;
        let new = self.attribute::<SigningCertificateV2>(SIGNING_CERTIFICATE_V2, "signing certificate v2")?;
        if old.is_none() && new.is_none() {
            return Err(TokenError::broken("its signed attributes do not name the signer's certificate"));
        }
        let other = || Err(TokenError::broken("its signed attributes name another certificate than its signer's"));
        if let Some(old) = old {
            let sha1 = digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, self.bytes);
            if old.certs.first().map(|id| id.cert_hash.as_bytes()) != Some(sha1.as_ref()) {
                return other();
            }
        }
        if let Some(new) = new {
            let Some(id) = new.certs.first() else { return other() };
            let oid = id.hash_algorithm.as_ref().map_or(SHA256, |algorithm| algorithm.oid);
            let Some(hash) = HASHES.iter().find(|hash| hash.oid == oid) else {
                let what =
                    format!("its signed attributes name the certificate by a digest that is not accepted, {oid}");
                return Err(TokenError::broken(what));
            };
            if id.cert_hash.as_bytes() != digest::digest(hash.algorithm, self.bytes).as_ref() {
                return other();
            }
        }
        Ok(())
    }

    /// The signature is over the attributes in DER, as a SET of their own (RFC 5652 section 5.4).
    fn signature(&self, hash: &Hash) -> Result<(), TokenError> {
        let key = &self.certificate.tbs_certificate.subject_public_key_info;
        let algorithm = algorithm(key, self.info.signature_algorithm.oid, hash)?;
        let signed = self.info.signed_attrs.as_ref().map(der::Encode::to_der).transpose();
        let signed =
            signed.map_err(|error| TokenError::broken("its signed attributes do not read").caused_by(error))?;
        let signed = signed.ok_or_else(|| TokenError::broken("has no signed attributes"))?;
        UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes())
            .verify(&signed, self.info.signature.as_bytes())
            .map_err(|error| TokenError::broken("its signature does not verify").caused_by(error))
    }
}

/// True for the certificate that a signature names.
fn is_named(sid: &SignerIdentifier, certificate: &Certificate) -> bool {
    let tbs = &certificate.tbs_certificate;
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == tbs.issuer && named.serial_number == tbs.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => {
            matches!(tbs.get::<SubjectKeyIdentifier>(), Ok(Some((_, there))) if there == *named)
        }
    }
}

/// How a signature is verified: with the signer's kind of key and this digest. RSA may be named without its digest.
fn algorithm(
    key: &SubjectPublicKeyInfoOwned,
    signature: ObjectIdentifier,
    hash: &Hash,
) -> Result<&'static dyn VerificationAlgorithm, TokenError> {
    let curve = || key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if key.algorithm.oid == RSA && (signature == hash.with_rsa || signature == RSA) {
        return Ok(hash.rsa);
    }
    if key.algorithm.oid == EC && signature == hash.with_ecdsa {
        match curve() {
            Some(P256) => return Ok(hash.p256),
            Some(P384) => return Ok(hash.p384),
            _ => {}
        }
    }
    Err(TokenError::broken(format!(
        "is signed in a way that is not accepted (key {}, signature {signature}, digest {}): RSA with PKCS #1 v1.5, or ECDSA \
         on P-256 or P-384, each with SHA-256, SHA-384 or SHA-512",
        key.algorithm.oid, hash.oid
    )))
}
