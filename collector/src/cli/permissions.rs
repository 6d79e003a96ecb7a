//! `permissions`: the role that the controls need, in the form that is asked for.

use super::exit::{CommandError, Exit};
use super::{CloudArg, PermissionsArgs, PermissionsFormat, catalogue, output};
use crate::catalogue::Catalogue;
use crate::permissions::{self, azure, cloudformation, gcp, policy, terraform};
use evidenced_connectors::gcp::needs::Way;
use evidenced_schemas::Control;
use serde_json::{Value, json};

/// Prints the permissions that collecting needs.
///
/// # Errors
/// Exit 2 for a cloud that is not collected or has no such form, for a control that is not there, is of another cloud, or that
/// no connector reads for, and when the configuration cannot be read.
pub fn permissions(args: &PermissionsArgs, json: bool) -> Result<Exit, CommandError> {
    if json && args.format != PermissionsFormat::Json {
        return Err(CommandError::usage("--json prints JSON: use it with --format json, or leave it out"));
    }
    if args.without_inventory && args.cloud != CloudArg::Gcp {
        return Err(CommandError::usage("--without-inventory: it is for --cloud gcp"));
    }
    // Read in any case: what is wrong with a configuration is said, whether its controls change the answer or not.
    let catalogue = catalogue::load(&args.config)?;
    match args.cloud {
        CloudArg::Aws => of_aws(args.format, chosen(&catalogue, &args.controls, "aws")?.as_deref()),
        CloudArg::Azure => of_azure(args.format, chosen(&catalogue, &args.controls, "azure")?.as_deref()),
        CloudArg::Gcp => {
            let way = if args.without_inventory { Way::Direct } else { Way::Inventory };
            of_gcp(args.format, chosen(&catalogue, &args.controls, "gcp")?.as_deref(), way)
        }
    }
}

fn of_aws(format: PermissionsFormat, controls: Option<&[&Control]>) -> Result<Exit, CommandError> {
    let actions = controls.map_or_else(permissions::of_a_run, |controls| permissions::of(controls.iter().copied()));
    let documents = policy::documents(&actions);
    if documents.len() > policy::MOST {
        let (count, most) = (documents.len(), policy::MOST);
        output::say(&format!(
            "note: these are {count} policies, and a role may have {most} unless its quota is raised"
        ));
    }
    match format {
        PermissionsFormat::Json => print_policies(&documents)?,
        PermissionsFormat::Terraform => output::print(&terraform::text(&documents))?,
        PermissionsFormat::Cloudformation => output::print(&cloudformation::text(&documents))?,
        PermissionsFormat::Bicep => return Err(CommandError::usage("--format bicep: it is for --cloud azure")),
        PermissionsFormat::Yaml | PermissionsFormat::Gcloud => return Err(of_gcp_alone(format)),
    }
    Ok(Exit::Fine)
}

fn of_gcp_alone(format: PermissionsFormat) -> CommandError {
    let name = if format == PermissionsFormat::Yaml { "yaml" } else { "gcloud" };
    CommandError::usage(format!("--format {name}: it is for --cloud gcp"))
}

fn of_azure(format: PermissionsFormat, controls: Option<&[&Control]>) -> Result<Exit, CommandError> {
    let needs = controls.map_or_else(azure::of_a_run, |controls| azure::of(controls.iter().copied()));
    match format {
        PermissionsFormat::Json => output::print_json(&azure::document(&needs))?,
        PermissionsFormat::Terraform => output::print(&azure::terraform::text(&needs))?,
        PermissionsFormat::Bicep => output::print(&azure::bicep::text(&needs))?,
        PermissionsFormat::Cloudformation => {
            return Err(CommandError::usage("--format cloudformation: it is for --cloud aws"));
        }
        PermissionsFormat::Yaml | PermissionsFormat::Gcloud => return Err(of_gcp_alone(format)),
    }
    if !needs.of_tenant.is_empty() {
        let actions = needs.of_tenant.into_iter().collect::<Vec<_>>().join(", ");
        output::say(&format!(
            "note: no custom role can give {actions}: az role assignment create --assignee OBJECT_ID --role Reader --scope \
             /providers/Microsoft.aadiam"
        ));
    }
    Ok(Exit::Fine)
}

fn of_gcp(format: PermissionsFormat, controls: Option<&[&Control]>, way: Way) -> Result<Exit, CommandError> {
    let needs = controls.map_or_else(|| gcp::of_a_run(way), |controls| gcp::of(controls.iter().copied(), way));
    match format {
        PermissionsFormat::Json => output::print_json(&gcp::document(&needs))?,
        PermissionsFormat::Yaml => output::print(&gcp::yaml(&needs))?,
        PermissionsFormat::Terraform => output::print(&gcp::terraform::text(&needs))?,
        PermissionsFormat::Gcloud => output::print(&gcp::gcloud::text(&needs))?,
        PermissionsFormat::Cloudformation => {
            return Err(CommandError::usage("--format cloudformation: it is for --cloud aws"));
        }
        PermissionsFormat::Bicep => return Err(CommandError::usage("--format bicep: it is for --cloud azure")),
    }
    if !needs.oauth_scopes.is_empty() {
        let scopes = needs.oauth_scopes.into_iter().collect::<Vec<_>>().join(", ");
        output::say(&format!(
            "note: no IAM role can give what is read with {scopes}: in the admin console of Google Workspace give the service account \
             an administrator role that may read it"
        ));
    }
    Ok(Exit::Fine)
}

/// The controls that are named; none where none is.
fn chosen<'a>(catalogue: &'a Catalogue, ids: &[String], cloud: &str) -> Result<Option<Vec<&'a Control>>, CommandError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let controls = ids.iter().map(|id| catalogue::find(catalogue, id));
    let controls: Vec<&Control> = controls.collect::<Result<_, _>>()?;
    for control in &controls {
        let id = &control.id;
        if let [type_, ..] = permissions::unread(control).as_slice() {
            return Err(CommandError::usage(format!("--control {id}: this version does not read `{type_}`")));
        }
        if !id.starts_with(&format!("{cloud}.")) {
            return Err(CommandError::usage(format!("--control {id}: it is no control of --cloud {cloud}")));
        }
    }
    Ok(Some(controls))
}

/// One policy as IAM takes it; several as a list of such.
fn print_policies(documents: &[Value]) -> Result<(), CommandError> {
    if let [document] = documents {
        return output::print_json(document);
    }
    output::say(&format!(
        "note: one IAM policy holds {} characters, so these are {}: a list with one policy document each",
        policy::LONGEST,
        documents.len()
    ));
    output::print_json(&json!(documents))
}
