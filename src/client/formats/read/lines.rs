//! The line of a place in a text.

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after).collect())
    }

    /// The line, from 1, of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|&start| start <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_after_a_line_feed() {
        let lines = Lines::of("ab\n\nc");
        assert_eq!([0, 2, 3, 4, 9].map(|at| lines.line(at)), [1, 1, 2, 3, 3]);
        assert_eq!(Lines::of("").line(0), 1);
    }
}
