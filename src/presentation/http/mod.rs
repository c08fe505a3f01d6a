//! The HTTP contract over the application: paths, headers, forms, problems.
//!
//! The way of a request: `server` → [`Api`] at its head (`guard`, `path`, `routes`) → [`Api`] when it is complete
//! (`query`) → a handler in `handlers`, which reads what it needs by `request` (`call`, `moment`, `conditions`,
//! `negotiation`, `body`), asks the facade, and returns a `Reply`. `exchange` finishes the head of every response:
//! common fields, `traffic` (metrics by route), the access line. `answer::problem` is the one place that turns errors
//! into responses.
//!
//! Called by `presentation::cli`, which starts the server with it. Calls [`application`](crate::application)
//! and nothing below. Decides nothing: what holds is decided by the log thread. Its promises are the test
//! names in `tests/http`.

mod answer;
mod api;
mod console;
mod exchange;
mod front;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod handlers;
mod mount;
mod request;
mod request_id;
mod routes;
mod settings;
mod traffic;

pub use api::Api;
pub use front::Front;
pub use mount::handler;
pub use settings::{ApiSettings, Console, CorsOrigin, CorsOriginError, Hosts, RootToken, RootTokenError};
