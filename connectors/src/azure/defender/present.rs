//! Whether a subscription has resources that a plan is for.

use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;

macro_rules! resources {
    ($($name:ident: $type_:literal, $read:literal;)+) => {
        $(pub(super) static $name: Operation = Operation::rows("resources", $type_, $read);)+
    };
}

resources! {
    MACHINES: "microsoft.compute/virtualmachines", "Microsoft.Compute/virtualMachines/read";
    SCALE_SETS: "microsoft.compute/virtualmachinescalesets", "Microsoft.Compute/virtualMachineScaleSets/read";
    ARC_MACHINES: "microsoft.hybridcompute/machines", "Microsoft.HybridCompute/machines/read";
    SITES: "microsoft.web/sites", "Microsoft.Web/sites/read";
    SQL_SERVERS: "microsoft.sql/servers", "Microsoft.Sql/servers/read";
    SQL_INSTANCES: "microsoft.sql/managedinstances", "Microsoft.Sql/managedInstances/read";
    SYNAPSE: "microsoft.synapse/workspaces", "Microsoft.Synapse/workspaces/read";
    SQL_MACHINES: "microsoft.sqlvirtualmachine/sqlvirtualmachines", "Microsoft.SqlVirtualMachine/sqlVirtualMachines/read";
    ARC_SQL: "microsoft.azurearcdata/sqlserverinstances", "Microsoft.AzureArcData/sqlServerInstances/read";
    POSTGRES: "microsoft.dbforpostgresql/flexibleservers", "Microsoft.DBforPostgreSQL/flexibleServers/read";
    MYSQL: "microsoft.dbformysql/flexibleservers", "Microsoft.DBforMySQL/flexibleServers/read";
    COSMOS: "microsoft.documentdb/databaseaccounts", "Microsoft.DocumentDB/databaseAccounts/read";
    STORAGE: "microsoft.storage/storageaccounts", "Microsoft.Storage/storageAccounts/read";
    CLUSTERS: "microsoft.containerservice/managedclusters", "Microsoft.ContainerService/managedClusters/read";
    REGISTRIES: "microsoft.containerregistry/registries", "Microsoft.ContainerRegistry/registries/read";
    ARC_CLUSTERS: "microsoft.kubernetes/connectedclusters", "Microsoft.Kubernetes/connectedClusters/read";
    VAULTS: "microsoft.keyvault/vaults", "Microsoft.KeyVault/vaults/read";
}

/// True when there is one of these. That there is none is known only where each list is whole.
pub(super) async fn any(context: &Context, kinds: &[&'static Operation]) -> Result<Read<Option<bool>>, CollectError> {
    let mut trouble = None;
    for operation in kinds {
        let Request::Rows { table, type_ } = operation.request else { continue };
        let rows = context.rows(table).await;
        if let Some(row) = rows.of(type_).first() {
            return Ok(row.clone().map(|_| Some(true)));
        }
        let hidden = context.reader().and_then(|reader| reader.hides(operation.permission));
        let hidden = hidden.map(|reason| door::malformed(operation, reason, vec![]));
        trouble = trouble.or(rows.error).or(hidden);
    }
    trouble.map_or(Ok(Read { value: Some(false), exchanges: vec![], at: None }), Err)
}
