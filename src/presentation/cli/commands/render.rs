//! `configapi render`: templates with values, printed or written to files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::Args;
use crossbeam_channel::bounded;

use crate::client::render::files::{Effect, FileError, replace};
use crate::client::render::{AtRevision, Followed, RenderError, Rendering, Template, Values, render};
use crate::client::{Read, WatchSettings, Watched};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::ui::Ui;

/// Endings of templates, which their files don't have.
const ENDINGS: [&str; 5] = ["tmpl", "tpl", "j2", "jinja", "jinja2"];

const EXAMPLES: &str = "\
A template, in the language of Jinja:
  url = {{ value('app/db_url') }}
  pool = {{ value('app/pool_size', default=10) }}
  {% for item in list('app/hosts/') %}{{ item.relative }} {{ item.value|shell }}
  {% endfor %}

Examples:
  configapi render web.ini.j2
  configapi render web.ini.j2 --at 5
  configapi render web.ini.j2 --to web.ini --check 'grep -q port' --exec 'touch reloaded'
  configapi render web.ini.j2 --to web.ini --watch";

/// Render templates with values, all at one revision
///
/// `value(NAME)` is the value of a name, and `value(NAME, default=…)` that of a name that may have none. `list(PREFIX)` has
/// items with `name`, `relative` (the name after the prefix), `value`, `revision` and `secret`. Texts are quoted by the
/// filters `json`, `yaml`, `toml`, `shell` and `url`, and converted by `base64`, `base64_decode` and `from_json`; those of
/// Jinja are there too.
///
/// All names without a value are named in one error, with status 3. A file is written next to its target and renamed; the
/// target keeps its mode and its owner. A new file with a secret is for its owner alone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Render {
    /// The templates; `-` is standard input
    #[arg(value_name = "TEMPLATE", required = true)]
    templates: Vec<PathBuf>,
    /// The file, or a folder for files that are named like the templates, without .tmpl, .tpl, .j2, .jinja or .jinja2
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Render again when a value changes
    #[arg(long, requires = "to")]
    watch: bool,
    /// Run this command after files have changed
    #[arg(long, value_name = "COMMAND", value_parser = words, requires = "to")]
    exec: Option<Words>,
    /// Run this command with the path of each new file before any is put in its place; if it fails, all files stay
    #[arg(long, value_name = "COMMAND", value_parser = words, requires = "to")]
    check: Option<Words>,
    #[arg(long, value_name = "POINT", env = "CONFIGAPI_AT",
        help = format!("Pin the values to a point: {POINTS}"))]
    at: Option<PointArg>,
    /// Do not reveal secrets: a template that uses one is refused
    #[arg(long)]
    no_reveal: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

/// The words of a command.
#[derive(Clone, Debug)]
struct Words(Vec<OsString>);

impl Render {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        if self.watch && self.at.is_some() {
            return Err(Failure::usage("--watch and --at exclude each other: pinned values never change"));
        }
        if self.watch && self.client.file().is_some() {
            return Err(Failure::usage("--watch needs a server: nothing else can change an open file"));
        }
        let targets = self.targets()?;
        let templates = self.templates.iter().map(|path| template(path)).collect::<Result<Vec<_>, _>>()?;
        let session = self.client.open(ui, Missing::Refuse)?;
        let revision = match self.at {
            None => session.client.head()?,
            Some(at) => session.client.revision_at(at.resolve(&session.client)?)?,
        };
        let values = AtRevision::new(session.client.clone(), revision, &self.read());
        let rendering = render(&templates, Arc::new(values)).map_err(failed)?;
        let used = rendering.used.clone();
        match &targets {
            None => return print(&session, &rendering),
            Some(targets) => self.put(targets, rendering)?,
        }
        if self.watch {
            self.follow(&session, &targets.unwrap_or_default(), &templates, used)
        } else {
            Ok(())
        }
    }

    fn read(&self) -> Read {
        Read { reveal: !self.no_reveal, ..Read::default() }
    }

    /// The file of each template; none if they are printed.
    fn targets(&self) -> Result<Option<Vec<PathBuf>>, Failure> {
        let Some(to) = &self.to else { return Ok(None) };
        if !to.is_dir() {
            if self.templates.len() > 1 {
                let text = format!("{} is not a folder: several templates need one", to.display());
                return Err(Failure::usage(text));
            }
            return Ok(Some(vec![to.clone()]));
        }
        let file = |template: &PathBuf| {
            let name =
                if template.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
                    template.file_stem()
                } else {
                    template.file_name().filter(|name| *name != "-")
                };
            name.map(|name| to.join(name))
                .ok_or_else(|| Failure::usage(format!("{} needs a file: use --to FILE", template.display())))
        };
        let targets = self.templates.iter().map(file).collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = targets.iter().find(|target| !seen.insert(*target)) {
            return Err(Failure::usage(format!(
                "two templates would become {}: rename one",
                twice.display()
            )));
        }
        Ok(Some(targets))
    }

    /// Replaces the files, and runs the command if one of them has changed.
    fn put(&self, targets: &[PathBuf], rendering: Rendering) -> Result<(), Failure> {
        let check = self.check.as_ref().map_or(&[][..], |check| &check.0);
        let files: Vec<_> = targets.iter().cloned().zip(rendering.texts).collect();
        let effects = replace(&files, check).map_err(|error| not_replaced(&error))?;
        let Some(Words(words)) = self.exec.as_ref().filter(|_| effects.contains(&Effect::Replaced)) else {
            return Ok(());
        };
        let Some((command, arguments)) = words.split_first() else { return Ok(()) };
        let shown = || command.to_string_lossy().into_owned();
        match Command::new(command).args(arguments).stdin(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                Err(Failure::system(format!("the files have changed, but {} failed: {status}", shown())))
            }
            Err(error) => Err(Failure::system(format!(
                "the files have changed, but {} did not start: {error}",
                shown()
            ))),
        }
    }

    /// Renders again after each change of a name that the templates use.
    fn follow(
        &self,
        session: &Session,
        targets: &[PathBuf],
        templates: &[Template],
        mut used: BTreeSet<String>,
    ) -> Result<(), Failure> {
        loop {
            let (send, changed) = bounded(1);
            let watched = Watched::with(
                session.client.clone(),
                WatchSettings {
                    prefixes: used.iter().cloned().collect(),
                    reveal: !self.no_reveal,
                    // A place that is taken already is for this change too.
                    on_change: Some(Box::new(move |_| {
                        let _ = send.try_send(());
                    })),
                    ..WatchSettings::default()
                },
            )?;
            // The values may have changed since they were rendered.
            let mut is_first = true;
            while is_first || changed.recv().is_ok() {
                is_first = false;
                let snapshot = watched.snapshot();
                let values = Followed::new(snapshot, used.clone(), session.client.clone(), &self.read());
                let now = self.render_again(session, targets, templates, Arc::new(values));
                if let Some(more) = now.filter(|now| !now.is_subset(&used)) {
                    used.extend(more);
                    break;
                }
            }
        }
    }

    /// Returns the names that the templates use now. After a failure the files stay as they are, until the next change.
    fn render_again(
        &self,
        session: &Session,
        targets: &[PathBuf],
        templates: &[Template],
        values: Arc<dyn Values>,
    ) -> Option<BTreeSet<String>> {
        let rendered = render(templates, values).map_err(failed);
        let rendered = rendered.map_err(|failure| failure.hint("the files stay as they are"));
        let put = rendered.and_then(|rendering| {
            let used = rendering.used.clone();
            self.put(targets, rendering).map(|()| used)
        });
        put.map_err(|failure| session.ui.complain(failure)).ok()
    }
}

fn template(path: &Path) -> Result<Template, Failure> {
    let unreadable = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let (name, source) = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        ("standard input".to_owned(), text)
    } else {
        (path.to_string_lossy().into_owned(), fs::read_to_string(path).map_err(unreadable)?)
    };
    Ok(Template { name, source })
}

fn print(session: &Session, rendering: &Rendering) -> Result<(), Failure> {
    let mut results = session.ui.results();
    for rendered in &rendering.texts {
        results.text(&rendered.text)?;
    }
    results.flush()
}

fn failed(error: RenderError) -> Failure {
    match error {
        RenderError::Values(error) => error.into(),
        RenderError::Template { .. } => Failure::usage(error.to_string()),
        RenderError::Missing(_) => Failure::reported(Status::NotFound, error.to_string())
            .hint("set them, or give a value in the template: value(NAME, default=…)"),
        RenderError::Masked(_) => Failure::reported(Status::NotAllowed, error.to_string())
            .hint("use a token with the right to reveal them, without --no-reveal"),
    }
}

fn not_replaced(error: &FileError) -> Failure {
    Failure::system(error.to_string())
}

/// The words of a command, as a shell would split them.
fn words(text: &str) -> Result<Words, String> {
    let words = shell_words::split(text).map_err(|error| error.to_string())?;
    if words.is_empty() {
        return Err("write a command".into());
    }
    Ok(Words(words.into_iter().map(Into::into).collect()))
}
