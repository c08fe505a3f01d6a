//! Texts to look for in names and values, ignoring letter case.

use std::ops::Range;

use thiserror::Error;

/// The longest text to look for, in bytes of UTF-8: as long as the longest name.
pub const SEARCH_BYTES_MAX: usize = 512;

/// A text to look for: 1 to 512 bytes of UTF-8. Letters are compared by Unicode's simple lower case.
///
/// ```
/// use configapi::domain::SearchText;
///
/// let text = SearchText::parse("Pool")?;
/// let mut room = String::new();
/// assert!(text.is_in("app/db/POOL_SIZE", &mut room));
/// assert!(!text.is_in("app/db/url", &mut room));
/// # Ok::<(), configapi::domain::SearchTextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText {
    given: String,
    lower: String,
}

/// Why a text cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SearchTextError {
    /// Every name contains it.
    #[error("a text to look for needs at least one character")]
    Empty,
    /// More than 512 bytes.
    #[error("a text to look for must have at most {SEARCH_BYTES_MAX} bytes: this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes of UTF-8.
        bytes: usize,
    },
}

impl SearchText {
    /// The one door into the type.
    pub fn parse(text: &str) -> Result<Self, SearchTextError> {
        if text.is_empty() {
            return Err(SearchTextError::Empty);
        }
        if text.len() > SEARCH_BYTES_MAX {
            return Err(SearchTextError::TooLong { bytes: text.len() });
        }
        let mut lower = String::new();
        lower_into(text, &mut lower);
        Ok(Self { given: text.to_owned(), lower })
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// Whether a text contains it. `room` takes the lower case of that text, so that a search through many texts
    /// allocates once.
    pub fn is_in(&self, text: &str, room: &mut String) -> bool {
        if text.is_ascii() && (text.len() < self.lower.len() || !self.lower.is_ascii()) {
            return false;
        }
        lower_into(text, room);
        room.contains(&self.lower)
    }

    /// The places in a text where it is, which do not overlap, in bytes.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut lower = String::new();
        lower_into(text, &mut lower);
        // A character and its lower case may differ in their bytes; both texts have the same number of characters.
        let ends = [(lower.len(), text.len())];
        let starts =
            lower.char_indices().zip(text.char_indices()).map(|((of_lower, _), (at, _))| (of_lower, at));
        let places: Vec<(usize, usize)> = starts.chain(ends).collect();
        let place = |of_lower: usize| {
            let found = places.binary_search_by_key(&of_lower, |(known, _)| *known);
            places[found.unwrap_or_else(|before| before)].1
        };
        let found = lower.match_indices(&self.lower);
        found.map(|(start, part)| place(start)..place(start + part.len())).collect()
    }
}

/// Character by character, whatever is around it: so a part of a text has the lower case of that part. The standard
/// library has Unicode's full mapping, of which the first character is the simple one.
fn lower_into(text: &str, lower: &mut String) {
    lower.clear();
    if text.is_ascii() {
        // Many bytes at once.
        lower.push_str(text);
        lower.make_ascii_lowercase();
    } else {
        lower.extend(text.chars().filter_map(|character| character.to_lowercase().next()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(searched: &str, text: &str) -> bool {
        SearchText::parse(searched).unwrap().is_in(text, &mut String::new())
    }

    #[test]
    fn letters_of_any_script_match_in_either_case() {
        for (searched, text) in [
            ("pool", "app/POOL_size"),
            ("POOL", "app/pool_size"),
            ("/", "a/b"),
            ("ключ", "мой КЛЮЧ"),
            ("КЛЮЧ", "ключи"),
            ("é", "CAFÉ"),
            ("straße", "STRAẞE"),
            // Characters beyond ASCII with an ASCII lower case: the Kelvin sign, the I with a dot.
            ("kelvin", "\u{212a}elvin"),
            ("\u{212a}", "k"),
            ("i", "\u{130}"),
            ("σ", "ΟΔΟΣ"),
            ("a\nb", "A\nB"),
        ] {
            assert!(is_in(searched, text), "{searched:?} in {text:?}");
        }
        for (searched, text) in
            [("pool", "pol"), ("a", ""), ("ключ", "key"), ("ss", "ß"), ("e", "é"), ("ς", "ΟΔΟΣ"), ("aa", "a")]
        {
            assert!(!is_in(searched, text), "{searched:?} in {text:?}");
        }
    }

    #[test]
    fn every_part_of_a_text_is_found_in_it() {
        let text = "App/ÄÖ/\u{130}ı/Σς/K\u{212a}/💾";
        let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for (place, from) in bounds.iter().enumerate() {
            for to in &bounds[place + 1..] {
                assert!(is_in(&text[*from..*to], text), "{}", &text[*from..*to]);
            }
        }
    }

    #[test]
    fn the_places_of_a_text_are_those_of_the_text_as_it_is_written() {
        for (searched, text, places) in [
            ("b", "abBa", &["b", "B"][..]),
            ("\u{212a}", "k\u{212a}é\u{130}K", &["k", "\u{212a}", "K"]),
            ("i", "\u{130}i", &["\u{130}", "i"]),
            ("aa", "aaaaa", &["aa", "aa"]),
            ("x", "", &[]),
            ("💾é", "é💾É", &["💾É"]),
        ] {
            let ranges = SearchText::parse(searched).unwrap().ranges(text);
            let found: Vec<_> = ranges.into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, places, "{searched:?} in {text:?}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_looked_for_says_why() {
        assert_eq!(SearchText::parse(""), Err(SearchTextError::Empty));
        assert_eq!(SearchText::parse(&"x".repeat(513)), Err(SearchTextError::TooLong { bytes: 513 }));
        assert_eq!(SearchText::parse("Ab").unwrap().as_str(), "Ab");
    }
}
