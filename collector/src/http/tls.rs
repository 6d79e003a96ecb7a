//! TLS of the HTTP side: a certificate and its key from files, TLS 1.2 and 1.3, no client certificates.

use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::{self, ServerConfig};

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `http.tls.certificate`
    Certificate,
    /// `http.tls.key`
    Key,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
        })
    }
}

/// A certificate or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", file.display())]
pub struct TlsError {
    /// Which of the two.
    pub part: Part,
    file: PathBuf,
    what: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What is needed to speak TLS, from PEM files. A key that others may read is used with a warning.
///
/// # Errors
/// When a file cannot be read, or the two do not belong together.
pub fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(certificate)?;
    let private = private_key(key)?;
    let failed = |error: rustls::Error| {
        let what = "the key does not belong to the certificate, or is of a kind that is not spoken";
        wrong(Part::Key, key, what, Some(Box::new(error)))
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = bytes(Part::Certificate, file)?;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => {
            Err(wrong(Part::Certificate, file, "holds no certificate: write PEM, `-----BEGIN CERTIFICATE-----`", None))
        }
        Err(error) => Err(wrong(Part::Certificate, file, "is no PEM file of certificates", Some(Box::new(error)))),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = bytes(Part::Key, file)?;
    let mode = std::fs::metadata(file).map_or(0, |found| found.permissions().mode() & 0o7777);
    if mode & 0o077 != 0 {
        let mode = format!("{mode:04o}");
        tracing::warn!(file = %file.display(), mode, "the TLS key of the HTTP side can be read by others: chmod 600 it");
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        wrong(Part::Key, file, "holds no private key: write PEM, `-----BEGIN PRIVATE KEY-----`", Some(Box::new(error)))
    })
}

fn bytes(part: Part, file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|error| wrong(part, file, "cannot be read", Some(Box::new(error))))
}

fn wrong(part: Part, file: &Path, what: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
    TlsError { part, file: file.to_owned(), what: what.to_owned(), source }
}
