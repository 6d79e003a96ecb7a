//! The command line: arguments, and which command does what. Human output to a terminal; with `--json` one document on
//! standard output and nothing else there; logs to standard error.

pub mod catalogue;
pub mod checkpoint;
pub mod collect;
pub mod demo;
pub mod doctor;
pub mod exit;
mod exports;
pub mod keys;
pub mod output;
pub mod permissions;
pub mod progress;
pub mod pull;
pub mod read;
pub mod report;
pub mod sample;
pub mod serve;
pub mod service;
pub mod telling;
pub mod workshop;

use crate::shard::Shard;
use crate::signing::KeyReference;
use crate::telemetry::{Switch, TARGET};
use clap::{Args, Parser, Subcommand, ValueEnum};
use evidenced_schemas::{Cloud, Span};
use exit::{CommandError, Exit};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Evidence of cloud controls that an auditor can verify and repeat.
#[derive(Debug, Parser)]
#[command(
    name = "evidenced",
    version,
    about = "Reads cloud accounts with read-only credentials, judges every resource against controls, and commits signed evidence that anyone can verify and repeat.",
    after_help = "Exit codes: 0 fine; 1 failed; 2 usage or configuration; 3 collected, but with gaps; 4 verification failed.\n\nStart with `evidenced demo`: the whole job on a recording, with no account and no network."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON document on standard output, and nothing else there.
    #[arg(long, global = true)]
    json: bool,
    /// Form of the log on standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What to log: error, warn, info, debug, trace, or a filter such as `evidenced=debug`. `info` for `run` and `serve`, else `warn`.
    #[arg(long, global = true, env = "EVIDENCED_LOG")]
    log: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the whole main job on a recording shipped in the binary: no account, no network.
    Demo(DemoArgs),
    /// Makes one run now. A run that the store does not take waits in the spool (exit 1), and the next run commits it.
    #[command(after_help = COLLECT_HELP)]
    Collect(CollectArgs),
    /// Runs as a service, with figures over HTTP, notifications and traces as configured: each job on its schedule, with missed runs caught up, and runs kept while the store is away.
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Checks what a run needs, and writes nothing: configuration, key, store and its protection, time stamps, accounts, clock,
    /// and every action of `evidenced permissions` in every account and region.
    #[command(after_help = DOCTOR_HELP)]
    Doctor(ConfigArgs),
    /// Checks everything in a store: signatures, digests, the chain, time stamps, the balance, the counts.
    Verify(VerifyArgs),
    /// Signs how far each stream has come: a checkpoint to keep elsewhere, with which `verify` sees that nothing was cut off.
    Checkpoint(CheckpointArgs),
    /// Rebuilds documents and verdicts from the raw exchanges in a store, and compares them byte for byte.
    Reperform(ReperformArgs),
    /// Reports a period: for each control from when to when it passed, failed, could not be evaluated, and when nobody can say;
    /// populations, failures and how long they lasted. Every bundle of the period is held against its digests.
    #[command(after_help = REPORT_HELP)]
    Report(ReportArgs),
    /// Makes the auditor's package of a period: one zip with its evidence, its report, worksheets by criterion, how to verify by hand, and a
    /// manifest that names every file and everything that is not in it.
    #[command(after_help = PULL_HELP)]
    Pull(PullArgs),
    /// Shows the population of a resource type at an instant, and draws a sample of it that anybody can draw again, with the evidence of
    /// each resource: its document's digest, its files, the provider's answers, its verdicts.
    #[command(after_help = SAMPLE_HELP)]
    Sample(SampleArgs),
    /// Serves a store to browsers and programs: a dashboard and a JSON API, from the posture down to each raw exchange. It only reads.
    #[command(after_help = SERVE_HELP)]
    Serve(ServeArgs),
    /// Shows and tests the control catalogue.
    #[command(subcommand)]
    Controls(ControlsCommand),
    /// Prints the least-privilege role that the controls need, to read settings and never data: as an IAM policy, as Terraform or as
    /// CloudFormation.
    Permissions(PermissionsArgs),
    /// Makes a signing key, or fetches the public half of one.
    Keygen(KeygenArgs),
    /// Prints the JSON Schema of a document, or lists them.
    Schema(SchemaArgs),
    /// Checks the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `--config`
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", env = "EVIDENCED_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Show this cloud only.
    #[arg(long, value_enum)]
    pub cloud: Option<CloudArg>,
    /// Where the evidence goes.
    #[arg(long, value_name = "URL", default_value = "file://./evidence")]
    pub store: String,
    /// The signing key: a file, made on first use, or a reference to a key in a KMS (`awskms:///arn:…`).
    #[arg(long, value_name = "KEY", default_value = "evidenced-signing.pem")]
    pub key: KeyReference,
}

/// Arguments of `collect`.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// The configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Run this job of the configuration only.
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Read this cloud only.
    #[arg(long, value_enum)]
    pub cloud: Option<CloudArg>,
    /// Read this region only; may be given several times. Global services are read in any case.
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// Where the evidence goes, instead of the configured store: `file:///path`, `s3://bucket/prefix`,
    /// `gs://bucket/prefix`.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// The signing key, instead of the configured one: a file, made on first use, or a reference to a key in a KMS.
    #[arg(long, value_name = "KEY")]
    pub key: Option<KeyReference>,
    /// The share of the scopes to read.
    #[command(flatten)]
    pub shard: ShardArgs,
    /// Leave out scopes with a bundle younger than this (`1h`, `30m`): what is begun again after a worker died makes no second
    /// bundle of what was done.
    #[arg(long, value_name = "AGE")]
    pub skip_fresh: Option<Span>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The share of the scopes to read.
    #[command(flatten)]
    pub shard: ShardArgs,
}

/// `--shard`
#[derive(Clone, Copy, Debug, Args)]
pub struct ShardArgs {
    /// Read only this share of the scopes: `3/16` is the third of sixteen, `1/16` the first. Without it, what the platform says (see
    /// below).
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

impl ShardArgs {
    /// The share that was given, or that the platform gave.
    ///
    /// # Errors
    /// Exit 2, when the platform's variables cannot be understood.
    pub fn chosen(self) -> Result<Option<Shard>, CommandError> {
        if self.shard.is_some() {
            return Ok(self.shard);
        }
        Shard::of_platform(|name| std::env::var(name).ok()).map_err(|error| CommandError::usage(error.to_string()))
    }
}

const COLLECT_HELP: &str = "\
Several workers: --shard I/N, or without it by themselves from JOB_COMPLETION_INDEX with EVIDENCED_SHARDS (Kubernetes Indexed Job: set \
EVIDENCED_SHARDS to its `completions`), AWS_BATCH_JOB_ARRAY_INDEX with AWS_BATCH_JOB_ARRAY_SIZE, CLOUD_RUN_TASK_INDEX with \
CLOUD_RUN_TASK_COUNT. Each scope falls to exactly one worker, and another number of workers moves few. A share without a scope is \
fine (exit 0). Platforms start a worker again that died: give such jobs --skip-fresh with a little less than the time between two jobs, \
so that it goes on where it was.";

const RUN_HELP: &str = "\
Several services over one store: replicas with the same configuration serve each scheduled time once. The ledger settles it; one that \
read for a time that another has served drops its run. `start_jitter` of a job spreads their starts, so that seldom two read at once; \
EVIDENCED_REPLICA names a replica (otherwise its machine and process do). \
Several services that share the scopes: --shard I/N, or by themselves as with `collect`: JOB_COMPLETION_INDEX with EVIDENCED_SHARDS, \
AWS_BATCH_JOB_ARRAY_INDEX, CLOUD_RUN_TASK_INDEX.";

/// A cloud, on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CloudArg {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
}

impl From<CloudArg> for Cloud {
    fn from(argument: CloudArg) -> Self {
        match argument {
            CloudArg::Aws => Self::Aws,
            CloudArg::Azure => Self::Azure,
            CloudArg::Gcp => Self::Gcp,
        }
    }
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, or `gs://bucket/prefix`.
    pub store: String,
    /// A public key that statements must be signed with (PEM); may be given several times. Without one, integrity is
    /// checked and who signed is not.
    #[arg(long = "key", value_name = "PUB.pem")]
    pub keys: Vec<PathBuf>,
    /// Check this stream only, `job/cloud/scope`; may be given several times.
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// Read bundles from this day or instant on. The chain of statements is always checked whole.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Read bundles up to this day or instant.
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// A file with checkpoints that was kept elsewhere; may be given several times. The ledger must only have grown since.
    #[arg(long = "checkpoint", value_name = "FILE")]
    pub checkpoints: Vec<PathBuf>,
    /// A public key that checkpoints may be signed with, besides those of `--key` (PEM); may be given several times.
    #[arg(long = "checkpoint-key", value_name = "PUB.pem")]
    pub checkpoint_keys: Vec<PathBuf>,
    /// CA certificates of the time-stamping authority (PEM); may be given several times. Without one, time stamps are checked
    /// over what they stamp, and who made them is not.
    #[arg(long = "tsa-ca", value_name = "CA.pem")]
    pub tsa_cas: Vec<PathBuf>,
}

/// Arguments of `checkpoint`.
#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, or `gs://bucket/prefix`. It is only read.
    pub store: String,
    /// The private key that signs, a file or a reference as in `signing.key`: the collector's, or your own. It is never made.
    #[arg(long, value_name = "KEY")]
    pub key: KeyReference,
    /// Of this stream only, `job/cloud/scope`; may be given several times.
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// A public key that the statements must be signed with (PEM); may be given several times. Without one, the chain and
    /// the tree are checked before signing, and who signed the statements is not.
    #[arg(long = "verify-key", value_name = "PUB.pem")]
    pub verify_keys: Vec<PathBuf>,
    /// An earlier checkpoint by the same key (or a `--verify-key`) that the ledger must have grown from.
    #[arg(long, value_name = "FILE")]
    pub since: Vec<PathBuf>,
    /// Write to this file, which must not exist, instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `reperform`.
#[derive(Debug, Args)]
pub struct ReperformArgs {
    /// The store.
    pub store: String,
    /// Re-perform this run only.
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, `gs://bucket/prefix`, or `az://account/container/prefix`. It is only read.
    pub store: String,
    /// The period.
    #[command(flatten)]
    pub period: PeriodArgs,
    /// The form. When it is not given: HTML, and JSON with `--json` and without `--out`.
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write to this file, or with `--format csv` or `parquet` into this folder; without it all but these and XLSX go to standard output. A file that exists is
    /// not overwritten.
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

/// A period, and what counts as evidence of it.
#[derive(Debug, Args)]
pub struct PeriodArgs {
    /// The first day of the period (UTC), or its first instant.
    #[arg(long, value_name = "DATE")]
    pub from: String,
    /// The last day of the period, or the first instant after it.
    #[arg(long, value_name = "DATE")]
    pub to: String,
    /// A public key that statements must be signed with (PEM); may be given several times. What another key signed is no evidence.
    #[arg(long = "key", value_name = "PUB.pem")]
    pub keys: Vec<PathBuf>,
    /// Of this stream only, `job/cloud/scope`; may be given several times.
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// For how many hours a run counts that was made by hand and declares no schedule.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub unscheduled_hours: u32,
}

/// Arguments of `pull`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, `gs://bucket/prefix`, or `az://account/container/prefix`. It is only read.
    pub store: String,
    /// The period.
    #[command(flatten)]
    pub period: PeriodArgs,
    /// Only what bears on this criterion, primary or supporting; may be given several times, or with several.
    #[arg(long = "criterion", value_name = "ID", num_args = 1..)]
    pub criteria: Vec<String>,
    /// Only what serves this principle: least-privilege, defence-in-depth, secure-by-default, accountability, continuous-improvement; may be
    /// given several times. With --criterion, a control must be selected by both.
    #[arg(long = "principle", value_name = "PRINCIPLE", num_args = 1..)]
    pub principles: Vec<String>,
    /// The package, which must not exist.
    #[arg(long, value_name = "FILE.zip")]
    pub out: PathBuf,
}

const PULL_HELP: &str = "\
The unpacked folder is a store: its HOW-TO-VERIFY.md checks it with openssl, sha256sum, zstd and jq, and with `evidenced verify`. The public key is \
not in the package: give it by another way. Bundles are signed as whole files, so a selection narrows the worksheets and leaves out the bundles of \
streams that no selected control judged, never a part of a bundle; the report is that of the whole period. `evidenced schema manifest` is the form \
of manifest.json. A period that has ended gives the same bytes each time.

Exit codes: 0 fine; 2 usage; 3 no evidence in the period, or no control is selected (no package is made); 4 something is damaged or by another key: \
it is in the package as it was found, and the manifest names it.";

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, `gs://bucket/prefix`, or `az://account/container/prefix`. It is only read.
    pub store: String,
    /// The resource type, `aws.s3.bucket`.
    #[arg(long, value_name = "TYPE")]
    pub population: String,
    /// How many resources to draw. When there are fewer, all of them are drawn, and it is said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub size: u64,
    /// The seed, any line of text. It is written into the sample: the same seed draws the same resources.
    #[arg(long, value_name = "TEXT")]
    pub seed: String,
    /// The population at this instant (RFC 3339) or at the end of this day (UTC): of each stream the newest whole bundle at it or before.
    /// Now, when it is not given.
    #[arg(long, value_name = "DATE")]
    pub at: Option<String>,
    /// A public key that statements must be signed with (PEM); may be given several times. What another key signed is no evidence.
    #[arg(long = "key", value_name = "PUB.pem")]
    pub keys: Vec<PathBuf>,
    /// Of this stream only, `job/cloud/scope`; may be given several times.
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// Write to this file too, by its ending: .csv is a row for each resource with a column for a conclusion, .json is what --json
    /// prints. A file that exists is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

const SAMPLE_HELP: &str = "\
The rank of a resource is the SHA-256 of the seed, the stream, the type, the region and the id, with a line feed between each. The N smallest \
ranks are the sample: docs/auditors.md draws it again with sha256sum and jq. `evidenced schema sample` is the form of --json.

Exit codes: 0 fine; 2 usage; 3 the population is not complete (a list was cut short, or differs from the provider's own count), or there is no \
evidence at that instant; 4 something that was read is damaged or by another key (the sample is drawn, and says so).";

/// The form of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page, without script or outside requests, that prints.
    Html,
    /// A workbook: a sheet for each criterion, and the tables.
    Xlsx,
    /// One document; its schema is `evidenced schema report`.
    Json,
    /// A folder of tables.
    Csv,
    /// A folder of tables for Athena, BigQuery, Trino, Spark and DuckDB, with every verdict of every run.
    Parquet,
    /// Compliance findings of OCSF 1.8.0, one a line: the verdicts that stand at the end of the period.
    Ocsf,
    /// Assessment results of OSCAL 1.2.1.
    Oscal,
}

const REPORT_HELP: &str = "\
A run speaks from its instant until the next run, or until the first scheduled time that no run served: from there on there is no \
evidence, whatever was true before. A bundle with a file that is not what was signed is no evidence either, and is named.

Exit codes: 0 fine; 2 usage; 3 no evidence in the period; 4 something in the period is damaged or by another key (the report is written \
and names it).";

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The store: `file:///path`, a path, `s3://bucket/prefix`, `gs://bucket/prefix`, or `az://account/container/prefix`. It is only read.
    #[arg(long, value_name = "URL")]
    pub store: String,
    /// Where to listen. Any other address than this machine's own needs a token.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A file with a token that every request must bring (`openssl rand -hex 32`); only `/healthz` does without.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A certificate to speak TLS with (PEM, with its chain).
    #[arg(long, value_name = "CERT.pem", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "KEY.pem", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// A public key that statements must be signed with (PEM); may be given several times. What another key signed is no evidence.
    /// Without one, everything that is told says that signatures are not checked.
    #[arg(long = "key", value_name = "PUB.pem")]
    pub keys: Vec<PathBuf>,
    /// Of this stream only, `job/cloud/scope`; may be given several times.
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<String>,
    /// Days back from now that are read. Every bundle of them is held against its digests.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// Time between two looks at the ledger. It is read again when it has grown, and every hour.
    #[arg(long, value_name = "AGE", default_value = "60s")]
    pub refresh: Span,
    /// For how many hours a run counts that was made by hand and declares no schedule.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub unscheduled_hours: u32,
}

const SERVE_HELP: &str = "\
/ is the dashboard; /openapi.json describes the API: /v1/summary, /v1/findings, /v1/controls, /v1/bundles, /v1/timeline, /v1/trend, \
/v1/coverage, and /v1/exchanges for what a provider said. /healthz and /readyz are for who watches the process.

A program brings the token as `Authorization: Bearer TOKEN`. A browser asks for a name and a password: any name, and the token.

A reading that fails leaves what was read before, and /readyz, every body and the log say so.";

#[derive(Debug, Subcommand)]
enum ControlsCommand {
    /// Lists every control.
    List(ConfigArgs),
    /// Shows one control.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Runs the cases that each control carries.
    Test {
        /// A folder with control files; the built-in catalogue when absent.
        dir: Option<PathBuf>,
    },
    /// Shows all 61 criteria, each automated, partial, supporting or manual, and the five principles, with the controls behind each.
    Coverage(CoverageArgs),
}

/// Arguments of `controls coverage`.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// The configuration, for its own control files.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Lists the controls behind each; --json has them in any case.
    #[arg(long)]
    pub controls: bool,
}

/// Arguments of `permissions`.
#[derive(Debug, Args)]
#[command(after_help = PERMISSIONS_HELP)]
pub struct PermissionsArgs {
    /// The cloud.
    #[arg(long, value_enum)]
    pub cloud: CloudArg,
    /// The form.
    #[arg(long, value_enum, default_value_t = PermissionsFormat::Json)]
    pub format: PermissionsFormat,
    /// The configuration, for its own control files.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Only what these controls need, and what every run asks first; may be given several times, or with several ids. Without it
    /// all that a run asks for.
    #[arg(long = "control", value_name = "ID", num_args = 1..)]
    pub controls: Vec<String>,
    /// With --cloud gcp: what reading needs where Cloud Asset Inventory may not be used, the lists of each API.
    #[arg(long)]
    pub without_inventory: bool,
}

const PERMISSIONS_HELP: &str = "\
The actions follow from what the collector calls: those of the resource types that a control stands on, and of the types that are \
joined into them (a bucket tells which trails record it). A run reads every type: with a role made for some controls, what the others \
stand on is refused, and they are not_evaluated.

With --cloud aws:
json            an IAM policy document; a list of them where one managed policy (6,144 characters) cannot hold the actions
terraform       role, policies and attachments; variables trusted_principal_arn, external_id and role_name
cloudformation  the same as a template, for a stack or for a StackSet over an organisation; parameters CollectorPrincipalArn, \
ExternalId and RoleName. Its first lines say how to deploy it.

With --cloud azure:
json            role_definition, a custom role as `az role definition create` takes it once AssignableScopes is filled in, and \
graph_application_permissions, what an administrator consents to in Microsoft Graph
terraform       role, assignment and Graph permissions; variables principal_id and scope
bicep           the same as a template for a management group; parameter principalId. It needs Bicep's Microsoft Graph extension.

With --cloud gcp:
json            role, a custom role as `gcloud iam roles create --file` takes it; of_organization, the permissions in it that only a role \
of an organisation may hold; services, to be enabled in the collector's own project; oauth_scopes, what no role gives
yaml            the role alone, with what only a role of an organisation may hold at its end
terraform       role, service account, bindings and services; variables collector_project, and organization_id or projects
gcloud          the same as a shell script, which may be run again; its first lines say how
It is what reading through Cloud Asset Inventory needs: the inventory's permissions, and of each API what the inventory lacks. \
--without-inventory prints what the other way needs, the lists of each API.

The role of AWS is what the collector reads an account with. Who assumes it (`role_name` in evidenced.yaml) needs sts:AssumeRole on it, and \
access to the store. `evidenced doctor` tries the role.";

const DOCTOR_HELP: &str = "\
Permissions are tried by reading: every call that a run makes, at most once in each region, first pages only. A list is tried for \
certain; a call about one resource only where there is such a resource. What is refused is shown by action, with its regions and the \
controls that stand on it; what could not be tried is `not checked`. Nothing is kept of the answers.

Exit codes: 0 nothing failed (warnings are no failure: a missing action leaves gaps in a run); 1 something a run cannot do without; \
2 the configuration.";

/// The form of `permissions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PermissionsFormat {
    /// An IAM policy document; for Azure a role definition and the permissions of Microsoft Graph; for Google Cloud a custom role.
    Json,
    /// Terraform (HCL).
    Terraform,
    /// A CloudFormation template, for AWS.
    Cloudformation,
    /// A Bicep template, for Azure.
    Bicep,
    /// A custom role for `gcloud iam roles create --file`, for Google Cloud.
    Yaml,
    /// A shell script of `gcloud` commands, for Google Cloud.
    Gcloud,
}

/// Arguments of `keygen`.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// Makes no key: fetches the public half of this one, for auditors. A file, or a reference: `awskms:///arn:aws:kms:…`,
    /// `awskms:///alias/NAME`, `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`,
    /// `azurekms://VAULT.vault.azure.net/keys/NAME/VERSION`.
    #[arg(long, value_name = "KEY")]
    pub public: Option<KeyReference>,
    /// Where the private key goes (mode 0600; evidenced-signing.pem when absent); the public key goes beside it as `.pub.pem`.
    /// With `--public`, where the public key goes instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which document; all names are listed when absent.
    pub name: Option<String>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Reads the configuration and everything it names, and says what is wrong with file and line.
    Check(ConfigArgs),
}

impl Cli {
    /// Starts the log on standard error. What it gives turns traces on, which are off.
    ///
    /// # Errors
    /// When the filter does not parse.
    pub fn start_log(&self) -> Result<Switch, CommandError> {
        let level = self.log.as_deref().unwrap_or(if matches!(self.command, Command::Run(_) | Command::Serve(_)) {
            "info"
        } else {
            "warn"
        });
        // The SDK complains of a connection it did not open itself; connections are the transport's. What is for traces is
        // no log.
        let filter = format!("aws_smithy_runtime=off,{level},{TARGET}=off");
        let filter = tracing_subscriber::EnvFilter::try_new(filter)
            .map_err(|error| CommandError::usage(format!("--log {level}: {error}")))?;
        let (traces, switch) = Switch::new();
        let traces = traces.with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO));
        let log =
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
        let log = match self.log_format {
            LogFormat::Text => log.with_target(false).with_filter(filter).boxed(),
            LogFormat::Json => log.json().with_filter(filter).boxed(),
        };
        tracing_subscriber::registry().with(traces).with(log).init();
        Ok(switch)
    }

    /// Carries out the command.
    ///
    /// # Errors
    /// With the exit code that the failure has.
    pub async fn execute(self, traces: Switch) -> Result<Exit, CommandError> {
        let json = self.json;
        match self.command {
            Command::Demo(args) => demo::demo(args, json).await,
            Command::Collect(args) => Box::pin(collect::collect(args, json, &traces)).await,
            Command::Run(args) => service::run(args, &traces).await,
            Command::Doctor(args) => Box::pin(doctor::doctor(args, json)).await,
            Command::Verify(args) => read::verify(args, json).await,
            Command::Checkpoint(args) => checkpoint::checkpoint(args, json).await,
            Command::Reperform(args) => read::reperform(args, json).await,
            Command::Report(args) => report::report(args, json).await,
            Command::Pull(args) => Box::pin(pull::pull(args, json)).await,
            Command::Sample(args) => sample::sample(args, json).await,
            Command::Serve(args) => serve::serve(args).await,
            Command::Controls(ControlsCommand::List(config)) => catalogue::list(&config, json),
            Command::Controls(ControlsCommand::Show { id, config }) => catalogue::show(&id, &config, json),
            Command::Controls(ControlsCommand::Test { dir }) => catalogue::test(dir.as_deref(), json),
            Command::Controls(ControlsCommand::Coverage(args)) => catalogue::coverage(&args, json),
            Command::Permissions(args) => permissions::permissions(&args, json),
            Command::Keygen(args) => keys::keygen(&args, json).await,
            Command::Schema(args) => keys::schema(&args, json),
            Command::Config(ConfigCommand::Check(args)) => catalogue::check_config(&args, json),
        }
    }
}
