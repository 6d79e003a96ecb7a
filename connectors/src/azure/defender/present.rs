//! Whether a subscription has resources that a plan is for.

use crate::azure::acr::Registry;
use crate::azure::aks::Cluster;
use crate::azure::app::Site;
use crate::azure::compute::machine::Machine;
use crate::azure::context::Context;
use crate::azure::keyvault::vault::Vault;
use crate::azure::listing::Listed;
use crate::azure::operation::{Operation, Request};
use crate::azure::sql::server::Server;
use crate::azure::storage::account::Account;
use crate::azure::{cosmosdb, postgresql, tagging};
use crate::document::Read;
use crate::exchange::CollectError;

macro_rules! resources {
    ($($name:ident: $type_:literal, $read:literal;)+) => {
        $(pub(super) const $name: &Operation = {
            static ROWS: Operation = Operation::rows("resources", $type_, $read);
            &ROWS
        };)+
    };
}

// Resources that are read for other controls too, by the lists of their own families.
pub(super) const MACHINES: &Operation = Machine::LIST;
pub(super) const SITES: &Operation = Site::LIST;
pub(super) const SQL_SERVERS: &Operation = Server::LIST;
pub(super) const SQL_INSTANCES: &Operation = &tagging::MANAGED_INSTANCES;
pub(super) const POSTGRES: &Operation = postgresql::Server::LIST;
pub(super) const MYSQL: &Operation = &tagging::MYSQL;
pub(super) const COSMOS: &Operation = cosmosdb::Account::LIST;
pub(super) const STORAGE: &Operation = Account::LIST;
pub(super) const CLUSTERS: &Operation = Cluster::LIST;
pub(super) const REGISTRIES: &Operation = Registry::LIST;
pub(super) const VAULTS: &Operation = Vault::LIST;

resources! {
    SCALE_SETS: "microsoft.compute/virtualmachinescalesets", "Microsoft.Compute/virtualMachineScaleSets/read";
    ARC_MACHINES: "microsoft.hybridcompute/machines", "Microsoft.HybridCompute/machines/read";
    SYNAPSE: "microsoft.synapse/workspaces", "Microsoft.Synapse/workspaces/read";
    SQL_MACHINES: "microsoft.sqlvirtualmachine/sqlvirtualmachines", "Microsoft.SqlVirtualMachine/sqlVirtualMachines/read";
    ARC_SQL: "microsoft.azurearcdata/sqlserverinstances", "Microsoft.AzureArcData/sqlServerInstances/read";
    ARC_CLUSTERS: "microsoft.kubernetes/connectedclusters", "Microsoft.Kubernetes/connectedClusters/read";
}

/// True when there is one of these. That there is none is known only where each list is whole.
pub(in crate::azure) async fn any(
    context: &Context,
    kinds: &[&'static Operation],
) -> Result<Read<Option<bool>>, CollectError> {
    let mut trouble = None;
    for operation in kinds {
        let Request::Rows { table, type_ } = operation.request else { continue };
        let rows = context.rows(table).await;
        if let Some(row) = rows.of(type_).first() {
            return Ok(row.clone().map(|_| Some(true)));
        }
        let hidden = context.reader().and_then(|reader| reader.hides(operation));
        trouble = trouble.or_else(|| rows.error.clone()).or(hidden.map(|hidden| hidden.error));
    }
    trouble.map_or(Ok(Read { value: Some(false), exchanges: vec![], at: None }), Err)
}
