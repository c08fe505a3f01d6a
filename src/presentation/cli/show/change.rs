//! Changes and events as people read them: in `log`, `show`, `history`, `watch`.

use super::counts::Stat;
use super::diff::{Detail, difference, sign};
use super::differing::Differing;
use super::field::brief;
use super::paint::{Style, paint};
use super::time::Times;
use crate::domain::{Reason, Timestamp};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;
use crate::wire::change::ChangeJson;
use crate::wire::event::{DataJson, EventJson};

/// Names in the one line of a change.
const NAMES_MAX: usize = 3;
const NAME_WIDTH_MAX: usize = 60;
const REASON_WIDTH_MAX: usize = 72;
const INDENT: &str = "    ";

/// A change with its events, as `git log` shows a commit. No end of line.
pub(in crate::presentation::cli) fn block(change: &ChangeJson, times: &Times, colour: Colour) -> String {
    let mut text = head(change, times, colour);
    text.push('\n');
    for event in &change.events {
        text += &indented(&event_text(event, colour));
    }
    text + &indented_note(change, colour)
}

/// A change with the number of names by folder.
pub(in crate::presentation::cli) fn stat_block(
    change: &ChangeJson,
    prefix: &str,
    times: &Times,
    colour: Colour,
) -> String {
    let mut stat = Stat::under(prefix);
    for differing in change.events.iter().filter_map(Differing::of_event) {
        stat.count(differing.name, differing.kind());
    }
    format!("{}\n\n{}{}", head(change, times, colour), stat.text(colour), indented_note(change, colour))
}

/// A change in one line: revision, time, actor, names, reason.
pub(in crate::presentation::cli) fn one_line(change: &ChangeJson, times: &Times, colour: Colour) -> String {
    let mut names: Vec<_> =
        change.events.iter().take(NAMES_MAX).map(|event| brief_name(event, colour)).collect();
    if change.events.len() > NAMES_MAX {
        names.push(format!("and {} more", change.events.len() - NAMES_MAX));
    }
    let revision = paint(colour, Style::Changed, change.revision);
    let reason = change.reason.as_ref().map_or(String::new(), |reason| {
        format!("  {}", paint(colour, Style::Faint, brief(reason.as_str(), REASON_WIDTH_MAX)))
    });
    let (time, actor) = (times.local(change.created_at), Escaped(&change.actor));
    format!("{revision}  {time}  {actor}  {}{reason}", names.join(", "))
}

/// One event of a history, with its revision, version, actor, time and reason.
pub(in crate::presentation::cli) fn event_block(event: &EventJson, times: &Times, colour: Colour) -> String {
    let title = format!("revision {}  version {}", event.revision, event.stream_version);
    let (actor, reason) = (&event.metadata.actor, event.metadata.reason.as_ref());
    let head = head_of(&title, actor, event.created_at, reason, times, colour);
    format!("{head}\n{}", indented(&event_text(event, colour)))
}

fn head(change: &ChangeJson, times: &Times, colour: Colour) -> String {
    let title = format!("revision {}", change.revision);
    head_of(&title, &change.actor, change.created_at, change.reason.as_ref(), times, colour)
}

fn head_of(
    title: &str,
    actor: &str,
    instant: Timestamp,
    reason: Option<&Reason>,
    times: &Times,
    colour: Colour,
) -> String {
    let title = paint(colour, Style::Changed, title);
    let mut head = format!("{title}\nActor:  {}\nTime:   {}", Escaped(actor), times.full(instant));
    if let Some(reason) = reason {
        head.push('\n');
        head.extend(reason.as_str().lines().map(|line| format!("\n{INDENT}{}", Escaped(line))));
    }
    head
}

fn event_text(event: &EventJson, colour: Colour) -> String {
    match (&event.data, Differing::of_event(event)) {
        (DataJson::Shredded(shredded), _) => {
            let versions: Vec<_> = shredded.versions.iter().map(u64::to_string).collect();
            let (name, versions) = (Escaped(shredded.config_name.as_str()), versions.join(", "));
            paint(colour, Style::Removed, format!("! {name}: values of versions {versions} destroyed"))
        }
        (_, Some(differing)) => difference(&differing, Detail::Whole, colour),
        (_, None) => String::new(),
    }
}

fn brief_name(event: &EventJson, colour: Colour) -> String {
    match (&event.data, Differing::of_event(event)) {
        (DataJson::Shredded(shredded), _) => {
            let name = brief(shredded.config_name.as_str(), NAME_WIDTH_MAX);
            format!("{} {name}", paint(colour, Style::Removed, '!'))
        }
        (_, Some(differing)) => {
            format!("{} {}", sign(differing.kind(), colour), brief(differing.name, NAME_WIDTH_MAX))
        }
        (_, None) => String::new(),
    }
}

/// Says that there are events which the token may not read.
fn indented_note(change: &ChangeJson, colour: Colour) -> String {
    if change.partial != Some(true) {
        return String::new();
    }
    indented(&paint(colour, Style::Faint, "(and names that this token may not read)"))
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| text + "\n" + INDENT + line)
}

#[cfg(test)]
mod tests;
