//! The problems of requests without a valid token: they say nothing of why it is not valid.

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
}
