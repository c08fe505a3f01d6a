//! JSON objects inside each other, one for each part of a name between slashes.
//!
//! Sorted names have those of one folder next to each other, so that only the open folders are kept.

use std::io::Write;

use super::super::note::Notes;
use super::super::quote::quoted;
use super::super::{Entry, WriteError, array};
use super::form::Form;
use crate::domain::ContentType;

#[derive(Default)]
pub(super) struct Nested {
    is_begun: bool,
    /// The folders that are open, each by its own part of the name.
    open: Vec<String>,
    /// Names that the last one begins with, and the last one: only these can be folders of the next one.
    starts: Vec<String>,
}

impl Nested {
    /// Refuses a name below another one that is a value.
    fn check(&mut self, name: &str) -> Result<(), WriteError> {
        while self.starts.last().is_some_and(|start| !name.starts_with(start.as_str())) {
            self.starts.pop();
        }
        let is_above = |start: &&String| name[start.len()..].starts_with('/');
        if let Some(value) = self.starts.iter().find(is_above) {
            return Err(WriteError::ValueAndFolder { value: value.clone(), below: name.to_owned() });
        }
        self.starts.push(name.to_owned());
        Ok(())
    }

    /// Begins a line for a member, after closing and opening folders.
    fn go_to(&mut self, out: &mut dyn Write, folders: &[&str]) -> Result<(), WriteError> {
        let shared = self.open.iter().zip(folders).take_while(|(open, folder)| open == folder).count();
        if !self.is_begun {
            out.write_all(b"{")?;
        }
        let mut is_first = !self.is_begun;
        self.is_begun = true;
        while self.open.len() > shared {
            self.open.pop();
            write!(out, "\n{}}}", indent(self.open.len() + 1))?;
        }
        for folder in &folders[shared..] {
            if !is_first {
                out.write_all(b",")?;
            }
            write!(out, "\n{}{}: {{", indent(self.open.len() + 1), quoted(folder))?;
            self.open.push((*folder).to_owned());
            is_first = true;
        }
        if !is_first {
            out.write_all(b",")?;
        }
        write!(out, "\n{}", indent(self.open.len() + 1))?;
        Ok(())
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

impl Form for Nested {
    fn entry(&mut self, out: &mut dyn Write, entry: &Entry, notes: &mut Notes) -> Result<(), WriteError> {
        self.check(&entry.name)?;
        let mut folders: Vec<&str> = entry.name.split('/').collect();
        let key = folders.pop().unwrap_or_default();
        self.go_to(out, &folders)?;
        let text = entry.value.as_str();
        let is_array = entry.content_type == Some(ContentType::Json) && array::is_canonical(text);
        notes.secret_in_clear(entry);
        if is_array {
            write!(out, "{}: {text}", quoted(key))?;
        } else {
            notes.without_content_type(entry);
            write!(out, "{}: {}", quoted(key), quoted(text))?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        if !self.is_begun {
            return Ok(out.write_all(b"{}\n")?);
        }
        while self.open.pop().is_some() {
            write!(out, "\n{}}}", indent(self.open.len() + 1))?;
        }
        Ok(out.write_all(b"\n}\n")?)
    }
}
