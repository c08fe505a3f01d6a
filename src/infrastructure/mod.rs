//! What speaks to the outside: stores, the projection, the audit.
