//! Traces of a run, over OTLP (HTTP, protobuf): how long reading, judging, sealing and committing took, and each put of the store.
//!
//! Off unless the configuration or the standard variables name a receiver. Spans are `tracing`'s own, of the target [`TARGET`],
//! which the log leaves out. It deliberately delays nothing: spans go into a queue that is shipped beside the runs, what does not
//! fit or is not taken is dropped and counted, and stopping waits [`LAST`] at most. It is no evidence, and it shows no secret.

mod ship;

use crate::metrics::Metrics;
use evidenced_connectors::exchange::live::Wire;
use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanExporter as _};
use ship::{Client, Queue};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Registry, reload};
use url::Url;

/// The target of spans that are sent. (The attribute macro takes a literal: it is written out where functions are spans.)
pub const TARGET: &str = "evidenced::trace";
/// Time for what is left when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// Where traces go.
#[derive(Clone)]
pub struct Receiver {
    /// The whole address.
    pub url: Url,
    /// Headers, secrets perhaps among them.
    pub headers: HeaderMap,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// The layer of the subscriber that makes spans of traces; none while traces are off.
pub type Layer = Option<OpenTelemetryLayer<Registry, SdkTracer>>;

/// Turns traces on and off while the log goes on.
#[derive(Clone)]
pub struct Switch(reload::Handle<Layer, Registry>);

impl std::fmt::Debug for Switch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Switch")
    }
}

impl Switch {
    /// A layer for the subscriber that is off, and its switch.
    pub fn new() -> (reload::Layer<Layer, Registry>, Self) {
        let (layer, handle) = reload::Layer::new(None);
        (layer, Self(handle))
    }

    fn set(&self, layer: Layer) {
        // It fails only when the subscriber is gone, and then nobody makes spans.
        let _ = self.0.reload(layer);
    }
}

/// Traces while they are sent. Dropping it ends them at once.
#[derive(Debug)]
pub struct Traces {
    switch: Switch,
    closing: CancellationToken,
    /// The one task that ships.
    shipping: JoinSet<()>,
}

impl Traces {
    /// Begins to send.
    ///
    /// # Errors
    /// When the exporter cannot be made of what the environment says.
    pub fn start(
        receiver: &Receiver,
        deployment: Option<&str>,
        switch: &Switch,
        wire: Wire,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ExporterBuildError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { wire, headers: receiver.headers.clone() })
            .with_endpoint(receiver.url.as_str())
            .with_protocol(Protocol::HttpBinary)
            .build()?;
        let resource = resource(deployment);
        exporter.set_resource(&resource);
        let (queue, spans) = Queue::new(Arc::clone(&metrics));
        let provider = SdkTracerProvider::builder().with_resource(resource).with_span_processor(queue).build();
        metrics.traces();
        let closing = CancellationToken::new();
        let mut shipping = JoinSet::new();
        shipping.spawn(ship::ship(exporter, spans, metrics, closing.clone()));
        switch.set(Some(
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("evidenced"))
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_target(false),
        ));
        let host = receiver.url.host_str().unwrap_or_default();
        tracing::info!(host, port = receiver.url.port_or_known_default(), "traces of runs are sent");
        Ok(Self { switch: switch.clone(), closing, shipping })
    }

    /// Sends what is left, for [`LAST`] at most, and ends.
    pub async fn stop(mut self) {
        self.switch.set(None);
        self.closing.cancel();
        let ended = async { while self.shipping.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, ended).await.is_err() {
            tracing::debug!("traces that were left were not sent in time");
        }
    }
}

/// Who sends: `service.name` is `evidenced` unless the environment says otherwise.
fn resource(deployment: Option<&str>) -> Resource {
    let mut resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    if said("OTEL_SERVICE_NAME").is_empty() && !said("OTEL_RESOURCE_ATTRIBUTES").contains("service.name=") {
        resource = resource.with_service_name("evidenced");
    }
    if let Some(deployment) = deployment {
        resource = resource.with_attribute(KeyValue::new("evidenced.deployment", deployment.to_owned()));
    }
    resource.build()
}
