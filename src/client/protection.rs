//! Protected prefixes: the policy asks for the number of their names that a change alters, so that nobody alters many of
//! them unawares. A person who has agreed to the whole plan knows them all.

use serde::de::DeserializeOwned;

use super::call::{Call, Client};
use super::error::Error;

/// Whether a person has agreed to the whole plan, or it is only a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nobody has seen it.
    #[default]
    Unseen,
    /// It is shown before it is carried out.
    Shown,
}

impl Client {
    /// Sends a write. For a plan that is shown, a protection gets the number that it asks for.
    pub(super) fn write<T: DeserializeOwned>(&self, plan: Plan, call: impl Fn() -> Call) -> Result<T, Error> {
        let refused = match self.call_json(call()) {
            Err(Error::Refused(problem)) => problem,
            other => return other,
        };
        match refused.0.names_altered.filter(|_| plan == Plan::Shown) {
            Some(names) => self.call_json(call().header("Config-Confirm", names.to_string())),
            None => Err(Error::Refused(refused)),
        }
    }
}
