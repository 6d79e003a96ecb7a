//! Operations of the REST protocols by their paths, for services that do not name them there.

/// Service of the signature, path with `*` for a part of any name, operation.
#[rustfmt::skip]
const PATHS: [(&str, &str, &str); 27] = [
    ("access-analyzer", "analyzer", "ListAnalyzers"),
    ("access-analyzer", "findingv2", "ListFindingsV2"),
    ("backup", "backup-vaults", "ListBackupVaults"),
    ("backup", "backup-vaults/*/recovery-points", "ListRecoveryPointsByBackupVault"),
    ("backup", "backup/plans", "ListBackupPlans"),
    ("backup", "backup/plans/*/selections", "ListBackupSelections"),
    ("backup", "resources", "ListProtectedResources"),
    ("backup", "restore-jobs", "ListRestoreJobs"),
    ("backup", "restore-testing/plans", "ListRestoreTestingPlans"),
    ("backup", "tags/*", "ListTags"),
    ("cloudfront", "2020-05-31/distribution", "ListDistributions"),
    ("cloudfront", "2020-05-31/distribution/*/config", "GetDistributionConfig"),
    ("eks", "clusters", "ListClusters"),
    ("eks", "clusters/*", "DescribeCluster"),
    ("guardduty", "detector", "ListDetectors"),
    ("guardduty", "detector/*", "GetDetector"),
    ("guardduty", "detector/*/findings", "ListFindings"),
    ("guardduty", "detector/*/findings/get", "GetFindings"),
    ("inspector2", "findings/details/batch/get", "BatchGetFindingDetails"),
    ("inspector2", "findings/list", "ListFindings"),
    ("inspector2", "status/batch/get", "BatchGetAccountStatus"),
    ("lambda", "2015-03-31/functions", "ListFunctions"),
    ("lambda", "2015-03-31/functions/*/aliases", "ListAliases"),
    ("lambda", "2015-03-31/functions/*/policy", "GetPolicy"),
    ("lambda", "2021-10-31/functions/*/urls", "ListFunctionUrlConfigs"),
    ("securityhub", "accounts", "DescribeHub"),
    ("securityhub", "standards/get", "GetEnabledStandards"),
];

/// The operation that a path stands for; none where the table has it not.
pub(super) fn operation(service: &str, path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default().trim_matches('/');
    let fits = |pattern: &str| {
        let (wanted, found) = (pattern.split('/'), path.split('/'));
        wanted.clone().count() == found.clone().count()
            && wanted.zip(found).all(|(one, other)| one == "*" || one == other)
    };
    PATHS.iter().find(|(of, pattern, _)| *of == service && fits(pattern)).map(|(_, _, name)| *name)
}

/// The service as the collector names it, where the signature names it otherwise; the version of the API tells the two
/// generations of load balancers apart.
pub(super) fn service<'a>(signed: &'a str, body: &str) -> &'a str {
    match signed {
        "access-analyzer" => "accessanalyzer",
        "monitoring" => "cloudwatch",
        "tagging" => "resourcegroupstaggingapi",
        "elasticloadbalancing" if body.contains("Version=2012-06-01") => "elb",
        "elasticloadbalancing" => "elbv2",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::operation;

    #[test]
    fn a_path_is_told_by_all_of_its_parts() {
        assert_eq!(operation("backup", "/backup-vaults/?maxResults=1000"), Some("ListBackupVaults"));
        assert_eq!(operation("backup", "/backup-vaults/a/recovery-points/"), Some("ListRecoveryPointsByBackupVault"));
        assert_eq!(operation("backup", "/tags/arn%3Aaws/"), Some("ListTags"));
        assert_eq!(operation("backup", "/backup-vaults/a/"), None);
        assert_eq!(operation("s3", "/resources/"), None);
    }
}
