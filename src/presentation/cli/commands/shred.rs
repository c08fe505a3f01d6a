//! `configapi shred`: destroys encrypted values of a name for ever, in the store itself.

use slog::Logger;

use crate::application::ConfigStore;
use crate::domain::{ConfigName, Force, Metadata, Reason, Version};
use crate::presentation::cli::args::ShredCommand;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

/// The actor of changes that are made in the store itself.
const ACTOR: &str = "operator";

/// Shreds and says which versions.
pub(in crate::presentation::cli) fn shred(
    command: &ShredCommand,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let name = ConfigName::from_log(&command.name);
    let name = name.map_err(|error| Failure::usage(format!("correct the name: {error}")))?;
    let reason = Reason::parse(&command.reason);
    let reason = reason.map_err(|error| Failure::usage(format!("correct --reason: {error}")))?;
    let versions: Vec<Version> = command.version.iter().copied().map(Version::new).collect();
    let versions = (!versions.is_empty()).then_some(versions);
    let force = if command.force { Force::Yes } else { Force::No };
    let store = ConfigStore::open(&command.store.options(logger))?;
    let planned = store.plan_shred(&name, versions, force, Metadata::of(ACTOR).because(reason))?;
    let written = store.write(planned)?;
    store.stop();
    match written.revision {
        Some(revision) => {
            let versions: Vec<_> = written.shredded.iter().map(ToString::to_string).collect();
            ui.print(&format!("{name}  revision {revision}  shredded versions {}", versions.join(", ")))
        }
        None => ui.print(&format!("{name}  nothing to shred")),
    }
}
