//! The problems of requests without a valid token, which say nothing of why it is not valid; and which problems deny.

use super::Problem;
use super::types::{TOO_MANY_TRIES, UNAUTHENTICATED};

/// Whether a request without a valid token had any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Presented {
    /// No credentials at all.
    Nothing,
    /// Some that are not valid.
    Something,
}

impl Problem {
    /// 401, the same in every case.
    pub(in crate::presentation::http) fn unauthenticated(presented: Presented) -> Self {
        let challenge = match presented {
            Presented::Nothing => "Bearer realm=\"configapi\"",
            Presented::Something => "Bearer realm=\"configapi\", error=\"invalid_token\"",
        };
        let detail = "send a valid token in the header Authorization: Bearer, or as the password of Basic";
        Self::new(&UNAUTHENTICATED, detail).field("WWW-Authenticate", challenge)
    }

    /// 429 in place of a 401, where too many came.
    pub(in crate::presentation::http) fn too_many_tries() -> Self {
        Self::new(&TOO_MANY_TRIES, "correct the token, and send it again in a second").retry()
    }

    /// The word for a problem that denies a request: a right is missing, or the token is not valid. A request without a
    /// token only lacks one.
    pub(in crate::presentation::http) fn denial(&self) -> Option<&str> {
        let word = self.body.kind.strip_prefix("/problems/")?;
        let presented = || self.fields.iter().any(|(_, value)| value.ends_with("error=\"invalid_token\""));
        let denies = match self.body.status {
            401 => presented(),
            403 => true,
            429 => word == TOO_MANY_TRIES.slug,
            _ => false,
        };
        denies.then_some(word)
    }
}
