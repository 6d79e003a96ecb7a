//! The structures of RFC 3161 and the few of RFC 5652 that must be read byte by byte. It deliberately judges nothing.
//!
//! `SignedData` is not the one of `cms`: there, certificates are decoded and sorted, and a certificate that is encoded again
//! need not have the bytes that were signed. Here they stay bytes, in the order received, which also lets a set pass
//! that is not sorted (`openssl ts` with `certs=` writes one).

use chrono::{DateTime, NaiveDate, Utc};
use cms::content_info::CmsVersion;
use cms::signed_data::{EncapsulatedContentInfo, SignerInfo};
use der::asn1::{BitString, Int, ObjectIdentifier, OctetString};
use der::{Any, AnyRef, Decode, DecodeValue, FixedTag, Header, Reader, Sequence, Tag, TagNumber, Tagged as _};
use x509_cert::ext::Extensions;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// `TimeStampReq`, RFC 3161 section 2.4.1.
#[derive(Clone, Debug, Sequence)]
pub(super) struct TimeStampReq {
    pub(super) version: u8,
    pub(super) message_imprint: MessageImprint,
    pub(super) req_policy: Option<ObjectIdentifier>,
    pub(super) nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    pub(super) cert_req: bool,
}

/// `MessageImprint`: what is stamped, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct MessageImprint {
    pub(super) hash_algorithm: AlgorithmIdentifierOwned,
    pub(super) hashed_message: OctetString,
}

/// `TimeStampResp`, section 2.4.2.
#[derive(Clone, Debug, Sequence)]
pub(super) struct TimeStampResp {
    pub(super) status: PkiStatusInfo,
    pub(super) time_stamp_token: Option<Any>,
}

/// `PKIStatusInfo`.
#[derive(Clone, Debug, Sequence)]
pub(super) struct PkiStatusInfo {
    pub(super) status: u32,
    pub(super) status_string: Option<Vec<String>>,
    pub(super) fail_info: Option<BitString>,
}

/// `PKIFailureInfo`: the names of its bits.
pub(super) const FAILURES: &[(usize, &str)] = &[
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];

/// `TSTInfo`: what is signed. The time stays as it is, for [`instant`]: `der` knows no fractions of a second.
#[derive(Clone, Debug, Sequence)]
pub(super) struct TstInfo {
    pub(super) version: u8,
    pub(super) policy: ObjectIdentifier,
    pub(super) message_imprint: MessageImprint,
    pub(super) serial_number: Int,
    pub(super) gen_time: Any,
    pub(super) accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    pub(super) ordering: bool,
    pub(super) nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) tsa: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

/// `Accuracy`: how far the time may be off, either way.
#[derive(Clone, Copy, Debug, Sequence)]
pub(super) struct Accuracy {
    pub(super) seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) micros: Option<u16>,
}

/// `SigningCertificate`, RFC 2634 section 5.4: SHA-1 of the signer's certificate.
#[derive(Clone, Debug, Sequence)]
pub(super) struct SigningCertificate {
    pub(super) certs: Vec<EssCertId>,
    pub(super) policies: Option<Any>,
}

/// `ESSCertID`.
#[derive(Clone, Debug, Sequence)]
pub(super) struct EssCertId {
    pub(super) cert_hash: OctetString,
    pub(super) issuer_serial: Option<Any>,
}

/// `SigningCertificateV2`, RFC 5035 section 3.
#[derive(Clone, Debug, Sequence)]
pub(super) struct SigningCertificateV2 {
    pub(super) certs: Vec<EssCertIdV2>,
    pub(super) policies: Option<Any>,
}

/// `ESSCertIDv2`. Without an algorithm it is SHA-256.
#[derive(Clone, Debug, Sequence)]
pub(super) struct EssCertIdV2 {
    pub(super) hash_algorithm: Option<AlgorithmIdentifierOwned>,
    pub(super) cert_hash: OctetString,
    pub(super) issuer_serial: Option<Any>,
}

/// `SignedData`, RFC 5652 section 5.1, with its sets as they were received.
#[derive(Clone, Debug)]
pub(super) struct SignedData {
    /// What is signed.
    pub(super) content: EncapsulatedContentInfo,
    /// Certificates, each in its own bytes, in the order received. Other forms of certificates are left out.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Signers.
    pub(super) signers: Vec<SignerInfo>,
}

impl FixedTag for SignedData {
    const TAG: Tag = Tag::Sequence;
}

impl<'a> DecodeValue<'a> for SignedData {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| {
            CmsVersion::decode(reader)?;
            let _digest_algorithms = AnyRef::decode(reader)?;
            let content = EncapsulatedContentInfo::decode(reader)?;
            let tagged = |number| Tag::ContextSpecific { constructed: true, number };
            let certificates = members(reader, tagged(TagNumber::N0))?.unwrap_or_default();
            let _revocation_lists = members(reader, tagged(TagNumber::N1))?;
            let signers = members(reader, Tag::Set)?.unwrap_or_default();
            Ok(Self {
                content,
                certificates: certificates.into_iter().filter(|item| item[0] == 0x30).map(<[u8]>::to_vec).collect(),
                signers: signers.into_iter().map(SignerInfo::from_der).collect::<der::Result<_>>()?,
            })
        })
    }
}

/// The members of the set that comes next, when it has this tag.
fn members<'a, R: Reader<'a>>(reader: &mut R, tag: Tag) -> der::Result<Option<Vec<&'a [u8]>>> {
    if reader.is_finished() || reader.peek_tag()? != tag {
        return Ok(None);
    }
    let header = Header::decode(reader)?;
    reader.read_nested(header.length, |reader| {
        let mut members = Vec::new();
        while !reader.is_finished() {
            members.push(reader.tlv_bytes()?);
        }
        Ok(Some(members))
    })
}

/// An ASN.1 GeneralizedTime as RFC 3161 section 2.4.2 wants it: `yyyymmddhhmmss[.fraction]Z`. None for anything else.
pub(super) fn instant(time: &Any) -> Option<DateTime<Utc>> {
    if time.tag() != Tag::GeneralizedTime {
        return None;
    }
    let text = std::str::from_utf8(time.value()).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || fraction.is_empty() || fraction.len() > 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number = |from: usize, to: usize| whole[from..to].parse::<u32>().ok();
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    let date = NaiveDate::from_ymd_opt(whole[..4].parse().ok()?, number(4, 6)?, number(6, 8)?)?;
    Some(date.and_hms_nano_opt(number(8, 10)?, number(10, 12)?, number(12, 14)?, nanos)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_seconds_and_may_have_fractions() {
        let read = |text: &str| instant(&Any::new(Tag::GeneralizedTime, text.as_bytes()).unwrap());
        let expected = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        assert_eq!(read("20260301060000Z"), expected("2026-03-01T06:00:00Z"));
        assert_eq!(read("20260301060000.5Z"), expected("2026-03-01T06:00:00.5Z"));
        assert_eq!(read("20260301060000.123456789Z"), expected("2026-03-01T06:00:00.123456789Z"));
        for wrong in [
            "",
            "Z",
            "202603010600Z",
            "20260301060000",
            "20260301060000+0100",
            "20260301060000.Z",
            "20260301060000.1234567890Z",
            "20261301060000Z",
            "20260230060000Z",
            "20260301250000Z",
            "2026030106000\u{661}Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(instant(&Any::new(Tag::Utf8String, "20260301060000Z".as_bytes()).unwrap()), None);
    }
}
