//! Templates of minijinja: strict about what is missing, with a limit on work and size.
//!
//! Functions: `value(name, default=…)` and `list(prefix)`, whose items have `name`, `relative` (the name after the prefix),
//! `value`, `revision` and `secret`. A name without a value is noted, and rendering goes on, so that one error has all such
//! names. Texts of errors have no secret (`an_error_shows_no_secret`).

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Kwargs, Object, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use parking_lot::Mutex;
use thiserror::Error;

use super::filters;
use super::source::Values;
use crate::client::child::{Secrets, masked};
use crate::client::error::Error;
use crate::client::item::Item;
use crate::domain::Secrecy;

/// Steps of a template: more than a list of 100,000 names needs.
const FUEL: u64 = 50_000_000;
/// The longest rendered text.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// A template to render.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its path, for errors and for `include`.
    pub name: String,
    /// Its text.
    pub source: String,
}

/// The texts of some templates, and what they depend on.
#[derive(Debug)]
pub struct Rendering {
    /// The texts, in the order of the templates.
    pub texts: Vec<Rendered>,
    /// The names and prefixes whose values were used.
    pub used: BTreeSet<String>,
}

/// The text of one template. `Debug` does not show it: it may have a secret.
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Whether it has the value of a secret.
    pub secrecy: Secrecy,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({} bytes, {:?})", self.text.len(), self.secrecy)
    }
}

/// Why templates can't be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template is wrong, or fails with these values.
    #[error("{place}: {what}")]
    Template {
        /// The file and the line.
        place: String,
        /// The reason, without a secret.
        what: String,
    },
    /// Names have no value.
    #[error("{}", list_of(.0, "has no value", "have no value"))]
    Missing(BTreeSet<String>),
    /// Secrets were not revealed, or their values are destroyed.
    #[error("{}", list_of(.0, "is a secret that is not revealed", "are secrets that are not revealed"))]
    Masked(BTreeSet<String>),
    /// The values can't be read.
    #[error(transparent)]
    Values(#[from] Error),
}

fn list_of(names: &BTreeSet<String>, one: &str, several: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("{} {}", quoted.join(", "), if names.len() == 1 { one } else { several })
}

/// Renders templates, all or none.
///
/// # Errors
/// [`RenderError`]: a template is wrong, or values are missing, masked or unreadable.
pub fn render(templates: &[Template], values: Arc<dyn Values>) -> Result<Rendering, RenderError> {
    let found = Arc::new(Mutex::new(Found::default()));
    let mut environment = environment(values, &found).map_err(|error| failed(&error, &found.lock()))?;
    for template in templates {
        environment
            .add_template_owned(template.name.clone(), template.source.clone())
            .map_err(|error| failed(&error, &found.lock()))?;
    }
    let mut texts = Vec::new();
    let mut failure = None;
    for template in templates {
        found.lock().secrets.clear();
        let mut text = Limited(Vec::new());
        let rendered = environment
            .get_template(&template.name)
            .and_then(|template| template.render_captured_to((), &mut text).map(drop));
        let found = found.lock();
        if let Err(error) = rendered {
            failure = failure.or_else(|| Some(failed(&error, &found)));
        }
        let secrecy = if found.secrets.is_empty() { Secrecy::Open } else { Secrecy::Secret };
        // A template writes whole texts.
        texts.push(Rendered { text: String::from_utf8_lossy(&text.0).into_owned(), secrecy });
    }
    let found = std::mem::take(&mut *found.lock());
    // A name without a value may be why a template failed: it is the better reason.
    match (found.failure, failure) {
        (Some(failure), _) => Err(failure.into()),
        _ if !found.missing.is_empty() => Err(RenderError::Missing(found.missing)),
        _ if !found.masked.is_empty() => Err(RenderError::Masked(found.masked)),
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(Rendering { texts, used: found.used }),
    }
}

/// The notes of the functions.
#[derive(Default)]
struct Found {
    used: BTreeSet<String>,
    missing: BTreeSet<String>,
    masked: BTreeSet<String>,
    failure: Option<Error>,
    /// The secrets of the template that is being rendered.
    secrets: BTreeSet<String>,
}

impl Found {
    /// The value of an item; an empty text in the place of a masked one.
    fn value_of(&mut self, item: &Item) -> Value {
        let Some(text) = item.text() else {
            self.masked.insert(item.name().to_owned());
            return Value::from("");
        };
        if item.is_secret() {
            self.secrets.insert(text.to_owned());
        }
        Value::from(text)
    }

    fn fail(&mut self, error: Error) -> minijinja::Error {
        self.failure.get_or_insert(error);
        minijinja::Error::new(ErrorKind::InvalidOperation, "the values can't be read")
    }
}

fn environment(
    values: Arc<dyn Values>,
    found: &Arc<Mutex<Found>>,
) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The files are configurations: what needs quotes says so, whatever the name of the template.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    environment.set_fuel(Some(FUEL));
    filters::add(&mut environment);
    let (noted, of) = (Arc::clone(found), Arc::clone(&values));
    environment.add_function("value", move |name: String, options: Kwargs| {
        let default: Option<Value> = options.get("default")?;
        options.assert_all_used()?;
        let item = of.value(&name);
        let mut noted = noted.lock();
        noted.used.insert(name.clone());
        match (item, default) {
            (Ok(Some(item)), _) => Ok(noted.value_of(&item)),
            (Ok(None), Some(default)) => Ok(default),
            (Ok(None), None) => {
                noted.missing.insert(name);
                Ok(Value::from(""))
            }
            (Err(error), _) => Err(noted.fail(error)),
        }
    });
    let noted = Arc::clone(found);
    environment.add_function("list", move |prefix: String| {
        let items = values.list(&prefix);
        noted.lock().used.insert(prefix.clone());
        let items = items.map_err(|error| noted.lock().fail(error))?;
        let shown =
            |item| Value::from_object(Listed { item, prefix: prefix.len(), found: Arc::clone(&noted) });
        Ok(items.into_iter().map(shown).collect::<Vec<Value>>())
    });
    Ok(environment)
}

/// An item of a list. Its value is noted when a template uses it.
struct Listed {
    item: Item,
    /// Bytes of the name before its rest.
    prefix: usize,
    found: Arc<Mutex<Found>>,
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.item.name())
    }
}

impl Object for Listed {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = self.item.name();
        Some(match key.as_str()? {
            "name" => Value::from(name),
            "relative" => Value::from(name.get(self.prefix..).unwrap_or(name)),
            "value" => self.found.lock().value_of(&self.item),
            "revision" => Value::from(self.item.revision().get()),
            "secret" => Value::from(self.item.is_secret()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["name", "relative", "value", "revision", "secret"])
    }
}

/// A text with a limit on its length.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > TEXT_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(error: &minijinja::Error, found: &Found) -> RenderError {
    let place = format!("{}:{}", error.name().unwrap_or("template"), error.line().unwrap_or(1));
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "the template takes too many steps: check its loops".to_owned(),
        ErrorKind::WriteFailure => format!("the text is longer than {TEXT_BYTES_MAX} bytes: check the loops"),
        kind => match error.detail().and_then(|detail| without_secrets(detail, found)) {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    };
    RenderError::Template { place, what }
}

/// The text with its secrets masked; none if one is too short to be masked.
fn without_secrets(text: &str, found: &Found) -> Option<String> {
    let secrets = Secrets::new(found.secrets.iter().map(String::as_str)).ok()?;
    let text = masked(&secrets, text);
    let shows_one = found.secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret.as_str()));
    (!shows_one).then_some(text)
}

#[cfg(test)]
mod tests;
