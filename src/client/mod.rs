//! A client of a server, without async: typed calls, values that follow the server, formats and templates.
//!
//! [`Client`] sends requests and reads the responses with the types that the server writes. [`Watched`] has the values
//! under a prefix, always at one revision, and follows the server on a thread of its own. The command line is made on
//! it. Calls block: make none on a thread of an async runtime.
//!
//! ```no_run
//! use configapi::client::{Client, Set};
//!
//! let client = Client::new("http://127.0.0.1:4000")?;
//! client.set("app/pool_size", "25", &Set::because("more load"))?;
//! for item in client.list("app/") {
//!     let item = item?;
//!     println!("{} = {:?}", item.name(), item.text());
//! }
//! # Ok::<(), configapi::client::Error>(())
//! ```

mod access;
#[doc(hidden)]
pub mod cache;
mod call;
#[cfg(feature = "server")]
mod certificate;
#[doc(hidden)]
pub mod child;
mod elements;
mod error;
mod follow;
pub mod formats;
mod item;
mod list;
mod log;
mod past;
mod protected;
mod protection;
mod remote;
#[doc(hidden)]
pub mod render;
mod reveal;
mod server;
mod settings;
mod snapshot;
mod stream;
mod target;
mod transport;
mod values;
mod watched;
mod whole_file;
mod writes;

pub use call::Client;
pub use error::{Error, Problem};
pub use item::{Difference, DifferenceKind, Item};
pub use list::{Items, Read};
pub use log::{Change, Event};
pub use settings::{Settings, Token};
pub use snapshot::Snapshot;
pub use transport::{Request, Response, Sent, Transport, TransportError};
pub use watched::{OnChange, WatchSettings, Watched};
pub use writes::{Set, Transaction, Written};

pub(crate) use access::Rotated;
#[cfg(feature = "server")]
pub(crate) use certificate::chain_end;
pub(crate) use follow::Step;
pub(crate) use log::Enough;
pub(crate) use past::{Ends, HistoryRead, Scope, Undone};
pub(crate) use protection::Plan;
pub(crate) use whole_file::write_private;
