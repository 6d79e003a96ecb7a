//! Entra ID, the tenant's directory, through Microsoft Graph: its settings and policies, its users and its applications.
//! Secrets are never read, and neither is what users hold.

mod access_reviews;
mod application;
mod conditional_access;
mod roles;
mod service_principal;
mod tenant;
mod user;

use super::operation::{Family, ResourceType};
use application::Application;
use service_principal::ServicePrincipal;
use user::User;

pub(super) use user::{REGISTRATIONS, Registered, registered};

/// Everything of Entra ID.
pub const FAMILY: Family = Family {
    name: "entra",
    types: &[
        tenant::TENANT,
        ResourceType::of_tenant::<User>("A user of the directory, member or guest"),
        ResourceType::of_tenant::<Application>("An application that is registered in the directory"),
        ResourceType::of_tenant::<ServicePrincipal>(
            "An application, of this tenant or of another, that the directory lets in",
        ),
    ],
    collect: None,
};

/// What Graph answers where the tenant has no premium licence.
const NO_PREMIUM: &[&str] = &["Authentication_RequestFromNonPremiumTenantOrB2CTenant"];

#[cfg(test)]
mod tests;
