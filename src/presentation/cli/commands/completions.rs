//! `configapi completions`: what shells need to complete, and manual pages, from the definitions of the commands.
//!
//! `cargo run -- completions --to deploy` writes those of the repository; a test holds them equal to the definitions.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::presentation::cli::complete::{PROGRAM, VARIABLE};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi completions bash > configapi.bash
  configapi completions zsh > _configapi
  configapi completions fish > configapi.fish
  configapi completions --to deploy";

/// Print what a shell needs to complete commands and names
///
/// Commands and flags come from this program, names from the server that the typed command talks to. The shell waits 200 ms for
/// names at most. In bash: `source <(configapi completions bash)`; in zsh and fish put the text where they look for completions.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Completions {
    /// The shell
    #[arg(value_enum, required_unless_present = "to")]
    shell: Option<Shell>,
    /// Write those of all shells, and manual pages, into `completions` and `man` of this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "shell")]
    to: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Shell {
    /// The name of its file, where such files usually are.
    fn file(self) -> &'static str {
        match self {
            Self::Bash => "configapi.bash",
            Self::Zsh => "_configapi",
            Self::Fish => "configapi.fish",
            Self::Elvish => "configapi.elv",
            Self::Powershell => "_configapi.ps1",
        }
    }

    fn script(self) -> io::Result<Vec<u8>> {
        let completer: &dyn EnvCompleter = match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Elvish => &Elvish,
            Self::Powershell => &Powershell,
        };
        let mut script = Vec::new();
        completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
        Ok(script)
    }
}

impl Completions {
    pub(in crate::presentation::cli) fn run(self, definitions: Command, ui: Ui) -> Result<(), Failure> {
        let unusable = |error: io::Error| Failure::system(format!("can't make the completions: {error}"));
        if let Some(shell) = self.shell {
            let mut results = ui.results();
            results.exact(&shell.script().map_err(unusable)?)?;
            return results.flush();
        }
        let folder = self.to.unwrap_or_default();
        write_all(&folder, definitions)
            .map_err(|error| Failure::system(format!("can't write to {}: {error}", folder.display())))
    }
}

fn write_all(folder: &Path, definitions: Command) -> io::Result<()> {
    let (completions, pages) = (folder.join("completions"), folder.join("man"));
    for folder in [&completions, &pages] {
        fs::create_dir_all(folder)?;
    }
    for shell in Shell::value_variants() {
        fs::write(completions.join(shell.file()), shell.script()?)?;
    }
    clap_mangen::generate_to(definitions, &pages)
}
