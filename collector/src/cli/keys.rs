//! `keygen` and `schema`.

use super::exit::{CommandError, Exit};
use super::output;
use super::{KeygenArgs, SchemaArgs, workshop};
use crate::signing::{self, IfAbsent, KeyReference};
use evidenced_schemas::schema::PUBLISHED;
use serde_json::json;
use std::path::Path;

/// Makes a signing key, or says the public half of one.
pub async fn keygen(args: &KeygenArgs, json: bool) -> Result<Exit, CommandError> {
    if let Some(reference) = &args.public {
        return public(reference, args.out.as_deref(), json).await;
    }
    let out = args.out.as_deref().unwrap_or(Path::new("evidenced-signing.pem"));
    let made = signing::keygen(out).map_err(|error| CommandError::misused(&error))?;
    if json {
        output::print_json(&json!({"private": out, "public": made.public_path, "keyid": made.keyid}))?;
    } else {
        output::print(&format!(
            "private key {} (mode 0600: keep it from everyone but the collector)\npublic key  {}\nkeyid       {}\n\nGive the public key to those who verify: evidenced verify STORE --key {}\n",
            out.display(),
            made.public_path.display(),
            made.keyid,
            made.public_path.display()
        ))?;
    }
    Ok(Exit::Fine)
}

/// The public half of any key: into a file, or to standard output.
async fn public(reference: &KeyReference, out: Option<&Path>, json: bool) -> Result<Exit, CommandError> {
    let key = workshop::key(reference, IfAbsent::Refuse).await?.verifier();
    if let Some(out) = out {
        signing::write_public(&key, out).map_err(|error| CommandError::misused(&error))?;
    }
    if json {
        output::print_json(&json!({
            "key": reference.to_string(),
            "algorithm": key.algorithm(),
            "keyid": key.keyid(),
            "public_key": key.to_pem(),
            "file": out,
        }))?;
    } else if let Some(out) = out {
        let (file, algorithm, keyid) = (out.display(), key.algorithm().as_str(), key.keyid());
        output::print(&format!("public key  {file} ({algorithm})\nkeyid       {keyid}\n"))?;
    } else {
        output::print(&key.to_pem())?;
    }
    Ok(Exit::Fine)
}

/// Prints a schema, or lists them.
pub fn schema(args: &SchemaArgs, json: bool) -> Result<Exit, CommandError> {
    let Some(name) = &args.name else {
        if json {
            let names: Vec<_> =
                PUBLISHED.iter().map(|entry| json!({"name": entry.name, "about": entry.about})).collect();
            output::print_json(&names.into())?;
        } else {
            let mut table = output::table(&["Name", "Describes"]);
            for entry in PUBLISHED {
                table.add_row([entry.name, entry.about]);
            }
            output::print(&format!("{table}\n"))?;
        }
        return Ok(Exit::Fine);
    };
    let Some(entry) = PUBLISHED.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = PUBLISHED.iter().map(|entry| entry.name).collect();
        return Err(CommandError::usage(format!("no schema is named `{name}`: there are {}", names.join(", "))));
    };
    output::print(&entry.text())?;
    Ok(Exit::Fine)
}
