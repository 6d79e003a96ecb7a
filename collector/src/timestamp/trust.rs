//! Whose tokens are trusted: CA certificates that somebody named. It deliberately knows none by itself, and asks for no
//! revocation: a verifier works offline.

use super::{TokenError, TokenErrorKind};
use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::path::{Path, PathBuf};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8, as DER has it.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// CA certificates. Each of them is trusted as it stands, an intermediate one too.
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
}

/// CA certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", file.display())]
pub struct AuthoritiesError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it, and what to do.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Authorities {
    /// Adds every certificate of a PEM file.
    ///
    /// # Errors
    /// When it cannot be read, or holds no certificate.
    pub fn add(&mut self, file: &Path) -> Result<(), AuthoritiesError> {
        let failed = |what: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>| AuthoritiesError {
            file: file.to_owned(),
            what: what.to_owned(),
            source,
        };
        let text = std::fs::read(file).map_err(|error| failed("cannot be read", Some(Box::new(error))))?;
        let blocks = pem::parse_many(&text).map_err(|error| failed("is no PEM file", Some(Box::new(error))))?;
        let before = self.anchors.len();
        for block in blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE") {
            let der = CertificateDer::from(block.into_contents());
            let anchor = anchor_from_trusted_cert(&der)
                .map_err(|error| failed("holds a certificate that cannot be trusted", Some(Box::new(error))))?;
            self.anchors.push(anchor.to_owned());
        }
        if self.anchors.len() == before {
            let what = "holds no certificate: give the CA certificate of the time-stamping authority in PEM, \
                        `-----BEGIN CERTIFICATE-----`";
            return Err(failed(what, None));
        }
        Ok(())
    }

    /// True when nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Checks that a signer's certificate leads to one of these, through others that came with it, at a time. Every
    /// certificate on the way that names purposes must name time stamps.
    pub(super) fn issued<'a>(
        &self,
        signer: &[u8],
        others: impl Iterator<Item = &'a [u8]>,
        time: DateTime<Utc>,
    ) -> Result<(), TokenError> {
        let untrusted = |error: webpki::Error| {
            let what = "its signer's certificate does not lead to a given CA certificate at its time";
            TokenError::new(TokenErrorKind::Untrusted, what).caused_by(error)
        };
        let signer = CertificateDer::from(signer);
        let others: Vec<CertificateDer<'_>> = others.map(CertificateDer::from).collect();
        // A time before 1970 was refused with the validity of the certificate.
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.timestamp()).unwrap_or(0)));
        let usage = KeyUsage::required_if_present(TIME_STAMPING);
        let certificate = EndEntityCert::try_from(&signer).map_err(untrusted)?;
        certificate
            .verify_for_usage(ALL_VERIFICATION_ALGS, &self.anchors, &others, at, usage, None, None)
            .map(|_| ())
            .map_err(untrusted)
    }
}
