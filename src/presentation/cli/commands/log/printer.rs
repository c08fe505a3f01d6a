//! Changes on their way to a reader.

use super::choice::Chosen;
use crate::domain::Revision;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::change::{block, stat_block};
use crate::presentation::cli::show::lines::{Framed, change_fields, line, stat_fields};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::Output;
use crate::wire::page::FeedJson;

/// How changes are printed.
pub(super) enum Form {
    /// A page of the feed.
    Page(Framed),
    /// A change on each line, in JSON.
    JsonLines,
    Fields(Detail),
    Blocks(Detail),
}

/// How much of a change is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Each name with its values.
    Names,
    /// The number of names.
    Counts,
}

/// A log that goes to one reader.
pub(super) struct Printer {
    results: Results,
    times: Times,
    form: Form,
    prefix: String,
    is_first: bool,
}

impl Form {
    /// The form of an output: of a log that has an end, or of one that goes on.
    pub(super) fn of(output: Output, detail: Detail, end: Option<Revision>) -> Self {
        match (output, end) {
            (Output::Json, Some(revision)) => {
                Self::Page(Framed::around(&FeedJson { revision, changes: Vec::new() }))
            }
            (Output::Json, None) => Self::JsonLines,
            (Output::Plain, _) => Self::Fields(detail),
            (Output::Table, _) => Self::Blocks(detail),
        }
    }

    fn output(&self) -> Output {
        match self {
            Self::Page(_) | Self::JsonLines => Output::Json,
            Self::Fields(_) => Output::Plain,
            Self::Blocks(_) => Output::Table,
        }
    }
}

impl Printer {
    pub(super) fn new(results: Results, form: Form, prefix: &str) -> Self {
        let times = Times::of(results.look(), form.output());
        Self { results, times, form, prefix: prefix.to_owned(), is_first: true }
    }

    pub(super) fn push(&mut self, chosen: Chosen) -> Result<(), Failure> {
        let look = self.results.look();
        let detail = match &mut self.form {
            Form::Page(page) => return page.push(&mut self.results, chosen.whole()),
            Form::JsonLines => return self.results.json(chosen.whole()),
            Form::Fields(detail) => {
                let (change, _) = chosen.narrowed();
                let fields = match detail {
                    Detail::Names => change_fields(&change, &self.times),
                    Detail::Counts => stat_fields(&change, &self.times),
                };
                return self.results.line(&line(&fields, look.is_terminal()));
            }
            Form::Blocks(detail) => *detail,
        };
        let (change, left_out) = chosen.narrowed();
        let block = match detail {
            Detail::Names => block(&change, &self.times, look.colour),
            Detail::Counts => stat_block(&change, &self.prefix, &self.times, look.colour),
        };
        if !std::mem::take(&mut self.is_first) {
            self.results.line("")?;
        }
        self.results.line(&block)?;
        match left_out {
            0 => Ok(()),
            1 => self.results.line("    (and 1 other name)"),
            more => self.results.line(&format!("    (and {more} other names)")),
        }
    }

    /// Writes what waits, for a reader that follows.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.results.flush()
    }

    pub(super) fn end(mut self) -> Result<(), Failure> {
        match self.form {
            Form::Page(page) => page.end(&mut self.results),
            Form::JsonLines | Form::Fields(_) | Form::Blocks(_) => self.results.flush(),
        }
    }
}
