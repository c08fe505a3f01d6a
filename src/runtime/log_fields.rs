//! The fields of log records: a value that could look like the next field is quoted, so that no value forges one.

use std::fmt::{self, Write};

use slog::{BorrowedKV, Drain, KV, Key, OwnedKVList, Record, RecordStatic, Serializer};

use super::printable::{is_printable, write_escaped};

/// The value of a field in the log: as it is where it is plain, else quoted and escaped.
struct FieldValue<'a>(&'a str);

impl fmt::Display for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = !self.0.starts_with('"') && !self.0.contains(", ") && self.0.chars().all(is_printable);
        if is_plain {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                other => write_escaped(f, other)?,
            }
        }
        f.write_char('"')
    }
}

/// A drain that writes every field as a [`FieldValue`].
pub(super) struct PrintableFields<D>(pub(super) D);

impl<D: Drain> Drain for PrintableFields<D> {
    type Ok = D::Ok;
    type Err = D::Err;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<D::Ok, D::Err> {
        let origin = RecordStatic { location: record.location(), tag: record.tag(), level: record.level() };
        let fields = Fields(record);
        self.0.log(&Record::new(&origin, record.msg(), BorrowedKV(&fields)), values)
    }
}

struct Fields<'a>(&'a Record<'a>);

impl KV for Fields<'_> {
    fn serialize(&self, record: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        self.0.kv().serialize(record, &mut Printing(serializer))
    }
}

/// Numbers and the like come as arguments too; they are plain.
struct Printing<'a>(&'a mut dyn Serializer);

impl Serializer for Printing<'_> {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        self.0.emit_arguments(key, &format_args!("{}", FieldValue(&value.to_string())))
    }

    fn emit_none(&mut self, key: Key) -> slog::Result {
        self.0.emit_none(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_could_look_like_the_next_one_is_quoted() {
        let shown = |text| FieldValue(text).to_string();
        for plain in ["", "a b", "127.0.0.1:4000", "app/ключ", r#"[{"name":"a"}]"#, "a,b"] {
            assert_eq!(shown(plain), plain);
        }
        assert_eq!(shown("x, actor: root"), r#""x, actor: root""#);
        assert_eq!(shown("\"x\", y \\"), r#""\"x\", y \\""#);
        assert_eq!(shown("a\r\nb"), r#""a\r\nb""#);
    }
}
