//! A secret that is typed on the terminal, without echo.
//!
//! `rpassword` reads it. Echo ends here before the question is shown: a token that is pasted at once is not shown either.
//! The terminal is as before at each end, also after Ctrl-C (`ctrl_c_at_the_prompt_ends_login_and_saves_nothing`).

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::error::Failure;
use crate::runtime::signals;

/// Asks for a secret.
pub(super) fn secret(question: &str) -> Result<String, Failure> {
    // rpassword sends the signal to this process, which would end it before the terminal is as it was.
    let read = signals::note_interrupts().and_then(|_noted| {
        let _silence = Silence::begin()?;
        rpassword::prompt_password(question)
    });
    read.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::interrupted(),
        io::ErrorKind::UnexpectedEof => Failure::system("nothing was typed"),
        _ => Failure::system(format!("can't read from the terminal: {error}")),
    })
}

/// A terminal without echo until this is dropped.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that has gone needs no echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
