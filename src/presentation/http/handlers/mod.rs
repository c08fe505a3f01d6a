//! One file per resource of the contract. A handler reads the request, asks the store, and returns a `Reply`.

pub(super) mod activity;
mod cursor;
pub(super) mod diff;
pub(super) mod feed;
pub(super) mod health;
pub(super) mod history;
pub(super) mod list;
mod list_page;
mod list_response;
pub(super) mod metrics;
pub(super) mod openapi;
mod past_list;
pub(super) mod policy;
pub(super) mod restore;
pub(super) mod revert;
pub(super) mod schemas;
pub(super) mod shred;
mod sse;
mod submit;
pub(super) mod tokens;
pub(super) mod transactions;
pub(super) mod values;
