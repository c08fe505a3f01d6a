//! Every way to read, compared with the model.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use configapi::application::{
    ActivityBucket, ActivityQuery, At, ConfigStore, HistoryPage, ListEffort, ListQuery, Listing, Order,
    PageLimit, Published, RecordedEvent, Search, View, Within,
};
use configapi::domain::{Change, Config, DifferenceKind, Event, Point, Principal, SearchText};

use super::plain::{Happened, Held, Plain, Tree};
use super::{NAMES, PREFIXES};
use crate::support::writes::{ALL, name, prefix, rev};

pub fn compare_every_read(store: &ConfigStore, plain: &Plain) {
    let head = plain.head();
    assert_eq!((store.applied(), store.followed()), (rev(head), rev(head)));
    compare_now(store, plain);
    (0..=head).for_each(|at| compare_then(store, plain, at));
    for text in NAMES {
        compare_histories(store, plain, text);
    }
    compare_differences(store, plain);
    compare_feed(store, plain);
    compare_activity(store);
    (0..=head).for_each(|at| compare_searches(store, plain, at));
}

fn held(config: &Config) -> Held {
    Held {
        value: config.text().map(str::to_owned),
        version: config.version.get(),
        revision: config.revision.get(),
        actor: config.updated_by.to_string(),
    }
}

fn compare_now(store: &ConfigStore, plain: &Plain) {
    let tree = plain.tree(plain.head());
    for text in NAMES {
        let found = store.get(&name(text));
        assert_eq!(
            (found.revision, found.found.as_deref().map(held)),
            (rev(plain.head()), tree.get(text).filter(|held| held.value.is_some()).cloned())
        );
    }
    for text in PREFIXES {
        let query = ListQuery { prefix: prefix(text), ..ListQuery::default() };
        let newest = plain.tag(text);
        compare_list(&store.list(&query), &tree, (text, newest), plain.head());
    }
    // In pages of two, at one revision.
    let (mut after, mut paged) = (None, Vec::new());
    loop {
        let page =
            store.list(&ListQuery { after: after.clone(), limit: 2, ..ListQuery::default() }).found.items;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        paged.extend(page);
    }
    assert_eq!(paged, store.list(&ListQuery::default()).found.items);
}

fn compare_list(found: &At<Listing>, tree: &Tree, (start, newest): (&str, u64), at: u64) {
    let under = tree.iter().filter(|(text, _)| text.starts_with(start));
    let present: Vec<_> = under.filter(|(_, held)| held.value.is_some()).collect();
    let items: Vec<_> =
        found.found.items.iter().map(|(text, config)| (text.to_string(), held(config))).collect();
    assert!(items.iter().map(|(text, held)| (text, held)).eq(present), "{items:?} under {start:?} at {at}");
    assert_eq!(found.found.newest.revision().get(), newest);
    assert_eq!(found.revision, rev(at));
}

fn compare_then(store: &ConfigStore, plain: &Plain, at: u64) {
    let tree = plain.tree(at);
    for text in NAMES {
        let found = store.get_at(&name(text), rev(at)).expect("the past can be read");
        assert_eq!((found.revision, found.found.as_deref().map(held)), (rev(at), tree.get(text).cloned()));
    }
    for text in PREFIXES {
        let query = ListQuery { prefix: prefix(text), ..ListQuery::default() };
        // The state at a place never changes: the place is its tag.
        compare_list(&store.list_at(&query, rev(at)).expect("the past can be read"), &tree, (text, at), at);
    }
}

fn happened(event: &Event, revision: u64, actor: &str) -> Happened {
    let text = |held: Option<&configapi::domain::Value>| held?.text().map(str::to_owned);
    Happened {
        revision,
        name: event.name.to_string(),
        version: event.version.get(),
        before: text(event.previous()),
        after: text(event.value()),
        actor: actor.to_owned(),
    }
}

fn compare_histories(store: &ConfigStore, plain: &Plain, text: &str) {
    let head = plain.head();
    for at in [head, head / 2] {
        let mut expected: Vec<_> =
            plain.happened.iter().filter(|it| it.name == text && it.revision <= at).collect();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let limit = PageLimit { rows: 2, ..ALL };
            let (mut after, mut paged) = (None, Vec::new());
            loop {
                let page = HistoryPage { order, after, at: rev(at), limit };
                let page = store.history(&name(text), &page).expect("the past can be read");
                let Some(last) = page.last() else { break };
                after = Some(last.event.version);
                let shown = |it: &RecordedEvent| happened(&it.event, it.revision.get(), &it.metadata.actor);
                paged.extend(page.iter().map(shown));
            }
            assert!(paged.iter().eq(expected.iter().copied()), "{paged:?}\nis not {expected:?}");
            expected.reverse();
        }
    }
}

/// From the start, the middle and the end to each of them.
fn compare_differences(store: &ConfigStore, plain: &Plain) {
    let places = [0, plain.head() / 2, plain.head()];
    let present = |at, start: &str| -> BTreeMap<String, String> {
        let under = plain.tree(at).into_iter().filter(|(text, _)| text.starts_with(start));
        under.filter_map(|(text, held)| Some((text, held.value?))).collect()
    };
    for (from, to) in places.iter().flat_map(|from| places.iter().map(move |to| (*from, *to))) {
        for start in PREFIXES {
            let (before, after) = (present(from, start), present(to, start));
            let mut expected: Vec<(String, DifferenceKind)> = Vec::new();
            expected.extend(
                before
                    .keys()
                    .filter(|text| !after.contains_key(*text))
                    .map(|it| (it.clone(), DifferenceKind::Removed)),
            );
            for (text, held) in &after {
                match before.get(text) {
                    None => expected.push((text.clone(), DifferenceKind::Added)),
                    Some(was) if was != held => expected.push((text.clone(), DifferenceKind::Changed)),
                    Some(_) => {}
                }
            }
            expected.sort_by(|one, other| one.0.cmp(&other.0));
            let found = store.diff(&prefix(start), rev(from), rev(to)).expect("the past can be read");
            let found: Vec<_> = found.iter().map(|it| (it.name.to_string(), it.kind)).collect();
            assert_eq!(found, expected, "from {from} to {to} under {start:?}");
        }
    }
}

fn compare_feed(store: &ConfigStore, plain: &Plain) {
    let (mut after, mut changes) = (rev(0), Vec::<Arc<Published>>::new());
    while after < store.followed() {
        let page = store.changes_after(after, PageLimit { rows: 3, ..ALL }).expect("the log can be read");
        after = page.last().expect("a page goes on").change.revision;
        changes.extend(page);
    }
    let changes: Vec<&Change> = changes.iter().map(|published| &published.change).collect();
    assert!(changes.iter().map(|change| change.revision.get()).eq(1..=plain.head()));
    let all = changes.iter().flat_map(|change| {
        let (revision, actor) = (change.revision.get(), &change.metadata.actor);
        change.events.iter().map(move |event| happened(event, revision, actor))
    });
    assert!(all.eq(plain.happened.iter().cloned()));

    // Instants rise, and each is the place of its change.
    assert!(changes.is_sorted_by(|one, next| one.instant < next.instant));
    for change in changes {
        let at = |instant| store.resolve(Point::Instant(instant)).expect("the log can be read");
        let before = change.instant.minus(Duration::from_micros(1));
        assert_eq!((at(change.instant), at(before)), (change.revision, change.revision.previous()));
    }
}

/// Between any two changes, and around all of them: each change is in one part.
fn compare_activity(store: &ConfigStore) {
    let changes = store.changes_after(rev(0), ALL).expect("the log can be read");
    let instants: Vec<_> = changes.iter().map(|published| published.change.instant).collect();
    let (Some(first), Some(last)) = (instants.first(), instants.last()) else { return };
    let hour = Duration::from_hours(1);
    let spans =
        [(first.minus(hour), last.plus(hour)), (*first, *last), (instants[instants.len() / 2], *last)];
    for ((from, to), parts) in spans.into_iter().flat_map(|span| [1, 2, 7, 60].map(|parts| (span, parts))) {
        let buckets = NonZeroUsize::new(parts).expect("a number of parts");
        let [from, to] = [from, to].map(|instant| Some(Point::Instant(instant)));
        let found = store.activity(&ActivityQuery { from, to, buckets }).expect("the log can be read").found;
        let mut expected = vec![Vec::new(); parts];
        for (revision, instant) in (1..).zip(&instants) {
            let is_in = |bucket: &ActivityBucket| bucket.from <= *instant && *instant < bucket.to;
            let place = found.iter().position(is_in);
            let place = place.or((found[parts - 1].to == *instant).then_some(parts - 1));
            if let Some(place) = place {
                expected[place].push(rev(revision));
            }
        }
        for (bucket, expected) in found.iter().zip(&expected) {
            assert_eq!(bucket.changes, expected.len() as u64, "{bucket:?}");
            assert_eq!(bucket.first_revision, expected.first().copied(), "{bucket:?}");
        }
    }
}

/// Now and in the past, whole and cut after every second name. The texts and the values are in lower case.
fn compare_searches(store: &ConfigStore, plain: &Plain, at: u64) {
    let place = store.place(Point::Revision(rev(at))).expect("the past can be read");
    let everybody = Arc::new(Principal::everybody());
    let view = View::new(store, &everybody);
    let searches = ["a", "B", "Ю", "w"]
        .into_iter()
        .flat_map(|text| [(text, Within::Names), (text, Within::NamesAndValues)]);
    for ((text, within), start) in searches.flat_map(|search| PREFIXES.map(|start| (search, start))) {
        let lower = text.to_lowercase();
        let is_found = |(name, held): &(&String, &Held)| {
            let value = held.value.as_deref().filter(|_| within == Within::NamesAndValues);
            name.to_lowercase().contains(&lower) || value.is_some_and(|value| value.contains(&lower))
        };
        let tree = plain.tree(at);
        let present = tree.iter().filter(|(name, held)| held.value.is_some() && name.starts_with(start));
        let expected: Vec<&str> = present.filter(is_found).map(|(name, _)| name.as_str()).collect();
        let search = Search { text: SearchText::parse(text).expect("a text"), within };
        for effort in [ListEffort::PAST, ListEffort { names: 2, ..ListEffort::PAST }] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let prefix = prefix(start);
                // The first part of a list of now is of now, and the rest of the past.
                let mut walk = if at == plain.head() && after.is_none() {
                    view.search_now(&ListQuery { prefix, ..ListQuery::default() }, search.clone(), effort).0
                } else {
                    view.search_past(view.walk(place, prefix, after.take()), search.clone(), effort)
                };
                while !walk.has_ended() {
                    found.extend(view.found(&mut walk).expect("the past can be read"));
                }
                after = walk.cut_after().cloned();
                if after.is_none() {
                    break;
                }
            }
            let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(found, expected, "{text:?} in {within:?} under {start:?} at {at}");
        }
    }
}
