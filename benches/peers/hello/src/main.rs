//! The peers that are a crate: `hello axum` and `hello rouille` answer every GET with one value of 30 bytes; and
//! `hello watchers ADDRESS COUNT` watches a server's feed over COUNT connections.
//!
//! Run by `benches/peers/run`, which reads the first line on standard output.

mod watchers;

use std::io::Write as _;
use std::net::TcpListener;

/// The value that every server of the comparison answers with.
const VALUE: &str = "postgresql://db.internal/app-1";
const ROUILLE_POOL: usize = 16;
const AXUM_WORKERS: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["axum"] => axum_server(),
        ["rouille"] => rouille_server(),
        ["watchers", address, count] => watchers::watch(address.parse()?, count.parse()?),
        _ => Err("hello axum | rouille | watchers ADDRESS COUNT".into()),
    }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn axum_server() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(AXUM_WORKERS).enable_io().build()?;
    runtime.block_on(async {
        let app = axum::Router::new().route("/v1/config/{name}", axum::routing::get(async || VALUE));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        say(&format!("listening on http://{}", listener.local_addr()?))?;
        use axum::serve::ListenerExt as _;
        // As ConfigApi and nginx do.
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        Ok(axum::serve(listener, app).await?)
    })
}

fn rouille_server() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // It doesn't tell the port that it was given, so it is given a free one.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let server = rouille::Server::new(address, |request| {
        rouille::router!(request,
            (GET) (/v1/config/{_name: String}) => { rouille::Response::text(VALUE) },
            _ => rouille::Response::empty_404()
        )
    })?;
    say(&format!("listening on http://{address}"))?;
    server.pool_size(ROUILLE_POOL).run();
    Ok(())
}
