//! What a server's documents are built from.

use crate::azure::diagnostic_settings;
use crate::azure::operation::{Operation, Request};

pub(super) static LIST: Operation = Operation::rows("resources", "microsoft.sql/servers", "Microsoft.Sql/servers/read");

/// Every server with its administrator of Entra ID, which is told only where it is asked for.
pub(super) static ADMINISTRATORS: Operation = Operation {
    service: "Microsoft.Sql",
    name: "Servers_List",
    permission: "Microsoft.Sql/servers/read",
    also: &["Microsoft.Sql/servers/administrators/read"],
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Sql/servers\
         ?api-version=2023-08-01&$expand=administrators/activedirectory",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/sql/servers/list",
    ..Operation::PLAIN
};

/// Rules of the firewall.
pub(super) static FIREWALL: Operation = Operation {
    service: "Microsoft.Sql",
    name: "FirewallRules_ListByServer",
    permission: "Microsoft.Sql/servers/firewallRules/read",
    request: Request::Get("{id}/firewallRules?api-version=2023-08-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/sql/firewall-rules/list-by-server",
    ..Operation::PLAIN
};

/// Rules of the firewall for IPv6. Asked where IPv6 is on.
pub(super) static FIREWALL_IPV6: Operation = Operation {
    service: "Microsoft.Sql",
    name: "IPv6FirewallRules_ListByServer",
    permission: "Microsoft.Sql/servers/ipv6FirewallRules/read",
    request: Request::Get("{id}/ipv6FirewallRules?api-version=2023-08-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/sql/ipv6-firewall-rules/list-by-server",
    ..Operation::PLAIN
};

/// How the server is audited.
pub(super) static AUDITING: Operation = Operation {
    service: "Microsoft.Sql",
    name: "ServerBlobAuditingPolicies_Get",
    permission: "Microsoft.Sql/servers/auditingSettings/read",
    request: Request::Get("{id}/auditingSettings/default?api-version=2023-08-01"),
    docs: "https://learn.microsoft.com/rest/api/sql/server-blob-auditing-policies/get",
    ..Operation::PLAIN
};

/// Where the logs of `master` go.
pub(super) static MASTER_LOGS: Operation = diagnostic_settings::list(
    "{id}/databases/master/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview",
);

/// The server's own switch of Microsoft Defender for SQL.
pub(super) static SECURITY_ALERTS: Operation = Operation {
    service: "Microsoft.Sql",
    name: "ServerSecurityAlertPolicies_Get",
    permission: "Microsoft.Sql/servers/securityAlertPolicies/read",
    request: Request::Get("{id}/securityAlertPolicies/Default?api-version=2023-08-01"),
    docs: "https://learn.microsoft.com/rest/api/sql/server-security-alert-policies/get",
    ..Operation::PLAIN
};

/// The key that the keys of databases are encrypted with.
pub(super) static PROTECTOR: Operation = Operation {
    service: "Microsoft.Sql",
    name: "EncryptionProtectors_Get",
    permission: "Microsoft.Sql/servers/encryptionProtector/read",
    request: Request::Get("{id}/encryptionProtector/current?api-version=2023-08-01"),
    docs: "https://learn.microsoft.com/rest/api/sql/encryption-protectors/get",
    ..Operation::PLAIN
};
