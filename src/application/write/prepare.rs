//! Writes on their way to the queue: validated by the schemas, then encrypted where they are secret.
//!
//! Both take time, so that they are done before the queue, on a thread that may be slow. Most writes need neither and go on
//! at once, which the caller's thread finds out. The log thread does none of it: it compares, and refuses a write that was
//! prepared on something else than the head has.

use super::queue::Write;
use super::validate::Validating;

/// A write on its way to the queue.
#[derive(Debug)]
pub enum Prepared {
    /// It may enter the queue.
    Ready(Write),
    /// Some of its values are not validated yet.
    Validating(Validating),
    /// Some of its values are to be encrypted.
    Sealing(Write),
}
