//! The server itself: its head, its health, its answers to who is asking.

use super::call::{Call, Client};
use super::error::Error;
use super::list::{Read, revision_of};
use super::target::Target;
use crate::domain::{Point, Revision};
use crate::wire::health::HealthJson;
use crate::wire::token::{ExplainedJson, WhoAmIJson};

impl Client {
    /// The newest revision that the server has.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn head(&self) -> Result<Revision, Error> {
        let response = self.call(Call::get(Target::new("/v1/whoami")))?;
        revision_of(&response).ok_or_else(|| self.not_of_the_contract("it has no Config-Revision"))
    }

    /// The revision of a point.
    pub(crate) fn revision_at(&self, point: Point) -> Result<Revision, Error> {
        let read = Read { at: Some(point), names_only: true, ..Read::default() };
        let target = read.apply(Target::new("/v1/config")).with("limit", "1");
        let response = self.call(Call::get(target))?;
        revision_of(&response).ok_or_else(|| self.not_of_the_contract("it has no Config-Revision"))
    }

    /// Its health, also where it is unhealthy.
    pub(crate) fn health(&self) -> Result<HealthJson, Error> {
        // An unhealthy server says so with status 503 and the same shape.
        self.call_json(Call::get(Target::new("/v1/health")).answered_by(503))
    }

    pub(crate) fn whoami(&self) -> Result<WhoAmIJson, Error> {
        self.call_json(Call::get(Target::new("/v1/whoami")))
    }

    pub(crate) fn explain(&self, name: &str, token: Option<&str>) -> Result<ExplainedJson, Error> {
        self.call_json(Call::get(Target::new("/v1/explain").with("name", name).with_some("token", token)))
    }
}
