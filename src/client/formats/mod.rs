//! Formats of files with many values: read for `import` and `apply`, written by `export`.
