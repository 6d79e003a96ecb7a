//! Operations of the REST protocols by their paths, for services that do not name them there.

/// Service of the signature, path with `*` for a part of any name, operation. All with GET.
const PATHS: [(&str, &str, &str); 8] = [
    ("backup", "backup-vaults", "ListBackupVaults"),
    ("backup", "backup-vaults/*/recovery-points", "ListRecoveryPointsByBackupVault"),
    ("backup", "backup/plans", "ListBackupPlans"),
    ("backup", "backup/plans/*/selections", "ListBackupSelections"),
    ("backup", "resources", "ListProtectedResources"),
    ("backup", "restore-jobs", "ListRestoreJobs"),
    ("backup", "restore-testing/plans", "ListRestoreTestingPlans"),
    ("backup", "tags/*", "ListTags"),
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
