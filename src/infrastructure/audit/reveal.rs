//! The record of a reveal: who was shown which secrets in clear text. It has no value, no fingerprint and no length.

use serde_json::{Map, Value, json};

use super::Checkpoint;
use crate::domain::{ConfigName, Metadata, Prefix, Timestamp, Version};

/// One answer with secrets in clear text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealRecord {
    /// When.
    pub time: Timestamp,
    /// The reader, its request and its reason.
    pub metadata: Metadata,
    /// The values that were shown.
    pub of: Revealed,
    /// How many of them.
    pub count: u64,
}

/// The values of a reveal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revealed {
    /// One version of a name.
    Value(ConfigName, Version),
    /// Versions of a name, in its history.
    History(ConfigName),
    /// Names under a prefix.
    List(Prefix),
}

impl RevealRecord {
    /// The line of the record. It also says how far the audit had come, so that a file can go on after it.
    pub(super) fn line(&self, at: Checkpoint) -> Value {
        let mut line = Map::new();
        let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
        put("time", json!(self.time.to_string()));
        put("revision", json!(at.revision.get()));
        put("place", json!(at.to_string()));
        put("kind", json!("revealed"));
        put("actor", json!(&*self.metadata.actor));
        let optional = [
            ("actor_id", self.metadata.actor_id.as_deref()),
            ("reason", self.metadata.reason.as_ref().map(crate::domain::Reason::as_str)),
            ("request_id", self.metadata.request_id.as_deref()),
            ("trace_id", self.metadata.trace_id.as_deref()),
        ];
        for (key, text) in optional {
            if let Some(text) = text {
                put(key, json!(text));
            }
        }
        match &self.of {
            Revealed::Value(name, version) => {
                put("name", json!(name.as_str()));
                put("version", json!(version.get()));
            }
            Revealed::History(name) => put("history", json!(name.as_str())),
            Revealed::List(prefix) => put("prefix", json!(prefix.as_str())),
        }
        put("secret", json!(true));
        put("count", json!(self.count));
        put("events", json!([]));
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revision;
    use crate::infrastructure::store::Hash;

    #[test]
    fn a_record_says_who_saw_which_secret() {
        let name = ConfigName::parse("app/key").unwrap();
        let metadata = Metadata { actor_id: Some("7".into()), ..Metadata::of("ada") };
        let time = Timestamp::from_micros(0);
        let record = RevealRecord { time, metadata, of: Revealed::Value(name, Version::new(3)), count: 1 };
        let at = Checkpoint { revision: Revision::new(9), hash: Hash([0x9f; 32]) };
        assert_eq!(
            record.line(at).to_string(),
            concat!(
                r#"{"time":"1970-01-01T00:00:00.000000Z","revision":9,"place":"9-9f9f9f9f","kind":"revealed","#,
                r#""actor":"ada","actor_id":"7","name":"app/key","version":3,"secret":true,"count":1,"events":[]}"#
            )
        );
    }
}
