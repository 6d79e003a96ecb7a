//! The binary: parse, run, exit. Everything else is in the library.

use clap::Parser as _;
use evidenced::cli::Cli;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = cli.start_log().and_then(|traces| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| evidenced::cli::exit::CommandError::failed(&error))
            .and_then(|runtime| runtime.block_on(cli.execute(traces)))
    });
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Standard error may be closed; the exit code still says it.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            error.exit.into()
        }
    }
}
