//! Access data: the tokens, the policy and the schemas that the log holds, at one revision.
//!
//! It is a projection of the events of kind access under `.configapi/`. The log thread's replica moves it with each
//! change; requests and the decisions of a batch read it. An entry that another kind of event made means nothing
//! (`a_planted_entry_is_not_a_token`). Called by the application; calls the domain.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod policy_json;
pub mod schemas;
mod token_entry;
mod token_text;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::RwLock;
use subtle::ConstantTimeEq;

use self::schemas::{Schema, Schemas};
pub use self::token_text::{TokenText, new_id};
use super::store::{RecordedEvent, SealedChange};
use crate::domain::{
    Config, ConfigName, ConfigValue, Fact, PathPrefix, Place, Policy, Principal, Revision, SecretNames,
    Standing, Timestamp, Token, TokenId,
};

/// The folder of tokens.
const TOKENS: &str = ".configapi/tokens/";
/// The entry of the policy.
const POLICY: &str = ".configapi/policy";
/// The folder of schemas. The prefix of a schema follows.
const SCHEMAS: &str = ".configapi/schemas/";

/// The access data at one revision.
#[derive(Clone, Debug, Default)]
pub struct AccessData {
    revision: Revision,
    /// Each name that ever had access data, with what it has now.
    entries: BTreeMap<ConfigName, Arc<Config>>,
    tokens: HashMap<TokenId, Arc<Token>>,
    policy: Arc<Policy>,
    schemas: Arc<Schemas>,
    /// The place of the last change of a schema.
    schemas_place: Place,
    /// Entries that this release can't read.
    unreadable: BTreeSet<ConfigName>,
    closed: bool,
    /// Whether the tree has names of the service's own: an older release accepted them.
    planted: bool,
}

/// A token that was presented and recognised.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// Its holder.
    pub principal: Arc<Principal>,
    /// The first instant at which it works no more.
    pub ends_at: Option<Timestamp>,
}

/// One entry to write, or to remove where the text is none.
pub type EntryChange = (ConfigName, Option<ConfigValue>);

impl AccessData {
    /// The access data of a log, from the newest state of each name that has some.
    pub fn load(entries: impl IntoIterator<Item = (ConfigName, Config)>) -> Self {
        entries.into_iter().fold(Self::default(), |mut data, (name, config)| {
            data.put(name, config);
            data
        })
    }

    /// The access data after a change; `None` where the change has none.
    pub fn after(&self, sealed: &SealedChange) -> Option<Self> {
        let change = &sealed.change;
        let mut after = None;
        for event in &change.events {
            if let Fact::Access { entry } = &event.fact {
                let config = Config::apply(event, change, sealed.hash.short());
                let config = Config { value: entry.clone().map(Into::into), ..config };
                after.get_or_insert_with(|| self.clone()).put(event.name.clone(), config);
            }
        }
        after
    }

    fn put(&mut self, name: ConfigName, config: Config) {
        self.revision = self.revision.max(config.revision);
        if let Some(id) = name.as_str().strip_prefix(TOKENS).and_then(TokenId::parse) {
            self.closed = true;
            self.tokens.remove(&id);
            let token = config.text().map(|text| token_entry::read(id.clone(), text));
            self.note(&name, token.as_ref().is_none_or(Option::is_some));
            if let Some(token) = token.flatten() {
                self.tokens.insert(id, Arc::new(token));
            }
        } else if name.as_str() == POLICY {
            let policy = config.text().map(|text| policy_json::parse_policy(text).ok());
            self.note(&name, policy.as_ref().is_none_or(Option::is_some));
            self.policy = policy.flatten().map(Arc::new).unwrap_or_default();
        } else if let Some(prefix) = name.as_str().strip_prefix(SCHEMAS)
            && let Ok(prefix) = PathPrefix::parse(prefix)
        {
            let schema = config.text().map(|text| Schema::parse(text).ok());
            self.note(&name, schema.as_ref().is_none_or(Option::is_some));
            if config.revision >= self.schemas_place.revision() {
                self.schemas_place = config.place();
            }
            let schemas = Arc::make_mut(&mut self.schemas);
            match schema.flatten() {
                Some(schema) => schemas.insert(prefix, Arc::new(schema)),
                None => drop(schemas.remove(&prefix)),
            }
        }
        self.entries.insert(name, Arc::new(config));
    }

    /// Notes whether this release can read an entry.
    fn note(&mut self, name: &ConfigName, is_readable: bool) {
        if is_readable {
            self.unreadable.remove(name);
        } else {
            self.unreadable.insert(name.clone());
        }
    }

    /// The revision of the last change of access data; 0 where there was none.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether the log holds a token, or ever held one: then every request needs one.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The entries that this release can't read: such a token works nowhere, such a schema refuses nothing, and in the
    /// place of such a policy is the default one.
    pub fn unreadable(&self) -> &BTreeSet<ConfigName> {
        &self.unreadable
    }

    /// The policy; the default one where none was set.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The schemas.
    pub fn schemas(&self) -> &Arc<Schemas> {
        &self.schemas
    }

    /// The place of the last change of a schema; another one means other schemas. A new token does not move it.
    pub fn schemas_place(&self) -> Place {
        self.schemas_place
    }

    /// The state of an entry.
    pub fn entry(&self, name: &ConfigName) -> Option<&Arc<Config>> {
        self.entries.get(name)
    }

    /// Every token, expired ones too, in the order of their ids.
    pub fn tokens(&self) -> Vec<&Arc<Token>> {
        let mut tokens: Vec<_> = self.tokens.values().collect();
        tokens.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        tokens
    }

    /// A token by its id, expired or not.
    pub fn token(&self, id: &TokenId) -> Option<&Arc<Token>> {
        self.tokens.get(id)
    }

    /// The holder of a token with this secret. An unknown id takes as long as a wrong secret.
    pub fn recognise(&self, id: &TokenId, digest: &[u8; 32], now: Timestamp) -> Option<Recognised> {
        let token = self.tokens.get(id);
        let mut found = subtle::Choice::from(0);
        match token {
            Some(token) => token.digests(now).for_each(|held| found |= held.ct_eq(digest)),
            None => found |= [0; 32].ct_eq(digest) & found,
        }
        let token = token.filter(|_| bool::from(found))?;
        let principal = Arc::new(token.principal(self.revision));
        Some(Recognised { principal, ends_at: token.end_of(digest) })
    }

    /// The same principal with the grants of now; `None` if it is valid no more.
    pub fn renewed(&self, principal: &Arc<Principal>, now: Timestamp) -> Option<Arc<Principal>> {
        match principal.standing {
            Standing::Owner => Some(Arc::clone(principal)),
            Standing::Anonymous => (!self.closed).then(|| Arc::clone(principal)),
            Standing::Token => {
                let token = self.tokens.get(&TokenId::parse(principal.id.as_deref()?)?)?;
                let is_same = principal.access_revision == self.revision;
                let renew = || {
                    if is_same { Arc::clone(principal) } else { Arc::new(token.principal(self.revision)) }
                };
                token.is_live(now).then(renew)
            }
        }
    }

    /// The access data of an event that was read from the log.
    pub fn entry_of_event(recorded: &RecordedEvent) -> Option<ConfigValue> {
        let Fact::Access { entry } = &recorded.event.fact else { return None };
        entry.clone()
    }

    /// Notes that the tree has names of the service's own.
    #[must_use]
    pub fn with_planted_names(mut self) -> Self {
        self.planted = true;
        self
    }

    /// The entry that holds a token.
    pub fn entry_of(token: &Token) -> Option<EntryChange> {
        Some((name_of(&token.id)?, Some(ConfigValue::from_log(&token_entry::text_of(token)).ok()?)))
    }

    /// The removal of a token.
    pub fn removal_of(id: &TokenId) -> Option<EntryChange> {
        Some((name_of(id)?, None))
    }
}

/// The name of the policy's entry.
pub fn policy_name() -> Option<ConfigName> {
    ConfigName::from_log(POLICY).ok()
}

/// The name of a schema's entry; `None` if the prefix is too long for one.
pub fn schema_name(prefix: &PathPrefix) -> Option<ConfigName> {
    ConfigName::from_log(&format!("{SCHEMAS}{prefix}")).ok()
}

fn name_of(id: &TokenId) -> Option<ConfigName> {
    ConfigName::from_log(&format!("{TOKENS}{id}")).ok()
}

/// The access data at the head that this server follows, shared by the log thread and all requests.
#[derive(Debug, Default)]
pub struct LiveAccess {
    /// Whether there is a root token.
    has_root: AtomicBool,
    data: RwLock<Arc<AccessData>>,
    revision: AtomicU64,
    closed: AtomicBool,
    planted: AtomicBool,
    has_schemas: AtomicBool,
    /// 0 for no limit.
    writes_per_second: AtomicU32,
}

impl LiveAccess {
    /// Has every request need a token, also while the log holds none: there is a root token.
    pub fn require_tokens(&self) {
        self.has_root.store(true, Ordering::Release);
    }

    /// The access data of now.
    pub fn data(&self) -> Arc<AccessData> {
        Arc::clone(&self.data.read())
    }

    /// Their revision.
    pub fn revision(&self) -> Revision {
        Revision::new(self.revision.load(Ordering::Acquire))
    }

    /// Whether every request needs a token.
    pub fn is_closed(&self) -> bool {
        self.has_root.load(Ordering::Acquire) || self.closed.load(Ordering::Acquire)
    }

    /// Whether the tree may have names of the service's own, which an older release accepted.
    pub fn has_planted(&self) -> bool {
        self.planted.load(Ordering::Acquire)
    }

    /// Whether there is any schema.
    pub fn has_schemas(&self) -> bool {
        self.has_schemas.load(Ordering::Acquire)
    }

    /// The policy's limit of writes for each token, in writes per second.
    pub fn writes_per_second(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.writes_per_second.load(Ordering::Acquire))
    }

    /// Takes in a change. It is called before the change is shown to anybody.
    pub fn apply(&self, sealed: &SealedChange) {
        let after = self.data.read().after(sealed);
        if let Some(after) = after {
            self.replace(after);
        }
    }

    /// Puts other access data in their place, as after an exchange of the log.
    pub fn replace(&self, data: AccessData) {
        let (revision, closed, planted) = (data.revision.get(), data.closed, data.planted);
        let (has_schemas, rate) = (!data.schemas.is_empty(), data.policy.writes_per_second());
        *self.data.write() = Arc::new(data);
        self.has_schemas.store(has_schemas, Ordering::Release);
        self.writes_per_second.store(rate.map_or(0, NonZeroU32::get), Ordering::Release);
        self.closed.store(closed, Ordering::Release);
        self.planted.store(planted, Ordering::Release);
        self.revision.store(revision, Ordering::Release);
    }
}

impl SecretNames for LiveAccess {
    /// The patterns of the policy apply once every request needs a token.
    fn mark(&self, name: &ConfigName) -> bool {
        self.is_closed() && self.data.read().policy.marks_secret(name)
    }

    fn mark_any(&self) -> bool {
        self.is_closed() && !self.data.read().policy.secret_patterns().is_empty()
    }
}
