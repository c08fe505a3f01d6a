//! The HTTP contract over the application: paths, headers, forms, problems.
//!
//! The way of a request: `server` (bytes) → [`Api`] (`guard`, `path`, `routes`, `query`) → a handler
//! (`values`, `list`, `history`, `differences`, `transactions`, `events`, `stream`, `health`, `metrics`,
//! `openapi`), which reads what it needs by `call`, `moment`, `conditions`,
//! `negotiation` and `body`, asks the facade, and gives back a `Reply`; `exchange` dresses whatever answer
//! comes of it, `problem` is the one place that turns errors into answers.
//!
//! Called by `presentation::cli`, which starts the server with it. Calls [`application`](crate::application)
//! and nothing below. Decides nothing: what holds is decided by the log thread. Its promises are the test
//! names in `tests/http`.

mod api;
mod body;
mod call;
mod conditions;
mod differences;
mod dto;
mod encoding;
mod events;
mod exchange;
mod guard;
mod headers;
mod health;
mod history;
mod http_date;
mod json_array;
mod list;
mod metrics;
mod moment;
mod negotiation;
mod openapi;
mod past;
mod path;
mod problem;
mod query;
mod routes;
mod settings;
mod stream;
mod transactions;
mod values;
mod write;

pub use api::Api;
pub use settings::{ApiSettings, Hosts};
