//! How results have to look: the forms that `-o` chooses, colours, the size of a terminal.

use clap::ValueEnum;

use crate::runtime::logging::Colour;

/// The form of a command's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::presentation::cli) enum Output {
    /// The shapes of the HTTP contract
    Json,
    /// For people
    #[default]
    Table,
    /// Fields separated by tabs, a line each, without a head
    Plain,
}

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::presentation::cli) enum ColourChoice {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) struct Size {
    pub(in crate::presentation::cli) columns: usize,
    pub(in crate::presentation::cli) rows: usize,
}

/// How text on one output has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) struct Look {
    pub(in crate::presentation::cli) colour: Colour,
    /// Of the terminal; none where a program or a file reads.
    pub(in crate::presentation::cli) size: Option<Size>,
}

impl Look {
    /// For a program or a file.
    pub(in crate::presentation::cli) const PLAIN: Self = Self { colour: Colour::Never, size: None };

    /// Whether a person reads it at once.
    pub(in crate::presentation::cli) fn is_terminal(self) -> bool {
        self.size.is_some()
    }
}
