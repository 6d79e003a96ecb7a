//! From the queue of ended spans to the receiver, some at a time.

use crate::metrics::{Metrics, Spans};
use bytes::Bytes;
use evidenced_connectors::exchange::live::Wire;
use evidenced_connectors::exchange::post::Post;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request, Response};
use opentelemetry::Context;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Ended spans that wait. A run has some forty.
const QUEUE: usize = 2048;
/// Spans of one message.
const BATCH: usize = 512;
/// How long spans are gathered for one message.
const GATHER: Duration = Duration::from_secs(1);
/// Time for one message.
const WITHIN: Duration = Duration::from_secs(10);

/// Takes ended spans, and never waits.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
    metrics: Arc<Metrics>,
}

impl Queue {
    pub(super) fn new(metrics: Arc<Metrics>) -> (Self, mpsc::Receiver<SpanData>) {
        let (spans, taken) = mpsc::channel(QUEUE);
        (Self { spans, metrics }, taken)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.metrics.spans(Spans::Lost, 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Ships until `closing`, and then what is left. That a receiver is away is said once, until it takes spans again.
pub(super) async fn ship(
    exporter: SpanExporter,
    mut spans: mpsc::Receiver<SpanData>,
    metrics: Arc<Metrics>,
    closing: CancellationToken,
) {
    let (mut batch, mut away) = (Vec::with_capacity(BATCH), false);
    loop {
        tokio::select! {
            biased;
            taken = spans.recv_many(&mut batch, BATCH) => if taken == 0 { return },
            () = closing.cancelled(), if !closing.is_cancelled() => spans.close(),
        }
        if batch.is_empty() {
            continue;
        }
        tokio::select! {
            () = closing.cancelled() => spans.close(),
            () = tokio::time::sleep(GATHER) => {}
        }
        while batch.len() < BATCH
            && let Ok(span) = spans.try_recv()
        {
            batch.push(span);
        }
        let count = batch.len();
        match exporter.export(std::mem::take(&mut batch)).await {
            Ok(()) => {
                metrics.spans(Spans::Sent, count);
                if std::mem::take(&mut away) {
                    tracing::info!("the receiver of traces takes them again");
                }
            }
            Err(error) => {
                metrics.spans(Spans::Lost, count);
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(%error, spans = count, "the receiver of traces does not take them: spans are lost until it does");
                }
            }
        }
    }
}

/// The exporter's way to the network: our own.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) wire: Wire,
    pub(super) headers: HeaderMap,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let mut headers = self.headers.clone();
        for name in [CONTENT_TYPE, CONTENT_ENCODING] {
            headers.extend(head.headers.get(&name).map(|value| (name, value.clone())));
        }
        let url = head.uri.to_string().parse()?;
        let posted = self.wire.post(Post { url, headers, body, within: WITHIN }).await?;
        let mut response = Response::new(posted.body);
        *response.status_mut() = posted.status;
        *response.headers_mut() = posted.headers;
        Ok(response)
    }
}
