//! Changes as they are stored, for the commands that print or handle them: `log --follow` and `watch`.

use crate::client::{Change, Step};
use crate::domain::Revision;
use crate::presentation::cli::connect::{ClientSettings, Session};
use crate::presentation::cli::error::{Failure, INTERRUPTED, Status};
use crate::runtime::printable::Escaped;
use crate::runtime::signals;

/// Refuses an embedded store: nothing changes in it while a command has it.
pub(super) fn refuse_open_file(client: &ClientSettings, what: &str) -> Result<(), Failure> {
    let Some(path) = client.file() else { return Ok(()) };
    let text = format!(
        "{what} needs a server: while this command has {} open, no other program can change it",
        path.display()
    );
    Err(Failure::usage(text).hint("serve the file with `configapi serve --file`, and follow that server"))
}

/// Hands over the changes after a revision until the command ends. Ctrl-C ends it with its own status.
pub(super) fn follow(
    session: &Session,
    prefix: &str,
    after: Revision,
    mut take: impl FnMut(Change) -> Result<(), Failure>,
) -> Result<(), Failure> {
    signals::end_at_interrupt(INTERRUPTED).map_err(|error| Failure::system(format!("SIGINT: {error}")))?;
    let mut changes = session.client.follow(prefix, after);
    let place = Escaped(session.client.place()).to_string();
    loop {
        match changes.next_step()? {
            Step::Change(change) => take(*change)?,
            Step::Lost => session.ui.note(&format!("the connection to {place} has ended; connecting again")),
            Step::Restored => session.ui.note(&format!("connected to {place} again; no change was missed")),
            Step::Reset => {
                let text = format!(
                    "the log of {place} does not have the place that was reached: it is another log, or a shorter one"
                );
                let hint = "read the state again, then begin with `configapi log --follow` or `configapi watch` again";
                return Err(Failure::reported(Status::Conflict, text).hint(hint));
            }
        }
    }
}
