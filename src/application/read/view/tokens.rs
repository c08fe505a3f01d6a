//! Tokens, as one principal may administer them.
//!
//! A change of access data is decided on a pool thread, on the access data that this server has. The log thread accepts
//! it only on the same access data at the head; otherwise it is decided again
//! (`two_servers_do_not_make_two_tokens_of_one_name`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::View;
use crate::application::error::Error;
use crate::application::write::queue::Write;
use crate::application::write::written::Written;
use crate::domain::{
    AccessChange, AccessRejection, Command, ConfigName, Grant, Metadata, Permission, Principal, Revision,
    Timestamp, Token, TokenId, TokenName, TokenSecret,
};
use crate::infrastructure::access::{AccessData, EntryChange, TokenText, new_id};
use crate::infrastructure::store::StoreError;

/// How often a change is decided before it is given up: each time, other access data came first.
const TRIES_MAX: u32 = 5;

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its name, which no live token may have.
    pub name: TokenName,
    /// Its grants; its maker's denies are added.
    pub grants: Vec<Grant>,
    /// How long it works; for ever where there is none.
    pub lasts: Option<Duration>,
    /// Its purpose.
    pub note: Option<Arc<str>>,
}

/// Whether the first token of a log has to be an admin of everything: unless there is a root token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstToken {
    /// It must.
    Administers,
    /// Any token will do.
    Any,
}

/// A token with its text, which is shown this once.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// The token.
    pub token: Token,
    /// Its text.
    pub text: TokenText,
    /// The change that made it.
    pub revision: Revision,
    /// Whether every request needs a token from now on, and did not before.
    pub closes: bool,
}

/// The tokens of a log, for monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCounts {
    /// How many work now.
    pub live: u64,
    /// How long the next one to expire still works; none where none expires.
    pub next_end: Option<Duration>,
}

impl View<'_> {
    /// How many tokens work, and when the next one expires.
    pub fn token_counts(&self) -> TokenCounts {
        let (data, now) = (self.store.access().data(), self.store.now());
        let live = || data.tokens().into_iter().filter(|token| token.is_live(now));
        let micros = live().filter_map(|token| Some(token.expires_at?.as_micros() - now.as_micros())).min();
        let next_end = micros.map(|micros| Duration::from_micros(micros.try_into().unwrap_or(0)));
        TokenCounts { live: live().count() as u64, next_end }
    }

    /// The tokens that the principal administers, in the order of their ids.
    ///
    /// # Errors
    /// [`AccessRejection::NotAdmin`] where it administers nothing.
    pub fn tokens(&self) -> Result<Vec<Arc<Token>>, Error> {
        refuse_no_admin(self.principal)?;
        let data = self.store.access().data();
        let administers = |token: &&&Arc<Token>| self.principal.administers(&token.grants);
        Ok(data.tokens().iter().filter(administers).map(|token| Arc::clone(token)).collect())
    }

    /// A token that the principal administers, or that is its own.
    pub fn token(&self, id: &TokenId) -> Result<Arc<Token>, Error> {
        if self.principal.id.as_deref() != Some(id.as_str()) {
            refuse_no_admin(self.principal)?;
        }
        let data = self.store.access().data();
        let token = data.token(id).filter(|token| {
            self.principal.id.as_deref() == Some(id.as_str()) || self.principal.administers(&token.grants)
        });
        token.map(Arc::clone).ok_or_else(|| AccessRejection::NoSuchToken.into())
    }

    /// Makes a token. Waits until it is durable.
    pub fn create_token(
        &self,
        wanted: &NewToken,
        first: FirstToken,
        metadata: &Metadata,
    ) -> Result<MadeToken, Error> {
        let ((token, text, closes), written) = self.change_access(metadata, |data, principal, now| {
            refuse_no_admin(principal)?;
            let is_taken = data.tokens().iter().any(|token| token.name == wanted.name && token.is_live(now));
            if is_taken {
                return Err(AccessRejection::TokenExists.into());
            }
            let grants = principal.delegate(wanted.grants.clone()).ok_or(AccessRejection::MoreThanOwn)?;
            let id = new_id().map_err(no_random)?;
            let text = TokenText::new(&id).map_err(no_random)?;
            let token = Token {
                id,
                name: wanted.name.clone(),
                grants: grants.into(),
                secrets: vec![TokenSecret { digest: text.digest(), until: None }],
                created_at: now,
                created_by: Arc::clone(&principal.actor),
                expires_at: wanted.lasts.map(|span| now.plus(span)),
                note: wanted.note.clone(),
            };
            let closes = !data.is_closed() && first == FirstToken::Administers;
            if closes && !token.principal(Revision::ZERO).administers_everything() {
                return Err(AccessRejection::FirstNotAdmin.into());
            }
            Ok((AccessData::entry_of(&token), (token, text, closes)))
        })?;
        Ok(MadeToken { token, text, revision: written.head, closes })
    }

    /// Makes a new secret for a token. The one before works for another `keep_old_for`, or no more.
    pub fn rotate_token(
        &self,
        id: &TokenId,
        keep_old_for: Option<Duration>,
        metadata: &Metadata,
    ) -> Result<MadeToken, Error> {
        let ((token, text), written) = self.change_access(metadata, |data, principal, now| {
            let token = administered(data, principal, id)?;
            let text = TokenText::new(id).map_err(no_random)?;
            let token = token.rotated(text.digest(), now, keep_old_for.map(|span| now.plus(span)));
            Ok((AccessData::entry_of(&token), (token, text)))
        })?;
        Ok(MadeToken { token, text, revision: written.head, closes: false })
    }

    /// Ends a token for ever.
    pub fn revoke_token(&self, id: &TokenId, metadata: &Metadata) -> Result<Revision, Error> {
        let revoke = |data: &AccessData, principal: &Principal, _| {
            administered(data, principal, id)?;
            Ok((AccessData::removal_of(id), ()))
        };
        Ok(self.change_access(metadata, revoke)?.1.head)
    }

    /// Decides a change of one entry on the access data of now, and writes it. A refusal too is decided on the head.
    pub(super) fn change_access<T>(
        &self,
        metadata: &Metadata,
        mut decide: impl FnMut(&AccessData, &Principal, Timestamp) -> Result<(Option<EntryChange>, T), Error>,
    ) -> Result<(T, Written), Error> {
        for _ in 0..TRIES_MAX {
            let (data, now) = (self.store.access().data(), self.store.now());
            let principal = data.renewed(self.principal, now).ok_or(Error::Unauthenticated)?;
            let (entry, made) = match decide(&data, &principal, now) {
                Ok((entry, made)) => (entry, Ok(made)),
                // A refusal holds on the head too, if a change of nothing does.
                Err(error @ Error::Rejected(_)) => (None, Err(error)),
                Err(error) => return Err(error),
            };
            let entries: BTreeMap<ConfigName, _> = entry.into_iter().collect();
            let command = Command::Access(AccessChange { based_on: data.revision(), entries });
            match self.store.write(Write::by(principal, command, metadata.clone())) {
                Ok(written) => return made.map(|made| (made, written)),
                // The log thread has seen other access data, and so does the next try.
                Err(Error::PlanMoved) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Overloaded)
    }
}

fn refuse_no_admin(principal: &Principal) -> Result<(), Error> {
    if principal.may_somewhere(Permission::Admin) { Ok(()) } else { Err(AccessRejection::NotAdmin.into()) }
}

/// A token that the principal administers: of others it learns nothing.
fn administered<'a>(
    data: &'a AccessData,
    principal: &Principal,
    id: &TokenId,
) -> Result<&'a Arc<Token>, Error> {
    refuse_no_admin(principal)?;
    let token = data.token(id).filter(|token| principal.administers(&token.grants));
    token.ok_or_else(|| AccessRejection::NoSuchToken.into())
}

fn no_random(error: getrandom::Error) -> Error {
    Error::NothingBegun(StoreError::Unexpected(format!("the system has no random numbers: {error}")))
}
