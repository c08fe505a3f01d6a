//! The parameters of a connection string: those that the driver reads, and those that other programs write.
//!
//! Called by `address` before the driver reads the string. A parameter that changes nothing here is taken out, one by
//! another name gets the driver's, and every other one is refused by its name. The error never has a value.

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
    /// The driver's, with this value.
    Value(&'static str),
    /// Without a meaning here.
    Ignored,
    /// Not taken; the text says what to do.
    Refused(&'static str),
    /// Not known.
    Unknown,
}

/// The same string without what the driver does not know, and whether it names a pooler.
pub(super) fn for_driver(text: &str) -> Result<(String, bool), StoreError> {
    let names_pooler = text.split(['?', '&', ' ']).any(|parameter| parameter == "pgbouncer=true");
    Ok((known(text)?, names_pooler))
}

fn known(text: &str) -> Result<String, StoreError> {
    let is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    match text.split_once('?') {
        Some((before, parameters)) if is_url => {
            let kept = parameters.split('&').map(|parameter| one(parameter, parameters));
            let kept = kept.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect::<Vec<_>>();
            Ok(if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) })
        }
        None if is_url => Ok(text.to_owned()),
        // `host=… user=…`: the driver's own form, and libpq's; its quotes are left to the driver.
        _ if text.contains('\'') || text.contains(" = ") => Ok(text.to_owned()),
        _ => {
            let kept = text.split_ascii_whitespace().map(|parameter| one(parameter, text));
            Ok(kept.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    }
}

fn one(parameter: &str, of: &str) -> Result<Option<String>, StoreError> {
    let Some((name, value)) = parameter.split_once('=') else { return Ok(Some(parameter.to_owned())) };
    let refused =
        |why: &str| Err(StoreError::Misconfigured(format!("DATABASE_URL: the parameter {name} {why}")));
    match decide(name, value) {
        Decision::Named(other) => Ok(Some(format!("{other}={value}"))),
        Decision::Value(other) => Ok(Some(format!("{name}={other}"))),
        Decision::Ignored => Ok(None),
        Decision::Refused(why) => refused(why),
        // A password with a `?` in it looks like parameters: then the host follows, and nothing is shown.
        Decision::Unknown if is_name(name) && !of.contains('@') => {
            refused("is not known: remove it, or correct its name")
        }
        // The driver refuses one that is not known, and its error is not shown.
        Decision::Driver | Decision::Unknown => Ok(Some(parameter.to_owned())),
    }
}

/// Parameters have such names; a part of a password seldom does.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
}

/// libpq's parameters: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>.
fn decide(name: &str, value: &str) -> Decision {
    match name {
        "sslmode" if value == "allow" => Decision::Value("prefer"),
        "user"
        | "password"
        | "dbname"
        | "options"
        | "application_name"
        | "sslmode"
        | "sslnegotiation"
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
        // Of Prisma: it says what `for_driver` finds.
        "pgbouncer" | "fallback_application_name" | "sslcompression" | "sslsni" | "gsslib" | "krbsrvname" => {
            Decision::Ignored
        }
        "schema" | "currentSchema" if value == SCHEMA => Decision::Ignored,
        "schema" | "currentSchema" => Decision::Refused(
            "is not taken: the log is in the schema configapi, always. Remove the parameter",
        ),
        "sslrootcert"
        | "sslcert"
        | "sslkey"
        | "sslpassword"
        | "sslcrl"
        | "sslcrldir"
        | "sslaccept"
        | "ssl_min_protocol_version"
        | "ssl_max_protocol_version"
        | "requiressl"
        | "sslcertmode" => {
            Decision::Refused("is about TLS, which this release does not have. Remove the parameter")
        }
        "passfile" | "service" | "servicefile" | "requirepeer" | "require_auth" | "gssencmode"
        | "client_encoding" | "gssdelegation" | "replication" => {
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

    #[test]
    fn parameters_of_other_programs_are_understood_or_named() {
        for (given, expected) in [
            ("postgresql://u:p@h/d", Ok("postgresql://u:p@h/d")),
            (
                "postgresql://u:p@h/d?sslmode=disable&connect_timeout=3",
                Ok("postgresql://u:p@h/d?sslmode=disable&connect_timeout=3"),
            ),
            ("postgresql://u:p@h/d?gssencmode=disable&schema=configapi", Ok("postgresql://u:p@h/d")),
            (
                "postgresql://u:p@h/d?keepalives_count=2&sslmode=allow",
                Ok("postgresql://u:p@h/d?keepalives_retries=2&sslmode=prefer"),
            ),
            ("host=h user=u client_encoding=UTF8 password=p", Ok("host=h user=u password=p")),
            ("host=h user=u options='-c a=b'", Ok("host=h user=u options='-c a=b'")),
            ("postgresql://u:p@h/d?pgbouncer=true", Ok("postgresql://u:p@h/d")),
            ("postgresql://u:p@h/d?schema=public", Err("schema")),
            ("postgresql://u:p@h/d?sslrootcert=/ca", Err("sslrootcert")),
            ("postgresql://u:p@h/d?connection_limit=5", Err("connection_limit")),
            ("postgresql://u:p@h/d?conect_timeout=5", Err("conect_timeout")),
            ("host=h passfile=/x", Err("passfile")),
        ] {
            match (known(given), expected) {
                (Ok(kept), Ok(expected)) => assert_eq!(kept, expected),
                (Err(error), Err(name)) => {
                    assert!(error.to_string().contains(&format!("parameter {name} ")), "{error}");
                }
                (kept, _) => panic!("{given}: {kept:?}"),
            }
        }
    }

    #[test]
    fn a_password_that_looks_like_a_parameter_is_not_shown() {
        for given in ["postgresql://u:se?cret=x@h/d", "postgresql://u:p@h/d?s3cret=1"] {
            assert!(known(given).map_err(|error| error.to_string()).is_ok(), "{given}");
        }
    }
}
