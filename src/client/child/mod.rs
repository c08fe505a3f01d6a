//! Commands that run with values as their environment: the variables, the process, and its masked output.
//!
//! Called by `run` of the command line. `environment` makes the variables, `program` starts a process or replaces this
//! one by it, `supervisor` restarts it when its values change, and `mask` hides secrets in its output.
//!
//! A process that is killed with SIGKILL can't end its child: the child goes on. The system call that would end it
//! has to run between fork and exec, which needs unsafe code.

pub mod environment;
mod mask;
mod output;
mod program;
mod supervisor;

pub use mask::{MASK, Masker, SECRET_BYTES_MIN, Secrets, TooManySecrets, masked};
pub use output::Output;
pub use program::{Program, StartError, exit_status};
pub use supervisor::{Changes, Manner, OnChange, RunError, Start, run};
