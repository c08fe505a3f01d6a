//! Manifests of a `ConfigMap` or a Secret of Kubernetes, in YAML.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::note::Notes;
use super::super::quote::quoted;
use super::super::{Entry, ManifestName, Unfit, WriteError};
use super::form::Form;

/// The longest key.
const KEY_BYTES_MAX: usize = 253;
/// How long all values of an object may be together.
const VALUES_BYTES_MAX: usize = 1_048_576;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ConfigMap,
    Secret,
}

pub(super) struct Manifest {
    kind: Kind,
    name: ManifestName,
    is_begun: bool,
    bytes: usize,
}

impl Manifest {
    pub(super) fn config_map(name: ManifestName) -> Self {
        Self { kind: Kind::ConfigMap, name, is_begun: false, bytes: 0 }
    }

    pub(super) fn secret(name: ManifestName) -> Self {
        Self { kind: Kind::Secret, name, is_begun: false, bytes: 0 }
    }

    fn begin(&self, out: &mut dyn Write) -> Result<(), WriteError> {
        let (kind, kind_of_secret) = match self.kind {
            Kind::ConfigMap => ("ConfigMap", ""),
            Kind::Secret => ("Secret", "type: Opaque\n"),
        };
        let name = quoted(self.name.as_str());
        write!(out, "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{kind_of_secret}data:")?;
        Ok(())
    }
}

fn is_key(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty()
        && name.len() <= KEY_BYTES_MAX
        && name.bytes().all(is_part)
        && name != "."
        && !name.starts_with("..")
}

impl Form for Manifest {
    fn entry(&mut self, out: &mut dyn Write, entry: &Entry, notes: &mut Notes) -> Result<(), WriteError> {
        let text = entry.value.as_str();
        if !is_key(&entry.name) {
            return Err(WriteError::unfit(&entry.name, Unfit::KubernetesKey));
        }
        self.bytes += text.len();
        if self.bytes > VALUES_BYTES_MAX {
            return Err(WriteError::unfit(&entry.name, Unfit::KubernetesSize(VALUES_BYTES_MAX)));
        }
        if !self.is_begun {
            self.begin(out)?;
            self.is_begun = true;
        }
        let value = match self.kind {
            Kind::ConfigMap => {
                notes.secret_in_clear(entry);
                quoted(text)
            }
            Kind::Secret => quoted(&STANDARD.encode(text)),
        };
        notes.without_content_type(entry);
        write!(out, "\n  {}: {value}", quoted(&entry.name))?;
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        if self.is_begun {
            return Ok(out.write_all(b"\n")?);
        }
        self.begin(out)?;
        Ok(out.write_all(b" {}\n")?)
    }
}
