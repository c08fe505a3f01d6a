//! Profiles: servers with their tokens, in a file for its owner alone.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::client::write_private;
use crate::presentation::cli::error::Failure;
use crate::runtime::files::is_open_to_others;

/// The profile that is used unless one is named.
pub(in crate::presentation::cli) const DEFAULT: &str = "default";

/// A server with its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::presentation::cli) struct Profile {
    pub(in crate::presentation::cli) server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::presentation::cli) token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::presentation::cli) ca_cert: Option<PathBuf>,
}

/// All of them, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::presentation::cli) struct Profiles {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

impl Profile {
    /// Whether it is a profile of this server.
    pub(in crate::presentation::cli) fn is_for(&self, server: &str) -> bool {
        let bare = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
        bare(&self.server) == bare(server)
    }
}

/// `$XDG_CONFIG_HOME/configapi/client.toml`; none without a home.
pub(in crate::presentation::cli) fn path() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("configapi/client.toml"))
}

impl Profiles {
    /// Those of the file; none without a file.
    pub(in crate::presentation::cli) fn read(path: &Path) -> Result<Self, Failure> {
        let unusable = |why: String| Failure::usage(format!("{}: {why}", path.display()));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::NotADirectory => {
                return Ok(Self::default());
            }
            Err(error) => return Err(unusable(error.to_string())),
        };
        if fs::metadata(path).is_ok_and(|file| is_open_to_others(&file)) {
            return Err(unusable("other users can read the tokens in it: run chmod 600 on it".into()));
        }
        // The text of a TOML error repeats a line, which may have a token.
        toml::from_str(&text)
            .map_err(|_| unusable("not a valid file of profiles: make it again with configapi login".into()))
    }

    /// The profile of a name.
    pub(in crate::presentation::cli) fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// All of them, by name.
    pub(in crate::presentation::cli) fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles.iter().map(|(name, profile)| (name.as_str(), profile))
    }

    /// With a profile.
    pub(in crate::presentation::cli) fn set(&mut self, name: &str, profile: Profile) {
        self.profiles.insert(name.to_owned(), profile);
    }

    /// Without a profile; whether it was there.
    pub(in crate::presentation::cli) fn remove(&mut self, name: &str) -> bool {
        self.profiles.remove(name).is_some()
    }

    /// Writes the file whole or not at all.
    pub(in crate::presentation::cli) fn write(&self, path: &Path) -> Result<(), Failure> {
        let unusable = |why: String| Failure::system(format!("{}: {why}", path.display()));
        let text = toml::to_string_pretty(self).map_err(|error| unusable(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        let written = made.and_then(|()| write_private(path, text.as_bytes()));
        written.map_err(|error| unusable(error.to_string()))
    }
}
