//! The user's choices.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The environment at the top level of the configs.
pub const PRODUCTION_ENVIRONMENT: &str = "production";

/// What is deployed, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct DeployOptions {
    /// An environment of the configs.
    #[arg(long, default_value = PRODUCTION_ENVIRONMENT)]
    pub env: String,
    /// Show the plan and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing: answers come from the file, the environment and the defaults.
    #[arg(long)]
    pub yes: bool,
    /// The account's plan; a free one refuses `limits.cpu_ms`.
    #[arg(long, value_enum)]
    pub plan: Option<CloudflarePlan>,
    /// Where secrets are kept.
    #[arg(long, value_enum)]
    pub secrets: Option<SecretStorageKind>,
    /// Make no queue: a file put into the bucket directly waits for the next quarter of an hour.
    #[arg(long)]
    pub no_queue: bool,
    /// Upload the files that this environment runs, without a build; refused if they are missing.
    #[arg(long, value_name = "ENV")]
    pub same_as: Option<String>,
    /// Upload the content of the build folders, without building.
    #[arg(long)]
    pub no_build: bool,
    /// The Workers' addresses, with `{name}` for a Worker's name, in place of workers.dev.
    #[arg(long, value_name = "URL")]
    pub addresses: Option<String>,
}

/// The Cloudflare plan of the account that is deployed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloudflarePlan {
    /// Refuses a config with `limits.cpu_ms`, which is left out.
    #[default]
    Free,
    /// Accepts the whole config.
    Paid,
}

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretStorageKind {
    /// Once in the account's Secrets Store.
    #[default]
    Store,
    /// As plain secrets of each Worker, uploaded with it.
    Plain,
}

/// What the user chose for an environment.
#[derive(Clone, Debug, Default)]
pub struct DeployChoices {
    pub plan: CloudflarePlan,
    pub secrets: SecretStorageKind,
    pub queue: bool,
    pub contact: Option<String>,
    /// Where objects are created.
    pub location: Option<String>,
}
