//! `configapi edit`: a value, or all values under a prefix, in the user's editor.
//!
//! A change by somebody else in the meantime is never overwritten: the editor opens again with both texts.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use crate::client::formats::{Dialect, Entry, Format, Writer, read};
use crate::client::{Error, Item, Read, Set};
use crate::domain::{ConfigValue, ContentType, Revision};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::desired::{Desired, Others};
use crate::presentation::cli::editor::Draft;
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::merge::{has_conflict, merged};
use crate::presentation::cli::planned::{Next, PlanFlags};
use crate::presentation::cli::ui::{Output, Ui};
use crate::runtime::printable::Escaped;

const EXAMPLES: &str = "\
Examples:
  configapi edit app/motd
  EDITOR='code --wait' configapi edit app/settings --reason 'new limits'
  configapi edit --prefix app/ --yes";

/// Edit a value, or all values under a prefix, in your editor
///
/// The editor is $VISUAL, else $EDITOR, else vi. If the value has changed in the meantime the editor opens again with both
/// texts; without a terminal the command ends with status 5 and keeps your text.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Edit {
    /// The name; one without a value begins empty
    #[arg(value_name = "NAME", required_unless_present = "prefix", conflicts_with = "prefix")]
    name: Option<String>,
    /// All names that begin so, as one YAML document: a line that is removed deletes its name
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Show secrets; the server records it
    #[arg(long)]
    reveal: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Edit {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Make)?;
        match (&self.name, &self.prefix) {
            (Some(name), _) => self.edit_value(&session, name),
            (None, prefix) => self.edit_prefix(&session, prefix.as_deref().unwrap_or_default()),
        }
    }

    fn read(&self) -> Read {
        Read { reveal: self.reveal, ..Read::default() }
    }

    fn edit_value(&self, session: &Session, name: &str) -> Result<(), Failure> {
        let mut base = session.client.get_with(name, &self.read())?;
        let text = match &base {
            None => String::new(),
            Some(item) => value_of(item)?.to_owned(),
        };
        let draft = Draft::new(&text, extension(base.as_ref()))?;
        let mut edited = draft.edit()?;
        loop {
            if has_conflict(&edited) {
                let failure = Failure::reported(
                    Status::Conflict,
                    "the text still has conflict markers: nothing was changed",
                );
                return Err(draft.keep(failure));
            }
            if base.as_ref().map_or("", |item| item.text().unwrap_or_default()) == edited {
                session.ui.note("nothing to change");
                return Ok(());
            }
            let set = Set {
                reason: self.reason.clone(),
                if_revision: Some(base.as_ref().map_or(Revision::ZERO, Item::revision)),
                secret: None,
                content_type: base.as_ref().map(|item| item.content_type.as_str().to_owned()),
            };
            match session.client.set(name, &edited, &set) {
                Ok(item) => {
                    if session.output == Output::Json {
                        session.print_shape(&item)?;
                    } else {
                        session.ui.print(&format!("{}  {}", Escaped(name), item.revision()))?;
                    }
                    session.say_undo(item.revision());
                    return Ok(());
                }
                Err(Error::Refused(problem)) if problem.status() == 412 => {
                    let theirs = session.client.get_with(name, &self.read())?;
                    let who = theirs.as_ref().map_or("somebody", Item::updated_by);
                    let text = format!("{} has changed since, by {}", Escaped(name), Escaped(who));
                    if !session.ui.can_ask() {
                        return Err(draft.keep(Failure::reported(Status::Conflict, text)));
                    }
                    session.ui.note(&format!("{text}: both texts are in the editor"));
                    draft
                        .write(&merged(&edited, theirs.as_ref().and_then(Item::text).unwrap_or_default()))?;
                    base = theirs;
                    edited = draft.edit()?;
                }
                Err(error) => return Err(draft.keep(error.into())),
            }
        }
    }

    fn edit_prefix(&self, session: &Session, prefix: &str) -> Result<(), Failure> {
        let mut base = self.values(session, prefix)?;
        let draft = Draft::new(&document(texts(prefix, &base))?, "yaml")?;
        loop {
            let text = draft.edit()?;
            let entries = read(Format::Yaml, &text)
                .map_err(|error| draft.keep(Failure::system(format!("nothing was changed: {error}"))))?;
            if entries.iter().any(|entry| has_conflict(entry.value.as_str())) {
                let failure = Failure::reported(
                    Status::Conflict,
                    "a value still has conflict markers: nothing was changed",
                );
                return Err(draft.keep(failure));
            }
            let plan = Desired::new(prefix, entries.clone())?
                .against(base.iter().cloned().map(Ok), Others::Delete)?;
            let transaction = plan.transaction(self.reason.as_deref());
            let next = self.plan.agree(session, plan.differing(), &transaction.shape());
            let Next::Change = next.map_err(|failure| draft.keep(failure))? else { return Ok(()) };
            match session.client.transact_shown(&transaction) {
                Ok(written) => return session.print_change(written.revision, &written.shape()),
                Err(error) if error.status() == Some(409) => {
                    if !session.ui.can_ask() {
                        return Err(draft.keep(error.into()));
                    }
                    session.ui.note("names have changed since: both sides are in the editor");
                    let theirs = self.values(session, prefix)?;
                    draft.write(&document(both(&texts(prefix, &base), entries, &texts(prefix, &theirs)))?)?;
                    base = theirs;
                }
                Err(error) => return Err(draft.keep(error.into())),
            }
        }
    }

    /// The values that can be edited, by their whole names.
    fn values(&self, session: &Session, prefix: &str) -> Result<Vec<Item>, Failure> {
        let items = session.client.list_with(prefix, &self.read()).collect::<Result<Vec<_>, _>>()?;
        let (shown, hidden): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.text().is_some());
        if !hidden.is_empty() {
            session
                .ui
                .note(&format!("{} secrets are not in the document and stay as they are", hidden.len()));
        }
        Ok(shown)
    }
}

/// The value of an item, to be edited.
fn value_of(item: &Item) -> Result<&str, Failure> {
    let refused = || {
        let name = item.name();
        if item.is_shredded() {
            let text = format!("the value of {name} was destroyed: set a new one");
            return Failure::reported(Status::NotFound, text);
        }
        Failure::reported(Status::NotAllowed, format!("{name} is a secret"))
            .hint("edit it with --reveal; the server records it")
    };
    item.text().ok_or_else(refused)
}

/// What editors know the content by.
fn extension(item: Option<&Item>) -> &'static str {
    match item.map(|item| item.content_type) {
        Some(ContentType::Json) => "json",
        Some(ContentType::Yaml) => "yaml",
        Some(ContentType::Toml) => "toml",
        Some(ContentType::Text) | None => "txt",
    }
}

/// Values by their names without the prefix.
type Texts = BTreeMap<String, String>;

fn texts(prefix: &str, items: &[Item]) -> Texts {
    let pair = |item: &Item| Some((item.name()[prefix.len()..].to_owned(), item.text()?.to_owned()));
    items.iter().filter_map(pair).collect()
}

/// What both sides have made of the same values: where only one has changed a name, its side; else both as a merge.
fn both(base: &Texts, mine: Vec<Entry>, theirs: &Texts) -> Texts {
    let mine: Texts = mine.into_iter().map(|entry| (entry.name, entry.value.as_str().to_owned())).collect();
    let names: BTreeSet<_> = base.keys().chain(mine.keys()).chain(theirs.keys()).collect();
    let value = |name: &String| {
        let (before, my, their) = (base.get(name), mine.get(name), theirs.get(name));
        if their == before || their == my {
            return my.cloned();
        }
        if my == before {
            return their.cloned();
        }
        let text = |side: Option<&String>| side.map_or("", String::as_str).to_owned();
        Some(merged(&text(my), &text(their)))
    };
    names.into_iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}

/// The values as one YAML document.
fn document(texts: Texts) -> Result<String, Failure> {
    let unwritten = |why: String| Failure::system(format!("the values can't be one document: {why}"));
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Dialect::Yaml, &mut bytes);
    for (name, text) in texts {
        let value = ConfigValue::from_log(&text).map_err(|error| unwritten(error.to_string()))?;
        writer.entry(&Entry::text(name, value)).map_err(|error| unwritten(error.to_string()))?;
    }
    drop(writer.finish().map_err(|error| unwritten(error.to_string()))?);
    String::from_utf8(bytes).map_err(|error| unwritten(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn entries(pairs: &[(&str, &str)]) -> Vec<Entry> {
        let entry = |(name, text): &(&str, &str)| Entry::text(*name, ConfigValue::from_log(text).unwrap());
        pairs.iter().map(entry).collect()
    }

    #[test]
    fn the_side_that_changed_a_name_wins_and_two_sides_are_merged() {
        let base = of(&[
            ("same", "1"),
            ("mine", "1"),
            ("theirs", "1"),
            ("both", "1"),
            ("gone", "1"),
            ("fought", "1"),
        ]);
        let mine = entries(&[("same", "1"), ("mine", "2"), ("theirs", "1"), ("both", "2"), ("new", "1")]);
        let theirs = of(&[
            ("same", "1"),
            ("mine", "1"),
            ("theirs", "3"),
            ("both", "3"),
            ("gone", "1"),
            ("fought", "3"),
            ("other", "1"),
        ]);
        let expected = of(&[
            ("same", "1"),
            ("mine", "2"),
            ("theirs", "3"),
            ("both", "<<<<<<< yours\n2\n=======\n3\n>>>>>>> theirs\n"),
            ("fought", "<<<<<<< yours\n=======\n3\n>>>>>>> theirs\n"),
            ("new", "1"),
            ("other", "1"),
        ]);
        assert_eq!(both(&base, mine, &theirs), expected);
    }
}
