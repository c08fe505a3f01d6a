//! `configapi token list`: the tokens that work.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::scopes;
use crate::presentation::cli::show::table::{Column, Rows, cut, whole};
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::Ui;

const COLUMNS: &[Column] = &[whole("ID"), whole("NAME"), whole("EXPIRES"), whole("LAST USED"), cut("SCOPES")];

const EXAMPLES: &str = "\
Examples:
  configapi token list
  configapi token list -o json";

/// List the tokens that work
///
/// When a token was last used is known to each server for itself, to the minute.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct List {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl List {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let tokens = session.client.tokens()?;
        let times = Times::of(session.ui.stdout, session.output);
        let mut results = session.ui.results();
        let mut rows = Rows::new(&mut results, session.output, COLUMNS);
        for token in tokens {
            rows.push(&token, || {
                let scopes: Vec<_> = token.scopes.iter().map(scopes::text).collect();
                vec![
                    token.id.clone(),
                    token.name.clone(),
                    token.expires_at.map_or_else(|| "never".to_owned(), |at| times.age(at)),
                    token.last_used_at.map_or_else(|| "-".to_owned(), |at| times.age(at)),
                    scopes.join(" "),
                ]
            })?;
        }
        rows.end()
    }
}
