//! A client of a running server: `cargo run --example client --features client http://127.0.0.1:4000`.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::env;

use configapi::client::{Client, Read, Set, Transaction};
use configapi::{Point, Revision};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:4000".to_owned());
    let client = Client::new(&server)?;

    // One value.
    let first = client.set("example/pool_size", "10", &Set::because("a first guess"))?;
    let second = client.set("example/pool_size", "25", &Set::because("more load"))?;
    println!("now: {:?}", client.get("example/pool_size")?.and_then(|item| item.text().map(str::to_owned)));

    // The past.
    let before = client.get_with("example/pool_size", &Read::at(Point::Revision(first.revision())))?;
    println!("before: {:?}", before.and_then(|item| item.text().map(str::to_owned)));

    // Two writers: the second one notices.
    let stale = Set { if_revision: Some(first.revision()), ..Set::default() };
    if let Err(error) = client.set("example/pool_size", "30", &stale) {
        println!("refused with status {:?}: {error}", error.status());
    }

    // All or nothing.
    let mut transaction = Transaction::new();
    transaction.set(
        "example/host",
        "db.internal",
        &Set { if_revision: Some(Revision::ZERO), ..Set::default() },
    );
    transaction.set("example/port", "5432", &Set::default()).because("the new database");
    match client.transact(&transaction) {
        Ok(written) => println!("written at revision {:?}", written.revision),
        Err(error) => println!("nothing was written: {error}"),
    }

    // Put it back: this change alone, and every later one stays.
    client.revert(second.revision(), Some("it was too much"))?;
    for item in client.list("example/") {
        let item = item?;
        println!("{} = {} ({})", item.name(), item.text().unwrap_or("a secret"), item.updated_by());
    }
    Ok(())
}
