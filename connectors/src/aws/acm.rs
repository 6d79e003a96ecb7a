//! ACM: the certificates of each region, when they end and whether ACM renews them.

pub mod certificate;

use super::{Family, Operation, Paging, ResourceType};

/// Lists the certificates of a region.
pub static LIST_CERTIFICATES: Operation = Operation {
    service: "acm",
    name: "ListCertificates",
    permission: "acm:ListCertificates",
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    docs: "https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html",
    ..Operation::PLAIN
};

/// Describes a certificate: what became of its renewal. Asked only of those that ACM issued.
pub static DESCRIBE_CERTIFICATE: Operation = Operation {
    service: "acm",
    name: "DescribeCertificate",
    permission: "acm:DescribeCertificate",
    docs: "https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html",
    ..Operation::PLAIN
};

/// ACM's family.
pub const FAMILY: Family = Family {
    name: "acm",
    types: &[ResourceType::regional::<certificate::Certificate>(
        "A certificate of ACM, of every kind of key, with its end and its renewal.",
    )],
    collect: None,
};

#[cfg(test)]
mod tests;
