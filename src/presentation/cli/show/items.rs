//! Items as rows: of `list`, of `blame`, of `grep`.

use super::shown::Shown;
use super::table::{Column, cut, number, whole};
use super::time::Times;
use crate::wire::item::ItemJson;

/// The columns of a list of values.
pub(in crate::presentation::cli) const LIST: &[Column] =
    &[whole("NAME"), cut("VALUE"), number("REVISION"), whole("TIME"), whole("ACTOR")];
/// The columns of the last change of each name.
pub(in crate::presentation::cli) const BLAME: &[Column] =
    &[whole("NAME"), number("REVISION"), whole("ACTOR"), whole("TIME"), cut("REASON")];

/// A row of [`LIST`].
pub(in crate::presentation::cli) fn list_row(item: &ItemJson, times: &Times) -> Vec<String> {
    vec![
        item.name.as_str().to_owned(),
        Shown::of_item(item).as_str().to_owned(),
        item.revision.to_string(),
        times.age(item.updated_at),
        item.updated_by.clone(),
    ]
}

/// A row of [`BLAME`].
pub(in crate::presentation::cli) fn blame_row(item: &ItemJson, times: &Times) -> Vec<String> {
    vec![
        item.name.as_str().to_owned(),
        item.revision.to_string(),
        item.updated_by.clone(),
        times.age(item.updated_at),
        item.reason.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
    ]
}
