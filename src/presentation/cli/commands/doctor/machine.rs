//! The checks of this machine: settings, disk, profiles, variables.

use std::env;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::finding::Finding;
use crate::presentation::cli::args::Cli;
use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::connect::sign_in::Saved;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;
use crate::presentation::cli::variables;

/// Variables that name a store, which a command of a client does not open.
const OF_STORES: [&str; 2] = ["DATABASE_URL", "CONFIGAPI_FILE"];
/// A log that grows by less than this each day has a day at least.
const FREE_WARN: u64 = 1 << 30;
/// SQLite needs room for its `-wal`, which has up to 96 MiB.
const FREE_FAIL: u64 = 128 << 20;

/// Where commands talk to, and why there.
pub(super) fn settings(client: &ClientSettings, ui: Ui) -> Finding {
    const CHECK: &str = "settings";
    if let Some(path) = client.file() {
        return Finding::ok(CHECK, format!("the embedded store {} from --file", path.display()));
    }
    let described = client.settings(ui).and_then(|settings| client.described(&settings.server));
    match described {
        Ok(described) => Finding::ok(CHECK, format!("{}; {}", described.server, described.token)),
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}

/// The room for an embedded store.
pub(super) fn disk(file: &Path) -> Finding {
    const CHECK: &str = "disk";
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let free = match rustix::fs::statvfs(&folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let found = format!("{}: {error}", folder.display());
            return Finding::fail(CHECK, found, "check the path of --file");
        }
    };
    let found = format!("{} MiB are free under {}", free >> 20, folder.display());
    match free {
        ..FREE_FAIL => Finding::fail(CHECK, found, "free space: writes fail on a full disk"),
        FREE_FAIL..FREE_WARN => Finding::warn(CHECK, found, "free space before writes fail"),
        FREE_WARN.. => Finding::ok(CHECK, found),
    }
}

/// The file of profiles, whose mode is checked where it is read.
pub(super) fn profiles() -> Finding {
    const CHECK: &str = "profiles";
    match Saved::read() {
        Ok(saved) if saved.path.exists() => {
            let (path, count) = (saved.path.display(), saved.profiles.iter().count());
            Finding::ok(CHECK, format!("{path} is for its owner alone: {count} saved"))
        }
        Ok(_) => Finding::ok(CHECK, "none is saved"),
        Err(Failure::Reported(report)) => {
            Finding::fail(CHECK, report.text, "no command reads the file before that")
        }
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}

/// Variables that a person may think count here: a line each.
pub(super) fn variables() -> Vec<Finding> {
    const CHECK: &str = "variables";
    let set = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let set: Vec<(String, String)> = set.filter(|(_, value)| !value.is_empty()).collect();
    let mut findings: Vec<_> = variables::unknown(&Cli::command(), set.iter().cloned())
        .into_iter()
        .map(|unknown| {
            let remedy = match unknown.meant {
                Some(meant) => format!("unset it, or write {meant}"),
                None => "unset it".to_owned(),
            };
            Finding::warn(CHECK, format!("{} is not a setting", unknown.name), remedy)
        })
        .collect();
    for name in OF_STORES.into_iter().filter(|name| set.iter().any(|(it, _)| it == name)) {
        let found = format!("{name} has no effect on commands of a client");
        findings.push(Finding::warn(
            CHECK,
            found,
            "name a server with --server, or an embedded store with --file",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "all that are set count"));
    }
    findings
}
