//! One value: read, set, deleted.

use std::borrow::Cow;

use super::call::{Call, Client, Repeat};
use super::error::Error;
use super::item::Item;
use super::list::{Read, revision_of};
use super::target::{Target, encoded_text};
use super::transport::Response;
use super::writes::Set;
use crate::domain::Revision;
use crate::wire::put::PutJson;

impl Client {
    /// The state of a name; none where it has no value.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn get(&self, name: &str) -> Result<Option<Item>, Error> {
        self.get_with(name, &Read::default())
    }

    /// The same, from the past, or with a secret's value.
    ///
    /// # Errors
    /// The server refuses, or can't be reached. A token that may not see a secret gets status 403.
    pub fn get_with(&self, name: &str, read: &Read) -> Result<Option<Item>, Error> {
        match self.call_json(Call::get(read.apply(Target::of_name(name)))) {
            Ok(item) => Ok(Some(item)),
            Err(Error::Refused(problem)) if problem.kind() == "/problems/no-such-name" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, as a list shows it: a secret that the token may not reveal is masked.
    pub(crate) fn get_shown(&self, name: &str, read: &Read) -> Result<Option<Item>, Error> {
        match self.get_with(name, read) {
            Err(Error::Refused(problem)) if problem.kind() == "/problems/reveal-required" => {
                self.get_with(name, &Read { reveal: false, ..read.clone() })
            }
            other => other,
        }
    }

    /// The bytes of a value, which the body of the response has.
    pub(crate) fn get_bytes(&self, name: &str, read: &Read) -> Result<Response, Error> {
        self.call(Call::get(read.apply(Target::of_name(name))).header("Accept", "text/plain, */*;q=0.1"))
    }

    /// Sets a value and returns its new state.
    ///
    /// # Errors
    /// A failed precondition has status 412. The outcome may be unknown ([`Error::is_outcome_unknown`]).
    pub fn set(&self, name: &str, value: &str, set: &Set) -> Result<Item, Error> {
        let body = PutJson {
            value: Cow::Borrowed(value),
            reason: set.reason.as_deref().map(Cow::Borrowed),
            content_type: set.content_type.as_deref().map(Cow::Borrowed),
            secret: set.secret,
        };
        let mut call = Call::new("PUT", Target::of_name(name), Repeat::ByKey).json(&body);
        match set.if_revision {
            None => {}
            Some(Revision::ZERO) => call = call.header("If-None-Match", "*"),
            Some(revision) => call = call.header("If-Match", format!("\"{revision}\"")),
        }
        self.call_json(call)
    }

    /// Deletes a value; returns the revision of the change. The preconditions of a set apply; its other members do not.
    ///
    /// # Errors
    /// A name without a value has status 404 or 410, a failed precondition 412.
    pub fn delete(&self, name: &str, set: &Set) -> Result<Revision, Error> {
        let mut call = Call::new("DELETE", Target::of_name(name), Repeat::ByKey);
        if let Some(revision) = set.if_revision {
            call = call.header("If-Match", format!("\"{revision}\""));
        }
        if let Some(reason) = &set.reason {
            call = call.header("Config-Reason", encoded_text(reason));
        }
        let response = self.call(call)?;
        revision_of(&response).ok_or_else(|| self.not_of_the_contract("it has no Config-Revision"))
    }
}
