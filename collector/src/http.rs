//! HTTP, for `run` and for `serve`: where it listens, what a request may cost, whom it lets in, and how it ends.
//!
//! What it answers is given to it as a router. It changes nothing. It speaks HTTP/1.1, over TLS where there is a certificate.

mod doors;
mod routes;
pub mod tls;
pub mod token;

use crate::config::{ConfigError, Loaded};
use crate::metrics::Metrics;
use axum::Router;
use doors::Doors;
pub use doors::{Manner, Refused};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use token::Token;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

/// Connections at the same time; further ones wait in the system's queue.
const CONNECTIONS: usize = 64;
/// Time for the handshake of TLS.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Time for the head of a request, the first and each further one of a connection.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of the head of a request, and of what is held for a client that reads slowly. hyper asks for 8 KiB at least.
const HEAD_BYTES: usize = 16 << 10;
/// Header fields of a request.
const HEAD_FIELDS: usize = 64;
/// The longest life of a connection: a client that reads slowly holds its place no longer.
const CONNECTION_WITHIN: Duration = Duration::from_mins(5);
/// Time for connections to end once the service stops.
const END_WITHIN: Duration = Duration::from_secs(5);
/// Wait after a connection could not be taken (no file descriptors, say).
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Where the HTTP side cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("listen {address}: cannot be bound: name another port, or stop what holds it")]
pub struct BindError {
    address: SocketAddr,
    #[source]
    source: std::io::Error,
}

/// What the configuration says of the HTTP side.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What a request must bring.
    pub token: Option<Token>,
    /// How TLS is spoken; none for plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Settings {
    /// What a configuration says, with the token and the certificate read from their files; none where it has no HTTP side. A
    /// file that others may read is used with a warning.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn of(loaded: &Loaded) -> Result<Option<Self>, SettingsError> {
        let Some(http) = &loaded.config.http else { return Ok(None) };
        let token = http.token_file.as_deref().map(|file| Token::read(&loaded.path(file))).transpose()?;
        if let Some(mode) = token.as_ref().and_then(|token| token.readable_by_others) {
            let mode = format!("{mode:04o}");
            tracing::warn!(
                file = http.token_file,
                mode,
                "the token of the HTTP side can be read by others: chmod 600 it"
            );
        }
        let tls = http.tls.as_ref().map(|tls| {
            tls::read(&loaded.path(&tls.certificate), &loaded.path(&tls.key)).map_err(|error| loaded.tls_error(&error))
        });
        Ok(Some(Self { listen: http.listen.parse()?, token, tls: tls.transpose()? }))
    }
}

/// A configuration of the HTTP side that cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The token.
    #[error("http.{0}")]
    Token(#[from] token::TokenError),
    /// The certificate or its key, with the place in the configuration.
    #[error(transparent)]
    Tls(#[from] ConfigError),
    /// The address, which `config::load` refuses with its line.
    #[error("http.listen is no address with a port")]
    Listen(#[from] std::net::AddrParseError),
}

/// The HTTP side while it runs. Dropping it ends it at once.
#[derive(Debug)]
pub struct Server {
    asked_for: SocketAddr,
    address: SocketAddr,
    doors: Arc<Doors>,
    stop: CancellationToken,
    /// The one task that accepts.
    accepting: JoinSet<()>,
}

impl Server {
    /// Listens and begins to answer what the service tells of itself.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(settings: Settings, metrics: Arc<Metrics>) -> Result<Self, BindError> {
        let server = Self::answer(settings, routes::router(metrics), routes::MANNER).await?;
        tracing::info!(address = %server.address, tls = server.speaks_tls(), "answering /healthz, /readyz and /metrics");
        Ok(server)
    }

    /// Listens and begins to answer with these routes, behind the checks and limits of this module.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn answer(settings: Settings, routes: Router, manner: Manner) -> Result<Self, BindError> {
        let failed = |source| BindError { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let doors = Arc::new(Doors::new(settings.token, settings.tls, manner));
        let guarded = doors::behind(Arc::clone(&doors), routes);
        let stop = CancellationToken::new();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, guarded, Arc::clone(&doors), stop.clone()));
        Ok(Self { asked_for: settings.listen, address, doors, stop, accepting })
    }

    /// True when new connections speak TLS.
    pub fn speaks_tls(&self) -> bool {
        self.doors.tls.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where it listens: the port is known here when the configuration leaves it to the system.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// True when a configuration names the address that this one listens at.
    pub fn is_at(&self, listen: SocketAddr) -> bool {
        self.asked_for == listen
    }

    /// From now on another token is needed, or none.
    pub fn set_token(&self, token: Option<Token>) {
        *self.doors.token.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// From now on new connections get another certificate, or none. Those that are open go on as they are.
    pub fn set_tls(&self, tls: Option<Arc<ServerConfig>>) {
        *self.doors.tls.write().unwrap_or_else(PoisonError::into_inner) = tls;
    }

    /// Takes no further connection, lets requests under way end, and ends.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.accepting.join_next().await.is_some() {}
    }
}

/// Takes connections until told to stop, and then waits for theirs to end.
async fn accept(listener: TcpListener, router: Router, doors: Arc<Doors>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => {
                log_panic(ended);
                continue;
            }
            taken = async {
                let place = Arc::clone(&places).acquire_owned().await.expect("the places are never closed");
                listener.accept().await.map(|(stream, _)| (stream, place))
            } => taken,
        };
        match taken {
            Ok((stream, place)) => {
                let (router, stop) = (router.clone(), stop.clone());
                let tls = doors.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
                connections.spawn(async move {
                    greet(stream, tls, router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "an HTTP connection could not be taken");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    let ending = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    if tokio::time::timeout(END_WITHIN, ending).await.is_err() {
        tracing::debug!("HTTP connections that did not end in time are cut");
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "answering an HTTP request failed: this is a fault of evidenced, please report it");
    }
}

/// One connection, with the handshake of TLS where it is spoken. A handshake that fails is no news: a scanner, plain HTTP.
async fn greet(stream: TcpStream, tls: Option<Arc<ServerConfig>>, router: Router, stop: CancellationToken) {
    let Some(tls) = tls else { return serve(stream, router, stop).await };
    let shaken = tokio::select! {
        () = stop.cancelled() => return,
        shaken = tokio::time::timeout(HANDSHAKE_WITHIN, TlsAcceptor::from(tls).accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => serve(stream, router, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long and was cut"),
    }
}

/// Answers on one connection. A peer that goes away or writes nonsense ends it, and that is no news.
async fn serve<S>(stream: S, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let served = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    match tokio::time::timeout(CONNECTION_WITHIN, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an HTTP connection ended early"),
        Err(_) => tracing::debug!("an HTTP connection lasted too long and was cut"),
    }
}

#[cfg(test)]
mod tests;
