//! `configapi get`: the bytes of one value.

use clap::Args;

use crate::client::{Error, Read};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::ui::{Output, Ui};

/// Bytes of a value that are printed at a time.
const PIECE_BYTES: usize = 64 << 10;

const EXAMPLES: &str = "\
Examples:
  configapi get app/pool_size
  configapi get app/pool_size --at 15m
  configapi get app/pool_size --default 10
  configapi get app/pool_size -o json";

/// The value of a name
///
/// The bytes are printed as they are. A newline is added on a terminal alone. A name without a value is status 3, a secret
/// without --reveal is status 6.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Get {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "POINT", help = format!("As it was at a point: {POINTS}"))]
    at: Option<PointArg>,
    /// Show a secret; the server records it
    #[arg(long)]
    reveal: bool,
    /// Print this where the name has no value
    #[arg(long, value_name = "VALUE")]
    default: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Get {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read { at, reveal: self.reveal, ..Read::default() };
        if session.output == Output::Json {
            return match (session.client.get_with(&self.name, &read)?, self.default) {
                (Some(item), _) => session.ui.results().json(&item),
                (None, Some(default)) => session.ui.results().json(&default),
                (None, None) => Err(no_value(&self.name)),
            };
        }
        match session.client.get_bytes(&self.name, &read) {
            Ok(response) => print(&session, response.body),
            Err(Error::Refused(problem)) if problem.kind() == "/problems/no-such-name" => {
                match self.default {
                    Some(default) => print(&session, default.as_bytes()),
                    None => Err(no_value(&self.name)),
                }
            }
            Err(Error::Refused(problem)) if problem.kind() == "/problems/secret" => {
                let text = format!("{} is a secret", self.name);
                Err(Failure::reported(Status::NotAllowed, text)
                    .hint("show it with --reveal; the server records it"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn no_value(name: &str) -> Failure {
    let hint =
        format!("configapi list {name} shows the names that begin so, configapi history {name} its past");
    Failure::reported(Status::NotFound, format!("{name} has no value")).hint(hint)
}

/// Prints bytes: exactly, or on a terminal escaped and with a newline. A value may have newlines of its own.
fn print(session: &Session, mut body: impl std::io::Read) -> Result<(), Failure> {
    let mut results = session.ui.results();
    if results.look().is_terminal() {
        let mut text = String::new();
        body.read_to_string(&mut text).map_err(|error| broken(&error))?;
        return results.text(&text);
    }
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match body.read(&mut piece) {
            Ok(0) => return results.flush(),
            Ok(read) => results.exact(&piece[..read])?,
            Err(error) => return Err(broken(&error)),
        }
    }
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::reported(Status::Unavailable, format!("the connection failed while the value came: {error}"))
}
