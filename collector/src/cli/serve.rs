//! `serve`: a store as a JSON API and a dashboard. It opens the store for reading only.

use super::exit::{CommandError, Exit};
use super::service::StopSignal;
use super::{ServeArgs, output, read, workshop};
use crate::http::token::Token;
use crate::http::{Server, Settings, tls};
use crate::serve::{MANNER, Options, Reader, router};
use crate::store::{self, Access};
use chrono::TimeDelta;
use evidenced_schemas::StreamId;
use std::sync::Arc;

/// Serves until it is told to stop.
///
/// # Errors
/// When the store cannot be opened, or the address cannot be bound.
pub async fn serve(args: ServeArgs) -> Result<Exit, CommandError> {
    let mut stop = StopSignal::listen().map_err(|error| CommandError::failed(&error))?;
    let settings = settings(&args)?;
    let options = options(&args)?;
    let has_keys = !options.keys.is_empty();
    let store = store::open(&args.store, Access::Read).await.map_err(|error| workshop::store_error(&error))?;
    let reader = Arc::new(Reader::new(store, options));
    let server = Server::answer(settings, router(Arc::clone(&reader)), MANNER).await;
    let server = server.map_err(|error| CommandError::misused(&error))?;
    let scheme = if server.speaks_tls() { "https" } else { "http" };
    output::say(&format!("evidenced: {} at {scheme}://{}/", args.store, server.address()));
    if !has_keys {
        output::say("evidenced: signatures are not checked: name the collector's public key with --key");
    }
    tokio::select! {
        () = stop.told() => {}
        () = reader.watch() => {}
    }
    server.stop().await;
    Ok(Exit::Fine)
}

fn settings(args: &ServeArgs) -> Result<Settings, CommandError> {
    let listen = args.listen;
    if !listen.ip().is_loopback() && args.token_file.is_none() {
        return Err(CommandError::usage(format!(
            "--listen {listen} is reached from other machines: give --token-file FILE with a token in it (openssl rand -hex 32), or listen \
             on 127.0.0.1"
        )));
    }
    let token = args.token_file.as_deref().map(Token::read).transpose();
    let token = token.map_err(|error| CommandError::misused(&error))?;
    if token.as_ref().is_some_and(|token| token.readable_by_others.is_some()) {
        output::say("evidenced: the token file can be read by others: chmod 600 it");
    }
    let tls = match (&args.tls_certificate, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            let read = tls::read(certificate, key);
            Some(read.map_err(|error| {
                CommandError::usage(format!("--tls-{}: {}", error.part, super::exit::chain(&error)))
            })?)
        }
        _ => None,
    };
    if tls.is_none() && !listen.ip().is_loopback() {
        output::say(
            "evidenced: without --tls-certificate the token and the evidence go over the network in the clear: let something before this speak TLS",
        );
    }
    Ok(Settings { listen, token, tls })
}

fn options(args: &ServeArgs) -> Result<Options, CommandError> {
    let stream = |text: &String| {
        let what = || {
            CommandError::usage(format!("--stream {text}: write job/cloud/scope, for example default/aws/123456789012"))
        };
        StreamId::parse(text).ok_or_else(what)
    };
    Ok(Options {
        days: args.days,
        keys: read::read_keys("--key", &args.keys)?,
        streams: args.streams.iter().map(stream).collect::<Result<_, _>>()?,
        unscheduled: TimeDelta::hours(args.unscheduled_hours.into()),
        refresh: args.refresh.into(),
    })
}
