//! The one renderer of plans, of every command that asks before it changes several names.
//!
//! A plan goes to standard error, with full names and all of them: a person agrees to what is printed.

use super::counts::Counts;
use super::diff::{Detail, difference};
use super::differing::Differing;
use crate::presentation::cli::ui::Ui;
use crate::runtime::logging::Colour;

/// Prints the names that are to change, and how many there are.
pub(in crate::presentation::cli) fn print<'a>(
    ui: Ui,
    planned: impl IntoIterator<Item = Differing<'a>>,
) -> Counts {
    write(planned, ui.stderr.colour, |line| ui.note(line))
}

fn write<'a>(
    planned: impl IntoIterator<Item = Differing<'a>>,
    colour: Colour,
    mut print: impl FnMut(&str),
) -> Counts {
    let mut counts = Counts::default();
    for differing in planned {
        counts.count(differing.kind());
        print(&difference(&differing, Detail::Brief, colour));
    }
    print(&counts.planned());
    counts
}

#[cfg(test)]
mod tests {
    use super::super::shown::Shown;
    use super::*;

    fn printed<'a>(planned: impl IntoIterator<Item = Differing<'a>>, colour: Colour) -> String {
        let mut text = String::new();
        write(planned, colour, |line| text.extend([line, "\n"]));
        text.replace('\u{1b}', "")
    }

    #[test]
    fn a_plan_ends_with_its_numbers() {
        let (text, secret) = (Some(Shown::Text("v")), Some(Shown::Masked(None)));
        let planned = [
            Differing::new("a", None, text),
            Differing::new("b", Some(Shown::Text("old")), text),
            Differing::new("c", None, secret),
            Differing::new("d", text, None),
            Differing::new("e", None, text),
        ];
        assert_eq!(
            printed(planned.clone(), Colour::Never),
            "+ a = v\n~ b: old → v\n+ c = ••••••••\n- d\n+ e = v\n3 to add, 1 to change, 1 to delete\n"
        );
        assert_eq!(
            printed(planned.into_iter().take(2), Colour::Always),
            "[32m+ a = v[0m\n[33m~[0m b: [31mold[0m → [32mv[0m\n1 to add, 1 to change, 0 to delete\n"
        );
    }

    #[test]
    fn a_long_plan_has_every_name_in_full() {
        let names: Vec<_> = (0..5_000).map(|at| format!("{}/{at}", "folder".repeat(80))).collect();
        let text = printed(names.iter().map(|name| Differing::new(name, None, None)), Colour::Never);
        let expected: String = names.iter().flat_map(|name| ["+ ", name, "\n"]).collect();
        assert_eq!(text, expected + "5000 to add, 0 to change, 0 to delete\n");
    }
}
