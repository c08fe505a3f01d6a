//! Sorted names as a tree, in flat memory.
//!
//! The lines that show the depth need no look ahead: whether a folder is the last one is known only after all below it.

use unicode_width::UnicodeWidthStr;

use super::field::{brief, cut_to};
use super::paint::{Style, paint};
use super::shown::Shown;
use crate::presentation::cli::show::look::Look;
use crate::runtime::printable::Escaped;

/// A value next to its name, off a terminal.
const VALUE_WIDTH_MAX: usize = 200;

/// A tree on its way to a reader.
#[derive(Debug)]
pub(in crate::presentation::cli) struct Tree {
    look: Look,
    /// The folders of the name before.
    open: Vec<String>,
}

impl Tree {
    pub(in crate::presentation::cli) fn new(look: Look) -> Self {
        Self { look, open: Vec::new() }
    }

    /// The lines of the next name: the folders that it is the first of, then its own. Names come sorted by their bytes.
    pub(in crate::presentation::cli) fn name(&mut self, name: &str, value: Shown<'_>) -> Vec<String> {
        let mut folders: Vec<&str> = name.split_inclusive('/').collect();
        // A name that ends with `/` is a leaf in the folder before it.
        let leaf = folders.pop().unwrap_or_default();
        let known = self.open.iter().zip(&folders).take_while(|(open, folder)| open == *folder).count();
        self.open.truncate(known);
        let mut lines = Vec::new();
        for folder in &folders[known..] {
            lines.push(self.line(&paint(self.look.colour, Style::Heading, Escaped(folder))));
            self.open.push((*folder).to_owned());
        }
        lines.push(self.line(&self.leaf(leaf, value)));
        lines
    }

    fn leaf(&self, leaf: &str, value: Shown<'_>) -> String {
        let leaf = Escaped(leaf).to_string();
        if value == Shown::LeftOut {
            return leaf;
        }
        match self.look.size {
            Some(size) => {
                let room = size.columns.saturating_sub(2 * self.open.len());
                let line = format!("{leaf} = {}", brief(value.as_str(), room));
                // A name is never cut.
                cut_to(&line, room.max(leaf.width() + 1))
            }
            None => format!("{leaf} = {}", brief(value.as_str(), VALUE_WIDTH_MAX)),
        }
    }

    fn line(&self, text: &str) -> String {
        let guide = if self.look.is_terminal() { "│ " } else { "  " };
        match self.open.len() {
            0 => text.to_owned(),
            depth => paint(self.look.colour, Style::Faint, guide.repeat(depth)) + text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::COLOURLESS;
    use super::*;

    fn drawn(look: Look, names: &[(&str, &str)]) -> String {
        let mut tree = Tree::new(look);
        let lines = names.iter().flat_map(|(name, value)| tree.name(name, Shown::Text(value)));
        lines.collect::<Vec<_>>().join("\n")
    }

    const NAMES: &[(&str, &str)] =
        &[("a", "1"), ("app/db/url", "x"), ("app/db/user", "y\nz"), ("app/web/", "w"), ("app0", "2")];

    #[test]
    fn each_folder_has_one_line_before_its_names() {
        let tree = "\
a = 1
app/
│ db/
│ │ url = x
│ │ user = y\\nz
│ web/ = w
app0 = 2";
        assert_eq!(drawn(COLOURLESS, NAMES), tree);
        assert_eq!(drawn(Look::PLAIN, NAMES), tree.replace("│ ", "  "));
    }

    #[test]
    fn values_are_cut_to_the_terminal_and_names_are_not() {
        let long = "v".repeat(100);
        let line = drawn(COLOURLESS, &[("f/n", &long)]);
        assert_eq!(line, format!("f/\n│ n = {}…", "v".repeat(53)));
        let name = "n".repeat(70);
        assert_eq!(drawn(COLOURLESS, &[(&name, "v")]), format!("{name}…"));
    }
}
