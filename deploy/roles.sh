#!/usr/bin/env bash
# Writes what is generated in deploy/: the reader roles, from `evidenced permissions`, and the alerts where they stand a second time.
#
#   deploy/roles.sh BINARY [FOLDER]
#
# Without FOLDER it writes into deploy/ itself. tests/tests/deploy.rs fails while deploy/ holds anything else.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:?the evidenced binary}")
out=${2:-$here}
mkdir -p "$out"/{roles,terraform/{aws,azure,gcp}/reader,cloudformation,bicep,gcloud,kubernetes/components/monitoring,helm/evidenced/files}

# In an empty environment and folder: a configuration that lies about changes nothing.
role() {
    local cloud=$1 format=$2 file=$3
    (cd / && env -i PATH="$PATH" "$binary" permissions --cloud "$cloud" --format "$format" 2>/dev/null) >"$out/$file"
}
role aws json roles/aws.json
role aws terraform terraform/aws/reader/main.tf
role aws cloudformation cloudformation/reader.yaml
role azure json roles/azure.json
role azure terraform terraform/azure/reader/main.tf
role azure bicep bicep/reader.bicep
role gcp json roles/gcp.json
role gcp yaml gcloud/reader-role.yaml
role gcp gcloud gcloud/reader.sh
role gcp terraform terraform/gcp/reader/main.tf

cp "$here/prometheus/evidenced.rules.yaml" "$out/helm/evidenced/files/evidenced.rules.yaml"
{
    printf '%s\n' '# The groups of deploy/prometheus/evidenced.rules.yaml, written by deploy/roles.sh.' \
        'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: evidenced' 'spec:'
    sed -n '/^groups:/,$s/^/  /p' "$here/prometheus/evidenced.rules.yaml" | sed 's/^ *$//'
} >"$out/kubernetes/components/monitoring/prometheusrule.yaml"
