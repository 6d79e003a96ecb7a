//! The reader as Bicep, for a deployment to a management group.

use super::{ABOUT, Needs, ROLE_NAME};
use std::fmt::Write as _;

const HEAD: &str = r#"// @ABOUT@
//
// What `evidenced` reads Azure with. Deploy it to the management group above the subscriptions, with the object id of the
// collector's identity:
//   az deployment mg create --management-group-id GROUP --location westeurope --template-file reader.bicep \
//     --parameters principalId=OBJECT_ID
// It needs the Microsoft Graph extension of Bicep (bicepconfig.json):
//   { "extensions": { "microsoftGraphV1": "br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1.0.0" } }

targetScope = 'managementGroup'

extension microsoftGraphV1

@description('Object id of the service principal or managed identity that the collector runs as.')
param principalId string

"#;

const TAIL: &str = r"
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, '@ROLE@')
  properties: {
    roleName: '@ROLE@'
    description: '@ABOUT@'
    type: 'CustomRole'
    permissions: [
      {
        actions: actions
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      managementGroup().id
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, principalId, '@ROLE@')
  properties: {
    roleDefinitionId: role.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// Microsoft Graph, whose application id is the same in every tenant.
resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource permissions 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for permission in graphPermissions: {
    principalId: principalId
    resourceId: graph.id
    appRoleId: first(filter(graph.appRoles, role => role.value == permission))!.id
  }
]
";

/// The template.
pub fn text(needs: &Needs) -> String {
    let filled = |text: &str| text.replace("@ABOUT@", ABOUT).replace("@ROLE@", ROLE_NAME);
    let mut text = filled(HEAD);
    list(&mut text, "actions", &needs.actions.iter().copied().collect::<Vec<_>>());
    text.push('\n');
    list(&mut text, "graphPermissions", &needs.graph.iter().copied().collect::<Vec<_>>());
    text.push_str(&filled(TAIL));
    text
}

fn list(text: &mut String, name: &str, items: &[&str]) {
    let _ = writeln!(text, "var {name} = [");
    for item in items {
        let _ = writeln!(text, "  '{item}'");
    }
    text.push_str("]\n");
}
