//! YAML. Each scalar is the text as it is written: `no`, `1.10` and `2024-01-02` stay what they are.
//!
//! Two halves: the tree of nodes ([`tree`]) and the walk that finds the entries. An alias is a second way to a node, so the
//! walk bounds how much the aliases of a small file can repeat.

mod tree;

use std::collections::HashMap;

use super::super::array::push_canonical_string;
use super::super::{Entry, FormatError, Problem};
use super::found::{DEPTH_MAX, Found, joined};
use super::toml::push_literal;
use tree::{Kind, Node, Tree, Written};

/// How many values the aliases of a file may repeat.
const REPEATED_NODES_MAX: usize = 100_000;
/// How many bytes of text the aliases of a file may repeat.
const REPEATED_BYTES_MAX: usize = 64 << 20;

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let tree = Tree::parse(text)?;
    let Some(root) = tree.root() else { return Ok(Vec::new()) };
    let node = tree.node(root);
    match &node.kind {
        Kind::Mapping(_) => {}
        // A file without values, such as one with comments only.
        Kind::Scalar { .. } if node.is_null() => return Ok(Vec::new()),
        _ => return Err(FormatError::at(node.line, Problem::NotAnObject { hint: "" })),
    }
    let mut walk = Walk { tree: &tree, found: Found::default(), nodes: 0, bytes: 0 };
    walk.mapping(root, None, Place { depth: 1, aliased: Aliased::No })?;
    Ok(walk.found.into_entries())
}

/// Whether a node is reached through an alias.
#[derive(Clone, Copy, PartialEq)]
enum Aliased {
    No,
    Yes,
}

/// Where the walk is.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    aliased: Aliased,
}

struct Walk<'t, 'a> {
    tree: &'t Tree<'a>,
    found: Found,
    /// Nodes and bytes that were reached through aliases.
    nodes: usize,
    bytes: usize,
}

/// A member of a mapping, as it is after merges.
struct Member {
    line: usize,
    key: String,
    value: usize,
    aliased: Aliased,
}

impl<'t, 'a> Walk<'t, 'a> {
    /// The node, and the place inside it. Counts what aliases repeat.
    fn enter(&mut self, id: usize, from: Place) -> Result<(&'t Node<'a>, Place), Problem> {
        let node = self.tree.node(id);
        let (node, aliased) = match node.kind {
            Kind::Alias(target) => (self.tree.node(target), Aliased::Yes),
            _ => (node, from.aliased),
        };
        if aliased == Aliased::Yes {
            self.repeat(1, node.text().len())?;
        }
        if from.depth > DEPTH_MAX {
            return Err(Problem::TooDeep(DEPTH_MAX));
        }
        Ok((node, Place { depth: from.depth + 1, aliased }))
    }

    /// Counts what an alias repeats.
    fn repeat(&mut self, nodes: usize, bytes: usize) -> Result<(), Problem> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > REPEATED_NODES_MAX {
            return Err(Problem::TooManyAliases("a hundred thousand values"));
        }
        if self.bytes > REPEATED_BYTES_MAX {
            return Err(Problem::TooManyAliases("64 MiB"));
        }
        Ok(())
    }

    fn mapping(&mut self, id: usize, name: Option<&str>, place: Place) -> Result<(), FormatError> {
        let members = self.members(id, name, place)?;
        if let (true, Some(name)) = (members.is_empty(), name) {
            return Err(FormatError::of(self.tree.node(id).line, name, Problem::EmptyObject));
        }
        for Member { line, key, value, aliased } in members {
            let name = joined(name, &key);
            let at = |problem| FormatError::of(line, &name, problem);
            let aliased = if aliased == Aliased::Yes { aliased } else { place.aliased };
            let (node, inside) = self.enter(value, Place { aliased, ..place }).map_err(at)?;
            match &node.kind {
                Kind::Mapping(_) => self.mapping(self.tree.target(value), Some(&name), inside)?,
                Kind::Sequence(_) => {
                    let mut json = String::new();
                    self.json(value, Place { aliased, ..place }, &mut json).map_err(at)?;
                    self.found.array(line, name, &json)?;
                }
                _ if node.is_null() => return Err(at(Problem::Null)),
                _ => self.found.text(line, name, node.text())?,
            }
        }
        Ok(())
    }

    /// The members of a mapping. The members of `<<` come first, and a member of the mapping itself replaces one of them.
    fn members(&mut self, id: usize, name: Option<&str>, place: Place) -> Result<Vec<Member>, FormatError> {
        let Kind::Mapping(pairs) = &self.tree.node(self.tree.target(id)).kind else { return Ok(Vec::new()) };
        let mut own: HashMap<String, usize> = HashMap::new();
        let mut members = Vec::new();
        let mut merged = Vec::new();
        for &(key, value) in pairs {
            let line = self.tree.node(key).line;
            let key = self.tree.node(self.tree.target(key));
            if !matches!(key.kind, Kind::Scalar { .. }) {
                return Err(FormatError::at(line, Problem::KeyNotText));
            }
            if key.is_merge() {
                merged.extend(self.merged(value, name, place, line)?);
                continue;
            }
            if let Some(&first_line) = own.get(key.text()) {
                let problem = Problem::Duplicate { first_line };
                return Err(FormatError::of(line, &joined(name, key.text()), problem));
            }
            own.insert(key.text().to_owned(), line);
            members.push(Member { line, key: key.text().to_owned(), value, aliased: Aliased::No });
        }
        // Of several merged mappings the first one wins.
        for member in merged {
            if !own.contains_key(&member.key) {
                own.insert(member.key.clone(), member.line);
                members.push(member);
            }
        }
        Ok(members)
    }

    /// The members of the mapping, or of the mappings in a sequence, that `<<` names.
    fn merged(
        &mut self,
        value: usize,
        name: Option<&str>,
        place: Place,
        line: usize,
    ) -> Result<Vec<Member>, FormatError> {
        let shape = || FormatError::syntax(line, "`<<` must name a mapping, or a sequence of mappings");
        let (node, inside) = self.enter(value, place).map_err(|problem| FormatError::at(line, problem))?;
        let mut members = Vec::new();
        match &node.kind {
            Kind::Mapping(_) => members = self.members(value, name, inside)?,
            Kind::Sequence(values) => {
                for &value in values {
                    let (node, inside) =
                        self.enter(value, inside).map_err(|problem| FormatError::at(line, problem))?;
                    if !matches!(node.kind, Kind::Mapping(_)) {
                        return Err(shape());
                    }
                    members.extend(self.members(value, name, inside)?);
                }
            }
            _ => return Err(shape()),
        }
        self.repeat(members.len(), 0).map_err(|problem| FormatError::at(line, problem))?;
        for member in &mut members {
            member.line = line;
            member.aliased = Aliased::Yes;
        }
        Ok(members)
    }

    /// Adds a node as canonical JSON. A plain scalar is a number, a boolean or a null where JSON or YAML writes it so.
    fn json(&mut self, id: usize, place: Place, json: &mut String) -> Result<(), Problem> {
        let (node, inside) = self.enter(id, place)?;
        match &node.kind {
            Kind::Sequence(values) => {
                json.push('[');
                for (at, &value) in values.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    self.json(value, inside, json)?;
                }
                json.push(']');
            }
            Kind::Mapping(_) => {
                json.push('{');
                let members = self.members(id, None, inside).map_err(|error| error.problem().clone())?;
                for (at, member) in members.into_iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    push_canonical_string(json, &member.key);
                    json.push(':');
                    self.json(member.value, inside, json)?;
                }
                json.push('}');
            }
            Kind::Scalar { text, written: Written::Plain } => match &**text {
                _ if node.is_null() => json.push_str("null"),
                "true" | "True" | "TRUE" => json.push_str("true"),
                "false" | "False" | "FALSE" => json.push_str("false"),
                other => push_literal(json, other),
            },
            _ => push_canonical_string(json, node.text()),
        }
        Ok(())
    }
}
