//! `configapi import` and `configapi apply`: files of values, as one change.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;

use crate::client::Read;
use crate::client::formats::{Entry, Format, read, text_of};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::desired::{Desired, Others};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::planned::{Next, PlanFlags};
use crate::presentation::cli::saved_plan::SavedPlan;
use crate::presentation::cli::ui::Ui;

const IMPORT_EXAMPLES: &str = "\
Examples:
  configapi import .env --prefix app/ --dry-run
  configapi import .env --prefix app/ --yes --reason 'moved from the repository'
  configapi import kv.json --format consul --yes";

const APPLY_EXAMPLES: &str = "\
Examples:
  configapi apply app.yaml --prefix app/ --dry-run --exit-code
  configapi apply app.yaml --prefix app/ --yes
  configapi apply app.yaml --prefix app/ --prune --yes
  configapi apply app.yaml --prefix app/ --plan plan.json
  configapi apply plan.json --yes";

/// Set the values of a file
///
/// It shows the plan, asks, and makes one change. Values that the file does not have stay. Nested objects join their keys
/// with `/`.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(in crate::presentation::cli) struct Import {
    /// The file; `-` reads standard input
    #[arg(value_name = "FILE")]
    source: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

/// Make values equal to those of files, or carry out a saved plan
///
/// It shows the plan, asks, and makes one change. The change fails where a name has changed since the plan was made: status 5.
#[derive(Debug, Args)]
#[command(after_help = APPLY_EXAMPLES)]
pub(in crate::presentation::cli) struct Apply {
    /// The files, or one saved plan
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
    /// Delete the names under --prefix that no file has
    #[arg(long, requires = "prefix")]
    prune: bool,
    /// Save the plan to this file and change nothing; `configapi apply FILE` carries it out
    #[arg(long = "plan", value_name = "FILE", conflicts_with_all = ["yes", "dry_run"])]
    save: Option<PathBuf>,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

#[derive(Debug, Args)]
struct How {
    /// Put this before each name, such as app/
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// The format: json, yaml, toml, dotenv, properties or consul [default: by the file's name]
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    format: Option<Format>,
    /// Treat all values of the file as secrets
    #[arg(long)]
    secret: bool,
    /// Compare with secrets too; the server records that they are revealed
    #[arg(long)]
    reveal: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Import {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let desired = self.how.desired(std::slice::from_ref(&self.source))?;
        let session = self.client.open(ui, Missing::Make)?;
        self.how.carry_out(&session, desired, Others::Keep, self.plan)
    }
}

impl Apply {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        if let [file] = self.files.as_slice()
            && let Some(saved) = SavedPlan::read(file)?
        {
            if self.save.is_some() || self.prune || !self.how.prefix.is_empty() {
                return Err(Failure::usage(
                    "a saved plan is carried out as it is: leave --prefix, --prune and --plan out",
                ));
            }
            let session = self.client.open(ui, Missing::Refuse)?;
            return saved.carry_out(&session, self.plan, self.how.reason.as_deref());
        }
        let desired = self.how.desired(&self.files)?;
        let session = self.client.open(ui, Missing::Make)?;
        let others = if self.prune { Others::Delete } else { Others::Keep };
        let Some(path) = &self.save else { return self.how.carry_out(&session, desired, others, self.plan) };
        let plan = desired.plan(&session, &self.how.prefix, others, &self.how.read())?;
        crate::presentation::cli::show::plan::print(session.ui, plan.differing());
        let transaction = plan.transaction(self.how.reason.as_deref());
        session.print_shape(&transaction.shape())?;
        if plan.is_empty() {
            session.ui.note("there is nothing to change: no plan was saved");
            return Ok(());
        }
        SavedPlan::write(path, &transaction)?;
        session.ui.note(&format!("carry it out: {}", session.command(&["apply", &path.to_string_lossy()])));
        Ok(())
    }
}

impl How {
    fn read(&self) -> Read {
        Read { reveal: self.reveal, ..Read::default() }
    }

    fn desired(&self, files: &[PathBuf]) -> Result<Desired, Failure> {
        let mut entries = Vec::new();
        for file in files {
            entries.extend(read_file(file, self.format)?);
        }
        if self.secret {
            for entry in &mut entries {
                entry.secret = true;
            }
        }
        Desired::new(&self.prefix, entries)
    }

    fn carry_out(
        self,
        session: &Session,
        desired: Desired,
        others: Others,
        flags: PlanFlags,
    ) -> Result<(), Failure> {
        let plan = desired.plan(session, &self.prefix, others, &self.read())?;
        let transaction = plan.transaction(self.reason.as_deref());
        let next = flags.agree(session, plan.differing(), &transaction.shape())?;
        let Next::Change = next else { return Ok(()) };
        let written = session.client.transact_shown(&transaction)?;
        session.print_change(written.revision, &written.shape())
    }
}

/// The entries of a file. A format that is not given comes from the file's name.
fn read_file(path: &Path, format: Option<Format>) -> Result<Vec<Entry>, Failure> {
    let is_input = path == Path::new("-");
    let shown = if is_input { "standard input".to_owned() } else { path.display().to_string() };
    let format = format.or_else(|| Format::of_path(path)).ok_or_else(|| {
        let names: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        Failure::usage(format!("the format of {shown} is not known from its name"))
            .hint(format!("name it with --format: {}", names.join(", ")))
    })?;
    let bytes = if is_input {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    let entries = text_of(&bytes).and_then(|text| read(format, text));
    entries.map_err(|error| Failure::system(format!("{shown}: {error}")))
}
