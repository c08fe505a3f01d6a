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

mod answer;
mod api;
mod exchange;
mod handlers;
mod request;
mod routes;
mod settings;

pub use api::Api;
pub use settings::{ApiSettings, Hosts};
