//! The rules themselves: each finds the bad line, and says where.

use super::*;

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[track_caller]
fn finds(findings: &[String], expected: &[&str]) {
    let places: Vec<&str> =
        findings.iter().map(|finding| finding.split(": ").next().expect("a place")).collect();
    assert_eq!(places, expected, "{findings:#?}");
}

#[test]
fn a_room_that_uses_what_it_may_not_is_found() {
    let dependencies = dependencies();
    let check = |path: &str, text: &str| floor_findings(&file(path, text), &dependencies).len();
    assert_eq!(check("src/domain/name.rs", "use serde::Serialize;\n"), 1);
    assert_eq!(check("src/domain/name.rs", "use std::{fmt, time::{Duration, Instant}};\n"), 1);
    assert_eq!(check("src/domain/name.rs", "fn f() { std::fs::read(p); }\n"), 1);
    assert_eq!(check("src/domain/name.rs", "use super::super::runtime::clock;\n"), 1);
    assert_eq!(check("src/domain/name.rs", "use super::value::Value;\nuse thiserror::Error;\n"), 0);
    assert_eq!(check("src/runtime/stop.rs", "use crate::{domain::Version, runtime::clock};\n"), 1);
    assert_eq!(check("src/wire/item.rs", "use crate::presentation::http;\nuse rouille::Response;\n"), 2);
    assert_eq!(check("src/wire/item.rs", "use std::io::Read;\n"), 1);
    assert_eq!(check("src/wire/item.rs", "use crate::{application::Shown, domain::Config};\n"), 0);
    assert_eq!(check("src/infrastructure/audit.rs", "fn f(x: &crate::application::Error) {}\n"), 1);
    assert_eq!(check("src/application/service.rs", "use rusqlite as r;\nfn f() { r::open() }\n"), 1);
    assert_eq!(check("src/application/service.rs", "#[cfg(test)]\nmod tests { use rusqlite::Row; }\n"), 0);
    assert_eq!(check("src/presentation/cli.rs", "use crate::infrastructure::store;\n"), 1);
    assert_eq!(check("src/main.rs", "use clap::Parser;\nfn main() { configapi::domain::f() }\n"), 2);
    assert_eq!(check("src/main.rs", "fn main() { configapi::presentation::cli::main() }\n"), 0);
    let findings = floor_findings(&file("src/domain/x.rs", "\n\nuse slog::info;\n"), &dependencies);
    finds(&findings, &["src/domain/x.rs:3"]);
}

#[test]
fn an_unwrap_is_found_unless_it_is_a_tests() {
    let text = "// .unwrap()\nfn f() { x.unwrap() }\n#[cfg(test)]\nmod tests {\n fn g() { x.unwrap() }\n}\n";
    finds(&unwraps(&file("src/a.rs", text)), &["src/a.rs:2"]);
}

#[test]
fn sql_in_a_handler_is_found() {
    let text = "/// UPDATE here\nfn f() {\n    q(\"SELECT 1\")\n}\n";
    finds(&sql_outside_the_stores(&file("src/application/a.rs", text)), &["src/application/a.rs:3"]);
    finds(&sql_outside_the_stores(&file("src/infrastructure/a.rs", text)), &[]);
}

#[test]
fn a_handler_that_holds_the_store_is_found() {
    let text = "//! ConfigStore\nuse crate::application::{ConfigStore, View};\nfn f() { View::new(s, p) }\n";
    for path in ["src/presentation/http/handlers/a.rs", "src/presentation/fronts/b.rs"] {
        finds(
            &ways_past_the_view(&file(path, text)),
            &[format!("{path}:2"), format!("{path}:3")].each_ref().map(String::as_str),
        );
    }
    finds(&ways_past_the_view(&file("src/presentation/http/api.rs", text)), &[]);
    finds(&ways_past_the_view(&file("src/presentation/cli/commands/serve.rs", text)), &[]);
}

#[test]
fn a_mark_is_found() {
    let text = ["fine\n// TO", "DO: later\n"].concat();
    finds(&marks(&file("src/a.rs", &text)), &["src/a.rs:2"]);
}

#[test]
fn a_long_file_and_a_long_median_are_found() {
    assert_eq!(lengths(&[file("a.rs", &"\n".repeat(399)), file("b.rs", ""), file("c.rs", "")]).len(), 0);
    assert_eq!(lengths(&[file("a.rs", &"\n".repeat(400)), file("b.rs", ""), file("c.rs", "")]).len(), 1);
    assert_eq!(lengths(&[file("a.rs", &"\n".repeat(201))]).len(), 1);
}

#[test]
fn a_statement_without_its_twin_or_its_head_is_found() {
    let both = [file("sql/postgres/a.sql", "-- A.\nSELECT"), file("sql/sqlite/a.sql", "SELECT")];
    finds(&statements(&both), &["sql/sqlite/a.sql:1"]);
    let one = [file("sql/postgres/b.sql", "-- B."), file("sql/postgres/migrations/0001_x.sql", "-- X.")];
    finds(&statements(&one), &["sql/postgres/b.sql:1"]);
}
