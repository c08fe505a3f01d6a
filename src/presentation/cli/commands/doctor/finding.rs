//! The outcome of one check.

use serde::Serialize;

use crate::presentation::cli::error::Failure;

/// A line of `doctor`.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) outcome: Outcome,
    pub(super) found: String,
    /// The remedy; none where all is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    /// It works, and may not later.
    Warn,
    Fail,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, found: found.into(), remedy: None }
    }

    pub(super) fn warn(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warn, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn fail(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Fail, found: found.into(), remedy: Some(remedy.into()) }
    }

    /// A check that could not go on: its error, and its first hint as the remedy.
    pub(super) fn of_failure(check: &'static str, failure: &Failure) -> Self {
        let Failure::Reported(report) = failure else {
            return Self { check, outcome: Outcome::Fail, found: "it did not end".to_owned(), remedy: None };
        };
        let remedy = report.hints.first().cloned();
        Self { check, outcome: Outcome::Fail, found: report.text.clone(), remedy }
    }
}
