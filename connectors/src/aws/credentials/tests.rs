use super::super::scripted::{Scripted, order};
use super::*;
use aws_credential_types::provider::future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Gives credentials that last this long, until it is told to fail.
#[derive(Debug)]
struct Source {
    lasting: Option<Duration>,
    given: Arc<AtomicU64>,
    at_most: u64,
}

impl ProvideCredentials for Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        if number > self.at_most {
            return future::ProvideCredentials::ready(Err(ProviderError::provider_error("gone")));
        }
        let expiry = self.lasting.map(|time| SystemTime::now() + time);
        let credentials = Credentials::new(format!("KEY{number}"), "secret", None, expiry, "test");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn renewing(lasting: Option<Duration>, at_most: u64) -> (Renewing, Arc<AtomicU64>) {
    let given = Arc::new(AtomicU64::new(0));
    let source = Source { lasting, given: Arc::clone(&given), at_most };
    (Renewing::over(SharedCredentialsProvider::new(source)), given)
}

#[tokio::test]
async fn credentials_are_kept_and_renewed_before_they_expire() {
    for (lasting, asked) in [(None, 1), (Some(Duration::from_hours(1)), 1), (Some(Duration::from_mins(4)), 3)] {
        let (provider, given) = renewing(lasting, u64::MAX);
        for _ in 0..3 {
            provider.provide_credentials().await.unwrap();
        }
        assert_eq!(given.load(Ordering::SeqCst), asked, "{lasting:?}");
    }
}

#[tokio::test]
async fn credentials_that_still_hold_outlive_a_failed_renewal() {
    let (provider, _) = renewing(Some(Duration::from_mins(4)), 1);
    assert_eq!(provider.provide_credentials().await.unwrap().access_key_id(), "KEY1");
    assert_eq!(provider.provide_credentials().await.unwrap().access_key_id(), "KEY1");
    let (provider, _) = renewing(Some(Duration::ZERO), 1);
    provider.provide_credentials().await.unwrap();
    assert!(provider.provide_credentials().await.is_err(), "expired credentials are not used");
}

#[tokio::test]
async fn the_identity_is_checked_before_a_run_and_a_refusal_says_what_to_do() {
    let answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>\
        <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let refusal = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>";
    let ask = async |status, body: &str| {
        let script = Arc::new(Scripted::new().always("sts:GetCallerIdentity", "", status, body));
        caller(script, &order().asked, &for_replay()).await
    };
    assert_eq!(ask(200, answer).await.unwrap().account, "123456789012");
    let error = ask(403, refusal).await.unwrap_err();
    assert!(error.to_string().contains("renew them"), "{error}");
    assert!(sdk::chain(&error).contains("InvalidClientTokenId"), "the cause is kept: {error:?}");
}

#[test]
fn each_way_of_having_no_credentials_says_what_to_do() {
    for (error, text) in [
        (ProviderError::not_loaded("x"), "no AWS credentials found: looked in the environment"),
        (ProviderError::provider_timed_out(Duration::from_secs(5)), "no AWS credentials found within 10 seconds"),
        (ProviderError::invalid_configuration("x"), "correct ~/.aws/config"),
        (ProviderError::provider_error("x"), "renew them"),
    ] {
        let told = explain(error).to_string();
        assert!(told.contains(text), "{told}");
    }
}
