//! The machine's wall clock, read in this one place.

use std::time::SystemTime;

/// Now, as the machine says. It can jump: what must rise takes the later of it and what was before.
#[expect(clippy::disallowed_methods, reason = "this is the one room that reads the wall clock")]
pub fn wall_now() -> SystemTime {
    SystemTime::now()
}
