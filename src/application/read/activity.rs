//! How many changes the log has in each of some equal spans of time: timelines are drawn from it.
//!
//! Revisions have no gaps and instants rise with them. So the count of a span is the difference of the revisions at its
//! two ends, and the store looks up one revision per end, whatever the number of changes. Called by the facade; it reads
//! the store and may block. Invariant: `each_change_is_in_one_bucket`.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::time_travel::{exchanged, resolve};
use crate::application::error::Error;
use crate::domain::{Point, Revision, Timestamp};
use crate::infrastructure::projection::At;
use crate::infrastructure::store::EventStore;

/// The resolution of instants.
const MICROSECOND: Duration = Duration::from_micros(1);

/// Which span of the log to count, and in how many parts.
#[derive(Clone, Copy, Debug)]
pub struct ActivityQuery {
    /// Where the span begins: at the instant of this point. Without one, at the first change of the log.
    pub from: Option<Point>,
    /// Where the span ends: at the instant of this point, which belongs to it. Without one, now.
    pub to: Option<Point>,
    /// The number of equal parts.
    pub buckets: NonZeroUsize,
}

/// One part of the span. It has its beginning, and not its end; the last part has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityBucket {
    /// Where it begins: where the part before it ends.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// The number of changes.
    pub changes: u64,
    /// The first of these changes; `None` where there is none.
    pub first_revision: Option<Revision>,
}

/// Counts the changes up to `head`. `now` is as for [`resolve`]. The revision is the last one that was counted, or the
/// last one before the span.
pub(in crate::application) fn activity(
    store: &dyn EventStore,
    query: &ActivityQuery,
    head: Revision,
    now: Timestamp,
) -> Result<At<Vec<ActivityBucket>>, Error> {
    let instant = |point| instant_of(store, point, head, now);
    let to = query.to.map_or(Ok(now), instant)?;
    let from = match query.from {
        Some(point) => instant(point)?,
        None => first_instant(store)?.unwrap_or(to).min(to),
    };
    if from > to {
        return Err(Error::SpanReversed { from, to });
    }
    let found = count(from, to, query.buckets, |instants| {
        // This server has not applied later changes yet.
        Ok(store.revisions_at(instants)?.into_iter().map(|revision| revision.min(head)).collect())
    })?;
    // The instants and the counts must be of the log in which the places were found.
    for point in [query.from, query.to].into_iter().flatten().filter(|at| matches!(at, Point::Place(_))) {
        resolve(store, point, head, now)?;
    }
    Ok(found)
}

/// Counts by the last revision at or before each of some instants.
fn count(
    from: Timestamp,
    to: Timestamp,
    buckets: NonZeroUsize,
    revisions_at: impl Fn(&[Timestamp]) -> Result<Vec<Revision>, Error>,
) -> Result<At<Vec<ActivityBucket>>, Error> {
    let ends = ends(from, to, buckets);
    let mut last_instants: Vec<Timestamp> = ends.iter().map(|end| end.minus(MICROSECOND)).collect();
    if let Some(last) = last_instants.last_mut() {
        *last = to;
    }
    let revisions = revisions_at(&last_instants)?;
    let spans = ends.windows(2).zip(revisions.windows(2));
    let buckets = spans.map(|(ends, revisions)| ActivityBucket {
        from: ends[0],
        to: ends[1],
        changes: revisions[1].get().saturating_sub(revisions[0].get()),
        first_revision: (revisions[0] < revisions[1]).then(|| revisions[0].next()),
    });
    Ok(At { revision: revisions.last().copied().unwrap_or_default(), found: buckets.collect() })
}

/// Where the parts of a span begin and end: one more instant than parts, from its beginning to its end.
fn ends(from: Timestamp, to: Timestamp, buckets: NonZeroUsize) -> Vec<Timestamp> {
    let parts = buckets.get() as i128;
    let span = i128::from(to.as_micros()) - i128::from(from.as_micros());
    let offset = |part: i128| i64::try_from(span * part / parts).unwrap_or(i64::MAX);
    (0..=parts).map(|part| Timestamp::from_micros(from.as_micros() + offset(part))).collect()
}

/// The instant of a point. That of the empty tree is the instant of the first change.
fn instant_of(
    store: &dyn EventStore,
    point: Point,
    head: Revision,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    match point {
        Point::Instant(instant) => Ok(instant),
        Point::Age(age) => Ok(now.minus(age)),
        Point::Revision(_) | Point::Place(_) => match resolve(store, point, head, now)? {
            Revision::ZERO => Ok(first_instant(store)?.unwrap_or(now)),
            revision => Ok(store.instant_of(revision)?.ok_or_else(exchanged)?),
        },
    }
}

fn first_instant(store: &dyn EventStore) -> Result<Option<Timestamp>, Error> {
    Ok(store.instant_of(Revision::ZERO.next())?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(instants: &[i64], from: i64, to: i64, buckets: usize) -> At<Vec<ActivityBucket>> {
        let revision = |at: &Timestamp| instants.partition_point(|instant| *instant <= at.as_micros());
        let revisions =
            |ends: &[Timestamp]| Ok(ends.iter().map(|at| Revision::new(revision(at) as u64)).collect());
        let [from, to] = [from, to].map(Timestamp::from_micros);
        count(from, to, NonZeroUsize::new(buckets).unwrap(), revisions).unwrap()
    }

    proptest! {
        #[test]
        fn each_change_is_in_one_bucket(
            instants in prop::collection::btree_set(0..60_i64, 0..20),
            (from, span) in (-5..70_i64, 0..70_i64),
            buckets in 1..90_usize,
        ) {
            let instants: Vec<i64> = instants.into_iter().collect();
            let to = from + span;
            let At { revision, found } = counted(&instants, from, to, buckets);
            prop_assert_eq!(found.len(), buckets);
            prop_assert_eq!((found[0].from.as_micros(), found[buckets - 1].to.as_micros()), (from, to));
            prop_assert!(found.windows(2).all(|pair| pair[0].to == pair[1].from));
            for (place, bucket) in found.iter().enumerate() {
                let (begin, end) = (bucket.from.as_micros(), bucket.to.as_micros());
                prop_assert!((0..=1).contains(&(end - begin - span / i64::try_from(buckets).unwrap())), "they are equal");
                let is_last = place + 1 == buckets;
                let is_in = |instant: i64| begin <= instant && (instant < end || is_last && instant == end);
                let revisions = (1..).zip(&instants).filter(|(_, instant)| is_in(**instant));
                let revisions: Vec<u64> = revisions.map(|(revision, _)| revision).collect();
                prop_assert_eq!(bucket.changes, revisions.len() as u64);
                prop_assert_eq!(bucket.first_revision.map(Revision::get), revisions.first().copied());
            }
            let last = instants.iter().filter(|instant| **instant <= to).count();
            prop_assert_eq!(revision.get(), last as u64);
        }
    }

    #[test]
    fn the_longest_span_has_equal_parts() {
        let (first, last) = (Timestamp::MIN.as_micros(), Timestamp::MAX.as_micros());
        let found = counted(&[0], first, last, 1_000).found;
        let lengths = found.iter().map(|bucket| bucket.to.as_micros() - bucket.from.as_micros());
        assert!(lengths.max().unwrap() - (last - first) / 1_000 <= 1);
        assert_eq!(found.iter().map(|bucket| bucket.changes).sum::<u64>(), 1);
    }
}
