// The evidence store of `evidenced` in Azure Blob Storage, the signing key in Key Vault, and what the collector may do with them.
//
//   az deployment group create --resource-group evidence --template-file store.bicep \
//     --parameters storageAccountName=acmeevidence keyVaultName=acme-evidence allowedSubnetIds='["…"]'
//
// A policy is locked by hand, for good, once it was tried: evidenced counts an unlocked one as none.
//   az storage container immutability-policy show --account-name acmeevidence --container-name evidence --query etag
//   az storage container immutability-policy lock --account-name acmeevidence --container-name evidence --if-match ETAG

targetScope = 'resourceGroup'

@description('Region.')
param location string = resourceGroup().location

@description('Name of the storage account: 3 to 24 small letters and digits.')
@minLength(3)
@maxLength(24)
param storageAccountName string

@description('Name of the container.')
param containerName string = 'evidence'

@description('Name of the key vault: 3 to 24 letters, digits and hyphens.')
@minLength(3)
@maxLength(24)
param keyVaultName string

@description('Days that every new blob is kept (store.require_retention).')
@minValue(1)
@maxValue(146000)
param retentionDays int = 400

@description('Subnets that reach the storage account and the vault.')
param allowedSubnetIds array

@description('Name of the identity and of the keys.')
param name string = 'evidenced'

// Built in, the same in every tenant.
var encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

var rules = [
  for id in allowedSubnetIds: {
    id: id
    action: 'Allow'
  }
]

var vaultRules = [
  for id in allowedSubnetIds: {
    id: id
  }
]

// What the collector runs as.
resource collector 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
}

// What the storage account reaches its key as.
resource storageIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-storage'
  location: location
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  // checkov:skip=CKV_AZURE_189:only allowedSubnetIds reach it (networkAcls denies the rest); rules of subnets hold only while this is on
  name: keyVaultName
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'premium'
    }
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enableRbacAuthorization: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: vaultRules
    }
  }
}

// ECDSA P-256: the collector signs each statement with it. evidenced names a version of it, and it is rotated by hand
// (docs/operating.md, "Rotation of keys").
resource signingKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  // checkov:skip=CKV_AZURE_40:a key that expires stops collecting; it is rotated by hand, with signing.previous
  parent: vault
  name: '${name}-signing'
  properties: {
    kty: 'EC-HSM'
    curveName: 'P-256'
    keyOps: [
      'sign'
      'verify'
    ]
  }
}

resource storeKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  // checkov:skip=CKV_AZURE_40:a key that expires makes evidence unreadable; rotationPolicy makes new versions, and old ones stay
  parent: vault
  name: '${name}-store'
  properties: {
    kty: 'RSA-HSM'
    keySize: 3072
    keyOps: [
      'wrapKey'
      'unwrapKey'
    ]
    rotationPolicy: {
      lifetimeActions: [
        {
          action: {
            type: 'rotate'
          }
          trigger: {
            timeAfterCreate: 'P365D'
          }
        }
      ]
    }
  }
}

resource storageKeyUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storeKey
  name: guid(storeKey.id, storageIdentity.id, encryptionUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', encryptionUser)
    principalId: storageIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  // checkov:skip=CKV_AZURE_59:only allowedSubnetIds reach it (networkAcls denies the rest); rules of subnets hold only while this is on
  // checkov:skip=CKV_AZURE_43:the name is a parameter, with the least and the most characters of the rule
  name: storageAccountName
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_GRS'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${storageIdentity.id}': {}
    }
  }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    isLocalUserEnabled: false
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: rules
    }
    encryption: {
      requireInfrastructureEncryption: true
      keySource: 'Microsoft.Keyvault'
      keyvaultproperties: {
        keyname: storeKey.name
        keyvaulturi: vault.properties.vaultUri
      }
      identity: {
        userAssignedIdentity: storageIdentity.id
      }
    }
  }
  dependsOn: [
    storageKeyUser
  ]
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 30
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: containerName
  properties: {
    publicAccess: 'None'
  }
}

resource retention 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01' = {
  parent: container
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: retentionDays
    allowProtectedAppendWrites: false
    allowProtectedAppendWritesAll: false
  }
}

// All that collecting asks of the store: nothing that overwrites, removes or changes retention. `add` makes a blob; `write`, which could
// replace one, is not given.
resource writer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(account.id, 'evidence-writer')
  properties: {
    roleName: '${name} evidence writer (${storageAccountName})'
    description: 'Writes evidence once, and reads it'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/read'
        ]
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [
      resourceGroup().id
    ]
  }
}

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, collector.id, writer.id)
  properties: {
    roleDefinitionId: writer.id
    principalId: collector.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource signer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(vault.id, 'evidence-signer')
  properties: {
    roleName: '${name} evidence signer (${keyVaultName})'
    description: 'Signs evidence, and reads the public half of the key'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/sign/action'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [
      resourceGroup().id
    ]
  }
}

resource signs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: signingKey
  name: guid(signingKey.id, collector.id, signer.id)
  properties: {
    roleDefinitionId: signer.id
    principalId: collector.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

@description('store.url of evidenced.yaml, with a prefix of your choice.')
output storeUrl string = 'az://${account.name}/${container.name}/soc2?subscription=${subscription().subscriptionId}&resource_group=${resourceGroup().name}'

@description('signing.key of evidenced.yaml.')
output signingKeyReference string = replace(signingKey.properties.keyUriWithVersion, 'https://', 'azurekms://')

@description('The identity that the service runs with (identityId of service.bicep).')
output identityId string = collector.id

@description('Its client id (identityClientId of service.bicep).')
output identityClientId string = collector.properties.clientId

@description('Its object id (principalId of reader.bicep).')
output identityPrincipalId string = collector.properties.principalId
