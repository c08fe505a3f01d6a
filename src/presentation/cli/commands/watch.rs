//! `configapi watch`: changes as they are stored, printed or handled.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use clap::Args;

use super::following::{follow, refuse_open_file};
use crate::client::Change;
use crate::client::child::exit_status;
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::change::one_line;
use crate::presentation::cli::show::lines::{change_fields, line};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi watch
  configapi watch app/ -o json
  configapi watch --from 4
  configapi watch app/ --exec 'cat >> changes.json'
  configapi watch app/web/ --exec 'systemctl reload nginx'";

/// Print each change as it is stored, or run a command for each
///
/// It goes on until Ctrl-C, which ends it with status 130. After a failed connection it goes on where it was: no change is
/// missed, and none comes twice. Off a terminal each change is a line of fields: revision, time, actor, reason, and a field
/// for each name with its sign. A change comes whole, also where only some of its names are under the prefix.
///
/// The command of --exec is run by `sh -c`, one change at a time and in order, with the change in JSON on its standard input.
/// When it fails, watch ends with its status and says how to go on after it; with --keep-going it goes on by itself.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Watch {
    /// How the names begin; all changes without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    #[arg(long, value_name = "POINT", help = format!("Begin after a point, not now: {POINTS}"))]
    from: Option<PointArg>,
    /// Run this for each change, and print none
    #[arg(long, value_name = "COMMAND", conflicts_with = "output")]
    exec: Option<String>,
    /// Go on when the command of --exec fails
    #[arg(long, requires = "exec")]
    keep_going: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Watch {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        refuse_open_file(&self.client, "watch")?;
        let session = self.client.open(ui, Missing::Refuse)?;
        let after = match self.from {
            Some(from) => from.revision(&session.client)?,
            None => session.client.head()?,
        };
        if let Some(command) = &self.exec {
            return follow(&session, &self.prefix, after, |change| self.handle(command, &change, &session));
        }
        let mut results = session.ui.results();
        let times = Times::of(results.look(), session.output);
        follow(&session, &self.prefix, after, |change| print(&change, session.output, &times, &mut results))
    }

    /// Runs the command for a change, to its end.
    fn handle(&self, command: &str, change: &Change, session: &Session) -> Result<(), Failure> {
        let revision = change.revision();
        let status = run(command, change).map_err(|error| Failure::system(format!("sh: {error}")))?;
        if status == 0 {
            return Ok(());
        }
        session.ui.note(&format!("the command failed with status {status} at change {revision}"));
        if self.keep_going {
            return Ok(());
        }
        let (this, next) = (revision.previous().to_string(), revision.to_string());
        session.ui.note(&format!(
            "to go on with this change, watch --from {this}; with the next one, watch --from {next}"
        ));
        Err(Failure::Exited(status))
    }
}

fn print(change: &Change, output: Output, times: &Times, results: &mut Results) -> Result<(), Failure> {
    let look = results.look();
    match output {
        Output::Json => results.json(change)?,
        Output::Plain => results.line(&line(&change_fields(change, times), look.is_terminal()))?,
        Output::Table => results.line(&one_line(change, times, look.colour))?,
    }
    results.flush()
}

/// Runs a command with a change on its standard input. Returns its status, as a shell has it.
fn run(command: &str, change: &Change) -> std::io::Result<u8> {
    let mut child = Command::new("sh").args(["-c", command]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A change always has a JSON form.
        let mut json = serde_json::to_vec(change).unwrap_or_default();
        json.push(b'\n');
        match input.write_all(&json) {
            // A command need not read it.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    let status = child.wait()?;
    Ok(exit_status(status))
}
