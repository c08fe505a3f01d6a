//! The settings of client commands, and the session that they open: a server's client, or an open file.
//!
//! A token is never a flag, which every user of the machine could see in the list of processes. `CONFIGAPI_FILE` and
//! `DATABASE_URL` have no effect here: a client opens a file only with `--file`.

mod failure;
mod open_store;
mod origin;
pub(super) mod profile;
pub(super) mod sign_in;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::error::Failure;
use super::secrets::KeySettings;
use super::settings::duration;
use super::ui::{ColourChoice, Output, Ui};
use crate::client::{Client, Settings, Token};
use crate::domain::Revision;
use crate::runtime::files::is_open_to_others;
use crate::runtime::printable::Escaped;
pub(super) use open_store::Missing;
use open_store::OpenStore;
use profile::{Profile, Profiles};

/// The variable that names the store in PostgreSQL.
const DATABASE_VARIABLE: &str = "DATABASE_URL";

/// The variable with the token itself.
pub(super) const TOKEN_VARIABLE: &str = "CONFIGAPI_TOKEN";

/// Where a client command talks to, and how it prints.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server and output")]
pub(super) struct ClientSettings {
    /// The server [default: the profile's, else <http://127.0.0.1:4000>]
    #[arg(long, value_name = "URL", env = "CONFIGAPI_SERVER")]
    server: Option<String>,

    /// A file with the token; the variable `CONFIGAPI_TOKEN` has the token itself instead
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_TOKEN_FILE")]
    token_file: Option<PathBuf>,

    /// A server with its token that `configapi login` has saved [default: default]
    #[arg(long, value_name = "NAME", env = "CONFIGAPI_PROFILE")]
    profile: Option<String>,

    /// An embedded store, opened by this command itself; no server may have it open
    #[arg(long, value_name = "PATH", conflicts_with_all = ["server", "token_file", "profile"])]
    file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) key: KeySettings,

    /// A PEM file with the certificates of the authorities to trust [default: those of the system]
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_CA_CERT")]
    ca_cert: Option<PathBuf>,

    /// How long to wait for the server at each step
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_TIMEOUT", value_parser = duration, default_value = "30s")]
    timeout: Duration,

    /// How results are printed [default: table on a terminal, else plain]
    #[arg(short = 'o', long, value_enum, value_name = "FORM")]
    output: Option<Output>,

    /// Whether to use colours; wins over `NO_COLOR`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    color: ColourChoice,

    /// Show each request, without its token
    #[arg(short, long)]
    verbose: bool,

    /// The token in the variable.
    #[arg(skip)]
    given: Option<Token>,
}

/// The tools of a client command.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) ui: Ui,
    pub(super) output: Output,
    /// The flags that lead to the same server, quoted for a shell.
    flags: String,
}

impl ClientSettings {
    /// Takes the token of the variable, if it is set.
    pub(super) fn take(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Failure> {
        self.key.take(variable(super::secrets::KEY_VARIABLE))?;
        let Some(text) = variable(TOKEN_VARIABLE).filter(|text| !text.is_empty()) else { return Ok(()) };
        if self.token_file.is_some() {
            return Err(Failure::usage(format!(
                "{TOKEN_VARIABLE} and CONFIGAPI_TOKEN_FILE or --token-file name two tokens: use one"
            )));
        }
        // Not repeated: it is a secret.
        let token = text.to_str().and_then(Token::parse);
        let unusable = || {
            Failure::usage(format!("{TOKEN_VARIABLE} has characters that a token can't have: copy it again"))
        };
        self.given = Some(token.ok_or_else(unusable)?);
        Ok(())
    }

    /// The embedded store of `--file`, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The form of results.
    pub(super) fn output(&self, ui: Ui) -> Output {
        let usual = if ui.stdout.is_terminal() { Output::Table } else { Output::Plain };
        self.output.unwrap_or(usual)
    }

    /// The outputs with the colours that were asked for.
    pub(super) fn ui(&self, ui: Ui) -> Ui {
        ui.with_colour(self.color)
    }

    /// Opens the session.
    pub(super) fn open(&self, ui: Ui, missing: Missing) -> Result<Session, Failure> {
        let ui = self.ui(ui);
        let client = match &self.file {
            Some(path) => {
                let store = OpenStore::file(path, self.key.keys()?, missing, ui)?;
                Client::over(Box::new(store), None)
            }
            None => Client::with(&self.settings(ui)?)?,
        };
        Ok(self.session(client, ui))
    }

    /// Opens the session with the store in the PostgreSQL database of `DATABASE_URL`.
    pub(super) fn open_database(&self, ui: Ui) -> Result<Session, Failure> {
        let ui = self.ui(ui);
        let url = env::var_os(DATABASE_VARIABLE).and_then(|url| url.into_string().ok());
        let Some(url) = url.filter(|url| !url.is_empty()) else {
            return Err(Failure::usage(format!("--database needs the variable {DATABASE_VARIABLE}: set it")));
        };
        let store = OpenStore::postgres(&url, self.key.keys()?, ui)?;
        Ok(self.session(Client::over(Box::new(store), None), ui))
    }

    fn session(&self, client: Client, ui: Ui) -> Session {
        let client = self.observed(client, ui);
        Session { client, ui, output: self.output(ui), flags: self.flags() }
    }

    /// The client, with a line for each request if the command line asks for it.
    fn observed(&self, client: Client, ui: Ui) -> Client {
        if !self.verbose {
            return client;
        }
        client.observed(move |method, target, outcome, took| {
            ui.note(&format!("{method} {target}  {outcome}  {} ms", took.as_millis()));
        })
    }

    /// The settings of the client: a flag wins over its variable, the variable over the profile.
    pub(super) fn settings(&self, ui: Ui) -> Result<Settings, Failure> {
        let profile = self.saved_profile()?;
        let defaults = Settings::default();
        // The token of a profile is for the profile's own server.
        let profile = match (&self.server, profile) {
            (Some(server), Some(profile)) if !profile.is_for(server) => {
                if self.profile.is_some() {
                    return Err(Failure::usage(format!(
                        "the profile is for {}, not for {server}: leave --server out, or choose another profile",
                        profile.server
                    )));
                }
                None
            }
            (_, profile) => profile,
        };
        let token = match (&self.token_file, &self.given) {
            (Some(path), _) => Some(token_of(path, ui)?),
            (None, Some(token)) => Some(token.clone()),
            (None, None) => {
                profile.as_ref().and_then(|profile| profile.token.as_deref()).and_then(Token::parse)
            }
        };
        let saved = profile.as_ref();
        Ok(Settings {
            server: self
                .server
                .clone()
                .or_else(|| saved.map(|it| it.server.clone()))
                .unwrap_or(defaults.server),
            token,
            ca_cert: self.ca_cert.clone().or_else(|| saved.and_then(|profile| profile.ca_cert.clone())),
            timeout: self.timeout,
        })
    }

    /// The name of the profile to read or to write.
    pub(super) fn profile_name(&self) -> &str {
        self.profile.as_deref().unwrap_or(profile::DEFAULT)
    }

    /// The flags that were given for the server, quoted for a shell. A variable leads there by itself.
    fn flags(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let given = [
            ("--server", self.server.clone()),
            ("--token-file", path(&self.token_file)),
            ("--profile", self.profile.clone()),
            ("--file", path(&self.file)),
            ("--ca-cert", path(&self.ca_cert)),
        ];
        let of_variable = |flag: &str, value: &str| {
            let variable = format!("CONFIGAPI_{}", flag[2..].replace('-', "_").to_uppercase());
            flag != "--file" && env::var_os(variable).is_some_and(|text| text == *value)
        };
        let texts = given.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let typed = texts.filter(|(flag, value)| !of_variable(flag, value));
        let words =
            typed.flat_map(|(flag, value)| [" ", flag, " ", &shell_words::quote(&value)].map(str::to_owned));
        words.collect()
    }

    fn saved_profile(&self) -> Result<Option<Profile>, Failure> {
        let Some(path) = profile::path() else { return Ok(None) };
        let found = Profiles::read(&path)?.get(self.profile_name()).cloned();
        if found.is_none() && self.profile.is_some() {
            let text = format!("{} has no profile {}", path.display(), self.profile_name());
            return Err(Failure::usage(format!("{text}: make it with configapi login --profile")));
        }
        Ok(found)
    }
}

impl Session {
    /// A command for the same server that a person can paste: the words after `configapi`.
    pub(super) fn command(&self, words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(|word| shell_words::quote(word)).collect();
        format!("configapi {}{}", words.join(" "), self.flags)
    }

    /// How to undo a change: the last line on standard error.
    pub(super) fn say_undo(&self, revision: Revision) {
        self.ui.note(&format!("undo: {}", Escaped(&self.command(&["revert", &revision.to_string()]))));
    }
}

/// The token in a file.
fn token_of(path: &Path, ui: Ui) -> Result<Token, Failure> {
    if fs::metadata(path).is_ok_and(|file| is_open_to_others(&file)) {
        ui.note(&format!("other users can read the token: chmod 600 {}", path.display()));
    }
    let unusable = |why: String| Failure::usage(format!("the token's file {}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    Token::parse(&text).ok_or_else(|| unusable("write the token alone into it".into()))
}
