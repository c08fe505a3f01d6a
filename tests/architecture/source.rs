//! Rust source as far as the rules need it: without comments, strings and tests, and the paths that it names.
//!
//! Not a parser: it knows tokens and `use` trees, which is enough for code that rustfmt has been over.

/// What stands between the quotes matters for the rule on SQL, and for no other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strings {
    Keep,
    Blank,
}

/// Blanks comments (and strings), keeping every line where it was.
pub fn code(text: &str, strings: Strings) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(length) = string(rest, &out) {
            (length, strings == Strings::Keep)
        } else if let Some(length) = character(rest) {
            (length, false)
        } else {
            (first.len_utf8(), true)
        };
        let (token, later) = rest.split_at(length);
        if keep {
            out.push_str(token);
        } else {
            out.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = later;
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = &text[at..];
        match (rest.starts_with("/*"), rest.starts_with("*/"), rest.chars().next()) {
            (true, ..) => (depth, at) = (depth + 1, at + 2),
            (_, true, _) if depth == 1 => return at + 2,
            (_, true, _) => (depth, at) = (depth - 1, at + 2),
            (.., Some(c)) => at += c.len_utf8(),
            (.., None) => return at,
        }
    }
}

/// The length of a string literal that begins here, its prefix (`b`, `r#`) included.
fn string(text: &str, before: &str) -> Option<usize> {
    if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let prefix = text.len() - text.trim_start_matches(['b', 'c', 'r']).len();
    let hashes = text[prefix..].len() - text[prefix..].trim_start_matches('#').len();
    let raw = text[..prefix].contains('r');
    if prefix > 2 || hashes > 0 && !raw {
        return None;
    }
    let body = text[prefix + hashes..].strip_prefix('"')?;
    let begin = prefix + hashes + 1;
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(body.find(&end).map_or(text.len(), |at| begin + at + end.len()));
    }
    let mut escaped = false;
    let end = body.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    Some(end.map_or(text.len(), |at| begin + at + 1))
}

/// The length of a character literal that begins here; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        // The escaped character may itself be a quote.
        let (after, _) = chars.nth(1)?;
        return Some(1 + after + body[after..].find('\'')? + 1);
    }
    let (second, quote) = chars.next()?;
    (quote == '\'').then_some(1 + second + 1)
}

/// Blanks what is compiled for tests only: the item after each `#[cfg(test)]`.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(begin) = rest.find(MARK) {
        let item = &rest[begin..];
        let mut depth = 0_usize;
        let end = item.char_indices().skip(MARK.len()).find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0 && (c == '}' || c == ';')).then_some(at + 1)
        });
        let (item, later) = item.split_at(end.unwrap_or(item.len()));
        out.push_str(&rest[..begin]);
        out.extend(item.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = later;
    }
    out + rest
}

/// A path that the code names, and the line where it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    pub line: usize,
    pub segments: Vec<String>,
}

/// Every path of the code: those of the `use` trees in full, and those written out elsewhere, unless they
/// begin with a name that a `use` brought in.
pub fn paths(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut elsewhere = String::new();
    let mut rest = code;
    while let Some(begin) = find_use(rest) {
        let end = rest[begin..].find(';').map_or(rest.len(), |at| begin + at);
        elsewhere.push_str(&rest[..begin]);
        let line = 1 + elsewhere.matches('\n').count();
        let tree: Vec<&str> = rest[begin + "use ".len()..end].split_whitespace().collect();
        // `a as b` keeps its spaces, since the alias is a name that was brought in.
        expand(&tree.join(" "), &[], &mut |segments| found.push(Path { line, segments }));
        elsewhere.extend(rest[begin..end].chars().filter(|&c| c == '\n'));
        rest = &rest[end..];
    }
    elsewhere.push_str(rest);
    let brought_in: Vec<String> =
        found.iter_mut().filter_map(|path| brought_in(&mut path.segments)).collect();
    for (number, line) in elsewhere.lines().enumerate() {
        for segments in written_out(line) {
            if !brought_in.contains(&segments[0]) {
                found.push(Path { line: number + 1, segments });
            }
        }
    }
    found
}

fn find_use(code: &str) -> Option<usize> {
    code.match_indices("use ").map(|(at, _)| at).find(|&at| {
        let before = code[..at].trim_end_matches(' ');
        before.is_empty() || before.ends_with(['\n', '{', '}', ';', ')']) || before.ends_with("pub")
    })
}

/// The paths of a `use` tree: `a::{b, c::d}` names `a::b` and `a::c::d`.
fn expand(tree: &str, above: &[String], give: &mut impl FnMut(Vec<String>)) {
    let tree = tree.trim().trim_start_matches("::");
    let (head, group) = tree.split_once('{').map_or((tree, None), |(head, group)| (head, Some(group)));
    let own = head.split("::").map(str::trim).filter(|segment| !segment.is_empty());
    let path: Vec<String> = above.iter().cloned().chain(own.map(str::to_owned)).collect();
    let Some(group) = group else {
        if path.len() > above.len() {
            give(path);
        }
        return;
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let mut depth = 0_usize;
    let parts = group.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    for part in parts {
        expand(part, &path, give);
    }
}

/// Cuts ` as name` off, and gives the name that the path brings in (none for `*` and `_`).
fn brought_in(segments: &mut [String]) -> Option<String> {
    let last = segments.last_mut()?;
    let name = match last.split_once(" as ") {
        Some((path, alias)) => {
            let alias = alias.trim().to_owned();
            *last = path.trim().to_owned();
            alias
        }
        None => last.clone(),
    };
    match name.as_str() {
        "*" | "_" => None,
        "self" => segments.iter().rev().nth(1).cloned(),
        _ => Some(name),
    }
}

/// The paths of two segments and more in a line.
fn written_out(line: &str) -> impl Iterator<Item = Vec<String>> {
    let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    words.filter_map(|word| {
        let word = word.strip_prefix("::").unwrap_or(word);
        let segments: Vec<String> = word.split("::").map(str::to_owned).collect();
        (segments.len() > 1
            && segments.iter().all(|segment| !segment.contains(':'))
            && !segments[0].is_empty())
        .then_some(segments)
    })
}

#[test]
fn comments_strings_and_tests_are_blank_and_lines_stay() {
    let text = "a::b /* x /* y */ */ \"// no \\\" comment\" 'c' b'\"' '\\'' &'a r#\"\"x\"\"# // end\nc::d\n\
                #[cfg(test)]\nmod tests {\n    fn f() { e::f }\n}\ng::h\n";
    let code = without_tests(&code(text, Strings::Blank));
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a::b", "b", "&'a", "c::d", "g::h"]);
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn paths_come_from_use_trees_and_from_the_code() {
    let text = "use std::{time::Duration, sync as s};\npub(crate) use x::{\n  self,\n  y::{Z, W as V},\n};\n\
                fn f() { s::Mutex; time::Date::MIN; V::new(); x::q() }\n";
    let found: Vec<String> =
        paths(text).iter().map(|p| format!("{}:{}", p.line, p.segments.join("::"))).collect();
    let expected =
        ["1:std::time::Duration", "1:std::sync", "2:x::self", "2:x::y::Z", "2:x::y::W", "6:time::Date::MIN"];
    assert_eq!(found, expected);
}
