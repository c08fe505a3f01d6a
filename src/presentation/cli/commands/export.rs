//! `configapi export`: the values under a prefix as one document.

use std::io::{self, Write};

use clap::Args;

use crate::client::Read;
use crate::client::formats::{Dialect, Entry, WriteError, Writer};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::show::shown::lines_for_terminal;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi export app/ --to json
  configapi export app/ --to dotenv
  configapi export app/ --to yaml --at 15m
  configapi export app/ --to k8s-configmap --object app-config";

/// Print the values under a prefix as one document
///
/// Names are without the prefix. Secrets are left out without --reveal, and that is said. Content that does not fit the format
/// is an error that names it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Export {
    /// The prefix; everything without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    #[arg(long, value_name = "FORMAT", default_value = "json", help = format!("The format: {}", Dialect::NAMES.join(", ")))]
    to: String,
    /// The name of the Kubernetes object
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    #[arg(long, value_name = "POINT", help = format!("As it was at a point: {POINTS}"))]
    at: Option<PointArg>,
    /// With the values of secrets; the server records it
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Export {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let dialect = Dialect::parse(&self.to, self.object.as_deref());
        let dialect = dialect.map_err(|error| Failure::usage(format!("--to {}: {error}", self.to)))?;
        let session = self.client.open(ui, Missing::Refuse)?;
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read { at, reveal: self.reveal, ..Read::default() };
        let mut document = Document { results: session.ui.results(), line: Vec::new(), closed: false };
        let (mut masked, mut shredded) = (0_u64, 0_u64);
        let written = || {
            let mut writer = Writer::new(dialect, &mut document);
            for item in session.client.list_with(&self.prefix, &read) {
                let item = item.map_err(Failure::from)?;
                if item.text().is_none() {
                    *(if item.is_shredded() { &mut shredded } else { &mut masked }) += 1;
                    continue;
                }
                let Some(Some(value)) = item.value.clone() else { continue };
                let name = item.name()[self.prefix.len()..].to_owned();
                if name.is_empty() {
                    let why =
                        format!("{} is a value itself, which has no name without the prefix", self.prefix);
                    return Err(Failure::system(why).hint("export a shorter prefix"));
                }
                let (content_type, secret) = (Some(item.content_type), item.is_secret());
                writer.entry(&Entry { name, value, content_type, secret }).map_err(unwritten)?;
            }
            writer.finish().map_err(unwritten)
        };
        let outcome = written();
        if document.closed {
            return Err(Failure::OutputClosed);
        }
        document.finish()?;
        let written = outcome?;
        for note in &written.notes {
            session.ui.note(&format!("note: {note}"));
        }
        let left_out = |count: u64, what: &str, why: &str| match count {
            0 => {}
            1 => session.ui.note(&format!("note: 1 {what} is left out: {why}")),
            count => session.ui.note(&format!("note: {count} {what}s are left out: {why}")),
        };
        left_out(masked, "secret", "with --reveal they are exported, if the token may");
        left_out(shredded, "value", "destroyed");
        Ok(())
    }
}

fn unwritten(error: WriteError) -> Failure {
    match error {
        WriteError::Io(error) => Failure::unwritten(&error),
        other => Failure::reported(Status::Error, format!("the export is not whole: {other}")),
    }
}

/// Standard output for a writer. On a terminal lines are escaped.
struct Document {
    results: Results,
    line: Vec<u8>,
    closed: bool,
}

impl Document {
    fn put(&mut self, line: &[u8], end: &str) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(line);
        self.results.exact(lines_for_terminal(&text).as_bytes())?;
        self.results.exact(end.as_bytes())
    }

    fn finish(mut self) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.line);
        if !rest.is_empty() {
            self.put(&rest, "\n")?;
        }
        self.results.flush()
    }
}

impl Write for Document {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut printed = Ok(());
        if self.results.look().is_terminal() {
            let mut rest = bytes;
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                self.line.extend_from_slice(&rest[..end]);
                let line = std::mem::take(&mut self.line);
                printed = printed.and_then(|()| self.put(&line, "\n"));
                rest = &rest[end + 1..];
            }
            self.line.extend_from_slice(rest);
        } else {
            printed = self.results.exact(bytes);
        }
        match printed {
            Ok(()) => Ok(bytes.len()),
            Err(failure) => {
                self.closed = matches!(failure, Failure::OutputClosed);
                Err(io::Error::other("standard output does not take the export"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
