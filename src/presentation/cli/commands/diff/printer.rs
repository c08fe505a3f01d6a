//! Differences on their way to a reader. The pager starts with the first of them.

use super::super::reading::PagerArg;
use crate::client::{Difference, Ends};
use crate::presentation::cli::connect::Session;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::counts::Stat;
use crate::presentation::cli::show::diff::{Detail, difference};
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::show::lines::{Framed, difference_fields, line};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::ui::{Output, Ui};
use crate::wire::difference::DiffJson;

pub(super) struct Printer<'a> {
    pager: &'a PagerArg,
    ui: Ui,
    output: Output,
    /// The counts, where nothing else is wanted.
    stat: Option<Stat>,
    open: Option<(Results, Framed)>,
    count: u64,
}

impl<'a> Printer<'a> {
    /// Prints differences, or with a prefix their counts under it.
    pub(super) fn new(pager: &'a PagerArg, session: &Session, stat: Option<&String>) -> Self {
        let (ui, output) = (session.ui, session.output);
        let stat = stat.filter(|_| output != Output::Json).map(|prefix| Stat::under(prefix));
        Self { pager, ui, output, stat, open: None, count: 0 }
    }

    pub(super) fn has_differences(&self) -> bool {
        self.count > 0
    }

    pub(super) fn push(&mut self, ends: Ends, found: &Difference) -> Result<(), Failure> {
        self.count += 1;
        let differing = Differing::of(found);
        if let Some(stat) = &mut self.stat {
            stat.count(differing.name, differing.kind());
            return Ok(());
        }
        let output = self.output;
        let (results, array) = self.open(ends);
        let look = results.look();
        match output {
            Output::Json => array.push(results, found),
            Output::Plain => results.line(&line(&difference_fields(&differing), look.is_terminal())),
            Output::Table => results.line(&difference(&differing, Detail::Whole, look.colour)),
        }
    }

    pub(super) fn end(&mut self, ends: Ends) -> Result<(), Failure> {
        let (stat, output) = (self.stat.take(), self.output);
        if self.count == 0 && output != Output::Json {
            return Ok(());
        }
        self.open(ends);
        let Some((mut results, array)) = self.open.take() else { return Ok(()) };
        let colour = results.look().colour;
        match (output, stat) {
            (Output::Json, _) => array.end(&mut results),
            (_, Some(stat)) => results.line(&stat.text(colour)),
            (_, None) => results.flush(),
        }?;
        results.flush()
    }

    fn open(&mut self, ends: Ends) -> &mut (Results, Framed) {
        let Ends { from, to } = ends;
        self.open.get_or_insert_with(|| {
            let empty = DiffJson { from, to, changes: Vec::new() };
            (self.pager.results(self.ui), Framed::around(&empty))
        })
    }
}
