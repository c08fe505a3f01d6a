//! Every error as problem details (RFC 9457), and the one match from the application's errors to them.
//!
//! Called by every handler. `type` is a stable path under `/problems/`, `detail` one sentence that says what
//! to do. A problem holds never a value, a stack or SQL: what an error says inside goes to the log with the
//! request's id ([`Problem::inner`]). Invariants: `the_inner_text_of_a_store_error_stays_inside`,
//! `a_write_that_failed_says_whether_it_was_stored`.

mod policy;
mod rejected;
mod types;
mod unauthenticated;

use std::borrow::Cow;

use rouille::{Response, ResponseBody};

pub(in crate::presentation::http) use self::unauthenticated::Presented;
use crate::application::{Error, StoreError};
use crate::domain::{ConfigName, Revision, TransactionError, ValueError};
use crate::presentation::http::answer::response::{put, response};
use crate::wire::problem::{ProblemJson, Stored};
use types::{
    AUDIT_FAILED, BEHIND, FORBIDDEN, FORBIDDEN_ORIGIN, FULL, FULL_DATABASE, INTERNAL, INVALID, KEY_MISSING,
    KEY_REUSED, MALFORMED, MISDIRECTED, NO_SUCH_NAME, NO_SUCH_PATH, NO_SUCH_PLACE, NOT_ACCEPTABLE,
    PRECONDITION, ProblemType, READ_ONLY, REVEAL_REQUIRED, SECRET, SHREDDED_VALUE, TOO_LARGE, UNAVAILABLE,
    UNKNOWN, UNSUPPORTED, WRONG_METHOD, kind,
};

/// The kind of request that an error came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Act {
    /// Nothing could have been stored.
    Read,
    /// Something was to be stored.
    Write,
}

/// Which store is behind: a full one is the server's own trouble, or its database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Backing {
    /// The embedded file.
    Embedded,
    /// A database server.
    Database,
}

/// An error on its way to the client.
#[derive(Debug)]
pub(in crate::presentation::http) struct Problem {
    body: Box<ProblemJson>,
    fields: Vec<(&'static str, String)>,
    inner: Option<String>,
}

impl Problem {
    fn new(kind: &'static ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        let ProblemType { status, slug, title } = kind;
        let body = ProblemJson::new(format!("/problems/{slug}"), title, *status, detail);
        Self { body: Box::new(body), fields: Vec::new(), inner: None }
    }

    /// 400: it can't be parsed.
    pub(in crate::presentation::http) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(&MALFORMED, detail)
    }

    /// 422: it was parsed and breaks a rule.
    pub(in crate::presentation::http) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(&INVALID, detail)
    }

    /// 403 for a token without a scope that it needs.
    pub(in crate::presentation::http) fn forbidden(detail: &'static str) -> Self {
        Self::new(&FORBIDDEN, detail)
    }

    /// 415.
    pub(in crate::presentation::http) fn unsupported(detail: &'static str) -> Self {
        Self::new(&UNSUPPORTED, detail)
    }

    /// 413, with the limit in bytes.
    pub(in crate::presentation::http) fn too_large(detail: &'static str, limit: usize) -> Self {
        Self::new(&TOO_LARGE, detail).with(|body| body.limit = Some(limit as u64))
    }

    /// 503 for a write whose command has no room in memory.
    pub(in crate::presentation::http) fn out_of_memory() -> Self {
        Self::not_now("the server holds too many large writes: send it again in a second", Act::Write)
    }

    /// 403 for a page of another site.
    pub(in crate::presentation::http) fn forbidden_origin() -> Self {
        Self::new(
            &FORBIDDEN_ORIGIN,
            "send it from the server's own origin, or from a program, not from another site's page or by a link on it",
        )
    }

    /// 421 for a name that this server is not.
    pub(in crate::presentation::http) fn misdirected() -> Self {
        Self::new(
            &MISDIRECTED,
            "address the server as localhost, 127.0.0.1 or [::1], or start it with --allowed-host NAME for another name",
        )
    }

    /// 503 until the store is open.
    pub(in crate::presentation::http) fn not_open() -> Self {
        let detail = "the server is starting and has not opened its log: send it again in a moment";
        Self::new(&UNAVAILABLE, detail).outcome(Stored::No).retry()
    }

    /// 406 where the server can't send event streams.
    pub(in crate::presentation::http) fn no_streams_here() -> Self {
        let detail =
            "this server sends no event streams: ask for application/json, with `wait` for a long poll";
        Self::new(&NOT_ACCEPTABLE, detail)
    }

    /// 404 for a path.
    pub(in crate::presentation::http) fn no_such_path() -> Self {
        Self::new(
            &NO_SUCH_PATH,
            "look at /openapi.json for the paths; a value is at /v1/config/ and its name",
        )
    }

    /// 404 for a file of the console.
    pub(in crate::presentation::http) fn no_such_file() -> Self {
        Self::new(
            &NO_SUCH_PATH,
            "open /console/; a page that was open while the server was upgraded has to be loaded again",
        )
    }

    /// 404 for a path that ends where a name should begin.
    pub(in crate::presentation::http) fn no_name() -> Self {
        Self::new(&NO_SUCH_PATH, "write a name after /v1/config/, or list the names with GET /v1/config")
    }

    /// 404 for a name.
    pub(in crate::presentation::http) fn no_such_name(name: &ConfigName) -> Self {
        let detail = if name.as_str().ends_with('/') {
            "to list the names under a folder, use GET /v1/config?prefix= with the folder"
        } else {
            "set the name first, or look at its history"
        };
        Self::new(&NO_SUCH_NAME, detail).about(name)
    }

    /// 403 for a secret that was not asked for as one.
    pub(in crate::presentation::http) fn secret() -> Self {
        Self::new(
            &SECRET,
            "ask for JSON to see that it is there, or for its text with ?reveal=true or Config-Reveal: true, and a token with \
             the action `reveal`",
        )
    }

    /// 403 for a secret in clear text.
    pub(in crate::presentation::http) fn reveal_required() -> Self {
        Self::new(&REVEAL_REQUIRED, "use a token with the action `reveal` on the name")
    }

    /// 410 for the text of a value that was destroyed.
    pub(in crate::presentation::http) fn shredded() -> Self {
        Self::new(&SHREDDED_VALUE, "the value was destroyed for ever: set a new one")
    }

    /// 405 with the methods that there are.
    pub(in crate::presentation::http) fn wrong_method(allow: String, is_resource: bool) -> Self {
        let detail = if is_resource {
            "use one of the methods in the header Allow; for a value whose own name ends like this path, write the last \
             slashes as %2F"
        } else {
            "use one of the methods in the header Allow"
        };
        Self::new(&WRONG_METHOD, detail).field("Allow", allow)
    }

    /// 412 of a read.
    pub(in crate::presentation::http) fn precondition_failed(current: Revision) -> Self {
        let detail = "read the current value and decide again";
        Self::new(&PRECONDITION, detail).with(|body| body.current_revision = Some(current))
    }

    /// 503 for an answer that there is no memory for.
    pub(in crate::presentation::http) fn answers_full() -> Self {
        let detail = "the server holds too many answers that clients have not taken: send it again in a second, or ask \
                      for less by `prefix` and `limit`";
        Self::new(&UNAVAILABLE, detail).retry()
    }

    /// A refusal of the connection layer.
    pub(in crate::presentation::http) fn refused(
        status: u16,
        detail: &'static str,
        limit: Option<u64>,
    ) -> Self {
        const TIMEOUT: ProblemType = kind(408, "timeout", "The request took too long");
        const URI: ProblemType = kind(414, "target-too-long", "The request target is too long");
        const HEAD: ProblemType = kind(431, "head-too-large", "The request's head is too large");
        const NOT_IMPLEMENTED: ProblemType = kind(501, "not-implemented", "This is not supported");
        const VERSION: ProblemType = kind(505, "http-version", "This version of HTTP is not supported");
        let kind = match status {
            408 => &TIMEOUT,
            413 => &TOO_LARGE,
            414 => &URI,
            431 => &HEAD,
            500 => &INTERNAL,
            501 => &NOT_IMPLEMENTED,
            503 => &UNAVAILABLE,
            505 => &VERSION,
            _ => &MALFORMED,
        };
        Self::new(kind, detail).with(|body| body.limit = limit)
    }

    /// The one match from an error to the problem that the client gets.
    pub(in crate::presentation::http) fn of(error: &Error, act: Act, backing: Backing) -> Self {
        match error {
            Error::Rejected(rejection) => Self::of_rejection(rejection),
            Error::Behind { wanted, seen } => Self::new(
                &BEHIND,
                "wait and send it again, allow a longer Prefer: wait, or ask another server",
            )
            .with(|body| body.wanted_revision = Some(*wanted))
            .with(|body| body.current_revision = Some(*seen))
            .retry(),
            Error::NoSuchPlace(place) => Self::new(
                &NO_SUCH_PLACE,
                "the log was exchanged or rewound since: read the values again, and continue from there",
            )
            .with(|body| body.place = Some(*place)),
            Error::Unauthenticated => Self::unauthenticated(Presented::Something),
            Error::SpanReversed { .. } => {
                Self::invalid(format!("choose a `from` that is not after `to`: {error}"))
            }
            Error::KeyReused => Self::new(&KEY_REUSED, "use a new Idempotency-Key for a new request"),
            Error::Overloaded => {
                Self::not_now("too many writes wait already: send it again in a second", act)
            }
            Error::PlanMoved | Error::SecrecyMoved => {
                Self::not_now("other writes changed too much meanwhile: send it again", act)
            }
            Error::KeyMissing => {
                let detail = "give the server the key file of this log with --key-file: it does not have the key of this secret";
                let problem = Self::new(&KEY_MISSING, detail);
                if act == Act::Write { problem.outcome(Stored::No) } else { problem }
            }
            Error::AuditFailed(_) => {
                let detail = "the reveal could not be recorded, so that nothing is shown: send it again when the audit works";
                Self::new(&AUDIT_FAILED, detail).retry().inside(error)
            }
            Error::Expired(_) => Self::not_now("it waited too long and was withdrawn: send it again", act),
            Error::Stopping => {
                Self::not_now("the server is stopping: send it again, or to another server", act)
            }
            Error::ReadOnly => {
                let problem =
                    Self::new(&READ_ONLY, "send it to a server that writes: this one only reads").retry();
                if act == Act::Write { problem.outcome(Stored::No) } else { problem }
            }
            Error::Diverged => {
                Self::not_now("the log was exchanged and is being read anew: send it again", act)
            }
            Error::Store(StoreError::Unavailable(_)) => {
                Self::not_now("the database does not answer: send it again", act).inside(error)
            }
            Error::Store(StoreError::ReadOnly(_)) => {
                let detail = "the database is read-only: send it again when it takes writes";
                Self::not_now(detail, act).inside(error)
            }
            Error::OutcomeUnknown | Error::Store(StoreError::OutcomeUnknown(_)) => {
                let detail = "send it again with the same Idempotency-Key, or look whether it is there";
                Self::new(&UNKNOWN, detail).outcome(Stored::Unknown).retry().inside(error)
            }
            Error::Store(StoreError::Full(_)) => {
                let kind = if backing == Backing::Embedded { &FULL } else { &FULL_DATABASE };
                let detail = "nothing was written: free space where the log is, then send it again";
                Self::new(kind, detail).outcome(Stored::No).retry().inside(error)
            }
            Error::Clock(_) => {
                let detail = "the clock that dates changes is wrong: set the clock of the machine of the server \
                              or of its PostgreSQL right, then send it again";
                Self::not_now(detail, act).inside(error)
            }
            Error::NothingBegun(_) => {
                let detail = "nothing was written: send it again; the server's log says what failed, by the request's id";
                Self::not_now(detail, act).inside(error)
            }
            Error::Value(error) => Self::of_value(error),
            Error::Transaction(error) => Self::of_transaction(error),
            Error::Store(_) | Error::Misconfigured(_) => {
                let detail = "give the request's id to the operator: the server's log says what failed";
                let problem = Self::new(&INTERNAL, detail).inside(error);
                if act == Act::Write { problem.outcome(Stored::Unknown) } else { problem }
            }
        }
    }

    /// A text that isn't a value under the store's limit.
    pub(in crate::presentation::http) fn of_value(error: &ValueError) -> Self {
        match error {
            ValueError::TooLong { limit, .. } => {
                Self::too_large("send a value within the limit, in bytes of UTF-8", *limit)
            }
            ValueError::Nul { .. } => Self::invalid(format!("correct the value: {error}")),
        }
    }

    /// A list of operations that is not a transaction.
    pub(in crate::presentation::http) fn of_transaction(error: &TransactionError) -> Self {
        match error {
            TransactionError::Empty => Self::invalid("send one operation at least"),
            TransactionError::TooManyOperations { limit } => {
                Self::invalid("send fewer operations in one transaction")
                    .with(|body| body.limit = Some(*limit as u64))
            }
            TransactionError::NameTwice { index, name } => {
                Self::invalid("name each name once in a transaction").about(name).at(*index)
            }
        }
    }

    fn not_now(detail: &'static str, act: Act) -> Self {
        let problem = Self::new(&UNAVAILABLE, detail).retry();
        if act == Act::Write { problem.outcome(Stored::No) } else { problem }
    }

    fn with(mut self, set: impl FnOnce(&mut ProblemJson)) -> Self {
        set(&mut self.body);
        self
    }

    fn outcome(self, stored: Stored) -> Self {
        self.with(|body| body.outcome = Some(stored))
    }

    /// The same with the operation's place in its transaction, from 0.
    pub(in crate::presentation::http) fn at(self, index: usize) -> Self {
        self.with(|body| body.index = Some(index as u64))
    }

    /// The same with the name that it is about.
    pub(in crate::presentation::http) fn about(self, name: &ConfigName) -> Self {
        self.with(|body| body.name = Some(name.clone()))
    }

    /// The same with another field.
    pub(in crate::presentation::http) fn field(
        mut self,
        name: &'static str,
        value: impl Into<String>,
    ) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    fn retry(self) -> Self {
        self.field("Retry-After", "1")
    }

    fn inside(mut self, error: &Error) -> Self {
        self.inner = Some(error.to_string());
        self
    }

    /// For the log alone: the client does not get it.
    pub(in crate::presentation::http) fn inner(&self) -> Option<&str> {
        self.inner.as_deref()
    }

    /// The status.
    pub(in crate::presentation::http) fn status(&self) -> u16 {
        self.body.status
    }

    /// As an answer.
    pub(in crate::presentation::http) fn into_response(self) -> Response {
        // A problem always has a JSON form.
        let body = serde_json::to_string(&self.body).unwrap_or_default();
        let mut response = response(self.body.status, ResponseBody::from_string(body));
        put(&mut response, "Content-Type", "application/problem+json");
        for (name, value) in self.fields {
            put(&mut response, name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests;
