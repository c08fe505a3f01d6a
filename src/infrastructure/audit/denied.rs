//! The record of a request that was denied: who asked, from where, and why not. It has no name, no path and no token.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Checkpoint;
use crate::domain::Timestamp;

/// One request that was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedRecord {
    /// When.
    pub time: Timestamp,
    /// The status of the response.
    pub status: u16,
    /// The word for the reason: the last part of the problem's type.
    pub problem: String,
    /// The method, if it is one of the contract's.
    pub method: &'static str,
    /// The template of the route.
    pub route: String,
    /// The name and the id of the token, if it is known.
    pub actor: Option<Arc<str>>,
    /// The id alone.
    pub actor_id: Option<Arc<str>>,
    /// The address of the client.
    pub peer: String,
    /// The id of the request.
    pub request_id: String,
    /// How many denied requests before it have no record.
    pub not_recorded: u64,
}

impl DeniedRecord {
    /// The line of the record. It also says how far the audit had come, so that a file can go on after it.
    pub(super) fn line(&self, at: Checkpoint) -> Value {
        let mut line = Map::new();
        let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
        put("time", json!(self.time.to_string()));
        put("revision", json!(at.revision.get()));
        put("place", json!(at.to_string()));
        put("kind", json!("denied"));
        put("status", json!(self.status));
        put("problem", json!(self.problem));
        put("method", json!(self.method));
        put("route", json!(self.route));
        if let Some(actor) = &self.actor {
            put("actor", json!(&**actor));
        }
        if let Some(id) = &self.actor_id {
            put("actor_id", json!(&**id));
        }
        put("peer", json!(self.peer));
        put("request_id", json!(self.request_id));
        if self.not_recorded > 0 {
            put("not_recorded", json!(self.not_recorded));
        }
        put("events", json!([]));
        Value::Object(line)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::Revision;
    use crate::infrastructure::store::Hash;

    pub(in super::super) fn denied() -> DeniedRecord {
        DeniedRecord {
            time: Timestamp::from_micros(0),
            status: 403,
            problem: "forbidden".into(),
            method: "PUT",
            route: "/config/{name}".into(),
            actor: Some("ada".into()),
            actor_id: Some("7".into()),
            peer: "192.0.2.1:80".into(),
            request_id: "r".into(),
            not_recorded: 3,
        }
    }

    #[test]
    fn a_record_says_who_was_denied_and_why() {
        let at = Checkpoint { revision: Revision::new(9), hash: Hash([0x9f; 32]) };
        let known = concat!(
            r#"{"time":"1970-01-01T00:00:00.000000Z","revision":9,"place":"9-9f9f9f9f","kind":"denied","status":403,"#,
            r#""problem":"forbidden","method":"PUT","route":"/config/{name}","actor":"ada","actor_id":"7","#,
            r#""peer":"192.0.2.1:80","request_id":"r","not_recorded":3,"events":[]}"#
        );
        assert_eq!(denied().line(at).to_string(), known);
        let unknown = DeniedRecord { actor: None, actor_id: None, not_recorded: 0, ..denied() }.line(at);
        assert!(["actor", "actor_id", "not_recorded"].iter().all(|key| unknown.get(key).is_none()));
    }
}
