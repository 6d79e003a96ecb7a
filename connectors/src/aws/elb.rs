//! Elastic Load Balancing: application, network and gateway load balancers, and the classic ones beside them.
//!
//! The two generations are two APIs with shapes of their own, and so two resource types, each with a balance of its own.

pub mod classic;
pub mod listener;
pub mod load_balancer;

use super::{Family, Operation, Paging, ResourceType};

/// How the lists page.
const PAGES: Paging = Paging::Token { input: "Marker", output: "NextMarker" };

/// An operation of either API with one page.
const fn one(service: &'static str, name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service, name, permission, docs, ..Operation::PLAIN }
}

/// A list of either API.
const fn list(service: &'static str, name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { paging: PAGES, ..one(service, name, permission, docs) }
}

/// The family of the load balancers.
pub const FAMILY: Family = Family {
    name: "elb",
    types: &[
        ResourceType::regional::<classic::ClassicLoadBalancer>(
            "A classic load balancer, with the versions of TLS that its listeners accept.",
        ),
        ResourceType::regional::<load_balancer::LoadBalancer>(
            "An application, network or gateway load balancer, with its listeners, their versions of TLS, and its web ACL.",
        ),
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
