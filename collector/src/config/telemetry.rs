//! `telemetry:` of the configuration, and the standard variables of OpenTelemetry that do without it
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use super::headers::headers;
use super::{ConfigError, Loaded, Wrong, line};
use crate::telemetry::Receiver;
use evidenced_schemas::config::{Config, OtlpConfig};
use http::HeaderMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;
use url::Url;

/// Where the keys stand.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Lines {
    #[serde(default)]
    otlp: Option<OtlpLines>,
}

#[derive(Debug, Default, Deserialize)]
struct OtlpLines {
    #[serde(default)]
    endpoint: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    headers_file: Option<Spanned<IgnoredAny>>,
}

/// What `telemetry.otlp` says.
#[derive(Clone, Debug)]
pub struct Otlp {
    endpoint: Url,
    headers_file: Option<String>,
    headers_line: Option<u64>,
}

/// Reads what stands there.
pub(super) fn read(config: &Config, lines: &super::Lines) -> Result<Option<Otlp>, Wrong> {
    let Some(OtlpConfig { endpoint, headers_file }) = &config.telemetry.otlp else { return Ok(None) };
    let otlp = lines.telemetry.as_ref().and_then(|telemetry| telemetry.otlp.as_ref());
    let at = |which: fn(&OtlpLines) -> &Option<Spanned<IgnoredAny>>| line(otlp.and_then(|otlp| which(otlp).as_ref()));
    let endpoint = address(endpoint).ok_or_else(|| {
        let what = format!("telemetry.otlp.endpoint `{endpoint}` is no address: write http://127.0.0.1:4318");
        (at(|otlp| &otlp.endpoint), what)
    })?;
    Ok(Some(Otlp { endpoint, headers_file: headers_file.clone(), headers_line: at(|otlp| &otlp.headers_file) }))
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// `v1/traces` below a base address.
fn below(base: &Url) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["v1", "traces"]);
    }
    url
}

impl Loaded {
    /// Where traces go: as the configuration says, or else the environment; nowhere when neither does.
    ///
    /// # Errors
    /// When the headers cannot be read, with the place in the configuration.
    pub fn trace_receiver(&self) -> Result<Option<Receiver>, ConfigError> {
        let Some(otlp) = &self.otlp else { return Ok(from_environment(|name| std::env::var(name).ok())) };
        let headers = otlp.headers_file.as_ref().map(|file| headers(&self.path(file)));
        let headers = headers.transpose().map_err(|what| ConfigError {
            file: self.file.clone().unwrap_or_default(),
            line: otlp.headers_line,
            what: format!("telemetry.otlp.headers_file: {what}"),
        })?;
        Ok(Some(Receiver { url: below(&otlp.endpoint), headers: headers.unwrap_or_default() }))
    }
}

/// What the standard variables say. What they say wrong is logged: they may be meant for others on the machine, and no run
/// depends on them.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Receiver> {
    let said = |name: &str| variable(name).filter(|value| !value.is_empty());
    let is = |name: &str, value: &str| said(name).is_some_and(|said| said.eq_ignore_ascii_case(value));
    if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    let of_traces = said("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").map(|text| (address(&text), text));
    let of_all = || said("OTEL_EXPORTER_OTLP_ENDPOINT").map(|text| (address(&text).map(|base| below(&base)), text));
    let (url, text) = of_traces.or_else(of_all)?;
    let protocol = said("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| said("OTEL_EXPORTER_OTLP_PROTOCOL"));
    if let Some(other) = protocol.filter(|protocol| protocol != "http/protobuf") {
        tracing::warn!(
            protocol = other,
            "no traces are sent: OTLP is spoken as http/protobuf alone (OTEL_EXPORTER_OTLP_PROTOCOL)"
        );
        return None;
    }
    let Some(url) = url else {
        tracing::warn!(
            endpoint = text,
            "no traces are sent: OTEL_EXPORTER_OTLP_ENDPOINT is no http:// or https:// address"
        );
        return None;
    };
    let headers = said("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or_else(|| said("OTEL_EXPORTER_OTLP_HEADERS"));
    Some(Receiver { url, headers: headers.map(|text| listed(&text)).unwrap_or_default() })
}

/// `name=value,name=value`, percent-encoded.
fn listed(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let parsed = pair.split_once('=').and_then(|(name, value)| {
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
            let mut value: http::HeaderValue = value.parse().ok()?;
            value.set_sensitive(true);
            Some((name.trim().parse::<http::HeaderName>().ok()?, value))
        });
        if let Some((name, value)) = parsed {
            headers.append(name, value);
        } else {
            tracing::warn!("a header of OTEL_EXPORTER_OTLP_HEADERS does not read and is left out");
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use std::path::Path;

    fn environment(pairs: &[(&str, &str)]) -> Option<Receiver> {
        from_environment(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    #[test]
    fn the_standard_variables_are_read_as_their_specification_says() {
        assert!(environment(&[]).is_none(), "off by default");
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/x/");
        let found = environment(&[base, ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a,x-b = c")]).unwrap();
        assert_eq!(found.url.as_str(), "http://127.0.0.1:4318/x/v1/traces");
        assert_eq!(
            (&found.headers["authorization"], &found.headers["x-b"]),
            (&"Bearer a".parse().unwrap(), &"c".parse().unwrap())
        );
        let own = environment(&[base, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t.example/in")]).unwrap();
        assert_eq!(own.url.as_str(), "https://t.example/in", "its own is taken as it is");
        for off in
            [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
        {
            assert!(environment(&[base, off]).is_none(), "{off:?}");
        }
        assert!(environment(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")]).is_none());
    }

    #[test]
    fn a_configuration_stands_over_the_environment_and_is_refused_with_its_line() {
        let of = |text: &str| parse(Path::new("evidenced.yaml"), text);
        let wrong = of("telemetry:\n  otlp:\n    endpoint: nowhere\n").unwrap_err().to_string();
        assert!(wrong.starts_with("evidenced.yaml:3: telemetry.otlp.endpoint `nowhere`"), "{wrong}");
        let loaded = of("telemetry:\n  otlp:\n    endpoint: http://127.0.0.1:4318\n").unwrap();
        assert_eq!(loaded.trace_receiver().unwrap().unwrap().url.as_str(), "http://127.0.0.1:4318/v1/traces");
        let absent = of("telemetry:\n  otlp: {endpoint: \"http://127.0.0.1:4318\", headers_file: nowhere}\n").unwrap();
        let error = absent.trace_receiver().unwrap_err().to_string();
        assert!(error.starts_with("evidenced.yaml:2: telemetry.otlp.headers_file: "), "{error}");
    }
}
