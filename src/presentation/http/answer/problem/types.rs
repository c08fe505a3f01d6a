//! The catalogue of problems: for each its status, its path under `/problems/` and its title.

/// One row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProblemType {
    pub(super) status: u16,
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
}

pub(super) const fn kind(status: u16, slug: &'static str, title: &'static str) -> ProblemType {
    ProblemType { status, slug, title }
}

pub(super) const MALFORMED: ProblemType = kind(400, "malformed", "The request can't be read");
pub(super) const UNAUTHENTICATED: ProblemType =
    kind(401, "unauthenticated", "The request needs a valid token");
pub(super) const FORBIDDEN: ProblemType = kind(403, "forbidden", "The token may not do this");
pub(super) const FORBIDDEN_ORIGIN: ProblemType =
    kind(403, "forbidden-origin", "Requests from other sites are refused");
pub(super) const REVEAL_REQUIRED: ProblemType =
    kind(403, "reveal-required", "The token may not see this secret");
pub(super) const NO_SUCH_PATH: ProblemType = kind(404, "no-such-path", "No resource has this path");
pub(super) const NO_SUCH_NAME: ProblemType = kind(404, "no-such-name", "The name has no value");
pub(super) const NO_SUCH_PLACE: ProblemType = kind(404, "no-such-place", "The log does not have this place");
pub(super) const NO_SUCH_TOKEN: ProblemType = kind(404, "no-such-token", "No token has this id");
pub(super) const WRONG_METHOD: ProblemType =
    kind(405, "method-not-allowed", "The path does not have this method");
pub(super) const NOT_ACCEPTABLE: ProblemType =
    kind(406, "not-acceptable", "This form of the response is not available");
pub(super) const FAILED: ProblemType =
    kind(409, "transaction-failed", "Some operations failed their preconditions");
pub(super) const OVERWRITTEN: ProblemType =
    kind(409, "overwritten", "Names of the change have changed since");
pub(super) const TOKEN_EXISTS: ProblemType = kind(409, "token-exists", "A live token has this name");
pub(super) const CURRENT_VERSION: ProblemType = kind(409, "current-version", "The value is the current one");
pub(super) const NOT_ENCRYPTED: ProblemType = kind(409, "not-encrypted", "The value is not encrypted");
pub(super) const SHREDDED: ProblemType = kind(409, "shredded", "The value was destroyed");
pub(super) const DELETED: ProblemType = kind(410, "already-deleted", "The name is deleted already");
pub(super) const PRECONDITION: ProblemType = kind(412, "precondition-failed", "The value has changed since");
pub(super) const TOO_LARGE: ProblemType = kind(413, "too-large", "The content is too large");
pub(super) const UNSUPPORTED: ProblemType =
    kind(415, "unsupported-media-type", "The content type of the body is not supported");
pub(super) const MISDIRECTED: ProblemType =
    kind(421, "misdirected", "This server does not answer for this host");
pub(super) const INVALID: ProblemType = kind(422, "invalid", "The request breaks a rule");
pub(super) const RESERVED: ProblemType =
    kind(422, "reserved-name", "Names under .configapi/ belong to the service");
pub(super) const KEY_REUSED: ProblemType =
    kind(422, "idempotency-key-reused", "The idempotency key was already used for a different request");
pub(super) const CHANGE_TOO_LARGE: ProblemType = kind(422, "change-too-large", "The change is too large");
pub(super) const FIRST_TOKEN: ProblemType =
    kind(422, "first-token", "The first token must be an admin of everything");
pub(super) const NO_SUCH_SCHEMA: ProblemType = kind(404, "no-such-schema", "The prefix has no schema");
pub(super) const REASON_REQUIRED: ProblemType = kind(422, "reason-required", "The change needs a reason");
pub(super) const CONFIRMATION_REQUIRED: ProblemType =
    kind(422, "confirmation-required", "The change needs a confirmation");
pub(super) const SCHEMA_VIOLATION: ProblemType =
    kind(422, "schema-violation", "A value does not match its schema");
pub(super) const TOO_MANY_WRITES: ProblemType =
    kind(429, "too-many-writes", "The token has sent too many writes");
pub(super) const TOO_MANY_TRIES: ProblemType =
    kind(429, "too-many-tries", "Too many requests had no valid token");
pub(super) const INTERNAL: ProblemType = kind(500, "internal", "The server failed");
pub(super) const BEHIND: ProblemType = kind(503, "replica-behind", "This server is behind the revision");
pub(super) const KEY_MISSING: ProblemType =
    kind(503, "key-missing", "The server does not have the key of the secret");
pub(super) const AUDIT_FAILED: ProblemType = kind(503, "audit-failed", "The reveal could not be recorded");
pub(super) const SECRET: ProblemType = kind(403, "secret", "The value is secret");
pub(super) const SHREDDED_VALUE: ProblemType = kind(410, "shredded", "The value was destroyed");
pub(super) const UNAVAILABLE: ProblemType = kind(503, "unavailable", "The server can't do this now");
pub(super) const READ_ONLY: ProblemType = kind(503, "read-only", "This server only reads");
pub(super) const UNKNOWN: ProblemType =
    kind(503, "outcome-unknown", "The outcome of the write is not known yet");
pub(super) const FULL: ProblemType = kind(507, "full", "The store is full");
pub(super) const FULL_DATABASE: ProblemType = kind(503, "full", "The database is full");
