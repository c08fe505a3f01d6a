//! Who changed what, without values.
