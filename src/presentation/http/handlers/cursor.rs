//! How far a client has seen the change feed: in pages, in a long poll, in an event stream.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::domain::GivenPlace;
use crate::presentation::http::answer::problem::Problem;

/// A place in the feed. The work that moves it on shares it.
#[derive(Clone)]
pub(super) struct Cursor(Arc<Mutex<GivenPlace>>);

impl Cursor {
    pub(super) fn at(place: GivenPlace) -> Self {
        Self(Arc::new(Mutex::new(place)))
    }

    pub(super) fn get(&self) -> GivenPlace {
        *self.0.lock()
    }

    pub(super) fn set(&self, place: impl Into<GivenPlace>) {
        *self.0.lock() = place.into();
    }
}

/// Reads a place of a query or of `Last-Event-ID`.
pub(super) fn parse_place(text: &str) -> Result<GivenPlace, Problem> {
    GivenPlace::parse(text).ok_or_else(|| {
        Problem::malformed("write a place in the feed as a revision (417) or with its hash (417-9f3a1c2e)")
    })
}
