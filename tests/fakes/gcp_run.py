"""Cloud Run: a service in the words of version 1, those of Knative, in which Cloud Asset Inventory tells of it.

Documentation: https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

INGRESS = {"INGRESS_TRAFFIC_ALL": "all", "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
           "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing", "INGRESS_TRAFFIC_NONE": "none"}
SWITCHES = {"invokerIamDisabled": "invoker-iam-disabled", "defaultUriDisabled": "default-url-disabled", "iapEnabled": "iap-enabled"}


def first(data, number):
    """A service of version 2 in the words of version 1; in these its project has its number."""
    place, name = data["name"].split("/")[3], data["name"].rsplit("/", 1)[1]
    annotations = {f"run.googleapis.com/{word}": "true" for switch, word in SWITCHES.items() if data.get(switch)}
    if "ingress" in data:
        annotations |= {f"run.googleapis.com/{word}": INGRESS[data["ingress"]] for word in ("ingress", "ingress-status")}
    return {
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {"name": name, "namespace": number, "labels": {**data.get("labels", {}), "cloud.googleapis.com/location": place},
                     "annotations": annotations},
        "spec": {"template": {"spec": {"containers": data.get("template", {}).get("containers", [])}}},
    }
