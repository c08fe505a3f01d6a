//! `configapi run`: a command with values as its environment.
//!
//! Without `--watch` and `--mask` this process becomes the command, so that signals and the status are the command's own.
//! Otherwise the command is a child: `client::child` has what happens to it.

mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::time::Duration;

use clap::Args;
use crossbeam_channel::bounded;
use rustix::process::Signal;

use crate::client::cache::Cache;
use crate::client::child::environment::{Existing, Rules, is_variable, program};
use crate::client::child::{
    Changes, Manner, OnChange, Output, Program, RunError, SECRET_BYTES_MIN, Secrets, Start, StartError, run,
};
use crate::client::{Snapshot, WatchSettings, Watched};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::settings::duration;
use crate::presentation::cli::ui::Ui;
use crate::runtime::printable::Escaped;
use crate::runtime::relay;
use values::ValueSettings;

const EXAMPLES: &str = "\
Examples:
  configapi run --prefix app/web/ -- env
  configapi run --prefix app/web/ --map db_url=DATABASE_URL -- ./migrate
  configapi run --prefix app/web/ --at 5 -- ./migrate
  configapi run --prefix app/web/ --cache web.cache --cache-age-max 1day -- ./migrate
  configapi run --prefix app/ --mask -- ./migrate
  configapi run --prefix app/ --watch -- ./server
  configapi run --prefix app/ --watch --signal HUP -- ./server";

/// Run a command with values as its environment
///
/// The name `db/pool-size` becomes `DB_POOL_SIZE`, without the prefix. Two names for one variable are an error, and so are
/// variables that choose which code a program runs, such as PATH. The variables of configapi itself are removed. Secrets
/// are revealed where the token may; one that it may not is an error.
///
/// The status is the command's own: 128 and the number of the signal that ended it, 127 where it is not found, 126 where
/// it can't be executed. Signals are forwarded. A run that is killed with SIGKILL leaves a watched command running.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Run {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
    #[command(flatten)]
    values: ValueSettings,
    /// The variable of a name; may be given several times
    #[arg(long = "map", value_name = "NAME=VARIABLE", value_parser = mapping)]
    mapped: Vec<(String, String)>,
    /// Keep a variable that exists already
    #[arg(long)]
    preserve_env: bool,
    /// Set this protected variable if a name becomes it; may be given several times
    #[arg(long = "allow", value_name = "VARIABLE")]
    allowed: Vec<String>,
    /// Restart the command when its values change
    #[arg(long)]
    watch: bool,
    /// Send this signal in place of a restart, such as HUP
    #[arg(long, value_name = "SIGNAL", value_parser = signal, requires = "watch")]
    signal: Option<Signal>,
    /// How long the command may take to end before it is killed and started again
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    grace: Duration,
    /// Wait a random time up to this before a restart or a signal, so that many hosts don't restart at once
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "watch")]
    splay: Option<Duration>,
    /// Mask secrets in what the command prints; it then prints to pipes, not to the terminal
    #[arg(long)]
    mask: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Run {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        if self.watch && self.values.is_pinned() {
            return Err(Failure::usage("--watch and --at exclude each other: pinned values never change"));
        }
        if self.watch && self.client.file().is_some() {
            return Err(Failure::usage("--watch needs a server: nothing else can change an open file"));
        }
        let session = self.client.open(ui, Missing::Refuse)?;
        let keys = self.client.key.keys()?;
        let cache = self.values.cache(keys, &session);
        let snapshot = self.values.load(&session, cache.as_ref())?;
        if !self.watch && !self.mask {
            let program = self.program(&snapshot)?;
            // An open file is closed first.
            drop(session);
            return Err(not_started(&program.replace_this_process()));
        }
        let status = self.supervise(&session, snapshot, cache.as_ref())?;
        if status == 0 { Ok(()) } else { Err(Failure::Exited(status)) }
    }

    fn program(&self, snapshot: &Snapshot) -> Result<Program, Failure> {
        let entries = self.values.entries(snapshot);
        let rules = Rules {
            mapped: self.mapped.iter().cloned().collect::<BTreeMap<_, _>>(),
            allowed: self.allowed.iter().cloned().collect::<BTreeSet<_>>(),
            existing: if self.preserve_env { Existing::Kept } else { Existing::Replaced },
        };
        let program = program(self.command.clone(), &entries, &rules, env::vars_os());
        program.map_err(|error| Failure::usage(error.to_string()))
    }

    fn supervise(&self, session: &Session, snapshot: Snapshot, cache: Option<&Cache>) -> Result<u8, Failure> {
        let mut secrets = BTreeSet::new();
        let first = self.start(&snapshot, &mut secrets, session.ui)?;
        let manner = Manner {
            on_change: self.signal.map_or(OnChange::Restart, OnChange::Signal),
            grace: self.grace,
            splay: self.splay.unwrap_or_default(),
        };
        let (send, changed) = bounded(1);
        let watched = if self.watch {
            let settings = WatchSettings {
                prefixes: self.values.prefixes().to_vec(),
                reveal: self.values.reveals(),
                // A place that is taken already is for this change too.
                on_change: Some(Box::new(move |_| {
                    let _ = send.try_send(());
                })),
                ..WatchSettings::default()
            };
            Some(Watched::follow(session.client.clone(), settings, snapshot)?)
        } else {
            None
        };
        let ui = session.ui;
        let mut newest = || {
            let snapshot = watched.as_ref()?.snapshot();
            let start = self
                .values
                .refuse_masked(&snapshot)
                .and_then(|()| self.start(&snapshot, &mut secrets, ui))
                .map_err(|failure| ui.complain(failure.hint("the command goes on with its values")));
            if let (Some(cache), Ok(_)) = (cache, &start) {
                values::save(cache, &snapshot, ui);
            }
            start.ok()
        };
        let caught = relay::catch().map_err(|error| Failure::system(error.to_string()))?;
        run(first, manner, &caught, Changes { changed, newest: &mut newest }).map_err(|error| match error {
            RunError::Start(error) => not_started(&error),
            RunError::System(_) => Failure::system(error.to_string()),
        })
    }

    /// The command with these values. The secrets of earlier values stay masked: files may still have them.
    fn start(&self, snapshot: &Snapshot, secrets: &mut BTreeSet<String>, ui: Ui) -> Result<Start, Failure> {
        let program = self.program(snapshot)?;
        if !self.mask {
            return Ok(Start { program, output: Output::Inherited });
        }
        let items = snapshot.items().filter(|item| item.is_secret());
        let known = items.filter_map(|item| Some((item.name(), item.text()?)));
        for (name, text) in known {
            let is_short = !text.is_empty() && text.trim().len() < SECRET_BYTES_MIN;
            if secrets.insert(text.to_owned()) && is_short {
                ui.note(&format!(
                    "configapi: {} is too short to be masked: use at least {SECRET_BYTES_MIN} bytes",
                    Escaped(name)
                ));
            }
        }
        let masked = Secrets::new(secrets.iter().map(String::as_str));
        let masked = masked.map_err(|error| Failure::system(error.to_string()))?;
        Ok(Start { program, output: Output::Masked(masked) })
    }
}

fn not_started(error: &StartError) -> Failure {
    let status = match error {
        StartError::NotFound { .. } => Status::CommandNotFound,
        StartError::NotExecutable { .. } => Status::NotExecutable,
    };
    Failure::reported(status, error.to_string())
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let mapping = text.rsplit_once('=').filter(|(name, variable)| !name.is_empty() && is_variable(variable));
    let mapping = mapping.map(|(name, variable)| (name.to_owned(), variable.to_owned()));
    mapping.ok_or_else(|| "write NAME=VARIABLE, such as db/url=DATABASE_URL".into())
}

fn signal(text: &str) -> Result<Signal, String> {
    relay::signal_of(text).ok_or_else(|| "write the name of a signal, such as HUP or USR1".into())
}
