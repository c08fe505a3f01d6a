//! Settings that are secrets: each is in a file, or in a variable itself. None is a flag, which every user of the machine
//! could see in the list of processes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use slog::{Logger, warn};

use super::error::Failure;
use crate::application::{self, Keys};
use crate::presentation::http::RootToken;
use crate::runtime::files::is_open_to_others;

/// The variable with the root token itself.
pub(super) const ROOT_TOKEN_VARIABLE: &str = "CONFIGAPI_ROOT_TOKEN";

#[derive(Debug, Args)]
pub(super) struct RootTokenSettings {
    /// A file with a token that may do everything: with it, every request needs a token; the variable
    /// `CONFIGAPI_ROOT_TOKEN` has the token itself instead
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_ROOT_TOKEN_FILE")]
    root_token_file: Option<PathBuf>,

    /// The token in the variable. Only its digest is kept.
    #[arg(skip)]
    given: Option<RootToken>,
}

impl RootTokenSettings {
    /// Whether there is a root token.
    pub(super) fn is_given(&self) -> bool {
        self.root_token_file.is_some() || self.given.is_some()
    }

    /// Takes the text of the variable, if it is set.
    pub(super) fn take(&mut self, text: Option<OsString>) -> Result<(), Failure> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        if self.root_token_file.is_some() {
            let why = format!(
                "{ROOT_TOKEN_VARIABLE} and CONFIGAPI_ROOT_TOKEN_FILE or --root-token-file name two root tokens: use one"
            );
            return Err(Failure::usage(why));
        }
        // Not repeated: it is a secret.
        let token = RootToken::parse(&text.to_string_lossy());
        self.given = Some(token.map_err(|error| Failure::usage(format!("{ROOT_TOKEN_VARIABLE}: {error}")))?);
        Ok(())
    }

    /// The root token, if there is one.
    pub(super) fn token(&self, logger: &Logger) -> Result<Option<RootToken>, Failure> {
        let Some(path) = &self.root_token_file else { return Ok(self.given.clone()) };
        if fs::metadata(path).is_ok_and(|file| is_open_to_others(&file)) {
            warn!(logger, "other users can read the root token: chmod 600 takes that right away";
                "file" => %path.display());
        }
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::system(format!("the root token's file {}: {error}", path.display())))?;
        let token = RootToken::parse(&text);
        token
            .map(Some)
            .map_err(|error| Failure::usage(format!("the root token's file {}: {error}", path.display())))
    }
}

#[derive(Debug, Args)]
pub(super) struct KeySettings {
    /// Encrypt secrets with the first key of this file and read them with all of its keys; the variable `CONFIGAPI_KEY`
    /// has the key itself instead
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// The keys in the variable. `Debug` shows their ids.
    #[arg(skip)]
    given: Option<Keys>,
}

/// The variable with the key itself. It isn't a setting: a flag would be in the list of processes.
pub(super) const KEY_VARIABLE: &str = "CONFIGAPI_KEY";

impl KeySettings {
    /// Whether there are keys.
    pub(super) fn is_given(&self) -> bool {
        self.key_file.is_some() || self.given.is_some()
    }

    /// Takes the text of the variable, if it is set.
    pub(super) fn take(&mut self, text: Option<OsString>) -> Result<(), Failure> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        if self.key_file.is_some() {
            return Err(Failure::usage(
                "CONFIGAPI_KEY and CONFIGAPI_KEY_FILE or --key-file name two keys: give one of them",
            ));
        }
        // Not repeated: it is a secret.
        let keys = application::parse_keys(&text.to_string_lossy());
        self.given = Some(keys.map_err(|error| Failure::usage(format!("{KEY_VARIABLE}: {error}")))?);
        Ok(())
    }

    /// The path of the key file.
    pub(super) fn file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// The keys, if there are any.
    pub(super) fn keys(&self) -> Result<Option<Keys>, Failure> {
        match &self.key_file {
            Some(path) => Ok(Some(application::read_keys(path)?)),
            None => Ok(self.given.clone()),
        }
    }
}
