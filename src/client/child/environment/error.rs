//! Why values can't be an environment.

use std::fmt;

use thiserror::Error;

use crate::domain::ConfigName;

/// Everything that keeps values from being an environment. Its text has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct EnvironmentError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// Two names become one variable.
    #[error(
        "`{first}` and `{second}` both become {variable}: use --map {second}=OTHER_VARIABLE for one of them"
    )]
    Collision {
        /// The variable.
        variable: String,
        /// The name that came first.
        first: ConfigName,
        /// The other one.
        second: ConfigName,
    },
    /// The variable changes how programs start or what they load.
    #[error(
        "`{name}` becomes {variable}, which can make a program run other code: use --allow {variable} if you mean it, \
         or --map {name}=OTHER_VARIABLE"
    )]
    Protected {
        /// The name.
        name: ConfigName,
        /// The variable.
        variable: String,
    },
    /// A shell can't name the variable.
    #[error(
        "`{name}` becomes `{variable}`, which is not a variable (a letter or `_`, then letters, digits and `_`): use \
         --map {name}=VARIABLE"
    )]
    NotAVariable {
        /// The name.
        name: ConfigName,
        /// Its new name.
        variable: String,
    },
    /// A mapping has a name without a value.
    #[error("--map has `{name}`, but no value under the prefixes has this name")]
    NoSuchName {
        /// The name of the mapping.
        name: String,
    },
    /// The system has a limit on one variable.
    #[error(
        "`{name}` is too long for a variable: {variable} would take {bytes} bytes, the system allows {limit}; \
         write it to a file with `configapi render`, or choose prefixes without it"
    )]
    TooLong {
        /// The name.
        name: ConfigName,
        /// The variable.
        variable: String,
        /// The bytes of `NAME=value` with its end.
        bytes: usize,
        /// The system's limit.
        limit: usize,
    },
    /// The system has a limit on all variables and arguments.
    #[error(
        "the arguments and the environment would take {bytes} bytes, the system allows {limit}: choose narrower \
         prefixes (the longest value is that of {longest}), or raise the limit on the stack (ulimit -s)"
    )]
    TooMuch {
        /// The bytes of all strings.
        bytes: u64,
        /// The system's limit.
        limit: u64,
        /// The variable with the longest value.
        longest: String,
    },
}
