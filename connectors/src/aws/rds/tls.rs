//! Whether a database refuses connections without TLS, as its engine is told to.

use super::Operation;
use super::cluster::DESCRIBE_DB_CLUSTERS;
use super::instance::{DESCRIBE_DB_INSTANCES, Instance};
use super::parameters::{
    DESCRIBE_DB_CLUSTER_PARAMETERS, DESCRIBE_DB_PARAMETERS, DESCRIBE_OPTION_GROUPS, Holder, Settings, Shared,
};
use crate::aws::listing::Place;
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;

/// What an instance is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    /// It refuses plain connections.
    pub on: bool,
    /// `in-sync` when the instance runs with the group as it stands.
    pub status: String,
}

/// How an engine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    /// By a parameter of the parameter group.
    Parameter(&'static str),
    /// By a setting of the option group, and never elsewhere.
    Option(&'static str),
    /// It is not: it has no such switch.
    Nothing,
}

/// The switch of an engine; none for an engine that this does not know.
///
/// Sources: "SSL with a PostgreSQL DB instance", "Requiring SSL/TLS" of MySQL and MariaDB, "Forcing connections to your DB
/// instance to use SSL" of SQL Server and "Native network encryption" of Oracle in the RDS User Guide; "TLS" of the Aurora
/// User Guide; "Encrypting data in transit" of the DocumentDB Developer Guide. Neptune takes TLS connections only. Oracle's
/// `SSL` option adds a port with TLS and leaves the plain one open, so it forces nothing.
fn switch(engine: &str) -> Option<Switch> {
    Some(match engine {
        "postgres" | "aurora-postgresql" => Switch::Parameter("rds.force_ssl"),
        "mysql" | "mariadb" | "aurora-mysql" => Switch::Parameter("require_secure_transport"),
        "docdb" => Switch::Parameter("tls"),
        "neptune" => Switch::Nothing,
        _ if engine.starts_with("sqlserver-") => Switch::Parameter("rds.force_ssl"),
        _ if engine.starts_with("oracle-") => Switch::Option("NATIVE_NETWORK_ENCRYPTION/SQLNET.ENCRYPTION_SERVER"),
        _ => return None,
    })
}

/// What a value says of its switch; none where it says neither.
fn is_on(name: &str, value: &str) -> Option<bool> {
    match (name, value.to_ascii_lowercase().as_str()) {
        ("tls", "disabled") => Some(false),
        ("tls", "enabled" | "fips-140-3" | "tls1.2+" | "tls1.3+") => Some(true),
        ("tls", _) => None,
        (_, "1" | "on" | "true" | "required") => Some(true),
        (_, "0" | "off" | "false" | "accepted" | "requested" | "rejected") => Some(false),
        _ => None,
    }
}

type Outcome<T> = Result<Read<T>, CollectError>;

/// Reads whether an instance refuses plain connections; absent for an engine without a switch.
///
/// # Errors
/// Where its group could not be read, or does not tell.
pub async fn forced(instance: &Instance, shared: &Shared, place: Place<'_>) -> Outcome<Option<Forced>> {
    let engine = instance.engine.as_deref().unwrap_or("-");
    match switch(engine) {
        None => Err(unclear(&DESCRIBE_DB_INSTANCES, place, &format!("engine {engine}"), nothing())),
        Some(Switch::Nothing) => Ok(nothing().map(|()| None)),
        Some(Switch::Parameter(name)) => {
            let (holder, told_by): (_, &Operation) = match instance.db_cluster_identifier {
                Some(_) => (Holder::Cluster, &DESCRIBE_DB_CLUSTER_PARAMETERS),
                None => (Holder::Instance, &DESCRIBE_DB_PARAMETERS),
            };
            let group = group(instance, holder, shared, place).await?;
            let settings = shared.settings(place, holder, &group.value.0).await?;
            let read = both(&group, settings);
            // Every group of these engines names the switch. One without it, or without its value, does not tell.
            let told = read.value.get(name).and_then(Option::as_deref).and_then(|value| is_on(name, value));
            let on = told.ok_or_else(|| unclear(told_by, place, name, read.clone().map(drop)))?;
            Ok(read.map(|_| Some(Forced { on, status: group.value.1 })))
        }
        Some(Switch::Option(name)) => {
            let group = group(instance, Holder::Options, shared, place).await?;
            let settings = shared.settings(place, Holder::Options, &group.value.0).await?;
            let read = both(&group, settings);
            let told = match read.value.get(name).map(Option::as_deref) {
                None => Some(false),
                Some(value) => value.and_then(|value| is_on(name, value)),
            };
            let on = told.ok_or_else(|| unclear(&DESCRIBE_OPTION_GROUPS, place, name, read.clone().map(drop)))?;
            Ok(read.map(|_| Some(Forced { on, status: group.value.1 })))
        }
    }
}

/// Name of the group that holds the switch, and how the instance stands to it.
async fn group(instance: &Instance, holder: Holder, shared: &Shared, place: Place<'_>) -> Outcome<(String, String)> {
    let untold = |operation, read| unclear(operation, place, "parameter group", read);
    let pair = |name: Option<String>, status: Option<String>| Some((name?, status?));
    let own = match (holder, instance.db_cluster_identifier.as_deref()) {
        (Holder::Cluster, Some(name)) => {
            let read = shared.cluster(place, name).await?;
            let Some(cluster) = &read.value else {
                let missing = unclear(&DESCRIBE_DB_CLUSTERS, place, name, read.map(drop));
                return Err(CollectError { kind: GapReason::NotFound, ..missing });
            };
            let own =
                |member: &&super::cluster::Member| member.db_instance_identifier == instance.db_instance_identifier;
            let member = cluster.db_cluster_members.iter().find(own);
            let status = member.and_then(|member| member.db_cluster_parameter_group_status.clone());
            let told = pair(cluster.db_cluster_parameter_group.clone(), status);
            let rest = read.map(drop);
            return told.ok_or_else(|| untold(&DESCRIBE_DB_CLUSTERS, rest.clone())).map(|told| rest.map(|()| told));
        }
        (Holder::Options, _) => {
            let first = instance.option_group_memberships.first().cloned();
            first.and_then(|group| pair(group.option_group_name, group.status))
        }
        _ => {
            let first = instance.db_parameter_groups.first().cloned();
            first.and_then(|group| pair(group.db_parameter_group_name, group.parameter_apply_status))
        }
    };
    own.map(|own| nothing().map(|()| own)).ok_or_else(|| untold(&DESCRIBE_DB_INSTANCES, nothing()))
}

fn nothing() -> Read<()> {
    Read { value: (), exchanges: vec![], at: None }
}

/// The settings, from the exchanges of both.
fn both<T>(group: &Read<T>, settings: Read<Settings>) -> Read<Settings> {
    let exchanges = [group.exchanges.clone(), settings.exchanges].concat();
    Read { value: settings.value, exchanges, at: group.at.max(settings.at) }
}

/// An answer that was read and does not tell what is asked; `code` says what.
fn unclear(operation: &Operation, place: Place<'_>, code: &str, read: Read<()>) -> CollectError {
    let message = format!("the answer does not tell: {code}");
    let error = CollectError::malformed(operation.service, operation.name, place.region, message, read.exchanges);
    CollectError { at: read.at, code: code.to_owned(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_switch_or_is_unknown() {
        assert_eq!(switch("sqlserver-se"), Some(Switch::Parameter("rds.force_ssl")));
        assert_eq!(switch("aurora-mysql"), Some(Switch::Parameter("require_secure_transport")));
        assert_eq!(switch("neptune"), Some(Switch::Nothing));
        for unknown in ["db2-se", "custom-oracle-ee", "newdb"] {
            assert_eq!(switch(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_value_is_on_or_off_or_says_nothing() {
        let cases = [
            ("rds.force_ssl", "1", Some(true)),
            ("rds.force_ssl", "0", Some(false)),
            ("require_secure_transport", "ON", Some(true)),
            ("require_secure_transport", "OFF", Some(false)),
            ("require_secure_transport", "{Formula}", None),
            ("tls", "enabled", Some(true)),
            ("tls", "tls1.2+", Some(true)),
            ("tls", "disabled", Some(false)),
            ("tls", "1", None),
            ("NATIVE_NETWORK_ENCRYPTION/SQLNET.ENCRYPTION_SERVER", "REQUIRED", Some(true)),
            ("NATIVE_NETWORK_ENCRYPTION/SQLNET.ENCRYPTION_SERVER", "REQUESTED", Some(false)),
        ];
        for (name, value, told) in cases {
            assert_eq!(is_on(name, value), told, "{name}={value}");
        }
    }
}
