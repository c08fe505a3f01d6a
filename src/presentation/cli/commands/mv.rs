//! `configapi mv`: names under another prefix, as one change.

use clap::Args;

use crate::client::{Item, Read, Set, Transaction};
use crate::domain::{CHANGE_EVENTS_MAX, Revision};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::planned::{Next, PlanFlags};
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi mv app/old/ app/new/ --dry-run
  configapi mv app/old/ app/new/ --yes
  configapi mv app/pool_size app/pool/size --reason 'one folder for the pool' --yes";

/// Move a name, or a folder with all names in it
///
/// It shows the plan, asks, and makes one change: no reader sees a part of it. A name in the way is status 5. Histories stay
/// with the old names. Secrets need a token that may reveal them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Mv {
    /// A name, or a folder that ends with `/`
    #[arg(value_name = "PREFIX")]
    from: String,
    /// The new name, or the new folder
    #[arg(value_name = "NEW")]
    to: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Mv {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        if self.from.ends_with('/') != self.to.ends_with('/') {
            return Err(Failure::usage("a folder is moved to a folder: end both with /, or none"));
        }
        let session = self.client.open(ui, Missing::Refuse)?;
        let items = self.items(&session)?;
        if items.is_empty() {
            return Err(Failure::reported(Status::NotFound, format!("no name begins with {}", self.from)));
        }
        if items.len() * 2 > CHANGE_EVENTS_MAX {
            return Err(Failure::system(format!(
                "{} names are too many for one change: move at most {}, by longer prefixes",
                items.len(),
                CHANGE_EVENTS_MAX / 2
            )));
        }
        let mut transaction = Transaction::new();
        if let Some(reason) = &self.reason {
            transaction.because(reason);
        }
        let new_names: Vec<String> =
            items.iter().map(|item| format!("{}{}", self.to, &item.name()[self.from.len()..])).collect();
        let mut planned = Vec::new();
        for (item, new) in items.iter().zip(&new_names) {
            let Some(value) = item.text() else {
                let why = if item.is_shredded() {
                    "its value was destroyed"
                } else {
                    "the token may not reveal it"
                };
                return Err(Failure::reported(
                    Status::NotAllowed,
                    format!("{} can't be moved: {why}", item.name()),
                ));
            };
            let set = Set {
                if_revision: Some(Revision::ZERO),
                secret: item.secret,
                content_type: Some(item.content_type.as_str().to_owned()),
                ..Set::default()
            };
            transaction.set(new, value, &set).delete(item.name(), Some(item.revision()));
            let shown = if item.is_secret() { Shown::Masked(None) } else { Shown::of_item(item) };
            planned.push(Differing::new(new, None, Some(shown)));
            planned.push(Differing::new(item.name(), Some(shown), None));
        }
        planned.sort_by_key(|differing| differing.name);
        let Next::Change = self.plan.agree(&session, planned, &transaction.shape())? else {
            return Ok(());
        };
        let written = session.client.transact_shown(&transaction)?;
        session.print_change(written.revision, &written.shape())
    }

    /// The items to move, with their values.
    fn items(&self, session: &Session) -> Result<Vec<Item>, Failure> {
        let masked = if self.from.ends_with('/') {
            session.client.list(&self.from).collect::<Result<Vec<_>, _>>()?
        } else {
            session.client.get(&self.from)?.into_iter().collect()
        };
        // A reveal is recorded: only secrets are asked for, by name.
        let whole = |item: Item| {
            if !item.is_masked() {
                return Ok(item);
            }
            session.client.get_with(item.name(), &Read::revealed()).map(|found| found.unwrap_or(item))
        };
        Ok(masked.into_iter().map(whole).collect::<Result<_, _>>()?)
    }
}
