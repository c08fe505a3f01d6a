//! Templates with values, and the files that they become.
//!
//! Called by `render` of the command line, and by programs. All templates of a call are rendered from values at one
//! revision. A name without a value is an error, never an empty text, and every such name of all templates is in that
//! error. `source` has the values, `template` the engine and its functions, `filters` how texts are quoted for the files
//! that people render, `files` how a file is replaced.

pub mod files;
mod filters;
mod source;
mod template;

pub use source::{AtRevision, Followed, Values};
pub use template::{RenderError, Rendered, Rendering, Template, render};
