//! Which room of `src` may use which others, and which crates.

/// A room of `src`, the rooms that it may use, and the crates: only these, or all but these.
pub struct Floor {
    pub room: &'static str,
    pub rooms: &'static [&'static str],
    pub crates: Crates,
}

pub enum Crates {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static [&'static str]]),
}

const DRIVERS: &[&str] =
    &["postgres", "r2d2", "r2d2_postgres", "rusqlite", "tokio", "tokio_rustls", "x509_cert"];
const WEB: &[&str] = &["rouille", "httparse", "httpdate", "mio", "form_urlencoded", "percent_encoding"];
/// The client alone sends requests, renders templates and reads formats. `toml` is the settings file's too.
const CLIENT: &[&str] = &["aho_corasick", "ureq", "minijinja", "granit_parser", "tempfile"];
/// Infrastructure alone validates values.
const SCHEMAS: &[&str] = &["jsonschema"];
const COMMAND_LINE: &[&str] = &[
    "clap",
    "clap_complete",
    "clap_mangen",
    "anyhow",
    "indicatif",
    "jiff",
    "rpassword",
    "serde_saphyr",
    "shell_words",
    "similar",
    "unicode_width",
];

/// `presentation ─▶ application ─▶ infrastructure ─▶ domain`; `server` and `runtime` know none of these.
pub const FLOORS: &[Floor] = &[
    Floor { room: "domain", rooms: &[], crates: Crates::Only(&["thiserror", "humantime", "time"]) },
    Floor {
        room: "runtime",
        rooms: &[],
        crates: Crates::Only(&[
            "slog",
            "slog_term",
            "slog_async",
            "crossbeam_channel",
            "parking_lot",
            "prometheus_client",
            // The flag that opens no link, which the standard library has no name for.
            "rustix",
            "signal_hook",
            "thiserror",
        ]),
    },
    Floor {
        room: "infrastructure",
        rooms: &["domain", "runtime"],
        crates: Crates::AllBut(&[WEB, COMMAND_LINE, CLIENT]),
    },
    Floor {
        room: "application",
        rooms: &["infrastructure", "domain", "runtime"],
        crates: Crates::AllBut(&[WEB, COMMAND_LINE, CLIENT, DRIVERS, SCHEMAS]),
    },
    Floor {
        room: "server",
        rooms: &["runtime"],
        crates: Crates::Only(&[
            "crossbeam_channel",
            "httparse",
            "httpdate",
            "itoa",
            "memchr",
            "mio",
            "parking_lot",
            "prometheus_client",
            "rouille",
            "rustix",
            "rustls",
            "slog",
            "thiserror",
            "x509_cert",
        ]),
    },
    Floor { room: "wire", rooms: &["application", "domain"], crates: Crates::Only(&["serde", "serde_json"]) },
    Floor {
        room: "client",
        rooms: &["wire", "domain", "runtime"],
        crates: Crates::Only(&[
            // Masks secrets in the output of a command, in the forms in which programs print them.
            "aho_corasick",
            "base64",
            "crossbeam_channel",
            // The random delay before a restart.
            "getrandom",
            "granit_parser",
            "humantime",
            "minijinja",
            "parking_lot",
            "percent_encoding",
            "rustix",
            "rustls",
            "rustls_native_certs",
            "serde",
            "serde_json",
            "signal_hook",
            "slog",
            "tempfile",
            "thiserror",
            "toml",
            "ureq",
            "uuid",
            // Of a server's certificate, when it ends.
            "x509_cert",
        ]),
    },
    Floor {
        room: "presentation",
        rooms: &["application", "client", "domain", "runtime", "server", "wire"],
        crates: Crates::AllBut(&[DRIVERS, SCHEMAS, &["ureq", "minijinja"]]),
    },
];
