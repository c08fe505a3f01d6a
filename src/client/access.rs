//! Tokens, the policy, schemas and shreds.

use std::borrow::Cow;
use std::io::Read as _;

use super::call::{Call, Client, Repeat};
use super::error::Error;
use super::target::{Target, encoded_name, encoded_text};
use crate::wire::policy::{CheckedJson, NewPolicyJson, PolicyJson, SchemaJson};
use crate::wire::shred::{ShredJson, ShredResultJson};
use crate::wire::token::{NewTokenJson, RotateJson, TokenJson};

/// How long the secret before a rotation still works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// A humantime duration; none if it ends at once.
    pub(crate) keep_old_for: Option<String>,
}

fn token(id: &str) -> String {
    format!("/v1/tokens/{}", encoded_text(id))
}

fn schema(prefix: &str, rest: &str) -> Target {
    Target::new(format!("/v1/schemas/{}{rest}", encoded_name(prefix)))
}

impl Client {
    pub(crate) fn tokens(&self) -> Result<Vec<TokenJson>, Error> {
        self.call_json(Call::get(Target::new("/v1/tokens")))
    }

    pub(crate) fn token(&self, id: &str) -> Result<TokenJson, Error> {
        self.call_json(Call::get(Target::new(token(id))))
    }

    pub(crate) fn create_token(&self, new: &NewTokenJson<'_>) -> Result<TokenJson, Error> {
        self.call_json(Call::new("POST", Target::new("/v1/tokens"), Repeat::Never).json(new))
    }

    pub(crate) fn rotate_token(&self, id: &str, rotated: &Rotated) -> Result<TokenJson, Error> {
        let body = RotateJson { keep_old_for: rotated.keep_old_for.as_deref().map(Cow::Borrowed) };
        let target = Target::new(format!("{}/rotate", token(id)));
        self.call_json(Call::new("POST", target, Repeat::Never).json(&body))
    }

    pub(crate) fn revoke_token(&self, id: &str) -> Result<(), Error> {
        self.call(Call::new("DELETE", Target::new(token(id)), Repeat::Never)).map(drop)
    }

    pub(crate) fn policy(&self) -> Result<PolicyJson, Error> {
        self.call_json(Call::get(Target::new("/v1/policy")))
    }

    pub(crate) fn set_policy(
        &self,
        policy: &NewPolicyJson,
        reason: Option<&str>,
    ) -> Result<PolicyJson, Error> {
        let call = Call::new("PUT", Target::new("/v1/policy"), Repeat::Always).json(policy);
        self.call_json(because(call, reason))
    }

    pub(crate) fn schemas(&self) -> Result<Vec<SchemaJson>, Error> {
        self.call_json(Call::get(Target::new("/v1/schemas")))
    }

    /// The text of a schema as it was set.
    pub(crate) fn schema(&self, prefix: &str) -> Result<String, Error> {
        let mut response = self.call(Call::get(schema(prefix, "")))?;
        let mut text = String::new();
        let read = response.body.read_to_string(&mut text);
        read.map(|_| text).map_err(|error| self.not_of_the_contract(&error.to_string()))
    }

    pub(crate) fn set_schema(&self, prefix: &str, text: &str, reason: Option<&str>) -> Result<(), Error> {
        let call = Call::new("PUT", schema(prefix, ""), Repeat::Always).json_text(text);
        self.call(because(call, reason)).map(drop)
    }

    pub(crate) fn delete_schema(&self, prefix: &str, reason: Option<&str>) -> Result<(), Error> {
        self.call(because(Call::new("DELETE", schema(prefix, ""), Repeat::Never), reason)).map(drop)
    }

    /// The current values that do not match a schema, which is not set.
    pub(crate) fn check_schema(&self, prefix: &str, text: &str) -> Result<CheckedJson, Error> {
        self.call_json(Call::new("POST", schema(prefix, "/check"), Repeat::Always).json_text(text))
    }

    pub(crate) fn shred(&self, shred: &ShredJson<'_>) -> Result<ShredResultJson, Error> {
        self.call_json(Call::new("POST", Target::new("/v1/shred"), Repeat::ByKey).json(shred))
    }
}

fn because(call: Call, reason: Option<&str>) -> Call {
    match reason {
        Some(reason) => call.header("Config-Reason", encoded_text(reason)),
        None => call,
    }
}
