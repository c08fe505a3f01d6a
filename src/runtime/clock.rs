//! The one place that reads the machine's wall clock.

use std::time::SystemTime;

/// The machine's wall clock now. It may jump; nothing is ordered by it.
#[expect(clippy::disallowed_methods, reason = "this is its one room")]
pub fn wall_now() -> SystemTime {
    SystemTime::now()
}
