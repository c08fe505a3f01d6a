//! When things happen: the facade, the log thread, boot.
