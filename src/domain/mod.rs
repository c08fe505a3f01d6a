//! What the service decides: names, values, events and the aggregate; pure, without I/O.
