//! The file of profiles, and the server of one profile: for `login`, `logout` and `profiles`.

use std::path::{Path, PathBuf};

use super::profile::{self, Profile, Profiles};
use super::{ClientSettings, token_of};
use crate::client::{Client, Settings, Token};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Look, Ui};

/// The file of profiles.
pub(in crate::presentation::cli) struct Saved {
    pub(in crate::presentation::cli) path: PathBuf,
    pub(in crate::presentation::cli) profiles: Profiles,
}

impl Saved {
    /// Reads it; an absent file has no profile.
    pub(in crate::presentation::cli) fn read() -> Result<Self, Failure> {
        let no_home = || Failure::usage("there is no place for profiles: set HOME or XDG_CONFIG_HOME");
        let path = profile::path().ok_or_else(no_home)?;
        Ok(Self { profiles: Profiles::read(&path)?, path })
    }

    /// Writes it whole or not at all.
    pub(in crate::presentation::cli) fn write(&self) -> Result<(), Failure> {
        self.profiles.write(&self.path)
    }
}

impl ClientSettings {
    /// The profile to write, still without a token: its server is the one that is named, else the one that it had.
    pub(in crate::presentation::cli) fn profile_to_sign_in(&self, saved: &Saved) -> Result<Profile, Failure> {
        let before = saved.profiles.get(self.profile_name());
        let server = match (&self.server, before) {
            (Some(server), _) => server.trim_end_matches('/').to_owned(),
            (None, Some(before)) => before.server.clone(),
            (None, None) => Settings::default().server,
        };
        let ca_cert = match &self.ca_cert {
            Some(path) => Some(absolute(path)?),
            None => before.filter(|it| it.is_for(&server)).and_then(|it| it.ca_cert.clone()),
        };
        Ok(Profile { server, token: None, ca_cert })
    }

    /// A client of a profile's server, with this token alone.
    pub(in crate::presentation::cli) fn client_of(
        &self,
        profile: &Profile,
        token: Option<&Token>,
        ui: Ui,
    ) -> Result<Client, Failure> {
        let settings = Settings {
            server: profile.server.clone(),
            token: token.cloned(),
            ca_cert: profile.ca_cert.clone(),
            timeout: self.timeout,
        };
        Ok(self.observed(Client::with(&settings)?, ui))
    }

    /// A client that prints nothing, for completion.
    pub(in crate::presentation::cli) fn client_for_completion(&self) -> Option<Client> {
        let silent = Ui { stdin_is_terminal: false, stdout: Look::PLAIN, stderr: Look::PLAIN };
        Client::with(&self.settings(silent).ok()?).ok()
    }

    /// The token of `--token-file`, if there is one.
    pub(in crate::presentation::cli) fn token_of_file(&self, ui: Ui) -> Result<Option<Token>, Failure> {
        self.token_file.as_deref().map(|path| token_of(path, ui)).transpose()
    }

    /// Whether `CONFIGAPI_TOKEN` is set.
    pub(in crate::presentation::cli) fn has_token_variable(&self) -> bool {
        self.given.is_some()
    }

    /// Refuses `--file` for a command about servers.
    pub(in crate::presentation::cli) fn refuse_file(&self, why: &str) -> Result<(), Failure> {
        match &self.file {
            Some(_) => Err(Failure::usage(format!("--file: {why}"))),
            None => Ok(()),
        }
    }
}

/// A profile is used from every folder.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}
