//! Lists: pages that the caller does not see, all at one revision.

use std::collections::VecDeque;

use super::call::{Call, Client};
use super::error::Error;
use super::item::Item;
use super::target::Target;
use super::transport::Response;
use crate::domain::{Point, Revision};

/// Names on a page: some hundred kilobytes of usual values.
const PAGE: &str = "1000";

/// Names that are read at a time to find the next segments.
const SEGMENTS_PAGE: &str = "200";

/// From when to read, and what of secrets.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// A point of the past; now if there is none.
    pub at: Option<Point>,
    /// Asks for the values of secrets. The server records it, and refuses a token that may not see one.
    pub reveal: bool,
    /// Leaves the values out.
    pub names_only: bool,
    /// Only names that contain this text, whatever its letter case.
    pub search: Option<String>,
    /// Searches values too.
    pub search_values: bool,
}

impl Read {
    /// As it was at a point.
    pub fn at(point: Point) -> Self {
        Self { at: Some(point), ..Self::default() }
    }

    /// With the values of secrets.
    pub fn revealed() -> Self {
        Self { reveal: true, ..Self::default() }
    }

    pub(crate) fn apply(&self, target: Target) -> Target {
        let target = target.with_some("at", self.at.map(text_of).as_deref());
        let target = target.with_some("reveal", self.reveal.then_some("true"));
        target
            .with_some("values", self.names_only.then_some("false"))
            .with_some("q", self.search.as_deref())
            .with_some("in", self.search_values.then_some("values"))
    }
}

/// A point as the contract writes it.
pub(crate) fn text_of(point: Point) -> String {
    match point {
        Point::Revision(revision) => revision.to_string(),
        Point::Place(place) => place.to_string(),
        Point::Instant(instant) => instant.to_string(),
        Point::Age(age) => humantime::format_duration(age).to_string(),
    }
}

/// The items of a list, sorted by name. It ends after an error.
pub struct Items {
    client: Client,
    page: VecDeque<Item>,
    /// The address of the next page.
    next: Option<String>,
    revision: Option<Revision>,
}

impl Items {
    /// The revision that all items are at; none before the first page.
    pub fn revision(&self) -> Option<Revision> {
        self.revision
    }

    /// Reads the first page, unless it was read.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn begin(&mut self) -> Result<(), Error> {
        if self.revision.is_none() { self.load() } else { Ok(()) }
    }

    fn load(&mut self) -> Result<(), Error> {
        let Some(target) = self.next.take() else { return Ok(()) };
        let mut response =
            self.client.call(Call::get(Target::new(target)).header("Accept", "application/json"))?;
        self.next = next_page(&response);
        self.revision = self.revision.or_else(|| revision_of(&response));
        let mut bytes = Vec::new();
        let read = response.body.read_to_end(&mut bytes);
        read.map_err(|error| self.client.not_of_the_contract(&error.to_string()))?;
        self.page = self.client.decode::<Vec<Item>>(&bytes)?.into();
        Ok(())
    }
}

impl Iterator for Items {
    type Item = Result<Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // A page of a search may be empty though there are more.
        while self.page.is_empty() && self.next.is_some() {
            if let Err(error) = self.load() {
                self.next = None;
                return Some(Err(error));
            }
        }
        self.page.pop_front().map(Ok)
    }
}

impl Client {
    /// The values under a prefix, sorted by name.
    pub fn list(&self, prefix: &str) -> Items {
        self.list_with(prefix, &Read::default())
    }

    /// The same, from the past, with secrets, or searched.
    pub fn list_with(&self, prefix: &str, read: &Read) -> Items {
        let target = Target::new("/v1/config").with_some("prefix", (!prefix.is_empty()).then_some(prefix));
        let target = read.apply(target).with("limit", PAGE);
        Items { client: self.clone(), page: VecDeque::new(), next: Some(target.into_text()), revision: None }
    }
}

impl Client {
    /// The texts that can follow a text on the way to a name: the names that begin so, up to their next `/`. One request
    /// passes a folder, whatever is in it.
    pub(crate) fn next_segments(&self, text: &str, max: usize) -> Result<Vec<String>, Error> {
        let mut found: Vec<String> = Vec::new();
        let mut after: Option<String> = None;
        while found.len() < max {
            let target = Target::new("/v1/config").with("prefix", text).with("values", "false");
            let target = target.with("limit", SEGMENTS_PAGE).with_some("after", after.as_deref());
            let items: Vec<Item> = self.call_json(Call::get(target))?;
            let Some(last) = items.last().map(|item| item.name().to_owned()) else { break };
            for item in &items {
                let rest = item.name().get(text.len()..).unwrap_or_default();
                let end = rest.find('/').map_or(item.name().len(), |slash| text.len() + slash + 1);
                let segment = &item.name()[..end];
                if found.last().is_none_or(|before| before != segment) {
                    found.push(segment.to_owned());
                }
            }
            // The last character sorts after all names of the folder.
            let folder = found.last().filter(|segment| segment.ends_with('/') && **segment != last);
            after = Some(folder.map_or(last, |folder| format!("{folder}{}", char::MAX)));
        }
        found.truncate(max);
        Ok(found)
    }
}

/// `Config-Revision` of a response.
pub(crate) fn revision_of(response: &Response) -> Option<Revision> {
    Revision::parse(response.header("config-revision")?)
}

/// The target of `rel="next"` (RFC 8288).
fn next_page(response: &Response) -> Option<String> {
    let mut links = response.headers.iter().filter(|(name, _)| name == "link");
    links.find_map(|(_, link)| {
        let target = link.strip_suffix("; rel=\"next\"")?;
        Some(target.strip_prefix('<')?.strip_suffix('>')?.to_owned())
    })
}
