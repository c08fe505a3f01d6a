//! Values as the server shows them: a text, a masked secret, a destroyed one.
//!
//! Every renderer takes values through [`Shown`], so that each has one look everywhere.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::domain::ConfigValue;
use crate::runtime::printable::{Escaped, is_printable};
use crate::wire::event::{DataJson, EventJson};
use crate::wire::item::ItemJson;

/// A secret that is not shown.
pub(in crate::presentation::cli) const MASK: &str = "••••••••";
const SHREDDED: &str = "(shredded)";

/// A value in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Shown<'a> {
    Text(&'a str),
    /// A secret, with its fingerprint where the server has one.
    Masked(Option<&'a str>),
    /// A secret that was destroyed.
    Shredded,
    /// The response has no values.
    LeftOut,
}

/// The members of a response that explain a value that is null.
struct Absence<'a> {
    masked: Option<bool>,
    fingerprint: Option<&'a str>,
    shredded: Option<bool>,
}

impl<'a> Shown<'a> {
    /// The value of an item.
    pub(in crate::presentation::cli) fn of_item(item: &'a ItemJson) -> Self {
        let Some(value) = &item.value else { return Self::LeftOut };
        let ItemJson { masked, shredded, .. } = *item;
        let fingerprint = item.fingerprint.as_ref().and_then(Option::as_deref);
        Self::of(value.as_ref(), &Absence { masked, fingerprint, shredded }).unwrap_or(Self::LeftOut)
    }

    /// The value that an event sets.
    pub(in crate::presentation::cli) fn after(event: &'a EventJson) -> Option<Self> {
        let DataJson::Set(set) = &event.data else { return None };
        let fingerprint = set.fingerprint.as_ref().and_then(Option::as_deref);
        let absence = Absence { masked: set.masked, fingerprint, shredded: set.shredded };
        Self::of(set.value.as_ref(), &absence)
    }

    /// The value before an event.
    pub(in crate::presentation::cli) fn before(event: &'a EventJson) -> Option<Self> {
        match &event.data {
            DataJson::Set(set) => {
                let fingerprint = set.old_fingerprint.as_ref().and_then(Option::as_deref);
                let absence = Absence { masked: set.old_masked, fingerprint, shredded: set.old_shredded };
                Self::of(set.old_value.as_ref(), &absence)
            }
            DataJson::Deleted(deleted) => {
                let fingerprint = deleted.fingerprint.as_ref().and_then(Option::as_deref);
                let absence = Absence { masked: deleted.masked, fingerprint, shredded: deleted.shredded };
                Self::of(deleted.deleted_value.as_ref(), &absence)
            }
            DataJson::Shredded(_) => None,
        }
    }

    fn of(value: Option<&'a ConfigValue>, absence: &Absence<'a>) -> Option<Self> {
        match value {
            Some(value) => Some(Self::Text(value.as_str())),
            None if absence.shredded == Some(true) => Some(Self::Shredded),
            None if absence.masked == Some(true) => Some(Self::Masked(absence.fingerprint)),
            None => None,
        }
    }

    /// The text as it is, or the sign that is in its place.
    pub(in crate::presentation::cli) fn as_str(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Masked(_) => MASK,
            Self::Shredded => SHREDDED,
            Self::LeftOut => "",
        }
    }

    /// In one line, escaped.
    pub(super) fn one_line(self) -> String {
        Escaped(self.as_str()).to_string()
    }
}

/// A text of several lines for a terminal: ends of lines and tabs stay, other characters that control it are escaped.
pub(in crate::presentation::cli) fn lines_for_terminal(text: &str) -> Cow<'_, str> {
    let is_shown = |character: char| matches!(character, '\n' | '\t') || is_printable(character);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_shown(character) {
            shown.push(character);
        } else {
            // A string takes every text.
            let _ = write!(shown, "{}", Escaped(character.encode_utf8(&mut [0; 4])));
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples;
    use super::*;

    #[test]
    fn a_value_that_is_null_says_why() {
        let masked = samples::item("a", r#""value":null,"secret":true,"masked":true,"fingerprint":"f1""#);
        assert_eq!(Shown::of_item(&masked), Shown::Masked(Some("f1")));
        let unknown = samples::item("a", r#""value":null,"secret":true,"masked":true,"fingerprint":null"#);
        assert_eq!(Shown::of_item(&unknown), Shown::Masked(None));
        let shredded = samples::item("a", r#""value":null,"secret":true,"shredded":true"#);
        assert_eq!(Shown::of_item(&shredded), Shown::Shredded);
        let revealed = samples::item("a", r#""value":"v","secret":true"#);
        assert_eq!(Shown::of_item(&revealed), Shown::Text("v"));
    }

    #[test]
    fn an_event_has_a_value_before_and_one_after() {
        let both = |data: &str| {
            let event = samples::event("ConfigValueSet", data);
            format!("{:?} {:?}", Shown::before(&event), Shown::after(&event))
        };
        assert_eq!(both(r#""value":"1","old_value":null"#), r#"None Some(Text("1"))"#);
        assert_eq!(both(r#""value":"1","old_value":"0""#), r#"Some(Text("0")) Some(Text("1"))"#);
        assert_eq!(
            both(
                r#""value":null,"secret":true,"masked":true,"fingerprint":"f","old_value":null,"old_secret":true,"old_shredded":true"#
            ),
            r#"Some(Shredded) Some(Masked(Some("f")))"#
        );
        let deleted = samples::event("ConfigValueDeleted", r#""deleted_value":"0""#);
        assert_eq!((Shown::before(&deleted), Shown::after(&deleted)), (Some(Shown::Text("0")), None));
    }

    #[test]
    fn lines_for_a_terminal_keep_their_ends_and_nothing_that_controls_it() {
        assert_eq!(lines_for_terminal("a\tb\n é"), "a\tb\n é");
        assert_eq!(lines_for_terminal("a\r\n\u{1b}[31mb\u{202e}"), "a\\r\n\\u{1b}[31mb\\u{202e}");
    }
}
