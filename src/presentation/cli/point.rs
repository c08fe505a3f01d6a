//! Points as a person types them: those of the contract, and `HEAD` and `HEAD~3`.

use std::str::FromStr;

use super::error::Failure;
use crate::client::Client;
use crate::domain::{Point, PointError, Revision};

/// A point, which may count back from the newest revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointArg {
    /// So many changes before the newest.
    Head(u64),
    /// One of the contract.
    Given(Point),
}

/// Help for arguments that are points.
pub(super) const POINTS: &str =
    "a revision (417), an instant (2026-01-15T10:00:00Z), an age (15m), HEAD or HEAD~3";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a point: write {POINTS}")]
pub(super) struct PointArgError;

impl FromStr for PointArg {
    type Err = PointArgError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("HEAD") {
            Some("") => Ok(Self::Head(0)),
            Some(rest) => {
                let back = rest.strip_prefix('~').ok_or(PointArgError)?;
                if back.is_empty() {
                    return Ok(Self::Head(1));
                }
                back.parse().map(Self::Head).map_err(|_| PointArgError)
            }
            None => Point::parse(text).map(Self::Given).map_err(|_: PointError| PointArgError),
        }
    }
}

impl PointArg {
    /// The point itself.
    pub(super) fn resolve(self, client: &Client) -> Result<Point, Failure> {
        match self {
            Self::Given(point) => Ok(point),
            Self::Head(back) => {
                let head = client.head()?.get();
                let Some(revision) = head.checked_sub(back) else {
                    return Err(Failure::usage(format!(
                        "HEAD~{back} is before the first change: HEAD is revision {head}"
                    )));
                };
                Ok(Point::Revision(Revision::new(revision)))
            }
        }
    }

    /// The revision that it is at now.
    pub(super) fn revision(self, client: &Client) -> Result<Revision, Failure> {
        match self.resolve(client)? {
            // The server would wait for one that is beyond its newest.
            Point::Revision(revision) => Ok(revision),
            point => Ok(client.revision_at(point)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_counts_changes_back() {
        assert_eq!("HEAD".parse(), Ok(PointArg::Head(0)));
        assert_eq!("HEAD~".parse(), Ok(PointArg::Head(1)));
        assert_eq!("HEAD~12".parse(), Ok(PointArg::Head(12)));
        assert_eq!("417".parse(), Ok(PointArg::Given(Point::Revision(Revision::new(417)))));
        for text in ["HEAD^", "HEAD~x", "HEAD1", "head", "yesterday", ""] {
            assert_eq!(text.parse::<PointArg>(), Err(PointArgError), "{text:?}");
        }
    }
}
