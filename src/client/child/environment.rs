//! The environment of a command: names become variables, and the rest is inherited.
//!
//! Called by `run`. A set of variables is made whole or refused with every problem of it, so that a command never starts
//! with half of its configuration. The variables of this program itself are removed: they hold its token and its keys.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::program::Program;
use crate::client::formats::spelled;
use crate::domain::{ConfigName, ConfigValue};

mod error;

use crate::client::protected::{OWN_PREFIX, is_protected};
pub use error::{EnvironmentError, Problem};

/// The longest `NAME=value` with its end that Linux takes: 32 pages of 4 KiB.
const STRING_BYTES_MAX: usize = 128 << 10;
/// The most that Linux takes for arguments and environment, whatever the limit on the stack.
const TOTAL_BYTES_MAX: u64 = 6 << 20;
/// The least that it takes, however low the limit on the stack.
const TOTAL_BYTES_MIN: u64 = 128 << 10;

/// A value to put into the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The whole name, for errors.
    pub name: ConfigName,
    /// The part of the name after the prefix, of which the variable is made.
    pub relative: String,
    /// The value.
    pub value: ConfigValue,
}

/// A variable that exists before the command starts and has a value too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// The value wins.
    #[default]
    Replaced,
    /// The variable that exists wins.
    Kept,
}

/// How names become variables.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Variables of names: of a whole name, or of its part after the prefix.
    pub mapped: BTreeMap<String, String>,
    /// Protected variables that may be set.
    pub allowed: BTreeSet<String>,
    /// Which one wins.
    pub existing: Existing,
}

/// A command with its environment: the variables of the entries over the inherited ones.
///
/// # Errors
/// [`EnvironmentError`] has every entry that can't be a variable.
pub fn program(
    words: Vec<OsString>,
    entries: &[Entry],
    rules: &Rules,
    inherited: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Program, EnvironmentError> {
    let mut problems = Vec::new();
    let chosen = variables(entries, rules, &mut problems);
    let mut environment: BTreeMap<OsString, OsString> =
        inherited.into_iter().filter(|(name, _)| !is_own(name)).collect();
    for (variable, entry) in &chosen {
        let string_bytes = variable.len() + entry.value.as_str().len() + 2;
        if string_bytes > STRING_BYTES_MAX {
            problems.push(Problem::TooLong {
                name: entry.name.clone(),
                variable: variable.clone(),
                bytes: string_bytes,
                limit: STRING_BYTES_MAX,
            });
        }
        if rules.existing == Existing::Kept && environment.contains_key(OsStr::new(variable)) {
            continue;
        }
        environment.insert(variable.into(), entry.value.as_str().into());
    }
    let program = Program { words, environment };
    let (bytes, limit) = (program.bytes(), total_bytes_max());
    if bytes > limit && problems.is_empty() {
        let longest = chosen.iter().max_by_key(|(_, entry)| entry.value.as_str().len());
        let longest = longest.map(|(variable, _)| variable.clone()).unwrap_or_default();
        problems.push(Problem::TooMuch { bytes, limit, longest });
    }
    if problems.is_empty() { Ok(program) } else { Err(EnvironmentError { problems }) }
}

/// The entry of each variable.
fn variables<'a>(
    entries: &'a [Entry],
    rules: &Rules,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, &'a Entry> {
    let mut chosen: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut unused: BTreeSet<&str> = rules.mapped.keys().map(String::as_str).collect();
    for entry in entries {
        let keys = [entry.name.as_str(), &entry.relative];
        let mapped = keys.into_iter().find_map(|key| rules.mapped.get_key_value(key));
        if let Some((key, _)) = mapped {
            unused.remove(key.as_str());
        }
        let variable = mapped.map_or_else(|| spelled(&entry.relative), |(_, variable)| variable.clone());
        let name = entry.name.clone();
        if !is_variable(&variable) {
            problems.push(Problem::NotAVariable { name, variable });
        } else if is_protected(&variable) && !rules.allowed.contains(&variable) {
            problems.push(Problem::Protected { name, variable });
        } else if let Some(first) = chosen.get(&variable).filter(|first| first.name != name) {
            problems.push(Problem::Collision { variable, first: first.name.clone(), second: name });
        } else {
            chosen.insert(variable, entry);
        }
    }
    problems.extend(unused.into_iter().map(|name| Problem::NoSuchName { name: name.to_owned() }));
    chosen
}

/// Whether a shell can name it: letters, digits and `_`, and no digit first.
pub fn is_variable(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(is_part) && text.starts_with(|c: char| !c.is_ascii_digit())
}

fn is_own(variable: &OsStr) -> bool {
    variable.as_bytes().starts_with(OWN_PREFIX.as_bytes())
}

/// A quarter of the limit on the stack, within Linux's own limits.
fn total_bytes_max() -> u64 {
    let stack = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    stack.map_or(TOTAL_BYTES_MAX, |stack| (stack / 4).clamp(TOTAL_BYTES_MIN, TOTAL_BYTES_MAX))
}

#[cfg(test)]
mod tests;
