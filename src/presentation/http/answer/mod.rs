//! From results to responses: problems, caching, encodings of bodies.

pub(super) mod caching;
pub(super) mod cors;
pub(super) mod encoding;
pub(super) mod http_date;
pub(super) mod json_array;
pub(super) mod memory;
pub(super) mod problem;
pub(super) mod response;
