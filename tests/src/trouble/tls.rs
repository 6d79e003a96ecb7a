//! TLS on both sides, for a server whose clients give tokens to none without it.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::fmt;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// What the proxy shows to clients, and what it trusts of the server.
#[derive(Clone)]
pub struct Tls {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// From PEM files: the certificate (for 127.0.0.1) and the key that the server has too, and the CA of both.
    pub fn read(certificate: &Path, key: &Path, ca: &Path) -> Self {
        // A second call finds the provider installed already: that is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certificates = |path: &Path| -> Vec<CertificateDer<'static>> {
            let read =
                CertificateDer::pem_file_iter(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            read.map(|certificate| certificate.expect("it is a certificate")).collect()
        };
        let mut roots = RootCertStore::empty();
        for root in certificates(ca) {
            roots.add(root).expect("a CA can be trusted");
        }
        let key = PrivateKeyDer::from_pem_file(key).unwrap_or_else(|error| panic!("{}: {error}", key.display()));
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates(certificate), key);
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { server: Arc::new(server.expect("certificate and key belong together")), client: Arc::new(client) }
    }

    /// The server's end of a connection.
    pub(super) fn accept(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.server)).expect("the configuration holds"), stream)
    }

    /// The client's end of a connection to 127.0.0.1.
    pub(super) fn connect(&self, stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from("127.0.0.1").expect("it is an address");
        StreamOwned::new(
            ClientConnection::new(Arc::clone(&self.client), name).expect("the configuration holds"),
            stream,
        )
    }
}
