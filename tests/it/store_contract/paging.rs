//! S10: a page ends where its caller said, never earlier in silence, never with nothing.

use configapi::domain::{Config, ConfigName, Revision, Version};
use configapi::infrastructure::store::{HistoryPage, Order, PageLimit, RecordedEvent, SealedChange};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, changes, history, name, tree};
use super::reading::AWKWARD_NAMES;

/// Values of many lengths, names that change at each revision or hardly ever.
fn varied_log(fixture: &dyn Fixture) -> Log {
    let mut log = Log::new(fixture.open());
    let lengths = [0, 1, 40, 300, 5_000];
    for round in 0..12 {
        let value = "v".repeat(lengths[round % lengths.len()]);
        let mut operations = vec![("a", Some(value.as_str()))];
        for awkward in AWKWARD_NAMES.iter().skip(round).step_by(5).filter(|awkward| **awkward != "a") {
            operations.push((awkward, Some(&value)));
        }
        log.write(&operations);
        if round % 4 == 3 {
            log.write(&[("a", None)]);
        }
    }
    log
}

pub(crate) fn pages_of_any_size_give_every_row_exactly_once(fixture: &dyn Fixture) {
    let log = varied_log(fixture);
    let at = log.head.revision;
    let whole: Vec<_> = log.tree_at(at).into_iter().collect();
    let of_a = log.history(&name("a"), at);
    for limit in [(1, usize::MAX), (2, usize::MAX), (3, 700), (usize::MAX, 1), (usize::MAX, 6_000), (7, 100)]
    {
        let limit = PageLimit { rows: limit.0, bytes: limit.1 };
        assert_eq!(changes(&*log.store, limit).unwrap().concat(), log.changes, "{limit:?}");
        assert_eq!(tree(&*log.store, at, "", limit).unwrap().concat(), whole, "{limit:?}");
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let mut found = history(&*log.store, &name("a"), order, at, limit).unwrap().concat();
            if order == Order::NewestFirst {
                found.reverse();
            }
            assert_eq!(found, of_a, "{limit:?} {order:?}");
        }
    }
}

pub(crate) fn a_page_has_one_row_at_least(fixture: &dyn Fixture) {
    let log = varied_log(fixture);
    let nothing = PageLimit { rows: 0, bytes: 0 };
    let at = log.head.revision;
    assert!(changes(&*log.store, nothing).unwrap().iter().all(|page| page.len() == 1));
    assert!(tree(&*log.store, at, "", nothing).unwrap().iter().all(|page| page.len() == 1));
    let pages = history(&*log.store, &name("a"), Order::OldestFirst, at, nothing).unwrap();
    assert!(pages.iter().all(|page| page.len() == 1));
    assert_eq!(pages.len(), log.history(&name("a"), at).len());
}

/// The rows of pages by their sizes: no page is over the limit unless it has one row, and none ends before it has to.
fn assert_filled(pages: &[Vec<usize>], bytes_max: usize) {
    let used = |page: &Vec<usize>| page.iter().sum::<usize>();
    assert!(pages.len() > 1 && pages.iter().any(|page| page.len() > 1), "{pages:?} have several rows");
    for page in pages {
        assert!(page.len() == 1 || used(page) <= bytes_max, "{page:?} is over the limit");
    }
    for (page, next) in pages.iter().zip(&pages[1..]) {
        assert!(used(page) + next[0] > bytes_max, "{page:?} ends before {}", next[0]);
    }
}

pub(crate) fn a_page_ends_where_the_next_row_has_no_room(fixture: &dyn Fixture) {
    let log = varied_log(fixture);
    let at = log.head.revision;
    for bytes in [5_000, 20_000] {
        let limit = PageLimit { rows: usize::MAX, bytes };
        let change = |sealed: &SealedChange| sealed.change.page_bytes();
        let pages = changes(&*log.store, limit).unwrap();
        assert_filled(&pages.iter().map(|page| page.iter().map(change).collect()).collect::<Vec<_>>(), bytes);
    }
    for bytes in [400, 6_000] {
        let limit = PageLimit { rows: usize::MAX, bytes };
        let value = |config: &Config| config.value_bytes();
        let state = |(name, config): &(ConfigName, Config)| name.as_str().len() + value(config);
        let pages = tree(&*log.store, at, "", limit).unwrap();
        assert_filled(&pages.iter().map(|page| page.iter().map(state).collect()).collect::<Vec<_>>(), bytes);

        let event = |found: &RecordedEvent| found.event.bytes();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let pages = history(&*log.store, &name("a"), order, at, limit).unwrap();
            assert_filled(
                &pages.iter().map(|page| page.iter().map(event).collect()).collect::<Vec<_>>(),
                bytes,
            );
        }
    }
    let rows = PageLimit { rows: 3, bytes: usize::MAX };
    assert_eq!(changes(&*log.store, rows).unwrap()[0].len(), 3);
    assert_eq!(tree(&*log.store, at, "", rows).unwrap()[0].len(), 3);
}

pub(crate) fn a_page_of_changes_ends_by_its_events_however_short_they_are(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let names: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    let operations: Vec<_> = names.iter().map(|name| (name.as_str(), Some("1"))).collect();
    (0..3).for_each(|_| log.write(&operations));
    // 1,000 events of some four bytes each.
    let limit = PageLimit { rows: 1_000, bytes: 1_001 * 420 };
    let pages = changes(&*log.store, limit).unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(pages.concat(), log.changes);
}

pub(crate) fn a_history_can_be_read_from_both_ends_and_any_place(fixture: &dyn Fixture) {
    let log = varied_log(fixture);
    let a = name("a");
    for at in (0..=log.head.revision.get()).map(Revision::new) {
        let expected = log.history(&a, at);
        for after in (0..=expected.len() as u64 + 1).map(Version::new) {
            let page = |order| {
                let page = HistoryPage { order, after: Some(after), at, limit: EVERYTHING };
                log.store.history(&a, &page).unwrap()
            };
            let later = expected.iter().filter(|found| found.event.version > after);
            assert!(page(Order::OldestFirst).iter().eq(later), "{at} {after}");
            let earlier = expected.iter().rev().filter(|found| found.event.version < after);
            assert!(page(Order::NewestFirst).iter().eq(earlier), "{at} {after}");
        }
    }
}
