//! Words that plain English has a better one for. Each may be used as often as today, and less often every time.
//!
//! The texts that count: `src`, `docs`, `sql`, `README.md`. The rule and its reasons: `CONTRIBUTING.md`.

use super::File;

/// A word or a phrase, what to write in its place, and how often it is used today.
pub struct Word {
    /// With a capital letter it counts only as written so, as at the beginning of a sentence.
    pub text: &'static str,
    pub instead: &'static str,
    pub count: usize,
}

/// How far a count may be from the table. For as long as several branches rewrite texts; then it becomes 0.
pub const SLACK: usize = 8;

pub const WORDS: &[Word] = &[
    Word { text: "What is", instead: "name the thing first: `the stored values`", count: 15 },
    Word { text: "What", instead: "name the thing first", count: 100 },
    Word { text: "Who", instead: "name the one who acts: `a client that …`", count: 11 },
    Word { text: "whoever", instead: "name the one who acts: `the caller`", count: 4 },
    Word { text: "whom", instead: "name the one who acts", count: 3 },
    Word { text: "nobody", instead: "no client, no thread, not …", count: 31 },
    Word { text: "anybody", instead: "any client, any caller", count: 5 },
    Word { text: "told", instead: "notified, informed, configured", count: 12 },
    Word { text: "tells", instead: "says, reports, notifies", count: 18 },
    Word { text: "gives", instead: "returns", count: 21 },
    Word { text: "beside", instead: "next to, in addition to", count: 19 },
    Word { text: "stands", instead: "is, is written, appears", count: 8 },
    Word { text: "is no", instead: "is not a", count: 26 },
    Word { text: "anew", instead: "again", count: 6 },
    Word { text: "one a", instead: "one per: `one per core`", count: 2 },
    Word { text: "mended", instead: "fixed, repaired", count: 3 },
    Word { text: "come of", instead: "result from", count: 0 },
    Word { text: "holds of", instead: "is true for", count: 1 },
    Word { text: "did not hold", instead: "failed its precondition", count: 0 },
];

pub fn count(word: &str, text: &str) -> usize {
    let fold = word.starts_with(char::is_lowercase);
    let text = if fold { text.to_lowercase() } else { text.to_owned() };
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |&(at, _): &(usize, &str)| {
        !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    };
    text.match_indices(word).filter(whole).count()
}

pub fn findings(files: &[File], words: &[Word], slack: usize) -> Vec<String> {
    let finding = |Word { text: word, instead, count: today }: &Word| {
        let found: usize = files.iter().map(|file| count(word, &file.text)).sum();
        if found > today + slack {
            Some(format!("`{word}` is used {found} times, at most {today} are allowed; write: {instead}"))
        } else if found + slack < *today {
            Some(format!(
                "`{word}` is used {found} times: lower its count of {today} in tests/architecture/words.rs"
            ))
        } else {
            None
        }
    };
    words.iter().filter_map(finding).collect()
}

#[test]
fn a_word_that_is_used_more_often_or_less_often_than_its_count_is_found() {
    let files = [File {
        path: "docs/a.md".to_owned(),
        text: "Beside it, beside besides.\nWhat is it? what is".to_owned(),
    }];
    assert_eq!((count("beside", &files[0].text), count("What is", &files[0].text)), (2, 1));
    let with = |count, slack| findings(&files, &[Word { text: "beside", instead: "next to", count }], slack);
    assert_eq!((with(2, 0).len(), with(1, 1).len(), with(3, 1).len()), (0, 0, 0));
    assert!(with(1, 0)[0].contains("at most 1 are allowed; write: next to"));
    assert!(with(3, 0)[0].contains("lower its count of 3"));
}
