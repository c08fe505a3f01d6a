//! The nodes of one YAML document. They are in one list and name each other by their places in it, so that neither
//! deep nor repeated nodes are a recursion when they are dropped.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::super::super::{FormatError, Problem};

/// The document of a text.
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

/// A node and the line that it begins on.
pub(super) struct Node<'a> {
    pub(super) line: usize,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    Scalar {
        text: Cow<'a, str>,
        written: Written,
    },
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
    /// Another node, which is not an alias.
    Alias(usize),
}

/// How a scalar is written, or what its tag says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Without quotes: it may be a number, a boolean or a null.
    Plain,
    /// In quotes, as a block, or with a tag of texts.
    Text,
    /// With the tag of null.
    Null,
}

impl Node<'_> {
    /// The text of a scalar; empty for another node.
    pub(super) fn text(&self) -> &str {
        match &self.kind {
            Kind::Scalar { text, .. } => text,
            _ => "",
        }
    }

    /// Whether it is a null of YAML's core schema.
    pub(super) fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar { written: Written::Null, .. } => true,
            Kind::Scalar { text, written: Written::Plain } => {
                matches!(&**text, "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Whether it is the key that merges another mapping.
    pub(super) fn is_merge(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, written: Written::Plain } if text == "<<")
    }
}

/// A collection that is not complete yet.
struct Open {
    node: usize,
    anchor: usize,
    children: Vec<usize>,
}

impl<'a> Tree<'a> {
    /// The tree of the one document of a text.
    pub(super) fn parse(text: &'a str) -> Result<Self, FormatError> {
        let mut tree = Self { nodes: Vec::new() };
        let mut open: Vec<Open> = Vec::new();
        let mut anchors: HashMap<usize, usize> = HashMap::new();
        let mut documents = 0;
        for next in Parser::new_from_str(text) {
            let (event, span) = next.map_err(|error| syntax(&error))?;
            let line = span.start.line();
            let anchored = match event {
                Event::DocumentStart(..) if documents == 1 => {
                    return Err(FormatError::at(line, Problem::SeveralDocuments));
                }
                Event::DocumentStart(..) => {
                    documents += 1;
                    continue;
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let written = written(line, style, tag.as_deref())?;
                    tree.nodes.push(Node { line, kind: Kind::Scalar { text, written } });
                    Some(anchor)
                }
                Event::SequenceStart(_, anchor, tag) => {
                    refuse_tag(line, tag.as_deref(), "seq")?;
                    open.push(Open { node: tree.nodes.len(), anchor, children: Vec::new() });
                    tree.nodes.push(Node { line, kind: Kind::Sequence(Vec::new()) });
                    continue;
                }
                Event::MappingStart(_, anchor, tag) => {
                    refuse_tag(line, tag.as_deref(), "map")?;
                    open.push(Open { node: tree.nodes.len(), anchor, children: Vec::new() });
                    tree.nodes.push(Node { line, kind: Kind::Mapping(Vec::new()) });
                    continue;
                }
                Event::Alias(anchor) => {
                    let Some(&target) = anchors.get(&anchor) else {
                        return Err(FormatError::at(line, Problem::EndlessAlias));
                    };
                    tree.nodes.push(Node { line, kind: Kind::Alias(target) });
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(Open { node, anchor, children }) = open.pop() else { continue };
                    tree.close(node, children);
                    if anchor > 0 {
                        anchors.insert(anchor, node);
                    }
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(node);
                    }
                    continue;
                }
                _ => continue,
            };
            let node = tree.nodes.len() - 1;
            if let Some(anchor) = anchored.filter(|&anchor| anchor > 0) {
                anchors.insert(anchor, node);
            }
            if let Some(parent) = open.last_mut() {
                parent.children.push(node);
            }
        }
        Ok(tree)
    }

    fn close(&mut self, node: usize, children: Vec<usize>) {
        match &mut self.nodes[node].kind {
            Kind::Mapping(pairs) => {
                *pairs = children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            }
            Kind::Sequence(values) => *values = children,
            Kind::Scalar { .. } | Kind::Alias(_) => {}
        }
    }

    /// The first node, which has all others in it.
    pub(super) fn root(&self) -> Option<usize> {
        (!self.nodes.is_empty()).then_some(0)
    }

    pub(super) fn node(&self, id: usize) -> &Node<'a> {
        &self.nodes[id]
    }

    /// The node itself, or the one that it is an alias of.
    pub(super) fn target(&self, id: usize) -> usize {
        match self.nodes[id].kind {
            Kind::Alias(target) => target,
            _ => id,
        }
    }
}

fn written(line: usize, style: ScalarStyle, tag: Option<&Tag>) -> Result<Written, FormatError> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { Written::Plain } else { Written::Text });
    };
    match tag.core_suffix() {
        Some("str") => Ok(Written::Text),
        Some("int" | "float" | "bool") => Ok(Written::Plain),
        Some("null") => Ok(Written::Null),
        None if is_text_tag(tag) => Ok(Written::Text),
        _ => Err(FormatError::at(line, Problem::Tag)),
    }
}

/// The tag `!`, which says "a text", and the tag of dates, which are texts here.
fn is_text_tag(tag: &Tag) -> bool {
    tag.original_handle().is_empty() && tag.suffix() == "!"
        || tag.handle() == "!" && tag.suffix().is_empty()
        || tag.suffix_in_namespace("tag:yaml.org,2002:").is_some_and(|suffix| suffix == "timestamp")
}

fn refuse_tag(line: usize, tag: Option<&Tag>, allowed: &str) -> Result<(), FormatError> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(allowed) => Err(FormatError::at(line, Problem::Tag)),
        _ => Ok(()),
    }
}

fn syntax(error: &ScanError) -> FormatError {
    let message = match error.kind() {
        // Its text shows the character.
        ErrorKind::UnexpectedCharacter { .. } => {
            "a character that must not be here: put the value in quotes".to_owned()
        }
        kind => kind.to_string(),
    };
    FormatError::syntax(error.marker().line(), message)
}
