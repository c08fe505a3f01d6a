//! Two texts as one, with conflict markers where they differ, as git writes them.

use similar::{DiffTag, TextDiff};

const MINE: &str = "<<<<<<< yours";
const MIDDLE: &str = "=======";
const THEIRS: &str = ">>>>>>> theirs";

/// Both texts. Lines that both have come once.
pub(super) fn merged(mine: &str, theirs: &str) -> String {
    let diff = TextDiff::from_lines(mine, theirs);
    let mut text = String::new();
    for operation in diff.ops() {
        if operation.tag() == DiffTag::Equal {
            push(&mut text, operation.old_range().filter_map(|line| diff.old_slice(line)));
            continue;
        }
        push(&mut text, [MINE]);
        push(&mut text, operation.old_range().filter_map(|line| diff.old_slice(line)));
        push(&mut text, [MIDDLE]);
        push(&mut text, operation.new_range().filter_map(|line| diff.new_slice(line)));
        push(&mut text, [THEIRS]);
    }
    text
}

/// Adds lines, each with an end.
fn push<'a>(text: &mut String, lines: impl IntoIterator<Item = &'a str>) {
    for line in lines {
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push('\n');
        }
    }
}

/// Whether a text still has a conflict in it.
pub(super) fn has_conflict(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| line == MINE) && lines.any(|line| line == THEIRS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_come_once_and_others_between_markers() {
        let text = merged("a\nb\nc\n", "a\nx\nc\nd\n");
        assert_eq!(
            text,
            "a\n<<<<<<< yours\nb\n=======\nx\n>>>>>>> theirs\nc\n<<<<<<< yours\n=======\nd\n>>>>>>> theirs\n"
        );
        assert!(has_conflict(&text));
        assert_eq!(merged("10", "20"), "<<<<<<< yours\n10\n=======\n20\n>>>>>>> theirs\n");
        assert!(!has_conflict("a\n=======\n>>>>>>> theirs\n"));
    }
}
