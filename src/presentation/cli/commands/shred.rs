//! `configapi shred`: destroys encrypted values of a name for ever.

use std::borrow::Cow;

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::show::question::{Consent, confirm};
use crate::presentation::cli::ui::{Output, Ui};
use crate::runtime::printable::Escaped;
use crate::wire::event::DataJson;
use crate::wire::shred::ShredJson;

const EXAMPLES: &str = "\
Examples:
  configapi shred app/old_key --reason 'not used any more'
  configapi shred app/db_password --version 1 --reason 'leaked' --yes
  configapi shred app/db_password --reason 'leaked' --force --yes --file app.db
  configapi shred app/db_password --reason 'leaked' --yes --database";

/// Destroy encrypted values of a name for ever
///
/// It shows what it will destroy, and asks. The keys of the values are deleted: every read shows them as shredded from then
/// on, now and in the past. The log and its chain stay whole. It does not reach backups that were made before. It needs the
/// actions admin and reveal.
///
/// It asks the server, as every command of a client does. Where no server can be asked, --file opens an embedded store, and
/// --database the PostgreSQL database of the variable `DATABASE_URL`, next to its servers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Shred {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
    /// A version to destroy, with all others that have its value; may be given several times; all versions unless it is given
    #[arg(long = "version", value_name = "N")]
    version: Vec<u64>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Destroy the current value too
    #[arg(long)]
    force: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Destroy in the PostgreSQL database of the variable `DATABASE_URL` itself, as `operator`
    #[arg(long, conflicts_with_all = ["file", "server", "token_file", "profile"])]
    database: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Shred {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = if self.database {
            self.client.open_database(ui)?
        } else {
            self.client.open(ui, Missing::Refuse)?
        };
        self.show_plan(&session)?;
        let consent = if self.yes { Consent::Given } else { Consent::Needed };
        confirm(session.ui, consent, "destroy them for ever?")?;
        let shred = ShredJson {
            name: Cow::Borrowed(&self.name),
            versions: (!self.version.is_empty()).then(|| self.version.clone()),
            reason: Cow::Borrowed(&self.reason),
            force: self.force.then_some(true),
        };
        let shredded = session.client.shred(&shred)?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&shredded)?;
            return results.flush();
        }
        let name = Escaped(shredded.name.as_str());
        match shredded.revision {
            Some(revision) => {
                let versions = listed(&shredded.versions);
                session.ui.print(&format!("{name}  revision {revision}  shredded versions {versions}"))
            }
            None => session.ui.print(&format!("{name}  nothing to shred")),
        }
    }

    /// Prints what will be destroyed. The server adds the versions that share a value.
    fn show_plan(&self, session: &Session) -> Result<(), Failure> {
        let history = session.client.history(&self.name)?;
        let set = history.iter().filter(|event| matches!(event.data, DataJson::Set(_)));
        let mut versions: Vec<u64> = set.map(|event| event.stream_version.get()).collect();
        versions.sort_unstable();
        let name = Escaped(&self.name);
        if versions.is_empty() {
            return Err(Failure::reported(Status::NotFound, format!("{name} was never set")));
        }
        if let Some(absent) = self.version.iter().find(|version| !versions.contains(version)) {
            let text = format!("{name} has no value with the version {absent}");
            return Err(Failure::reported(Status::NotFound, text)
                .hint(format!("its values have the versions {}", listed(&versions))));
        }
        let (chosen, others) = match self.version.as_slice() {
            [] => (versions.as_slice(), ""),
            chosen => (chosen, ", and those that have the same values"),
        };
        let place = Escaped(session.client.place());
        session.ui.note(&format!("! {name}: versions {}{others}, in {place}", listed(chosen)));
        session.ui.note("a destroyed value can't be restored; backups that were made before keep it");
        Ok(())
    }
}

fn listed(versions: &[u64]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
