//! The reader as a shell script of `gcloud` commands, which may be run again.

use super::{ABOUT, ACCOUNT, CONSUMER, Needs, ROLE_ID, TITLE};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// `services enable` takes so many at a time.
/// Documentation: <https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchEnable>.
const SERVICES_AT_ONCE: usize = 20;

const HEAD: &str = r#"#!/bin/sh
# @ABOUT@
#
# What `evidenced` reads Google Cloud with: a service account in a project of the collector's own, and a custom role for it on an
# organisation, or on single projects. It may be run again.
#   sh reader.sh COLLECTOR_PROJECT --organization=NUMBER
#   sh reader.sh COLLECTOR_PROJECT --project=ID [--project=ID …]
set -eu

collector_project=${1:?the id of the project where the service account is made}
shift
: "${1:?--organization=NUMBER, or --project=ID}"

account="@ACCOUNT@@$collector_project.iam.gserviceaccount.com"
title='@TITLE@'
about='@ABOUT@'
"#;

const TAIL: &str = r#"
# Makes the role, or brings it up to what is needed.
make_role() {
  if gcloud iam roles describe @ROLE@ "$1" >/dev/null 2>&1; then
    gcloud iam roles update @ROLE@ "$1" --quiet --title="$title" --description="$about" --stage=GA --permissions="$2"
  else
    gcloud iam roles create @ROLE@ "$1" --quiet --title="$title" --description="$about" --stage=GA --permissions="$2"
  fi
}

gcloud iam service-accounts describe "$account" --project="$collector_project" >/dev/null 2>&1 ||
  gcloud iam service-accounts create @ACCOUNT@ --project="$collector_project" --display-name="$title"
# Its calls are counted in its own project.
gcloud projects add-iam-policy-binding "$collector_project" --member="serviceAccount:$account" \
  --role=@CONSUMER@ --condition=None

for scope in "$@"; do
  case "$scope" in
    --organization=*)
      make_role "$scope" "$permissions${of_organization:+,$of_organization}"
      number=${scope#*=}
      gcloud organizations add-iam-policy-binding "$number" --member="serviceAccount:$account" \
        --role="organizations/$number/roles/@ROLE@" --condition=None
      ;;
    --project=*)
      make_role "$scope" "$permissions"
      project=${scope#*=}
      gcloud projects add-iam-policy-binding "$project" --member="serviceAccount:$account" \
        --role="projects/$project/roles/@ROLE@" --condition=None
      ;;
    *)
      echo "$scope: --organization=NUMBER or --project=ID" >&2
      exit 2
      ;;
  esac
done
"#;

/// The script.
pub fn text(needs: &Needs) -> String {
    let filled = |text: &str| {
        let text = text.replace("@ABOUT@", ABOUT).replace("@TITLE@", TITLE).replace("@ROLE@", ROLE_ID);
        text.replace("@ACCOUNT@", ACCOUNT).replace("@CONSUMER@", CONSUMER)
    };
    let mut text = filled(HEAD);
    list(&mut text, "permissions", &needs.permissions);
    text.push_str("# Only a role of an organisation holds these.\n");
    list(&mut text, "of_organization", &needs.of_organization);
    text.push('\n');
    let services: Vec<&str> = needs.services.iter().copied().collect();
    for chunk in services.chunks(SERVICES_AT_ONCE) {
        let _ =
            writeln!(text, "gcloud services enable --project=\"$collector_project\" \\\n  {}", chunk.join(" \\\n  "));
    }
    text.push_str(&filled(TAIL));
    text
}

/// A variable with a list in commas, a line each.
fn list(text: &mut String, name: &str, items: &BTreeSet<&str>) {
    let items: Vec<&str> = items.iter().copied().collect();
    let _ = writeln!(text, "{name}=$(tr -d ' \\n' <<'END'\n{}\nEND\n)", items.join(",\n"));
}
