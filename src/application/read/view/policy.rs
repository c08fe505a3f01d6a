//! The policy and the schemas, as one principal may see and change them.
//!
//! Both are access data: a change of them is decided and written as one of tokens is. The policy may be read by every
//! principal and is set by an admin of everything. A schema may be read with `read` on its prefix, and is set with `admin`
//! on its prefix and everything below it, because it refuses writes there. A schema outside of `read` is as absent.

use std::sync::Arc;

use super::View;
use crate::application::error::Error;
use crate::domain::{
    AccessRejection, Config, ConfigName, ConfigValue, Match, Metadata, PathPrefix, Permission, Place, Policy,
    Rejection, Revision,
};
use crate::infrastructure::access::policy_json::{PolicyJsonError, parse_policy};
use crate::infrastructure::access::schemas::{Schema, SchemaError};
use crate::infrastructure::access::{policy_name, schema_name};
use crate::infrastructure::store::StoreError;

/// The states of an entry on which a change of it is done.
#[derive(Clone, Debug, Default)]
pub struct EntryConditions {
    /// It must match; a place at revision 0 is that of an absent entry.
    pub if_match: Option<Match>,
    /// It must not match.
    pub if_none_match: Option<Match>,
}

/// The place of a change of access data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryWritten {
    /// The revision that the change made.
    pub revision: Revision,
    /// The place of the entry's last change from now on.
    pub place: Place,
}

/// A schema of the log.
#[derive(Clone, Debug)]
pub struct ShownSchema {
    /// Its prefix.
    pub prefix: PathPrefix,
    /// Its entry: the text as it was set, and the change that set it.
    pub entry: Arc<Config>,
}

/// The rules that apply to a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedRules {
    /// The prefix under which a change needs a reason.
    pub require_reason: Option<String>,
    /// The protected prefix.
    pub protect: Option<String>,
    /// The prefix of the schema, where the principal may read that.
    pub schema: Option<String>,
    /// The pattern that makes the value secret.
    pub secret_pattern: Option<String>,
}

impl View<'_> {
    /// The policy, and the place of its last change: the start of the log where it is the default one.
    pub fn policy(&self) -> (Arc<Policy>, Place) {
        let data = self.store.access().data();
        let entry = policy_name().and_then(|name| data.entry(&name).map(|entry| entry.place()));
        (Arc::clone(data.policy()), entry.unwrap_or(Place::START))
    }

    /// Refuses a principal that may not set the policy.
    pub fn may_set_policy(&self) -> Result<(), Error> {
        if self.principal.administers_everything() { Ok(()) } else { Err(AccessRejection::NotAdmin.into()) }
    }

    /// Reads a policy from JSON. Absent members have their defaults.
    pub fn parse_policy(&self, json: &str) -> Result<Policy, PolicyJsonError> {
        parse_policy(json)
    }

    /// Sets the policy, from JSON that [`parse_policy`](Self::parse_policy) accepts. Waits until it is durable.
    pub fn set_policy(
        &self,
        json: &str,
        conditions: &EntryConditions,
        metadata: &Metadata,
    ) -> Result<EntryWritten, Error> {
        let entry = Some(ConfigValue::from_log(json).map_err(|error| corrupt(&error))?);
        self.change_entry(Entry::Policy, entry.as_ref(), conditions, metadata)
    }

    /// The schemas whose prefixes the principal may read, in the order of the prefixes.
    pub fn schemas(&self) -> Vec<ShownSchema> {
        let data = self.store.access().data();
        let readable = data.schemas().iter().filter(|(prefix, _)| self.may_read_at(prefix));
        let shown = |(prefix, _): (&PathPrefix, _)| {
            let entry = data.entry(&schema_name(prefix)?)?;
            Some(ShownSchema { prefix: prefix.clone(), entry: Arc::clone(entry) })
        };
        readable.filter_map(shown).collect()
    }

    /// The schema of exactly this prefix.
    pub fn schema(&self, prefix: &PathPrefix) -> Result<ShownSchema, Error> {
        let data = self.store.access().data();
        let entry = schema_name(prefix).and_then(|name| data.entry(&name).map(Arc::clone));
        let entry = entry.filter(|entry| entry.value.is_some() && self.may_read_at(prefix));
        let entry = entry.ok_or(AccessRejection::NoSuchSchema)?;
        Ok(ShownSchema { prefix: prefix.clone(), entry })
    }

    /// Refuses a principal that may not set or remove the schema of a prefix, and the service's own prefix.
    pub fn may_set_schema(&self, prefix: &PathPrefix) -> Result<(), Error> {
        if !self.principal.may_below(Permission::Admin, prefix) {
            return Err(AccessRejection::NotAdmin.into());
        }
        if prefix.is_reserved() { Err(Rejection::ReservedName { operation: None }.into()) } else { Ok(()) }
    }

    /// Refuses a principal that may not check the values under a prefix.
    pub fn may_check(&self, prefix: &PathPrefix) -> Result<(), Error> {
        if self.may_read_at(prefix) { Ok(()) } else { Err(AccessRejection::NotReader.into()) }
    }

    /// Reads a schema: compiles it, which may take some milliseconds.
    pub fn parse_schema(&self, text: &str) -> Result<Schema, SchemaError> {
        Schema::parse(text)
    }

    /// Sets the schema of a prefix, from a text that [`parse_schema`](Self::parse_schema) accepts. Waits until it is
    /// durable.
    pub fn set_schema(
        &self,
        prefix: &PathPrefix,
        text: &str,
        conditions: &EntryConditions,
        metadata: &Metadata,
    ) -> Result<EntryWritten, Error> {
        let entry = Some(ConfigValue::from_log(text).map_err(|error| corrupt(&error))?);
        self.change_entry(Entry::Schema(prefix), entry.as_ref(), conditions, metadata)
    }

    /// Removes the schema of a prefix. Waits until that is durable.
    pub fn remove_schema(
        &self,
        prefix: &PathPrefix,
        conditions: &EntryConditions,
        metadata: &Metadata,
    ) -> Result<EntryWritten, Error> {
        self.change_entry(Entry::Schema(prefix), None, conditions, metadata)
    }

    /// The rules that apply to a name. The patterns apply where the server wants tokens.
    pub fn applied_rules(&self, name: &ConfigName, server: ServerDoor) -> AppliedRules {
        if name.is_reserved() {
            return AppliedRules::default();
        }
        let data = self.store.access().data();
        let policy = data.policy();
        let protected = policy.protect().iter().find(|one| one.prefix.covers(name));
        let schema = data.schemas().nearest(name).map(|(prefix, _)| prefix);
        let pattern = policy.pattern_of(name).filter(|_| server == ServerDoor::Closed);
        AppliedRules {
            require_reason: policy.reason_required(name).map(str::to_owned),
            protect: protected.map(|one| one.prefix.as_str().to_owned()),
            schema: schema.filter(|prefix| self.may_read_at(prefix)).map(|prefix| prefix.as_str().to_owned()),
            secret_pattern: pattern.map(str::to_owned),
        }
    }

    pub(super) fn may_read_at(&self, prefix: &PathPrefix) -> bool {
        self.principal.may_at(Permission::Read, prefix)
            && (!prefix.is_reserved() || self.principal.administers_everything())
    }

    /// Writes or removes one entry, if the principal of now may and the entry of now meets the conditions.
    fn change_entry(
        &self,
        which: Entry<'_>,
        entry: Option<&ConfigValue>,
        conditions: &EntryConditions,
        metadata: &Metadata,
    ) -> Result<EntryWritten, Error> {
        let name = &which.name().ok_or_else(unnamed)?;
        let ((), written) = self.change_access(metadata, |data, principal, _| {
            let principal = Arc::new(principal.clone());
            which.refuse(&View::new(self.store, &principal))?;
            let now = data.entry(name).map_or_else(|| Arc::new(Config::never()), Arc::clone);
            if entry.is_none() && now.value.is_none() {
                return Err(AccessRejection::NoSuchSchema.into());
            }
            conditions.meet(&now)?;
            Ok((Some((name.clone(), entry.cloned())), ()))
        })?;
        let place = written.outcomes.first().map_or(Place::START, |outcome| outcome.after.place());
        Ok(EntryWritten { revision: written.head, place })
    }
}

/// Whether a server wants tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerDoor {
    /// Any client may do anything.
    Open,
    /// Every request needs a token.
    Closed,
}

/// An entry that is changed.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Policy,
    Schema(&'a PathPrefix),
}

impl Entry<'_> {
    fn name(self) -> Option<ConfigName> {
        match self {
            Self::Policy => policy_name(),
            Self::Schema(prefix) => schema_name(prefix),
        }
    }

    fn refuse(self, view: &View<'_>) -> Result<(), Error> {
        match self {
            Self::Policy => view.may_set_policy(),
            Self::Schema(prefix) => view.may_set_schema(prefix),
        }
    }
}

impl EntryConditions {
    fn meet(&self, now: &Config) -> Result<(), Rejection> {
        if let (Some(Match::Places(places)), None) = (&self.if_match, &now.value)
            && places.iter().any(|given| given.revision == Revision::ZERO)
        {
            return now.meet(None, self.if_none_match.as_ref());
        }
        now.meet(self.if_match.as_ref(), self.if_none_match.as_ref())
    }
}

/// A text that JSON allows and the log does not: the caller has checked it.
fn corrupt(error: &crate::domain::ValueError) -> Error {
    Error::Value(error.clone())
}

fn unnamed() -> Error {
    Error::NothingBegun(StoreError::Unexpected("the entry of access data has no name".into()))
}
