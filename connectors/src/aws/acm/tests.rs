use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "aws.acm.certificate";
const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;

fn certificate(change: &[(&str, Value)]) -> Value {
    let mut certificate = json!({
        "CertificateArn": ARN, "DomainName": "example.com", "Status": "ISSUED", "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "EC_prime256v1", "InUse": true, "RenewalEligibility": "ELIGIBLE",
        "NotBefore": 1_767_323_045, "NotAfter": 1_798_859_045.0,
    });
    for (name, value) in change {
        certificate[name] = value.clone();
    }
    certificate
}

fn list(certificates: &[Value], next: Option<&str>) -> String {
    json!({"CertificateSummaryList": certificates, "NextToken": next}).to_string()
}

/// One certificate that ACM renews, with the caller's lines before.
async fn read(script: Scripted) -> (Collected, Vec<String>) {
    let renewal =
        json!({"RenewalStatus": "PENDING_AUTO_RENEWAL", "UpdatedAt": 1_767_323_045, "DomainValidationOptions": []});
    let described = json!({"Certificate": {"CertificateArn": ARN, "RenewalSummary": renewal}});
    let script = script.always("acm:ListCertificates", "", 200, &list(&[certificate(&[])], None)).always(
        "acm:DescribeCertificate",
        "",
        200,
        &described.to_string(),
    );
    let (collected, script) = read_family(&FAMILY, script).await;
    let bodies = script.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    (collected, bodies)
}

#[tokio::test]
async fn a_certificate_is_told_with_its_end_and_its_renewal() {
    let (collected, bodies) = read(Scripted::new()).await;
    let certificate = only(&collected, TYPE);
    assert!(certificate.gaps.is_empty(), "{:?}", certificate.gaps);
    assert_eq!(
        Value::Object(certificate.config.clone()),
        json!({
            "certificate_arn": ARN, "domain_name": "example.com", "status": "ISSUED", "type": "AMAZON_ISSUED",
            "key_algorithm": "EC_prime256v1", "in_use": true, "exported": null, "renewal_eligibility": "ELIGIBLE",
            "managed_by": null, "not_before": "2026-01-02T03:04:05Z", "not_after": "2027-01-02T03:04:05Z",
            "renewal_summary": {"renewal_status": "PENDING_AUTO_RENEWAL", "renewal_status_reason": null,
                "updated_at": "2026-01-02T03:04:05Z"},
        })
    );
    assert!(bodies[0].contains("EC_secp521r1") && bodies[0].contains("RSA_4096"), "every kind of key: {}", bodies[0]);
    assert!(bodies[0].contains("ACME"), "every origin: {}", bodies[0]);
}

#[tokio::test]
async fn an_imported_certificate_is_not_asked_for_a_renewal() {
    let imported = certificate(&[("Type", json!("IMPORTED"))]);
    let (collected, bodies) =
        read(Scripted::new().always("acm:ListCertificates", "", 200, &list(&[imported], None))).await;
    let imported = only(&collected, TYPE);
    assert_eq!((bodies.len(), &imported.config["renewal_summary"]), (1, &Value::Null));
    assert!(imported.gaps.is_empty());
}

#[tokio::test]
async fn every_page_is_read_and_a_list_that_is_none_is_incomplete() {
    let pages = Scripted::new()
        .always("acm:ListCertificates", r#""NextToken":"n""#, 200, &list(&[certificate(&[])], None))
        .always("acm:ListCertificates", r#""MaxItems":1000"#, 200, &list(&[certificate(&[])], Some("n")));
    let (collected, _) = read(pages).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).pages), (2, 2));
    for (status, body, reason) in
        [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let (collected, _) = read(Scripted::new().always("acm:ListCertificates", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}

#[tokio::test]
async fn what_is_refused_or_missing_is_a_gap() {
    for (status, body, reason) in [
        (400, DENIED, GapReason::Denied),
        (200, "{}", GapReason::Malformed),
        (200, r#"{"Certificate": {"CertificateArn": "arn:other"}}"#, GapReason::Malformed),
    ] {
        let (collected, _) = read(Scripted::new().always("acm:DescribeCertificate", "", status, body)).await;
        let certificate = only(&collected, TYPE);
        let gaps: Vec<_> = certificate.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        assert_eq!(gaps, [("config.renewal_summary", reason)]);
        assert!(!certificate.config.contains_key("renewal_summary"));
    }
    let none = json!({"Certificate": {"CertificateArn": ARN}}).to_string();
    let (collected, _) = read(Scripted::new().always("acm:DescribeCertificate", "", 200, &none)).await;
    assert_eq!(only(&collected, TYPE).config["renewal_summary"], Value::Null, "none has begun");
    let silent = certificate(&[("InUse", Value::Null), ("Status", Value::Null)]);
    let (collected, _) = read(Scripted::new().always("acm:ListCertificates", "", 200, &list(&[silent], None))).await;
    let fields: Vec<_> = only(&collected, TYPE).gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(fields, ["config.in_use", "config.status"]);
}
