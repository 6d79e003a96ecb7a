//! Whether a database refuses connections without TLS, as its engine is told to.

use super::Operation;
use super::cluster::DESCRIBE_DB_CLUSTERS;
use super::instance::{DESCRIBE_DB_INSTANCES, Instance};
use super::parameters::{DESCRIBE_DB_CLUSTER_PARAMETERS, DESCRIBE_DB_PARAMETERS, Holder, Settings, Shared};
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
    /// By no parameter.
    Nothing,
}

/// The switch of an engine; none for an engine that this does not know.
///
/// Sources: "SSL with a PostgreSQL DB instance", "Requiring SSL/TLS" of MySQL and MariaDB, "Forcing connections to your DB
/// instance to use SSL" of SQL Server in the RDS User Guide; "TLS" of the Aurora User Guide; "Encrypting data in transit" of
/// the DocumentDB Developer Guide. Neptune takes TLS connections only. Oracle is told by its option group, which may hold
/// passwords and is not read.
fn switch(engine: &str) -> Option<Switch> {
    Some(match engine {
        "postgres" | "aurora-postgresql" => Switch::Parameter("rds.force_ssl"),
        "mysql" | "mariadb" | "aurora-mysql" => Switch::Parameter("require_secure_transport"),
        "docdb" => Switch::Parameter("tls"),
        "neptune" => Switch::Nothing,
        _ if engine.starts_with("oracle-") => Switch::Nothing,
        _ if engine.starts_with("sqlserver-") => Switch::Parameter("rds.force_ssl"),
        _ => return None,
    })
}

/// What a value says of its switch; none where it says neither.
fn is_on(name: &str, value: &str) -> Option<bool> {
    match (name, value.to_ascii_lowercase().as_str()) {
        ("tls", "disabled") => Some(false),
        ("tls", "enabled" | "fips-140-3" | "tls1.2+" | "tls1.3+") => Some(true),
        ("tls", _) => None,
        (_, "1" | "on" | "true") => Some(true),
        (_, "0" | "off" | "false") => Some(false),
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
            let group = group(instance, shared, place).await?;
            let settings = shared.settings(place, holder, &group.value.0).await?;
            let read = both(&group, settings);
            // Every group of these engines names the switch. One without it, or without its value, does not tell.
            let told = read.value.get(name).and_then(Option::as_deref).and_then(|value| is_on(name, value));
            let on = told.ok_or_else(|| unclear(told_by, place, name, read.clone().map(drop)))?;
            Ok(read.map(|_| Some(Forced { on, status: group.value.1 })))
        }
    }
}

/// Name of the parameter group that counts, the cluster's for a member of one, and how the instance stands to it.
async fn group(instance: &Instance, shared: &Shared, place: Place<'_>) -> Outcome<(String, String)> {
    let Some(name) = instance.db_cluster_identifier.as_deref() else {
        let told = instance.db_parameter_groups.first().cloned();
        let told = told.and_then(|own| own.db_parameter_group_name.zip(own.parameter_apply_status));
        let untold = || unclear(&DESCRIBE_DB_INSTANCES, place, "parameter group", nothing());
        return told.map(|told| nothing().map(|()| told)).ok_or_else(untold);
    };
    let read = shared.cluster(place, name).await?;
    let rest = Read { value: (), exchanges: read.exchanges, at: read.at };
    let Some(cluster) = read.value else {
        let error = unclear(&DESCRIBE_DB_CLUSTERS, place, name, rest);
        return Err(CollectError { kind: GapReason::NotFound, ..error });
    };
    let mut members = cluster.db_cluster_members.into_iter();
    let member = members.find(|member| member.db_instance_identifier == instance.db_instance_identifier);
    let status = member.and_then(|member| member.db_cluster_parameter_group_status);
    match cluster.db_cluster_parameter_group.zip(status) {
        Some(told) => Ok(rest.map(|()| told)),
        None => Err(unclear(&DESCRIBE_DB_CLUSTERS, place, "parameter group", rest)),
    }
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
        for nothing in ["neptune", "oracle-se2-cdb"] {
            assert_eq!(switch(nothing), Some(Switch::Nothing), "{nothing}");
        }
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
        ];
        for (name, value, told) in cases {
            assert_eq!(is_on(name, value), told, "{name}={value}");
        }
    }
}
