//! The checks find what they are for.

use super::*;

fn row(revision: u64, version: u64, name: &str, value: Option<&str>, id: &str) -> Row {
    Row {
        revision,
        ordinal: 1,
        name: name.to_owned(),
        version,
        value: value.map(ToOwned::to_owned),
        request_id: Some(id.to_owned()),
        instant_us: i64::try_from(revision).expect("small"),
        change_id: id.to_owned(),
    }
}

fn log() -> Log {
    let rows =
        vec![row(1, 1, "a", Some("1"), "w1"), row(2, 1, "b", Some("2"), "w2"), row(3, 2, "a", None, "w3")];
    Log { head: 3, changes: 3, rows }
}

fn call(times: (u64, u64), asked: Asked, told: Told) -> Call {
    let (begin, end) = (Duration::from_millis(times.0), Duration::from_millis(times.1));
    Call { client: 1, server: 0, begin, end, asked, told }
}

fn wrote(times: (u64, u64), id: &str, to: (&str, Option<&str>), only_if: OnlyIf, told: Told) -> Call {
    let to_value = to.1.map(ToOwned::to_owned);
    let asked = Asked::Write { id: id.to_owned(), name: to.0.to_owned(), to: to_value, only_if };
    call(times, asked, told)
}

fn read(times: (u64, u64), at: u64, value: Option<(&str, u64)>) -> Call {
    let value = value.map(|(text, revision)| (text.to_owned(), revision));
    call(times, Asked::Read { name: "a".to_owned() }, Told::Seen { at, value })
}

fn right() -> Vec<Call> {
    vec![
        wrote((0, 10), "w1", ("a", Some("1")), OnlyIf::Absent, Told::Written(1)),
        read((11, 12), 1, Some(("1", 1))),
        wrote((13, 20), "w2", ("b", Some("2")), OnlyIf::Always, Told::Unknown(String::new())),
        wrote((21, 30), "w3", ("a", None), OnlyIf::Revision(1), Told::Written(3)),
        wrote(
            (31, 40),
            "w4",
            ("a", None),
            OnlyIf::Always,
            Told::Refused { at: 3, status: 410, current: None },
        ),
        wrote((41, 50), "w5", ("a", Some("5")), OnlyIf::Always, Told::NotStored(503)),
        read((51, 52), 3, None),
    ]
}

#[track_caller]
fn finds(change: impl FnOnce(&mut Vec<Call>, &mut Log), what: &str) {
    let (mut calls, mut log) = (right(), log());
    change(&mut calls, &mut log);
    let found = check(&calls, &log).expect_err("it is wrong");
    assert!(found.contains(what), "{found}");
}

#[test]
fn a_history_that_is_right_has_no_findings() {
    check(&right(), &log()).expect("it is right");
}

#[test]
fn a_lost_write_a_doubled_one_and_a_refused_one_that_is_stored_are_found() {
    finds(|calls, _| calls[3].told = Told::Written(4), "an acknowledged write is not at 4");
    finds(|_, log| log.rows[1].request_id = Some("w1".to_owned()), "more than once");
    finds(|_, log| log.rows[1].request_id = Some("w4".to_owned()), "it was refused, and is stored");
    finds(
        |_, log| log.rows[1].request_id = Some("w5".to_owned()),
        "every try was told that it was not stored",
    );
}

#[test]
fn gaps_are_found() {
    finds(|_, log| log.rows[1].revision = 1, "revisions are not 1..3");
    finds(|_, log| log.head = 2, "revisions are not 1..2");
    finds(|_, log| log.rows[2].version = 3, "versions of a");
    finds(|_, log| log.rows[2].instant_us = 2, "instants do not rise");
}

#[test]
fn a_write_before_its_time_is_found() {
    let late = |calls: &mut Vec<Call>, _: &mut Log| {
        calls.remove(2);
        calls.push(wrote((60, 61), "w2", ("b", Some("2")), OnlyIf::Always, Told::Written(2)));
    };
    finds(late, "revision 3 was acknowledged before");
}

#[test]
fn a_read_that_is_not_the_fold_or_goes_back_is_found() {
    finds(|calls, _| calls[1] = read((11, 12), 1, None), "the fold at 1");
    finds(|calls, _| calls[6] = read((51, 52), 2, Some(("1", 1))), "this server acknowledged 3 before");
    finds(|calls, _| calls[6] = read((51, 52), 7, None), "not in the log");
}

#[test]
fn a_change_in_parts_and_a_list_that_is_no_state_are_found() {
    let both = |calls: &mut Vec<Call>, log: &mut Log| {
        log.rows[1].request_id = Some("t1".to_owned());
        let sets = ["b", "c"].map(|name| (name.to_owned(), "2".to_owned())).to_vec();
        calls[2] = call((13, 20), Asked::Transaction { id: "t1".to_owned(), sets }, Told::Written(2));
    };
    finds(both, "it is not one whole change");
    let item = |name: &str, revision: u64| (name.to_owned(), revision.to_string(), revision);
    let list = |items| {
        move |calls: &mut Vec<Call>, _: &mut Log| {
            calls.push(call((51, 52), Asked::List, Told::Listed { at: 3, items }))
        }
    };
    finds(list(vec![item("a", 1), item("b", 2)]), "the list is not the fold");
    finds(list(Vec::new()), "the list is not the fold");
}

#[test]
fn a_compare_and_set_that_should_have_failed_and_a_refusal_without_a_reason_are_found() {
    let set = |only_if| {
        move |calls: &mut Vec<Call>, _: &mut Log| {
            calls[3] = wrote((21, 30), "w3", ("a", None), only_if, Told::Written(3));
        }
    };
    finds(set(OnlyIf::Revision(2)), "its condition did not hold");
    finds(set(OnlyIf::Absent), "its condition did not hold");
    let refused = Told::Refused { at: 3, status: 412, current: Some(0) };
    finds(
        |calls, _| calls[4] = wrote((31, 40), "w4", ("a", Some("4")), OnlyIf::Absent, refused),
        "refuses it",
    );
}
