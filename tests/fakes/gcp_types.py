"""What the estate may hold: for each type of asset its discovery document and schema, its path, and its name in Cloud Asset Inventory.

`path` is that of the method that gets one, below the label; `{x}` is a member of the data (`{a.b}` one below it), or `{project}`
(the id), `{number}`, `{location}`, `{scope}` (`zones/…`, `regions/…` or `global`). Where there is none, it is the version and `data.name`.
`name` is the asset's name without `//`; where there is none, it is the host and `data.name`, with the project's id, or its number
if `numbered`. Names: https://cloud.google.com/asset-inventory/docs/asset-names. There, DNS has its things' numbers, Logging, Secret Manager and others
the project's number. Those of Certificate Manager, Binary Authorization, Essential Contacts and of notification channels are not
from that page but by likeness: look them up before a control stands on them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    label: str
    document: str
    schema: str
    path: str = ""
    name: str = ""
    numbered: bool = False


def compute(collection, schema):
    return Type("compute", "compute.v1", schema, f"compute/v1/projects/{{project}}/{{scope}}/{collection}/{{name}}",
                f"compute.googleapis.com/projects/{{project}}/{{scope}}/{collection}/{{name}}")


TYPES = {
    "accessapproval.googleapis.com/AccessApprovalSettings": Type("accessapproval", "accessapproval.v1", "AccessApprovalSettings", numbered=True),
    "accesscontextmanager.googleapis.com/AccessPolicy": Type("accesscontextmanager", "accesscontextmanager.v1", "AccessPolicy"),
    "accesscontextmanager.googleapis.com/ServicePerimeter": Type("accesscontextmanager", "accesscontextmanager.v1", "ServicePerimeter"),
    "apikeys.googleapis.com/Key": Type("apikeys", "apikeys.v2", "V2Key"),
    "artifactregistry.googleapis.com/Repository": Type("artifactregistry", "artifactregistry.v1", "Repository"),
    "bigquery.googleapis.com/Dataset": Type(
        "bigquery", "bigquery.v2", "Dataset", "bigquery/v2/projects/{project}/datasets/{datasetReference.datasetId}",
        "bigquery.googleapis.com/projects/{project}/datasets/{datasetReference.datasetId}"),
    "bigquery.googleapis.com/Table": Type(
        "bigquery", "bigquery.v2", "Table",
        "bigquery/v2/projects/{project}/datasets/{tableReference.datasetId}/tables/{tableReference.tableId}",
        "bigquery.googleapis.com/projects/{project}/datasets/{tableReference.datasetId}/tables/{tableReference.tableId}"),
    "binaryauthorization.googleapis.com/Policy": Type("binaryauthorization", "binaryauthorization.v1", "Policy"),
    "certificatemanager.googleapis.com/Certificate": Type("certificatemanager", "certificatemanager.v1", "Certificate"),
    "cloudfunctions.googleapis.com/Function": Type("cloudfunctions", "cloudfunctions.v2", "Function"),
    "cloudkms.googleapis.com/KeyRing": Type("cloudkms", "cloudkms.v1", "KeyRing"),
    "cloudkms.googleapis.com/CryptoKey": Type("cloudkms", "cloudkms.v1", "CryptoKey"),
    "cloudkms.googleapis.com/CryptoKeyVersion": Type("cloudkms", "cloudkms.v1", "CryptoKeyVersion"),
    "cloudresourcemanager.googleapis.com/Organization": Type("cloudresourcemanager", "cloudresourcemanager.v3", "Organization"),
    "cloudresourcemanager.googleapis.com/Folder": Type("cloudresourcemanager", "cloudresourcemanager.v3", "Folder"),
    "cloudresourcemanager.googleapis.com/Project": Type("cloudresourcemanager", "cloudresourcemanager.v3", "Project", numbered=True),
    "compute.googleapis.com/Address": compute("addresses", "Address"),
    "compute.googleapis.com/BackendService": compute("backendServices", "BackendService"),
    "compute.googleapis.com/RegionBackendService": compute("backendServices", "BackendService"),
    "compute.googleapis.com/Disk": compute("disks", "Disk"),
    "compute.googleapis.com/RegionDisk": compute("disks", "Disk"),
    "compute.googleapis.com/Firewall": compute("firewalls", "Firewall"),
    "compute.googleapis.com/ForwardingRule": compute("forwardingRules", "ForwardingRule"),
    "compute.googleapis.com/GlobalAddress": compute("addresses", "Address"),
    "compute.googleapis.com/GlobalForwardingRule": compute("forwardingRules", "ForwardingRule"),
    "compute.googleapis.com/Image": compute("images", "Image"),
    "compute.googleapis.com/Instance": compute("instances", "Instance"),
    "compute.googleapis.com/InstanceGroup": compute("instanceGroups", "InstanceGroup"),
    "compute.googleapis.com/InstanceGroupManager": compute("instanceGroupManagers", "InstanceGroupManager"),
    "compute.googleapis.com/InstanceTemplate": compute("instanceTemplates", "InstanceTemplate"),
    "compute.googleapis.com/Network": compute("networks", "Network"),
    "compute.googleapis.com/Project": Type("compute", "compute.v1", "Project", "compute/v1/projects/{project}", "compute.googleapis.com/projects/{project}"),
    "compute.googleapis.com/ResourcePolicy": compute("resourcePolicies", "ResourcePolicy"),
    "compute.googleapis.com/Router": compute("routers", "Router"),
    "compute.googleapis.com/SecurityPolicy": compute("securityPolicies", "SecurityPolicy"),
    "compute.googleapis.com/Snapshot": compute("snapshots", "Snapshot"),
    "compute.googleapis.com/SslCertificate": compute("sslCertificates", "SslCertificate"),
    "compute.googleapis.com/SslPolicy": compute("sslPolicies", "SslPolicy"),
    "compute.googleapis.com/Subnetwork": compute("subnetworks", "Subnetwork"),
    "compute.googleapis.com/TargetHttpProxy": compute("targetHttpProxies", "TargetHttpProxy"),
    "compute.googleapis.com/TargetHttpsProxy": compute("targetHttpsProxies", "TargetHttpsProxy"),
    "compute.googleapis.com/TargetSslProxy": compute("targetSslProxies", "TargetSslProxy"),
    "compute.googleapis.com/UrlMap": compute("urlMaps", "UrlMap"),
    "container.googleapis.com/Cluster": Type("container", "container.v1", "Cluster", "v1/projects/{project}/locations/{location}/clusters/{name}",
                                             "container.googleapis.com/projects/{project}/{place}/clusters/{name}"),
    "dataproc.googleapis.com/Cluster": Type("dataproc", "dataproc.v1", "Cluster", "v1/projects/{project}/regions/{location}/clusters/{clusterName}",
                                            "dataproc.googleapis.com/projects/{project}/regions/{location}/clusters/{clusterName}"),
    "dns.googleapis.com/ManagedZone": Type("dns", "dns.v1", "ManagedZone", "dns/v1/projects/{project}/managedZones/{name}",
                                           "dns.googleapis.com/projects/{project}/managedZones/{id}"),
    "dns.googleapis.com/Policy": Type("dns", "dns.v1", "Policy", "dns/v1/projects/{project}/policies/{name}",
                                      "dns.googleapis.com/projects/{project}/policies/{id}"),
    "essentialcontacts.googleapis.com/Contact": Type("essentialcontacts", "essentialcontacts.v1", "GoogleCloudEssentialcontactsV1Contact"),
    "iam.googleapis.com/Role": Type("iam", "iam.v1", "Role"),
    "iam.googleapis.com/ServiceAccount": Type("iam", "iam.v1", "ServiceAccount"),
    "iam.googleapis.com/ServiceAccountKey": Type("iam", "iam.v1", "ServiceAccountKey"),
    "iam.googleapis.com/WorkloadIdentityPool": Type("iam", "iam.v1", "WorkloadIdentityPool", numbered=True),
    "iam.googleapis.com/WorkloadIdentityPoolProvider": Type("iam", "iam.v1", "WorkloadIdentityPoolProvider", numbered=True),
    "logging.googleapis.com/LogBucket": Type("logging", "logging.v2", "LogBucket", numbered=True),
    "logging.googleapis.com/LogMetric": Type("logging", "logging.v2", "LogMetric", "v2/projects/{project}/metrics/{name}",
                                             "logging.googleapis.com/projects/{number}/metrics/{name}"),
    "logging.googleapis.com/LogSink": Type("logging", "logging.v2", "LogSink", "v2/{parent}/sinks/{name}",
                                           "logging.googleapis.com/{parent}/sinks/{name}", numbered=True),
    "monitoring.googleapis.com/AlertPolicy": Type("monitoring", "monitoring.v3", "AlertPolicy", numbered=True),
    "monitoring.googleapis.com/NotificationChannel": Type("monitoring", "monitoring.v3", "NotificationChannel", numbered=True),
    "orgpolicy.googleapis.com/Policy": Type("orgpolicy", "orgpolicy.v2", "GoogleCloudOrgpolicyV2Policy", numbered=True),
    "pubsub.googleapis.com/Subscription": Type("pubsub", "pubsub.v1", "Subscription"),
    "pubsub.googleapis.com/Topic": Type("pubsub", "pubsub.v1", "Topic"),
    "run.googleapis.com/Service": Type("run", "run.v2", "GoogleCloudRunV2Service"),
    "secretmanager.googleapis.com/Secret": Type("secretmanager", "secretmanager.v1", "Secret", numbered=True),
    "secretmanager.googleapis.com/SecretVersion": Type("secretmanager", "secretmanager.v1", "SecretVersion", numbered=True),
    "serviceusage.googleapis.com/Service": Type("serviceusage", "serviceusage.v1", "GoogleApiServiceusageV1Service", numbered=True),
    "sqladmin.googleapis.com/Instance": Type("sqladmin", "sqladmin.v1", "DatabaseInstance", "v1/projects/{project}/instances/{name}",
                                             "cloudsql.googleapis.com/projects/{project}/instances/{name}"),
    "storage.googleapis.com/Bucket": Type("storage", "storage.v1", "Bucket", "storage/v1/b/{name}", "storage.googleapis.com/{name}"),
}
