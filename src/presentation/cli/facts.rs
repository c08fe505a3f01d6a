//! Facts about one thing, a line each: `name  value`.
//!
//! Called by commands whose result is neither a list nor a value.

use super::error::Failure;
use super::ui::{Output, Ui};
use crate::runtime::printable::Escaped;

/// Facts in the order in which they are printed.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// None yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// With a fact.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// With a fact that not every thing has.
    #[must_use]
    pub(super) fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Prints them to standard output: aligned for people, with a tab for programs.
    pub(super) fn print(&self, ui: Ui, output: Output) -> Result<(), Failure> {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut results = ui.results();
        for (name, value) in &self.0 {
            let value = Escaped(value);
            match output {
                Output::Plain => results.line(&format!("{name}\t{value}"))?,
                Output::Table | Output::Json => results.line(&format!("{name:width$}  {value}"))?,
            }
        }
        results.flush()
    }
}
