//! The parameters of a connection string: those that the driver reads, and those that other programs write.
//!
//! Called by `address` before the driver reads the string. The parameters of TLS and of the log-in are kept for `tls` and
//! `authentication`. A parameter that changes nothing here is taken out, one by another name gets the driver's, and every
//! other one is refused by its name. The error never has a value.

use crate::infrastructure::store::StoreError;

/// The schema that holds the log.
const SCHEMA: &str = "configapi";

/// Where a parameter goes.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    /// The driver's own.
    Driver,
    /// The driver's, by this name.
    Named(&'static str),
    /// Of TLS or the log-in: this program's own.
    Own,
    /// The same by another name, with this value.
    OwnAs(&'static str, &'static str),
    /// Without a meaning here.
    Ignored,
    /// Not taken; the text says what to do.
    Refused(&'static str),
    /// Not known.
    Unknown,
}

/// A connection string, read. It may have a password, and is not shown.
pub(super) struct ConnectionString {
    /// For the driver: the same string without what the driver does not know.
    pub(super) driver: String,
    /// It says that a pooler is between: `pgbouncer=true`.
    pub(super) names_pooler: bool,
    /// Of TLS and of the log-in, which the driver has its own ideas of.
    pub(super) own: OwnParameters,
}

/// The parameters that this program minds itself, each decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OwnParameters(Vec<(String, String)>);

impl OwnParameters {
    /// The value; an empty one counts as absent, and of several the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let last = self.0.iter().rev().find(|(known, _)| known == name);
        last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// A parameter: as it is written, and its value decoded.
struct Parameter<'a> {
    text: &'a str,
    name: &'a str,
    written: &'a str,
    value: String,
}

impl ConnectionString {
    /// Reads a URL, or `host=… user=…`.
    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        let is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
        let (before, parameters) = match text.split_once('?') {
            Some((before, parameters)) if is_url => (before, of_url(parameters)),
            None if is_url => (text, Some(Vec::new())),
            _ => ("", of_words(text)),
        };
        let parameters = parameters.ok_or_else(unreadable)?;
        // A password with a `?` in it looks like parameters: then the host follows, and nothing is shown.
        let shows_names = !is_url || !text[before.len()..].contains('@');
        let (mut kept, mut own, mut names_pooler) = (Vec::new(), OwnParameters::default(), false);
        for parameter in &parameters {
            names_pooler |= (parameter.name, parameter.value.as_str()) == ("pgbouncer", "true");
            match parameter.place(shows_names)? {
                Place::Driver(text) => kept.push(text),
                Place::Own(name, value) => own.0.push((name.to_owned(), value.to_owned())),
                Place::Nowhere => {}
            }
        }
        let driver = match (is_url, kept.is_empty()) {
            (true, true) => before.to_owned(),
            (true, false) => format!("{before}?{}", kept.join("&")),
            (false, _) => kept.join(" "),
        };
        Ok(Self { driver, names_pooler, own })
    }
}

/// The error of a string that makes no sense; the string may have a password, and is not shown.
pub(super) fn unreadable() -> StoreError {
    let text = "DATABASE_URL can't be read: write postgresql://user@host:5432/database, special characters of a password \
                percent-encoded";
    StoreError::Misconfigured(text.to_owned())
}

/// Where a parameter goes, with its text there.
enum Place<'a> {
    Driver(String),
    Own(&'a str, &'a str),
    Nowhere,
}

impl Parameter<'_> {
    fn place(&self, shows_names: bool) -> Result<Place<'_>, StoreError> {
        let Self { text, name, written, value } = self;
        let refused =
            |why: &str| Err(StoreError::Misconfigured(format!("DATABASE_URL: the parameter {name} {why}")));
        match decide(name, value) {
            Decision::Named(other) => Ok(Place::Driver(format!("{other}={written}"))),
            Decision::Own => Ok(Place::Own(name, value)),
            Decision::OwnAs(other, value) => Ok(Place::Own(other, value)),
            Decision::Ignored => Ok(Place::Nowhere),
            Decision::Refused(why) => refused(why),
            Decision::Unknown if is_name(name) && shows_names => {
                refused("is not known: remove it, or correct its name")
            }
            // The driver refuses one that is not known, and its error is not shown.
            Decision::Driver | Decision::Unknown => Ok(Place::Driver((*text).to_owned())),
        }
    }
}

/// `name=value&…`, percent-encoded.
fn of_url(text: &str) -> Option<Vec<Parameter<'_>>> {
    let one = |text| {
        // A word without a value can be a part of a password: it has no name that is shown.
        let (name, written) = str::split_once(text, '=').unwrap_or_default();
        Some(Parameter { text, name, written, value: decoded(written)? })
    };
    text.split('&').filter(|text| !text.is_empty()).map(one).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// `name=value …`, a value perhaps in quotes, with `\` before a quote or another `\`: the driver's own form, and libpq's.
fn of_words(text: &str) -> Option<Vec<Parameter<'_>>> {
    let (mut rest, mut found) = (text.trim_start(), Vec::new());
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let written = after.trim_start();
        let (value, length) = word(written)?;
        let end = rest.len() - written.len() + length;
        let (name, written) = (name.trim_end(), &written[..length]);
        found.push(Parameter { text: rest[..end].trim_end(), name, written, value });
        rest = rest[end..].trim_start();
    }
    Some(found)
}

/// The value at the beginning of a text, and the length of what is written for it.
fn word(text: &str) -> Option<(String, usize)> {
    let is_quoted = text.starts_with('\'');
    let (mut value, mut letters) = (String::new(), text.char_indices().skip(usize::from(is_quoted)));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.push(letters.next()?.1),
            '\'' if is_quoted => return Some((value, at + 1)),
            letter if !is_quoted && letter.is_whitespace() => return Some((value, at)),
            letter => value.push(letter),
        }
    }
    (!is_quoted).then_some((value, text.len()))
}

/// Parameters have such names; a part of a password seldom does.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
}

/// libpq's parameters: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>.
fn decide(name: &str, value: &str) -> Decision {
    match name {
        // JDBC's, which libpq takes too.
        "ssl" if value == "true" => Decision::OwnAs("sslmode", "require"),
        "sslmode"
        | "sslnegotiation"
        | "sslrootcert"
        | "sslcert"
        | "sslkey"
        | "sslcertmode"
        | "sslsni"
        | "ssl_min_protocol_version"
        | "ssl_max_protocol_version"
        | "require_auth" => Decision::Own,
        "user"
        | "password"
        | "dbname"
        | "options"
        | "application_name"
        | "host"
        | "hostaddr"
        | "port"
        | "connect_timeout"
        | "tcp_user_timeout"
        | "keepalives"
        | "keepalives_idle"
        | "keepalives_interval"
        | "keepalives_retries"
        | "target_session_attrs"
        | "channel_binding"
        | "load_balance_hosts" => Decision::Driver,
        "keepalives_count" => Decision::Named("keepalives_retries"),
        "gssencmode" if value != "require" => Decision::Ignored,
        "client_encoding" if ["utf8", "utf-8", "auto"].contains(&value.to_ascii_lowercase().as_str()) => {
            Decision::Ignored
        }
        // Of Prisma: `read` has seen it.
        "pgbouncer" | "fallback_application_name" | "sslcompression" | "gsslib" | "krbsrvname" => {
            Decision::Ignored
        }
        "schema" | "currentSchema" if value == SCHEMA => Decision::Ignored,
        "schema" | "currentSchema" => Decision::Refused(
            "is not taken: the log is in the schema configapi, always. Remove the parameter",
        ),
        "sslcrl" | "sslcrldir" => Decision::Refused(
            "is a list of revoked certificates, which is not supported. Remove the parameter",
        ),
        "sslpassword" => Decision::Refused(
            "is for an encrypted key, which is not supported. Decrypt the file of sslkey and remove the parameter",
        ),
        "requiressl" | "sslaccept" | "ssl" => {
            Decision::Refused("is not taken. Write sslmode in its place: require, verify-ca or verify-full")
        }
        "passfile" | "service" | "servicefile" | "requirepeer" | "gssencmode" | "client_encoding"
        | "gssdelegation" | "replication" => {
            Decision::Refused("is libpq's and not supported here: write what it stands for into DATABASE_URL")
        }
        "connection_limit"
        | "pool_timeout"
        | "pool_size"
        | "max_connections"
        | "socket_timeout"
        | "statement_cache_size"
        | "statement_timeout"
        | "pool_mode" => Decision::Refused(
            "is another program's. Remove it; docs/operations.md has the settings of this one",
        ),
        _ => Decision::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(text: &str) -> Result<String, StoreError> {
        ConnectionString::read(text).map(|string| string.driver)
    }

    #[test]
    fn parameters_of_other_programs_are_understood_or_named() {
        for (given, expected) in [
            ("postgresql://u:p@h/d", Ok("postgresql://u:p@h/d")),
            (
                "postgresql://u:p@h/d?sslmode=disable&connect_timeout=3",
                Ok("postgresql://u:p@h/d?connect_timeout=3"),
            ),
            ("postgresql://u:p@h/d?gssencmode=disable&schema=configapi", Ok("postgresql://u:p@h/d")),
            (
                "postgresql://u:p@h/d?keepalives_count=2&sslmode=allow",
                Ok("postgresql://u:p@h/d?keepalives_retries=2"),
            ),
            ("host=h user=u client_encoding=UTF8 password=p", Ok("host=h user=u password=p")),
            ("host=h user=u options='-c a=b'", Ok("host=h user=u options='-c a=b'")),
            ("postgresql://u:p@h/d?&connect_timeout=3&", Ok("postgresql://u:p@h/d?connect_timeout=3")),
            ("host = h  sslmode = 'require' user=u", Ok("host = h user=u")),
            ("postgresql://u:p@h/d?pgbouncer=true", Ok("postgresql://u:p@h/d")),
            ("postgresql://u:p@h/d?schema=public", Err("schema")),
            ("postgresql://u:p@h/d?sslcrl=/crl", Err("sslcrl")),
            ("postgresql://u:p@h/d?sslpassword=p", Err("sslpassword")),
            ("postgresql://u:p@h/d?connection_limit=5", Err("connection_limit")),
            ("postgresql://u:p@h/d?conect_timeout=5", Err("conect_timeout")),
            ("host=h passfile=/x", Err("passfile")),
        ] {
            match (driver(given), expected) {
                (Ok(kept), Ok(expected)) => assert_eq!(kept, expected),
                (Err(error), Err(name)) => {
                    assert!(error.to_string().contains(&format!("parameter {name} ")), "{error}");
                }
                (kept, _) => panic!("{given}: {kept:?}"),
            }
        }
    }

    #[test]
    fn parameters_of_tls_are_decoded_and_the_last_of_a_name_counts() {
        for text in [
            "postgresql://u:p@h/d?sslmode=prefer&sslrootcert=%2Fa%20b%2Fca.crt&sslmode=verify-ca&sslcert=",
            "host=h sslmode=prefer sslrootcert='/a b/ca.crt' sslmode=verify-ca sslcert=''",
            r"host=h sslmode=prefer sslrootcert=/a\ b/ca.crt sslmode = verify-ca sslcert=''",
        ] {
            let own = ConnectionString::read(text).unwrap().own;
            let found = ["sslmode", "sslrootcert", "sslcert", "sslkey"].map(|name| own.get(name));
            assert_eq!(found, [Some("verify-ca"), Some("/a b/ca.crt"), None, None], "{text}");
        }
        let own = ConnectionString::read("postgres://h/d?ssl=true").unwrap().own;
        assert_eq!(own.get("sslmode"), Some("require"));
    }

    #[test]
    fn a_string_that_ends_within_a_value_is_refused() {
        for text in [
            "host=h password='s3cret",
            r"host=h password=s3cret\",
            "host=h s3cret",
            "postgres://h/d?user=%s3",
        ] {
            let error = ConnectionString::read(text).err().unwrap();
            assert!(!error.to_string().contains("s3"), "{error}");
        }
    }

    #[test]
    fn a_password_that_looks_like_a_parameter_is_not_shown() {
        for given in ["postgresql://u:se?cret=x@h/d", "postgresql://u:p@h/d?s3cret=1"] {
            assert!(driver(given).map_err(|error| error.to_string()).is_ok(), "{given}");
        }
    }
}
