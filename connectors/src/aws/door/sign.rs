//! Signature Version 4 over a request. The signature and the session token go into headers, which are never recorded.

use super::Service;
use super::request::Unsigned;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign as sign_request,
};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue};
use std::time::SystemTime;

/// Adds the signature.
#[expect(clippy::disallowed_methods, reason = "a signature is valid around the time it was made; it is never recorded")]
pub(super) fn sign(draft: &mut Unsigned, service: &Service, region: &str, by: Credentials) -> Result<(), String> {
    let mut settings = SigningSettings::default();
    if service.signing_name == "s3" {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let identity = by.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service.signing_name)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = draft.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(&draft.body);
    let signable = SignableRequest::new(draft.method.as_str(), draft.url.as_str(), headers, body)
        .map_err(|error| error.to_string())?;
    let (instructions, _) = sign_request(signable, &params).map_err(|error| error.to_string())?.into_parts();
    for (name, value) in instructions.headers() {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        draft.headers.insert(name, value);
    }
    Ok(())
}
