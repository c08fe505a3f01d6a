//! The digest by which a repeated write of a secret is recognised: under the key file's key, so that a copy of the database
//! allows no guesses at the secret.

use super::{Secrets, failed};
use crate::application::error::Error;
use crate::domain::{ContentDigest, Event, IdempotencyMark, Secrecy};
use crate::infrastructure::store::KeyId;

impl Secrets {
    /// The mark that a change with these events stores.
    pub(in crate::application) fn mark_of(
        &self,
        mark: &IdempotencyMark,
        events: &[Event],
    ) -> Result<IdempotencyMark, Error> {
        let is_secret =
            |event: &Event| event.value().is_some() && event.attributes().secrecy() == Some(Secrecy::Secret);
        let content = match (self.keyring(), mark.content) {
            (Some(keyring), ContentDigest::Plain(digest)) if events.iter().any(is_secret) => {
                let key = keyring.writing();
                let mac = keyring.content(key, &digest).map_err(|error| failed(&error))?;
                ContentDigest::Keyed { key: key.0, mac }
            }
            (_, content) => content,
        };
        Ok(IdempotencyMark { key: mark.key.clone(), content })
    }

    /// Whether a request has the content of an earlier one, whose digest was stored.
    pub(in crate::application) fn is_same(
        &self,
        stored: &ContentDigest,
        sent: &ContentDigest,
    ) -> Result<bool, Error> {
        match (stored, sent) {
            (ContentDigest::Keyed { key, mac }, ContentDigest::Plain(digest)) => {
                let keyring = self.keyring().ok_or(Error::KeyMissing)?;
                Ok(keyring.content(KeyId(*key), digest).map_err(|error| failed(&error))? == *mac)
            }
            _ => Ok(stored == sent),
        }
    }
}
