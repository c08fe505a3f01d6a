//! Principals that may read a part: each of their reads is that of everybody, without the other names.

use std::sync::Arc;

use configapi::application::{ConfigStore, HistoryPage, ListQuery, Order, View};
use configapi::domain::{Grant, PathPrefix, Permission, Point, Principal, Revision};

use super::plain::Plain;
use super::{NAMES, PREFIXES};
use crate::support::writes::{ALL, name, prefix, rev};

/// The names that a principal may read, in the plainest way: a path allows itself and what is below it.
#[derive(Clone, Copy, Debug)]
struct May {
    allowed: Option<&'static str>,
    denied: Option<&'static str>,
}

const PRINCIPALS: [May; 4] = [
    May { allowed: None, denied: None },
    May { allowed: Some("a"), denied: None },
    May { allowed: Some(""), denied: Some("a/b") },
    May { allowed: Some("a/bc"), denied: None },
];

impl May {
    fn on(self, text: &str) -> bool {
        let covers = |path: &str| path.is_empty() || text == path || text.starts_with(&format!("{path}/"));
        self.allowed.is_some_and(covers) && !self.denied.is_some_and(covers)
    }

    fn principal(self) -> Arc<Principal> {
        let path = |text| PathPrefix::parse(text).expect("a path");
        let allow = self.allowed.map(|text| Grant::allow(path(text), &[Permission::Read]));
        let deny = self.denied.map(|text| Grant::deny(path(text), &[Permission::Read]));
        let grants: Vec<Grant> = allow.into_iter().chain(deny).collect();
        Arc::new(Principal::limited("team", "AAAAAAAA", grants, Revision::ZERO))
    }
}

pub fn compare_principals(store: &ConfigStore, plain: &Plain) {
    let everybody = Arc::new(Principal::everybody());
    let whole = View::new(store, &everybody);
    for may in PRINCIPALS {
        let principal = may.principal();
        let part = View::new(store, &principal);
        compare_names(part, whole, may, plain);
        compare_trees(part, whole, may, plain);
    }
}

fn compare_names(part: View<'_>, whole: View<'_>, may: May, plain: &Plain) {
    for text in NAMES {
        let name = name(text);
        let read = |view: View<'_>| {
            let page =
                HistoryPage { order: Order::OldestFirst, after: None, at: rev(plain.head()), limit: ALL };
            let now = view.get(&name).expect("it can be read").found;
            let then: Vec<_> = (0..=plain.head())
                .map(|at| view.get_at(&name, rev(at)).expect("the past can be read").found)
                .collect();
            let history = view.history(&name, &page, None).expect("the past can be read");
            (now, then, history.iter().map(|record| format!("{record:?}")).collect::<Vec<_>>())
        };
        let (now, then, history) = read(part);
        if may.on(text) {
            assert_eq!((now, then, history), read(whole), "{may:?} on {text}");
        } else {
            let is_hidden = now.is_none() && then.iter().all(Option::is_none) && history.is_empty();
            assert!(is_hidden, "{may:?} on {text}");
        }
    }
}

fn compare_trees(part: View<'_>, whole: View<'_>, may: May, plain: &Plain) {
    let places = [0, plain.head() / 2, plain.head()];
    let place = |at| whole.place(Point::Revision(rev(at))).expect("the past can be read");
    for start in PREFIXES {
        let list = |view: View<'_>| {
            let query = ListQuery { prefix: prefix(start), ..ListQuery::default() };
            view.list(&query).expect("it can be read").found.items
        };
        let mut expected = list(whole);
        expected.retain(|(name, _)| may.on(name.as_str()));
        assert_eq!(list(part), expected, "{may:?} under {start:?}");

        for at in places {
            let names_at = |view: View<'_>| {
                let mut walk = view.walk(place(at), prefix(start), None);
                let mut found = Vec::new();
                while !walk.has_ended() {
                    found.extend(view.names(&mut walk, ALL).expect("the past can be read"));
                }
                found
            };
            let mut expected = names_at(whole);
            expected.retain(|(name, _)| may.on(name.as_str()));
            assert_eq!(names_at(part), expected, "{may:?} under {start:?} at {at}");
        }
        for (from, to) in places.iter().flat_map(|from| places.iter().map(move |to| (*from, *to))) {
            let differences = |view: View<'_>| {
                let begun = view.begin_diff(&prefix(start), place(from), place(to));
                let mut walk = begun.expect("the past can be read");
                let mut found = Vec::new();
                while !walk.has_ended() {
                    found.extend(view.differences(&mut walk, ALL).expect("the past can be read"));
                }
                found
            };
            let mut expected = differences(whole);
            expected.retain(|differs| may.on(differs.name.as_str()));
            let found = differences(part);
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{may:?} under {start:?}");
        }
    }
}
