use super::*;
use crate::exchange::live::{Live, Wire};
use crate::exchange::{ApiRequest, ApiResponse, CollectError};
use azure_core::credentials::Secret;
use evidenced_schemas::{GapReason, Instant};
use std::sync::Mutex as Lock;

/// Answers each call with the next of these; `None` is a connection that fails.
#[derive(Debug, Default)]
struct Scripted {
    answers: Lock<Vec<Option<(u16, String)>>>,
    asked: Lock<Vec<(String, String)>>,
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Option<(u16, String)>>) -> Arc<Self> {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Arc::new(Self { answers: Lock::new(answers), asked: Lock::default() })
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Transport for Scripted {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        self.asked.lock().unwrap().push((request.url.to_string(), body));
        match self.answers.lock().unwrap().pop().flatten() {
            Some((status, body)) => Ok(ApiResponse {
                seq: 0,
                status,
                headers: BTreeMap::new(),
                body: body.into(),
                finished_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
            }),
            None => Err(CollectError {
                kind: GapReason::Unavailable,
                service: request.service,
                operation: request.operation,
                region: request.region,
                code: "-".to_owned(),
                message: "connection refused".to_owned(),
                exchanges: vec![],
                at: None,
            }),
        }
    }

    async fn pause(&self, _: Duration) {}
}

const SCOPE: &str = "https://storage.azure.com/.default";

fn token(number: u32, lasting: i64) -> (u16, String) {
    (200, format!(r#"{{"token_type":"Bearer","expires_in":{lasting},"access_token":"token-{number}"}}"#))
}

fn application() -> Settings {
    Settings {
        tenant_id: Some("a-tenant".into()),
        client_id: Some("a-client".into()),
        client_secret: Some(Secret::new("canary-secret")),
        ..Settings::default()
    }
}

fn credentials(settings: &Settings, script: &Arc<Scripted>) -> Result<Credentials, CredentialsError> {
    let transport: Arc<dyn Transport> = script.clone();
    Ok(Credentials::over(sources::find(settings, transport)?))
}

#[tokio::test]
async fn an_application_asks_its_authority_once_for_each_scope() {
    let script = Scripted::new([Some(token(1, 3600)), Some(token(2, 3600))]);
    let settings = Settings { authority: Some("https://login.example.net".into()), ..application() };
    let credentials = credentials(&settings, &script).unwrap();
    for _ in 0..3 {
        assert_eq!(credentials.clone().token(SCOPE).await.unwrap(), "token-1");
    }
    assert_eq!(credentials.token("https://vault.azure.net/.default").await.unwrap(), "token-2");
    let asked = script.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0].0, "https://login.example.net/a-tenant/oauth2/v2.0/token");
    assert!(asked[0].1.contains("client_secret=canary-secret") && asked[0].1.contains("storage.azure.com"));
}

#[tokio::test]
async fn a_workload_presents_the_token_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "federated-assertion").unwrap();
    let settings =
        Settings { client_secret: None, federated_token_file: Some(file.display().to_string()), ..application() };
    let script = Scripted::new([Some(token(1, 3600))]);
    assert_eq!(credentials(&settings, &script).unwrap().token(SCOPE).await.unwrap(), "token-1");
    let asked = script.asked();
    assert!(asked[0].0.starts_with("https://login.microsoftonline.com/a-tenant/"), "{asked:?}");
    assert!(asked[0].1.contains("client_assertion=federated-assertion"), "{asked:?}");
}

#[tokio::test]
async fn an_application_may_have_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    let settings =
        Settings { client_secret: None, client_certificate_path: Some(file.display().to_string()), ..application() };
    let script = Scripted::new([Some(token(1, 3600))]);
    let missing = credentials(&settings, &script).unwrap_err().to_string();
    assert!(missing.contains("AZURE_CLIENT_CERTIFICATE_PATH") && missing.contains("certificate.pem"), "{missing}");
    std::fs::write(&file, certificate::tests::pem(&certificate::tests::key())).unwrap();
    assert_eq!(credentials(&settings, &script).unwrap().token(SCOPE).await.unwrap(), "token-1");
    let (url, body) = &script.asked()[0];
    assert!(url.starts_with("https://login.microsoftonline.com/a-tenant/oauth2/v2.0/token"), "{url}");
    assert!(body.contains("jwt-bearer") && body.contains("client_assertion=ey"), "{body}");
}

#[tokio::test]
async fn a_token_that_still_holds_outlives_a_failed_renewal_and_one_that_expired_does_not() {
    let script = Scripted::new([Some(token(1, 60)), None]);
    let near_its_end = credentials(&application(), &script).unwrap();
    assert_eq!(near_its_end.token(SCOPE).await.unwrap(), "token-1");
    assert_eq!(near_its_end.token(SCOPE).await.unwrap(), "token-1", "renewing failed, the old one lasts a minute");
    assert_eq!(script.asked().len(), 2);
    let script = Scripted::new([Some(token(1, -1)), None]);
    let expired = credentials(&application(), &script).unwrap();
    expired.token(SCOPE).await.unwrap();
    let error = expired.token(SCOPE).await.unwrap_err();
    assert!(error.passing(), "no connection may pass: {error}");
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn a_refusal_says_why_and_what_to_do_and_tells_no_secret() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.",
        "error_codes":[7000215]}"#;
    let script = Scripted::new([Some((401, body.to_owned()))]);
    let error = credentials(&application(), &script).unwrap().token(SCOPE).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(told.contains("AADSTS7000215") && told.contains("Check AZURE_TENANT_ID"), "{told}");
    assert!(!told.contains("canary") && !error.passing(), "{told}");
    assert_eq!(script.asked().len(), 1, "the library does not try again: the transport did");
}

#[tokio::test]
async fn a_machine_with_nothing_says_what_was_tried() {
    // No PATH can be set here without unsafe code, so the CLI may be there: it has no login either way.
    let script = Scripted::new([None]);
    let error = credentials(&Settings::default(), &script).unwrap().token(SCOPE).await.unwrap_err();
    let told = error.to_string();
    for part in ["no Azure credentials found", "instance metadata", "the Azure CLI", "az login"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(script.asked().len(), 1, "one look whether there is instance metadata");
}

#[tokio::test]
async fn instance_metadata_gives_the_identity_that_is_named() {
    let answer = r#"{"access_token":"token-vm","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"#;
    let script = Scripted::new([Some((400, String::new())), Some((200, answer.to_owned()))]);
    let settings = Settings { client_id: Some("one-of-several".into()), ..Settings::default() };
    let credentials = credentials(&settings, &script).unwrap();
    assert_eq!(credentials.token(SCOPE).await.unwrap(), "token-vm");
    let asked = script.asked();
    assert!(asked[1].0.contains("client_id=one-of-several") && asked[1].0.contains("resource=https"), "{asked:?}");
    assert_eq!(credentials.inner.chosen.get(), Some(&0));
}

#[tokio::test]
async fn instance_metadata_may_be_at_another_place() {
    let answer = r#"{"access_token":"token-pod","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"#;
    let settings = Settings { metadata: Some("http://127.0.0.1:8081".into()), ..Settings::default() };
    let script = Scripted::new([Some((200, answer.to_owned()))]);
    assert_eq!(credentials(&settings, &script).unwrap().token(SCOPE).await.unwrap(), "token-pod");
    let asked = script.asked();
    let asked = &asked.first().unwrap().0;
    assert!(asked.starts_with("http://127.0.0.1:8081/metadata/identity/oauth2/token?api-version="), "{asked}");
    let body = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    let script = Scripted::new([Some((400, body.to_owned()))]);
    let error = credentials(&settings, &script).unwrap().token(SCOPE).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("has not been assigned") && told.contains("Check that an identity is assigned"), "{told}");
    assert!(!error.passing() && script.asked().len() == 1, "what is named is asked alone, and once");
}

#[test]
fn half_a_setting_is_named() {
    let script = Scripted::new([]);
    for (settings, word) in [
        (Settings { tenant_id: None, ..application() }, "AZURE_TENANT_ID"),
        (Settings { client_id: None, ..application() }, "AZURE_CLIENT_ID"),
        (Settings { authority: Some("http://login.example".into()), ..application() }, "HTTPS"),
        (
            Settings { metadata: Some("127.0.0.1:80".into()), ..Settings::default() },
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        ),
        (Settings { metadata: Some("http://h/p".into()), ..Settings::default() }, "http://HOST:PORT"),
        (Settings { client_secret: None, federated_token_file: Some("/nowhere".into()), ..application() }, "/nowhere"),
    ] {
        let error = credentials(&settings, &script).unwrap_err();
        assert!(error.to_string().contains(word), "{word}: {error}");
        assert!(!error.passing(), "{error}");
    }
}

#[test]
fn the_environment_is_read_without_asking_anything() {
    let wire = Wire::new().unwrap();
    assert!(Credentials::ambient(Arc::new(Live::unrecorded(wire))).is_ok());
}
