//! Differences as they are printed, to the character.

use std::fmt::Write as _;

use super::super::tests::samples;
use super::*;
use crate::wire::difference::DifferenceJson;

fn texts(old: &str, new: &str) -> String {
    let differing = Differing::new("app/a", Some(Shown::Text(old)), Some(Shown::Text(new)));
    difference(&differing, Detail::Whole, Colour::Never)
}

fn coloured(old: &str, new: &str) -> String {
    let differing = Differing::new("app/a", Some(Shown::Text(old)), Some(Shown::Text(new)));
    let text = difference(&differing, Detail::Whole, Colour::Always);
    // Readable in a test: `[32m` for the sequence.
    text.replace('\u{1b}', "")
}

fn sides(from: Option<Shown<'_>>, to: Option<Shown<'_>>, detail: Detail) -> String {
    difference(&Differing::new("app/a", from, to), detail, Colour::Never)
}

#[test]
fn short_values_are_in_the_line_of_their_name() {
    assert_eq!(texts("1", "2"), "~ app/a: 1 → 2");
    assert_eq!(texts("", "a\tb"), "~ app/a:  → a\\tb");
    assert_eq!(coloured("1", "2"), "[33m~[0m app/a: [31m1[0m → [32m2[0m");
    let (text, absent) = (Some(Shown::Text("v")), None);
    for detail in [Detail::Whole, Detail::Brief] {
        assert_eq!(sides(absent, text, detail), "+ app/a = v");
    }
    assert_eq!(sides(text, absent, Detail::Whole), "- app/a = v");
    assert_eq!(sides(text, absent, Detail::Brief), "- app/a");
}

#[test]
fn names_and_values_can_not_control_a_terminal() {
    let evil = "\u{1b}[2J\u{202e}é😀\"";
    let differing = Differing::new(evil, Some(Shown::Text(evil)), Some(Shown::Text("x")));
    assert_eq!(
        difference(&differing, Detail::Whole, Colour::Never),
        "~ \\u{1b}[2J\\u{202e}é😀\": \\u{1b}[2J\\u{202e}é😀\" → x"
    );
}

#[test]
fn a_difference_behind_many_escapes_is_seen() {
    let escapes = "\u{1b}".repeat(20);
    let text = texts(&format!("{escapes}1"), &format!("{escapes}2"));
    let shown = "\\u{1b}".repeat(20);
    assert_eq!(text, format!("~ app/a:\n    @@ -1,1 +1,1 @@\n    - {shown}1\n    + {shown}2"));
}

#[test]
fn secrets_are_masked_and_compared_by_their_fingerprint() {
    let secrets = |old, new| sides(Some(Shown::Masked(old)), Some(Shown::Masked(new)), Detail::Whole);
    assert_eq!(secrets(Some("f"), Some("g")), "~ app/a: •••••••• → •••••••• (another secret)");
    assert_eq!(secrets(Some("f"), Some("f")), "~ app/a: •••••••• → •••••••• (the same secret)");
    assert_eq!(secrets(Some("f"), None), "~ app/a: •••••••• → •••••••• (may be another secret)");
    let (secret, text) = (Some(Shown::Masked(None)), Some(Shown::Text("v")));
    assert_eq!(sides(None, secret, Detail::Brief), "+ app/a = ••••••••");
    assert_eq!(sides(text, secret, Detail::Brief), "~ app/a: v → ••••••••");
    assert_eq!(sides(Some(Shown::Shredded), text, Detail::Brief), "~ app/a: (shredded) → v");
    assert_eq!(sides(None, Some(Shown::LeftOut), Detail::Whole), "+ app/a");
}

#[test]
fn other_differences_than_the_value_are_said() {
    let mut difference = DifferenceJson {
        name: samples::text("app/a", "v").name,
        kind: DifferenceKind::Changed,
        from: Some(samples::text("app/a", "v")),
        to: Some(samples::item("app/a", r#""value":"v","secret":true"#)),
    };
    let printed = |it: &DifferenceJson| super::difference(&Differing::of(it), Detail::Whole, Colour::Never);
    assert_eq!(printed(&difference), "~ app/a = v (now a secret)");
    if let Some(to) = &mut difference.to {
        to.content_type = crate::domain::ContentType::parse("application/json").unwrap();
        to.secret = None;
    }
    assert_eq!(printed(&difference), "~ app/a = v (content type text/plain → application/json)");
}

#[test]
fn long_values_differ_by_lines_with_some_around() {
    let old: String = (1..=12).fold(String::new(), |text, line| text + &format!("line {line}\n"));
    let new = old.replace("line 6\n", "line six\n").replace("line 8\n", "");
    let expected = "\
~ app/a:
    @@ -3,9 +3,8 @@
      line 3
      line 4
      line 5
    - line 6
    + line six
      line 7
    - line 8
      line 9
      line 10
      line 11";
    assert_eq!(texts(&old, &new), expected);
}

#[test]
fn words_in_a_line_are_marked_by_colour() {
    assert_eq!(
        coloured("listen 80 default_server;\nroot /a;\n", "listen 8080 default_server;\nroot /a;\n"),
        "[33m~[0m app/a:\n    [2m@@ -1,2 +1,2 @@[0m\n    \
         [31m- [0m[31mlisten [0m[7;31m80[0m[31m default_server;[0m\n    \
         [32m+ [0m[32mlisten [0m[7;32m8080[0m[32m default_server;[0m\n      root /a;"
    );
}

#[test]
fn the_end_of_the_last_line_is_said_where_it_differs() {
    assert_eq!(
        texts("a\nb", "a\nb\n"),
        "~ app/a:\n    @@ -1,2 +1,2 @@\n      a\n    - b\n    \\ no newline at the end\n    + b"
    );
    assert_eq!(texts("a\nb", "a\nc"), "~ app/a:\n    @@ -1,2 +1,2 @@\n      a\n    - b\n    + c");
}

#[test]
fn ends_of_lines_of_windows_are_seen() {
    assert_eq!(texts("a\nb\n", "a\r\nb\n"), "~ app/a:\n    @@ -1,2 +1,2 @@\n    - a\n    + a\\r\n      b");
}

#[test]
fn one_long_line_shows_the_parts_that_changed() {
    let (head, tail) = ("word ".repeat(400), " more".repeat(400));
    let text = texts(&format!("{head}old{tail}"), &format!("{head}new{tail}"));
    let (start, end) = ("word ".repeat(8), " more".repeat(8));
    let side = |word: &str| format!("{start}…{start}{word}{end}…{end}");
    assert_eq!(text, format!("~ app/a:\n    @@ -1,1 +1,1 @@\n    - {}\n    + {}", side("old"), side("new")));
}

#[test]
fn an_added_long_value_is_whole_in_a_diff_and_brief_in_a_plan() {
    let pem = "-----BEGIN-----\r\nabc\r\n-----END-----\r\n";
    let added = |detail| sides(None, Some(Shown::Text(pem)), detail);
    assert_eq!(
        added(Detail::Whole),
        "+ app/a:\n    + -----BEGIN-----\\r\n    + abc\\r\n    + -----END-----\\r"
    );
    assert_eq!(added(Detail::Brief), "+ app/a = -----BEGIN-----\\r\\nabc\\r\\n-----END-----\\r\\n");
    let long = "x".repeat(100);
    assert_eq!(
        sides(None, Some(Shown::Text(&long)), Detail::Brief),
        format!("+ app/a = {}… (100 bytes)", "x".repeat(59))
    );
}

const OLD: &str =
    r#"{"db": {"pool": {"max": 10, "min": 1}, "hosts": ["a", "b"]}, "feature.x": true, "gone": {"a": 1}}"#;

#[test]
fn json_differs_by_its_members() {
    let new =
        r#"{"db":{"pool":{"max":20,"min":1},"hosts":["a","c","d"]},"feature.x":null,"new":"x","long":[1,2]}"#;
    let expected = "\
~ app/a:
    ~ db.pool.max: 10 → 20
    ~ db.hosts[1]: \"b\" → \"c\"
    + db.hosts[2] = \"d\"
    ~ [\"feature.x\"]: true → null
    - gone = {\"a\":1}
    + new = \"x\"
    + long = [1,2]";
    assert_eq!(texts(OLD, new), expected);
    assert_eq!(
        coloured(OLD, &OLD.replace("10", "11")),
        "[33m~[0m app/a:\n    [33m~[0m db.pool.max: [31m10[0m → [32m11[0m"
    );
}

#[test]
fn a_long_text_in_json_differs_by_its_lines() {
    let value =
        |port: &str| format!(r#"{{"conf": "server {{\n  listen {port};\n}}\n", "padding": "{:60}"}}"#, "");
    let expected = "\
~ app/a:
    ~ conf:
        @@ -1,3 +1,3 @@
          server {
        -   listen 80;
        +   listen 81;
          }";
    assert_eq!(texts(&value("80"), &value("81")), expected);
}

#[test]
fn json_that_says_more_than_its_members_differs_by_lines() {
    let padding = " ".repeat(60);
    // The first has one key twice, the second more digits than a double has, the third other spaces alone.
    for (old, new) in [
        (r#"{"a":1,"a":2,"b":1}"#, r#"{"a":3,"a":2,"b":2}"#),
        (r#"{"a":12345678901234567890123,"b":1}"#, r#"{"a":12345678901234567890124,"b":2}"#),
        (r#"{"a":1}"#, r#"{ "a":1}"#),
    ] {
        let (old, new) = (format!("{padding}{old}"), format!("{padding}{new}"));
        let expected = format!("~ app/a:\n    @@ -1,1 +1,1 @@\n    - {old}\n    + {new}");
        assert_eq!(texts(&old, &new), expected);
    }
}

/// A value of this many members, each on a line of its own.
fn members(count: usize, salt: &str) -> String {
    let members = (0..count).map(|at| format!("  \"key{at}\": \"{salt} {at}\""));
    format!("{{\n{}\n}}\n", members.collect::<Vec<_>>().join(",\n"))
}

#[test]
fn a_large_value_prints_a_bounded_number_of_lines_and_counts_the_others() {
    let (old, new) = (members(30_000, "value"), members(30_000, "other"));
    let text = texts(&old, &new);
    assert_eq!(text.lines().count(), 1 + members::MEMBERS_MAX + 1);
    assert_eq!(text.lines().last(), Some("    … 29000 more members"));
    let text = texts(&old.replace('{', "["), &new.replace('{', "["));
    assert_eq!(text.lines().count(), 1 + lines::LINES_MAX + 1);
    // The place, both brackets once, and every other line twice.
    assert_eq!(text.lines().last(), Some("    … 59003 more lines"));
    let text = sides(None, Some(Shown::Text(&old)), Detail::Whole);
    assert_eq!(text.lines().last(), Some("    … 29002 more lines"));
}

#[test]
fn a_value_past_the_limit_is_counted_only() {
    let mut old = String::new();
    while old.len() <= BYTES_MAX {
        writeln!(old, "{:63}", "x").unwrap();
    }
    assert_eq!(
        texts(&old, &format!("{old}y")),
        "~ app/a: 2097216 bytes in 32769 lines → 2097217 bytes in 32770 lines"
    );
}
