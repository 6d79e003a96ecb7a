//! `permissions`: the role that the controls need, in the form that is asked for.

use super::exit::{CommandError, Exit};
use super::{CloudArg, ConfigArgs, PermissionsArgs, PermissionsFormat, catalogue, output};
use crate::permissions::{self, cloudformation, policy, terraform};
use evidenced_schemas::Control;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Prints the permissions that collecting needs.
///
/// # Errors
/// Exit 2 for another cloud than AWS, for a control that is not there or that no connector reads for, and when the
/// configuration cannot be read.
pub fn permissions(args: &PermissionsArgs, json: bool) -> Result<Exit, CommandError> {
    if args.cloud != CloudArg::Aws {
        return Err(CommandError::usage("--cloud: this version collects aws only"));
    }
    if json && args.format != PermissionsFormat::Json {
        return Err(CommandError::usage("--json prints JSON: use it with --format json, or leave it out"));
    }
    let documents = policy::documents(&actions(&args.config, &args.controls)?);
    if documents.len() > policy::MOST {
        let (count, most) = (documents.len(), policy::MOST);
        output::say(&format!(
            "note: these are {count} policies, and a role may have {most} unless its quota is raised"
        ));
    }
    match args.format {
        PermissionsFormat::Json => print_policies(&documents)?,
        PermissionsFormat::Terraform => output::print(&terraform::text(&documents))?,
        PermissionsFormat::Cloudformation => output::print(&cloudformation::text(&documents))?,
    }
    Ok(Exit::Fine)
}

/// The actions of the controls that are named; of a whole run where none is.
fn actions(config: &ConfigArgs, ids: &[String]) -> Result<BTreeSet<&'static str>, CommandError> {
    // Read in any case: what is wrong with a configuration is said, whether its controls change the answer or not.
    let catalogue = catalogue::load(config)?;
    if ids.is_empty() {
        return Ok(permissions::of_a_run());
    }
    let controls = ids.iter().map(|id| catalogue::find(&catalogue, id));
    let controls: Vec<&Control> = controls.collect::<Result<_, _>>()?;
    for control in &controls {
        if let [type_, ..] = permissions::unread(control).as_slice() {
            let id = &control.id;
            return Err(CommandError::usage(format!("--control {id}: this version does not read `{type_}`")));
        }
    }
    Ok(permissions::of(controls))
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
