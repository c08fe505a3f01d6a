//! A configuration store inside a program, without HTTP.
//!
//! Run it with `cargo run --example embed`; it leaves `embedded.db` in the folder for temporary files.

use std::error::Error;

use configapi::{
    ConfigName, ConfigStore, HistoryPage, ListQuery, Metadata, Options, Order, PageLimit, Point, Prefix,
    Reason, Revision,
};

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("embedded.db");
    let store = ConfigStore::open(&Options::file(&path))?;
    println!("{}: {} names at revision {}", store.loaded().store, store.loaded().head.names, store.applied());

    let name = ConfigName::parse("app/prod/pool_size")?;
    let reason = Reason::parse("more traffic since the launch")?;
    let before = store.put(&name, "10", Metadata::of("embed"))?.head;
    store.put(&name, "25", Metadata::of("embed").because(reason))?;

    // Reads of now come from memory.
    let now = store.get(&name);
    if let Some(value) = now.found.as_ref().and_then(|config| config.text()) {
        println!("{name} is {value} at revision {}", now.revision);
    }

    // Nothing is forgotten.
    let then = store.get_at(&name, store.resolve(Point::Revision(before))?)?;
    if let Some(value) = then.found.as_ref().and_then(|config| config.text()) {
        println!("{name} was {value} at revision {before}");
    }
    let limit = PageLimit { rows: 5, bytes: 1 << 20 };
    let page = HistoryPage { order: Order::NewestFirst, after: None, at: Revision::MAX, limit };
    for recorded in store.history(&name, &page)? {
        let reason = recorded.metadata.reason.as_ref().map_or("", Reason::as_str);
        println!(
            "  version {} at {} by {} {reason}",
            recorded.event.version, recorded.instant, recorded.metadata.actor
        );
    }

    let query = ListQuery { prefix: Prefix::parse("app/")?, ..ListQuery::default() };
    println!("{} names under app/", store.list(&query).found.items.len());
    Ok(())
}
