//! A program whose settings follow the server while it runs:
//! `cargo run --example hot_reload --features client http://127.0.0.1:4000 app/`.
//!
//! It starts without a server too, if it has run before: the last good state is in a file.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::env;
use std::sync::mpsc::channel;
use std::time::Duration;

use configapi::client::{Client, WatchSettings, Watched};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = env::args().skip(1);
    let server = words.next().unwrap_or_else(|| "http://127.0.0.1:4000".to_owned());
    let prefix = words.next().unwrap_or_else(|| "app/".to_owned());

    let (changed, news) = channel();
    let settings = WatchSettings {
        prefixes: vec![prefix],
        last_good: Some(env::temp_dir().join("hot_reload.json")),
        on_change: Some(Box::new(move |snapshot| {
            // The receiver lives as long as the program.
            let _ = changed.send(snapshot.revision());
        })),
        ..WatchSettings::default()
    };
    let watched = Watched::with(Client::new(&server)?, settings)?;
    loop {
        // The work of the program, with whole settings of one revision.
        let settings = watched.snapshot();
        println!("revision {}, {} s old:", settings.revision(), watched.age().as_secs());
        for item in settings.items() {
            println!("  {} = {}", item.name(), item.text().unwrap_or("a secret"));
        }
        if let Some(failure) = watched.failure() {
            println!("not following: {failure}");
        }
        let _ = news.recv_timeout(Duration::from_secs(15));
    }
}
