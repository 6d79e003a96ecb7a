//! `keygen` and `schema`.

use super::exit::{CommandError, Exit};
use super::output;
use super::{KeygenArgs, SchemaArgs};
use crate::signing;
use evidenced_schemas::schema::PUBLISHED;
use serde_json::json;

/// Makes a signing key.
pub fn keygen(args: &KeygenArgs, json: bool) -> Result<Exit, CommandError> {
    let made = signing::keygen(&args.out).map_err(|error| CommandError::misused(&error))?;
    if json {
        output::print_json(&json!({"private": args.out, "public": made.public_path, "keyid": made.keyid}))?;
    } else {
        output::print(&format!(
            "private key {} (mode 0600: keep it from everyone but the collector)\npublic key  {}\nkeyid       {}\n\nGive the public key to those who verify: evidenced verify STORE --key {}\n",
            args.out.display(),
            made.public_path.display(),
            made.keyid,
            made.public_path.display()
        ))?;
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
