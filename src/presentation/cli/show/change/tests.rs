//! Changes as they are printed, to the character.

use super::super::tests::samples;
use super::*;

fn sample() -> ChangeJson {
    samples::change(
        Some("raise the limit\nfor the launch"),
        &[
            samples::set_text("app/a", Some("1"), "2"),
            samples::set_text("app/b\u{202e}", None, "new"),
            samples::deleted_text("app/c", "old"),
            samples::shredded_text("app/key", "1,3"),
        ],
    )
}

#[test]
fn a_change_is_a_block_with_its_events() {
    assert_eq!(
        block(&sample(), &Times::of_sample(), Colour::Never),
        "\
revision 417
Actor:  ada
Time:   2026-01-15 11:00:00 +01:00 (3 minutes ago)

    raise the limit
    for the launch

    ~ app/a: 1 → 2
    + app/b\\u{202e} = new
    - app/c = old
    ! app/key: values of versions 1, 3 destroyed"
    );
}

#[test]
fn a_change_without_reason_that_hides_names_says_so() {
    let mut change = samples::change(None, &[samples::set_text("a", None, "1")]);
    change.partial = Some(true);
    assert_eq!(
        block(&change, &Times::EXACT, Colour::Never),
        "\
revision 417
Actor:  ada
Time:   2026-01-15T10:00:00.000000Z

    + a = 1
    (and names that this token may not read)"
    );
}

#[test]
fn a_change_in_one_line_names_the_first_names() {
    assert_eq!(
        one_line(&sample(), &Times::EXACT, Colour::Never),
        "417  2026-01-15T10:00:00.000000Z  ada  ~ app/a, + app/b\\u{202e}, - app/c, and 1 more  \
         raise the limit\\nfor the launch"
    );
    let shredded = samples::change(None, &[samples::shredded_text("app/key", "1")]);
    assert_eq!(
        one_line(&shredded, &Times::of_sample(), Colour::Always).replace('\u{1b}', ""),
        "[33m417[0m  2026-01-15 11:00:00 +01:00  ada  [31m![0m app/key"
    );
}

#[test]
fn a_change_with_its_numbers() {
    assert_eq!(
        stat_block(&sample(), "", &Times::EXACT, Colour::Never),
        "\
revision 417
Actor:  ada
Time:   2026-01-15T10:00:00.000000Z

    raise the limit
    for the launch

 app/  +1 ~1 -1
 1 added, 1 changed, 1 deleted"
    );
}

#[test]
fn an_event_of_a_history_has_its_version() {
    let event = samples::event("ConfigValueSet", r#""value":"2","old_value":"1""#);
    assert_eq!(
        event_block(&event, &Times::EXACT, Colour::Never),
        "\
revision 417  version 2
Actor:  ada
Time:   2026-01-15T10:00:00.000000Z

    tuning

    ~ a: 1 → 2"
    );
}
