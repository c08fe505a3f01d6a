//! Tables as they are printed, to the character.

use super::super::items::{BLAME, LIST, blame_row, list_row};
use super::super::tests::samples::{self, COLOURLESS, Printed, TERMINAL};
use super::super::time::Times;
use super::*;
use crate::presentation::cli::show::look::Look;
use crate::wire::item::ItemJson;

fn list(look: Look, output: Output, items: &[ItemJson]) -> String {
    let printed = Printed::default();
    let mut results = Results::new(look, Box::new(printed.clone()));
    let times = if look.is_terminal() && output == Output::Table { Times::of_sample() } else { Times::EXACT };
    let mut rows = Rows::new(&mut results, output, LIST);
    for item in items {
        rows.push(item, || list_row(item, &times)).unwrap();
    }
    rows.end().unwrap();
    printed.text()
}

fn items() -> [ItemJson; 3] {
    [
        samples::text("app/db_url", "postgresql://db.example.com/app"),
        samples::text("app/日本", "a\tb\n\u{1b}[31m\\"),
        samples::item("app/key", r#""value":null,"secret":true,"masked":true,"fingerprint":"f""#),
    ]
}

#[test]
fn a_table_on_a_terminal_cuts_values_to_its_width() {
    assert_eq!(
        list(COLOURLESS, Output::Table, &items()),
        "\
NAME        VALUE             REVISION  TIME           ACTOR
app/db_url  postgresql://db…       417  3 minutes ago  ada
app/日本    a\\tb\\n\\u{1b}[31…       417  3 minutes ago  ada
app/key     ••••••••               417  3 minutes ago  ada
"
    );
    assert!(list(TERMINAL, Output::Table, &items()).starts_with("\u{1b}[1mNAME "));
}

#[test]
fn a_table_off_a_terminal_is_whole() {
    assert_eq!(
        list(Look::PLAIN, Output::Table, &items()),
        "\
NAME        VALUE                            REVISION  TIME                         ACTOR
app/db_url  postgresql://db.example.com/app       417  2026-01-15T10:00:00.000000Z  ada
app/日本    a\\tb\\n\\u{1b}[31m\\                     417  2026-01-15T10:00:00.000000Z  ada
app/key     ••••••••                              417  2026-01-15T10:00:00.000000Z  ada
"
    );
}

#[test]
fn a_longer_name_further_down_takes_the_room_of_its_value() {
    let mut items: Vec<_> =
        (100..201).map(|at| samples::text(&format!("app/{at}"), &"v".repeat(40))).collect();
    items.push(samples::text("app/0123456789", &"v".repeat(40)));
    let table = list(COLOURLESS, Output::Table, &items);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines[1], format!("app/100  {}…       417  3 minutes ago  ada", "v".repeat(18)));
    assert_eq!(lines[102], format!("app/0123456789  {}…       417  3 minutes ago  ada", "v".repeat(11)));
    assert!(lines.iter().all(|line| line.width() <= 60), "{table}");
}

#[test]
fn plain_is_a_line_of_fields_for_each_row() {
    let fields = "app/日本\ta\\tb\\n\u{1b}[31m\\\\\t417\t2026-01-15T10:00:00.000000Z\tada\n";
    assert_eq!(list(Look::PLAIN, Output::Plain, &items()[1..2]), fields);
    assert_eq!(list(COLOURLESS, Output::Plain, &items()[1..2]), fields.replace('\u{1b}', "\\u{1b}"));
    assert_eq!(list(Look::PLAIN, Output::Plain, &[]), "");
}

#[test]
fn json_is_an_array_of_the_contracts_shapes() {
    let text = list(Look::PLAIN, Output::Json, &items());
    assert_eq!(serde_json::from_str::<Vec<ItemJson>>(&text).unwrap(), items());
    assert_eq!(text.lines().count(), 5);
    assert_eq!(list(Look::PLAIN, Output::Json, &[]), "[]\n");
}

#[test]
fn rows_are_printed_before_the_list_ends() {
    let printed = Printed::default();
    let mut results = Results::new(COLOURLESS, Box::new(printed.clone()));
    let mut rows = Rows::new(&mut results, Output::Table, LIST);
    let item = samples::text("a", "1");
    for _ in 0..MEASURED_ROWS {
        assert_eq!(printed.text(), "");
        rows.push(&item, || list_row(&item, &Times::of_sample())).unwrap();
    }
    assert_eq!(printed.text().lines().count(), 1 + MEASURED_ROWS);
    rows.push(&item, || list_row(&item, &Times::of_sample())).unwrap();
    assert_eq!(printed.text().lines().count(), 2 + MEASURED_ROWS);
}

#[test]
fn blame_says_who_set_each_name_and_why() {
    let printed = Printed::default();
    let mut results = Results::new(COLOURLESS, Box::new(printed.clone()));
    let mut rows = Rows::new(&mut results, Output::Table, BLAME);
    let item = samples::text("app/a", "1");
    rows.push(&item, || blame_row(&item, &Times::of_sample())).unwrap();
    rows.end().unwrap();
    assert_eq!(
        printed.text(),
        "NAME   REVISION  ACTOR  TIME           REASON\napp/a       417  ada    3 minutes ago  tuning\n"
    );
}
