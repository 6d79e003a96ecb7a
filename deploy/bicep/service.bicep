// `evidenced run` on Azure Container Apps.
//
//   az deployment group create --resource-group evidence --template-file service.bicep \
//     --parameters image=acme.azurecr.io/evidenced@sha256:… identityId=… identityClientId=… infrastructureSubnetId=… \
//       config=@evidenced.yaml httpToken=$(openssl rand -hex 32)
//
// In evidenced.yaml: spool.dir is file:///var/lib/evidenced/spool, and `http: {listen: "0.0.0.0:8080", token_file: /run/evidenced/token}`.

targetScope = 'resourceGroup'

@description('Region.')
param location string = resourceGroup().location

@description('The image, by digest.')
param image string

@description('The Azure container registry of the image, which the identity may pull from (AcrPull). None when empty.')
param registryServer string = ''

@description('Text of evidenced.yaml.')
@secure()
param config string

@description('The bearer token of the HTTP side of evidenced.')
@secure()
param httpToken string

@description('Output identityId of store.bicep.')
param identityId string

@description('Output identityClientId of store.bicep.')
param identityClientId string

@description('A subnet of the Container Apps environment: one of the subnets that the store allows.')
param infrastructureSubnetId string

@description('Replicas that run at the same time. Two know nothing of each other: the ledger settles who commits.')
@minValue(1)
param replicas int = 2

@description('Name of everything.')
param name string = 'evidenced'

var registries = [
  {
    server: registryServer
    identity: identityId
  }
]

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: name
  location: location
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: infrastructureSubnetId
      internal: true
    }
  }
}

resource service 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      activeRevisionsMode: 'Single'
      registries: empty(registryServer) ? [] : registries
      // Not secret all of it, but a secret is what can be a file.
      secrets: [
        {
          name: 'config'
          value: config
        }
        {
          name: 'token'
          value: httpToken
        }
      ]
      // Inside the environment alone: Prometheus asks /metrics there, with the token.
      ingress: {
        external: false
        targetPort: 8080
        transport: 'http'
        allowInsecure: false
      }
    }
    template: {
      terminationGracePeriodSeconds: 60
      scale: {
        minReplicas: replicas
        maxReplicas: replicas
      }
      containers: [
        {
          name: 'evidenced'
          image: image
          args: [
            'run'
            '--config'
            '/run/evidenced/config'
            '--log-format'
            'json'
          ]
          // Which of several identities of the machine.
          env: [
            {
              name: 'AZURE_CLIENT_ID'
              value: identityClientId
            }
          ]
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/healthz'
                port: 8080
              }
              periodSeconds: 2
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: 8080
              }
              periodSeconds: 20
              failureThreshold: 6
            }
          ]
          volumeMounts: [
            {
              volumeName: 'files'
              mountPath: '/run/evidenced'
            }
            {
              volumeName: 'state'
              mountPath: '/var/lib/evidenced'
            }
            {
              volumeName: 'scratch'
              mountPath: '/tmp'
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'files'
          storageType: 'Secret'
        }
        {
          name: 'state'
          storageType: 'EmptyDir'
        }
        {
          name: 'scratch'
          storageType: 'EmptyDir'
        }
      ]
    }
  }
}

@description('Where /healthz, /readyz and /metrics are, inside the network of the environment.')
output fqdn string = service.properties.configuration.ingress.fqdn
