//! The parts of the commands that read: the pager in front of their results, and the secrets that stay masked.

use std::env;

use clap::Args;

use crate::presentation::cli::show::pager::{self, Paging};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::ui::Ui;

/// Whether long results go to a pager.
#[derive(Debug, Args)]
pub(super) struct PagerArg {
    /// Print at once, without a pager
    #[arg(long)]
    no_pager: bool,
}

impl PagerArg {
    /// The way of the results. It is opened after the first response, so that a refusal needs no pager.
    pub(super) fn results(&self, ui: Ui) -> Results {
        let paging = if self.no_pager { Paging::Never } else { Paging::Auto };
        pager::results(ui, paging, |name| env::var_os(name))
    }
}

/// Secrets that a reader has asked for and the token may not see.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StayMasked(pub(super) u64);

impl StayMasked {
    /// Says how many there are, after the results.
    pub(super) fn say(self, ui: Ui) {
        let secrets = match self.0 {
            0 => return,
            1 => "1 secret stays".to_owned(),
            more => format!("{more} secrets stay"),
        };
        ui.note(&format!("{secrets} masked: the token may not reveal them"));
    }
}
