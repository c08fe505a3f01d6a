//! `configapi set`: one value, from the command line, a file or standard input.

use std::fs;
use std::io::{self, Read as _};

use clap::Args;

use crate::client::Set as Options;
use crate::domain::Revision;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Output, Ui};
use crate::runtime::printable::Escaped;

const EXAMPLES: &str = "\
Examples:
  configapi set app/pool_size 25 --reason 'more load'
  configapi set app/motd @motd.txt
  printf 'hello' | configapi set app/greeting -
  configapi set app/pool_size 30 --if-revision 2
  configapi set app/handle @@me
  configapi set app/offset -- -5";

/// Set the value of a name
///
/// Prints the name and the revision of the change.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Set {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
    /// The value; `-` reads standard input, `@FILE` a file, `@@…` is a value that begins with one `@`; a value that begins
    /// with `-` comes after `--`
    #[arg(value_name = "VALUE")]
    value: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only if the value has this revision; 0 where it must have none
    #[arg(long, value_name = "N")]
    if_revision: Option<u64>,
    /// Only if the name has no value yet
    #[arg(long, conflicts_with = "if_revision")]
    create: bool,
    /// Treat the value as a secret; `--secret=false` makes it public
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    secret: Option<bool>,
    /// The type of the content, such as application/json [default: text]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Set {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let value = value(&self.value)?;
        let session = self.client.open(ui, Missing::Make)?;
        let if_revision = if self.create { Some(0) } else { self.if_revision };
        let options = Options {
            reason: self.reason,
            if_revision: if_revision.map(Revision::new),
            secret: self.secret,
            content_type: self.content_type,
        };
        let item = session.client.set(&self.name, &value, &options)?;
        let revision = item.revision();
        match session.output {
            Output::Json => {
                let mut results = session.ui.results();
                results.json(&item)?;
                results.flush()?;
            }
            Output::Table => session.ui.print(&format!("{}  {revision}", Escaped(&self.name)))?,
            Output::Plain => session.ui.print(&format!("{}\t{revision}", Escaped(&self.name)))?,
        }
        session.say_undo(revision);
        Ok(())
    }
}

/// The value that the argument means.
fn value(argument: &str) -> Result<String, Failure> {
    let text = |bytes: Vec<u8>, of: &str| {
        String::from_utf8(bytes).map_err(|_| {
            Failure::usage(format!("{of} is not UTF-8: encode binary data, for example as base64"))
        })
    };
    if argument == "-" {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::system(format!("standard input: {error}")))?;
        return text(bytes, "standard input");
    }
    match argument.strip_prefix('@') {
        Some(literal) if literal.starts_with('@') => Ok(literal.to_owned()),
        Some(path) => {
            let bytes = fs::read(path).map_err(|error| {
                Failure::usage(format!("{path}: {error}"))
                    .hint("a value that begins with @ is written with @@")
            })?;
            text(bytes, path)
        }
        None => Ok(argument.to_owned()),
    }
}
