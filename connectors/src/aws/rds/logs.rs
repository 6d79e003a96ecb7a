//! Which logs an engine should export to CloudWatch Logs: those of its audit and errors, of what it can export.

/// What a database is, where that changes what it can export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An instance on its own.
    Instance,
    /// A cluster.
    Cluster,
}

/// The log types; none for an engine that this does not know. An engine that exports nothing has an empty list.
/// Source: `EnableCloudwatchLogsExports` of `CreateDBInstance` and `CreateDBCluster`, in the API references of RDS,
/// DocumentDB and Neptune.
pub fn required(engine: &str, kind: Kind) -> Option<&'static [&'static str]> {
    Some(match (engine, kind) {
        ("postgres" | "aurora-postgresql", _) => &["postgresql"],
        // A Multi-AZ cluster of MySQL cannot export an audit log.
        ("mysql", Kind::Cluster) => &["error"],
        ("mysql" | "mariadb", Kind::Instance) | ("aurora" | "aurora-mysql", _) => &["audit", "error"],
        ("docdb" | "neptune", _) => &["audit"],
        _ if engine.starts_with("oracle-") => &["alert", "audit"],
        _ if engine.starts_with("sqlserver-") => &["error"],
        _ if engine.starts_with("db2-") => &["diag.log"],
        _ if engine.starts_with("custom-") => &[],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_exports_what_it_can() {
        assert_eq!(required("mysql", Kind::Instance), Some(&["audit", "error"][..]));
        assert_eq!(required("mysql", Kind::Cluster), Some(&["error"][..]));
        assert_eq!(required("oracle-se2-cdb", Kind::Instance), Some(&["alert", "audit"][..]));
        assert_eq!(required("custom-oracle-ee", Kind::Instance), Some(&[][..]));
        assert_eq!(required("newdb", Kind::Instance), None);
    }
}
