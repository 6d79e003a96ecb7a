//! `checkpoint`: signs how far each stream has come, for somebody to keep elsewhere. It opens the store for reading only.

use super::exit::{CommandError, Exit, chain};
use super::read::{read_checkpoints, read_keys};
use super::{CheckpointArgs, output};
use crate::checkpoint::{origin, sign};
use crate::signing::{self, IfAbsent, KeyReference, Signer};
use crate::store::{self, Access};
use crate::verify::{TreeHead, VerifyOptions, VerifyReport, verify};
use chrono::DateTime;
use evidenced_schemas::StreamId;
use serde_json::{Value, json};

/// Verifies the chain of each stream, and signs a checkpoint of it. A ledger that does not verify is not signed for.
pub async fn checkpoint(args: CheckpointArgs, json: bool) -> Result<Exit, CommandError> {
    let signer = open(&args.key).await?;
    let options = VerifyOptions {
        keys: read_keys("--verify-key", &args.verify_keys)?,
        checkpoints: read_checkpoints("--since", &args.since)?,
        checkpoint_keys: vec![signer.verifier()],
        streams: args.streams,
        // The chain and the tree are what is signed: no bundle is read.
        from: Some(DateTime::<chrono::Utc>::MAX_UTC),
        now: crate::collect::now().utc(),
        ..VerifyOptions::default()
    };
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let report = verify(&*store, &options).await.map_err(|error| CommandError::failed(&error))?;
    if !report.is_ok() {
        return refuse(&report, json);
    }
    let mut notes = Vec::new();
    for (stream, head) in heads(&report) {
        let note = sign(&signer, &stream, head.size, &head.root).await;
        notes.push((stream, head, note.map_err(|error| CommandError::failed(&error))?));
    }
    let text = notes.iter().map(|(_, _, note)| note.as_str()).collect::<Vec<_>>().join("\n");
    if let Some(file) = &args.out {
        output::write_new(file, text.as_bytes(), "checkpoint")?;
    }
    if json {
        let one = |(stream, head, note): &(StreamId, TreeHead, String)| {
            json!({
                "stream": stream.to_string(), "origin": origin(stream), "size": head.size, "root": head.root,
                "keyid": signer.keyid(), "note": note,
            })
        };
        let checkpoints: Vec<Value> = notes.iter().map(one).collect();
        output::print_json(&json!({"checkpoints": checkpoints, "out": args.out}))?;
    } else if let Some(file) = &args.out {
        let said = format!(
            "{} checkpoint(s) in {}. Keep it where those who can write the store cannot reach it. It is proved with\n\
             evidenced verify {} --checkpoint {} --checkpoint-key PUB.pem\n",
            notes.len(),
            file.display(),
            args.store,
            file.display()
        );
        output::print(&said)?;
    } else {
        output::print(&text)?;
    }
    Ok(Exit::Fine)
}

/// The trees of the streams. A report without problems has no stream without one.
fn heads(report: &VerifyReport) -> Vec<(StreamId, TreeHead)> {
    let of = |stream: &crate::verify::StreamReport| Some((StreamId::parse(&stream.stream)?, stream.tree.clone()?));
    report.streams.iter().filter_map(of).collect()
}

fn refuse(report: &VerifyReport, json: bool) -> Result<Exit, CommandError> {
    output::say("evidenced: no checkpoint was signed: the ledger does not verify");
    if json {
        let verification: Value =
            serde_json::from_str(&report.to_json()).map_err(|error| CommandError::failed(&error))?;
        output::print_json(&json!({"checkpoints": [], "verification": verification}))?;
    } else {
        output::print(&format!("{}\n", report.table()))?;
    }
    Ok(Exit::Unverified)
}

/// Opens a private key. None is ever made: a checkpoint by a key that nobody knows proves nothing.
async fn open(key: &KeyReference) -> Result<Signer, CommandError> {
    let opened = signing::open(key, IfAbsent::Refuse).await;
    opened.map(|opened| opened.signer).map_err(|error| CommandError::usage(format!("--key {}", chain(&error))))
}
