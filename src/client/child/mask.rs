//! Secrets in a stream of bytes, and the masks in their place.
//!
//! Called by `output`. A stream comes in pieces, and a secret may be cut by them: the bytes that may be the beginning of
//! a secret are held back until the next piece, and all others pass at once, so that a prompt appears. Invariants:
//! `no_secret_passes_however_the_text_is_cut`, `a_text_without_secrets_passes_unchanged`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::NFA;
use thiserror::Error;

mod forms;

pub use forms::SECRET_BYTES_MIN;
use forms::forms;

/// The mask of a secret, whatever its length.
pub const MASK: &str = "••••••••";

/// The secrets to look for, in every form in which programs print them. Cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<Search>);

/// There are more secrets than a search can have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets are too large to be masked: choose narrower prefixes, or run without --mask")]
pub struct TooManySecrets;

struct Search {
    states: NFA,
    start: StateID,
    /// How many bytes of a secret each state has seen. The library knows it, and keeps it for itself.
    seen: HashMap<StateID, usize>,
}

impl Secrets {
    /// Looks for these secrets. One that is shorter than [`SECRET_BYTES_MIN`] is left out.
    ///
    /// # Errors
    /// [`TooManySecrets`]: they have more bytes than the search takes.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, TooManySecrets> {
        let patterns: Vec<Vec<u8>> = secrets.into_iter().flat_map(forms).collect();
        let states = NFA::new(&patterns).map_err(|_| TooManySecrets)?;
        let start = states.start_state(Anchored::No).map_err(|_| TooManySecrets)?;
        let mut seen = HashMap::new();
        for pattern in &patterns {
            let mut state = start;
            for (at, byte) in pattern.iter().enumerate() {
                state = states.next_state(Anchored::No, state, *byte);
                seen.insert(state, at + 1);
            }
        }
        Ok(Self(Arc::new(Search { states, start, seen })))
    }
}

/// Masks one stream.
pub struct Masker {
    secrets: Secrets,
    state: StateID,
    /// The bytes that were not passed on yet.
    held: Vec<u8>,
    /// The secrets among them, in order and apart.
    hits: Vec<Range<usize>>,
    /// Whether the last thing that passed was a mask: the rest of its secret gets no other one.
    after_mask: bool,
}

impl Masker {
    /// At the beginning of a stream.
    pub fn new(secrets: Secrets) -> Self {
        let state = secrets.0.start;
        Self { secrets, state, held: Vec::new(), hits: Vec::new(), after_mask: false }
    }

    /// Takes the next piece of the stream, and appends to `out` what can pass.
    pub fn mask(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let search = Arc::clone(&self.secrets.0);
        for byte in piece {
            self.held.push(*byte);
            self.state = search.states.next_state(Anchored::No, self.state, *byte);
            if search.states.is_special(self.state) && search.states.is_match(self.state) {
                let ended = (0..search.states.match_len(self.state))
                    .map(|at| search.states.pattern_len(search.states.match_pattern(self.state, at)));
                self.add_hit(ended.max().unwrap_or_default());
            }
        }
        let undecided = search.seen.get(&self.state).copied().unwrap_or_default();
        self.pass(self.held.len() - undecided, out);
    }

    /// The end of the stream: appends the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.pass(self.held.len(), out);
        self.state = self.secrets.0.start;
    }

    /// The last `bytes` of the held ones are a secret.
    fn add_hit(&mut self, bytes: usize) {
        let mut hit = self.held.len() - bytes..self.held.len();
        while let Some(before) = self.hits.pop_if(|before| before.end >= hit.start) {
            hit.start = hit.start.min(before.start);
        }
        self.hits.push(hit);
    }

    fn pass(&mut self, count: usize, out: &mut Vec<u8>) {
        let mut at = 0;
        for hit in &self.hits {
            let (start, end) = (hit.start.min(count), hit.end.min(count));
            if at < start {
                out.extend_from_slice(&self.held[at..start]);
                self.after_mask = false;
            }
            if start < end && !self.after_mask {
                out.extend_from_slice(MASK.as_bytes());
                self.after_mask = true;
            }
            at = end;
        }
        if at < count {
            out.extend_from_slice(&self.held[at..count]);
            self.after_mask = false;
        }
        self.held.drain(..count);
        self.hits.retain_mut(|hit| {
            *hit = hit.start.saturating_sub(count)..hit.end.saturating_sub(count);
            hit.start < hit.end
        });
    }
}

/// A text with its secrets masked.
pub fn masked(secrets: &Secrets, text: &str) -> String {
    let (mut masker, mut out) = (Masker::new(secrets.clone()), Vec::new());
    masker.mask(text.as_bytes(), &mut out);
    masker.finish(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn stream(secrets: &[&str], pieces: &[&str]) -> Vec<String> {
        let mut masker = Masker::new(Secrets::new(secrets.iter().copied()).unwrap());
        let mut passed: Vec<String> = Vec::new();
        for piece in pieces.iter().map(Some).chain([None]) {
            let mut out = Vec::new();
            match piece {
                Some(piece) => masker.mask(piece.as_bytes(), &mut out),
                None => masker.finish(&mut out),
            }
            passed.push(String::from_utf8(out).unwrap());
        }
        passed
    }

    #[test]
    fn only_the_bytes_that_may_begin_a_secret_wait_for_the_next_piece() {
        let passed = stream(&["hunter2"], &["Password for hun", "ter2? ", "hunter1 h"]);
        assert_eq!(passed, ["Password for ", "••••••••? ", "hunter1 ", "h"]);
        assert_eq!(stream(&["hunter2"], &["Password: "]), ["Password: ", ""]);
    }

    #[test]
    fn secrets_that_overlap_or_touch_get_one_mask_that_hides_both() {
        let masked = |secrets: &[&str], text| stream(secrets, &[text]).concat();
        assert_eq!(masked(&["abcdef", "efghij"], "-abcdefghij-"), "-••••••••-");
        assert_eq!(masked(&["abcdefgh", "cdef"], "-abcdefgX"), "-ab••••••••gX");
        assert_eq!(masked(&["abcd"], "abcdabcd abcd"), "•••••••• ••••••••");
        // A longer secret that began as the shorter one.
        assert_eq!(stream(&["abcd", "abcdefgh"], &["abcd", "ef", "gh!"]).concat(), "••••••••!");
        assert_eq!(stream(&["abcd", "abcdefgh"], &["abcd", "ef", "g!"]).concat(), "••••••••efg!");
    }

    #[test]
    fn a_short_secret_is_left_out_and_no_secret_is_no_mask() {
        assert_eq!(stream(&["abc", ""], &["abc abcabc"]).concat(), "abc abcabc");
        assert_eq!(stream(&[], &["abc"]).concat(), "abc");
    }

    fn pieces(text: &str, cuts: &[Index]) -> Vec<Vec<u8>> {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        places.extend([0, text.len()]);
        places.sort_unstable();
        places.windows(2).map(|pair| text.as_bytes()[pair[0]..pair[1]].to_vec()).collect()
    }

    fn mask_pieces(secrets: &[String], pieces: &[Vec<u8>]) -> String {
        let mut masker = Masker::new(Secrets::new(secrets.iter().map(String::as_str)).unwrap());
        let mut out = Vec::new();
        for piece in pieces {
            masker.mask(piece, &mut out);
        }
        masker.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn no_secret_passes_however_the_text_is_cut(
            secrets in vec("[ab\n]{1,7}", 0..4), text in "[ab\n]{0,60}", cuts in vec(any::<Index>(), 0..9)
        ) {
            let passed = mask_pieces(&secrets, &pieces(&text, &cuts));
            for secret in secrets.iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN) {
                prop_assert!(!passed.contains(secret.as_str()), "{passed:?}");
            }
            prop_assert_eq!(&passed, &mask_pieces(&secrets, &[text.clone().into_bytes()]));
            prop_assert_eq!(passed.contains(MASK), passed != text);
        }

        #[test]
        fn a_text_without_secrets_passes_unchanged(
            secrets in vec("[ab]{4,7}", 0..4), text in "[abc\n]{0,60}", cuts in vec(any::<Index>(), 0..9)
        ) {
            prop_assume!(!secrets.iter().any(|secret| text.contains(secret.as_str())));
            prop_assert_eq!(mask_pieces(&secrets, &pieces(&text, &cuts)), text);
        }
    }
}
