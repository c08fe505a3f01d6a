//! Threads, stopping, clocks and logging; knows no other room.

pub mod clock;
