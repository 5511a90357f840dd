//! Answers of the user that the account does not store: one file, which git ignores.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::deploy_options::{CloudflarePlan, SecretStorageKind};
use super::deploy_ports::deploy_dir;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedDeployAnswers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Empty if the user was asked and has no contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where objects are created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<CloudflarePlan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretStorageKind>,
    /// Secrets that the user does without.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skipped: BTreeSet<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct AnswersFile {
    #[serde(flatten)]
    pub environments: BTreeMap<String, SavedDeployAnswers>,
}

impl AnswersFile {
    fn answers_path() -> PathBuf {
        deploy_dir().join("deploy-answers.toml")
    }

    /// Reads the file; empty if there is none yet.
    pub fn read() -> Result<Self> {
        let path = Self::answers_path();
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path)?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    pub fn write(&self) -> Result<()> {
        let path = Self::answers_path();
        std::fs::write(&path, toml::to_string(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
