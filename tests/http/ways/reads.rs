//! Rows that read names: items, histories, lists, differences. The seed makes the revisions 1 to 12.

use super::rows::{Row, asks, script};
use super::scripts;

pub const READS: &[Row] = &[
    Row {
        reader: &["\r\n\r\nSVALUEnew", "\r\n\r\nSVALUEroot"],
        reveals: &["\r\n\r\nHVALUE5", "\r\n\r\nHVALUE2"],
        ..asks(
            "item as text",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx",
                "GET /config/app%2Fa",
                "GET /v1/config/app%2FaHNAME1",
                "GET /config/app%2FHNAME2",
                "GET /v1/config/app%2FA%2FSNAMEx",
                "GET /v1/config/app%2F%2Fa%2FSNAMEx",
            ],
        )
    },
    Row {
        reader: &["\"value\":\"SVALUEnew\"", "SREASON"],
        reveals: &["\"value\":\"HVALUE5\"", "HREASON", "HACTOR"],
        ..asks(
            "item as JSON",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx\nAccept: application/json",
                "GET /v1/config/app%2FaHNAME1\nAccept: application/json",
            ],
        )
    },
    // Nothing of it is a secret: to ask for secrets shows no more than to ask without.
    Row {
        reader: &["\r\n\r\nSVALUEnew", "SVALUEold", "SVALUEroot"],
        reveals: &["HVALUE5", "HVALUE3"],
        ..asks(
            "reveals",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx?reveal=true",
                "GET /v1/config/app%2FaHNAME1?reveal=true",
                "GET /v1/config?reveal=true",
                "GET /v1/config?reveal=true&at=7",
                "GET /v1/config/app%2Fa%2FSNAMEx/history?reveal=true",
                "GET /v1/config/app%2FaHNAME1/history?reveal=true",
                "GET /v1/config/app%2Fa%2FSNAMEx/at/{instant:1}?reveal=true",
                "GET /v1/config/HNAME3%2Fz/at/{instant:7}?reveal=true",
            ],
        )
    },
    Row {
        reader: &["ETag: \"3-"],
        reveals: &["ETag: \"11-", "ETag: \"4-"],
        ..asks(
            "item, HEAD",
            &[
                "HEAD /v1/config/app%2Fa%2FSNAMEx",
                "HEAD /v1/config/app%2FaHNAME1",
                "HEAD /config/app%2FHNAME2\nAccept: application/json",
            ],
        )
    },
    Row {
        reader: &["SVALUEold", "SVALUEgone"],
        reveals: &["HVALUE1", "HVALUE3"],
        ..asks(
            "item at a revision, a place, an instant",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx?at=1",
                "GET /v1/config/app%2Fa%2FSNAMEgone?at={instant:5}",
                "GET /v1/config/app%2FaHNAME1?at=10",
                "GET /v1/config/app%2FaHNAME1?at={place:2}",
                "GET /v1/config/HNAME3%2Fz?at={instant:7}",
                "HEAD /v1/config/HNAME3%2Fz?at=7",
            ],
        )
    },
    Row {
        reader: &["SVALUEnew"],
        reveals: &["HVALUE5"],
        ..asks(
            "item at an age, at a date",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx?at=0s",
                "GET /v1/config/app%2FaHNAME1?at=0s",
                "GET /v1/config/app%2FaHNAME1\nAccept-Datetime: Fri, 31 Dec 2100 00:00:00 GMT",
                "GET /v1/config/app%2Fa\nAccept-Datetime: Fri, 31 Dec 2100 00:00:00 GMT",
            ],
        )
    },
    Row {
        reader: &["SVALUEold"],
        reveals: &["HVALUE1", "HVALUE3"],
        ..asks(
            "item, the overview's path of the past",
            &[
                "GET /config/app%2Fa%2FSNAMEx/at/{instant:1}",
                "GET /v1/config/app%2FaHNAME1/at/{instant:2}",
                "GET /v1/config/HNAME3%2Fz/at/{instant:7}",
            ],
        )
    },
    Row {
        reader: &["HTTP/1.1 304 "],
        reveals: &["ETag: \"11-"],
        ..asks(
            "item, If-None-Match",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx\nIf-None-Match: \"{place:3}\"",
                "GET /v1/config/app%2FaHNAME1\nIf-None-Match: \"{place:11}\"",
                "GET /v1/config/app%2FaHNAME1\nIf-None-Match: *",
                "GET /v1/config/app%2FaHNAME1?at=2\nIf-None-Match: \"{place:2}\"",
            ],
        )
    },
    Row {
        reader: &["HTTP/1.1 412 ", "\"current_revision\":3"],
        reveals: &["\"current_revision\":11", "HVALUE5"],
        ..asks(
            "item, If-Match",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx\nIf-Match: \"1\"",
                "GET /v1/config/app%2FaHNAME1\nIf-Match: \"2\"",
                "GET /v1/config/app%2FaHNAME1\nIf-Match: *",
                "GET /v1/config/HNAME3%2Fz\nIf-Match: *",
            ],
        )
    },
    Row {
        reader: &["no-such-name"],
        ..asks(
            "item that is deleted",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEgone",
                "GET /v1/config/HNAME3%2Fz",
                "HEAD /v1/config/HNAME3%2Fz",
            ],
        )
    },
    Row {
        reader: &["SVALUEold", "SVALUEnew", "\"deleted_value\":\"SVALUEgone\""],
        reveals: &["HVALUE1", "HREASON", "HREQUEST", "ba5eba11", "\"deleted_value\":\"HVALUE3\""],
        ..asks(
            "history",
            &[
                "GET /v1/config/app%2Fa%2FSNAMEx/history",
                "GET /config/app%2Fa%2FSNAMEgone/history?order=desc",
                "GET /v1/config/app%2FaHNAME1/history",
                "HEAD /v1/config/app%2FaHNAME1/history",
                "GET /v1/config/app%2FaHNAME1/history?order=desc&limit=1",
                "GET /v1/config/app%2FaHNAME1/history?order=asc&after=1",
                "GET /config/HNAME3%2Fz/history?order=desc",
            ],
        )
    },
    Row {
        reader: &["\"name\":\"app/a\"", "SVALUEmixed", "ETag: \"12-", "SREASON"],
        reveals: &["HNAME1", "HVALUE2", "HNAME4", "HREASON", "HACTOR"],
        ..asks("list", &["GET /v1/config", "GET /config", "HEAD /v1/config"])
    },
    Row {
        reader: &["\"name\":\"app/a/SNAMEx\"", "\"name\":\"app/a\""],
        reveals: &["\"name\":\"app/aHNAME1\"", "HVALUE4"],
        ..asks(
            "list under a prefix inside, around and outside",
            &[
                "GET /v1/config?prefix=app%2Fa%2FSN",
                "GET /v1/config?prefix=app%2Fa",
                "GET /v1/config?prefix=app",
                "GET /v1/config?prefix=app%2FaH",
                "GET /v1/config?prefix=H",
                "GET /v1/config?prefix=HNAME3",
                "GET /v1/config?prefix=z",
            ],
        )
    },
    Row {
        reader: &["\"name\":\"app/a/SNAMElast\",\"content_type\":\"text/plain\",\"version\":1"],
        reveals: &["\"name\":\"app/aHNAME1\",\"content_type\":\"text/plain\",\"version\":2"],
        ..asks(
            "list without values",
            &["GET /v1/config?values=false", "GET /v1/config?values=false&prefix=app%2Fa&at=12"],
        )
    },
    Row {
        reader: &["\"name\":\"app/a/SNAMEx\"", "\"name\":\"app/a/SNAMElast\""],
        reveals: &["\"name\":\"app/aHNAME1\"", "\"name\":\"HNAME4\""],
        ..asks(
            "list of the names that contain a text",
            &[
                "GET /v1/config?q=name",
                "GET /v1/config?q=hname1",
                "GET /v1/config?q=app%2Fah&prefix=app",
                "GET /v1/config?q=name&limit=1",
                "GET /v1/config?q=hname&limit=1&values=false",
                "HEAD /v1/config?q=hname4",
            ],
        )
    },
    Row {
        reader: &["SVALUEold", "SVALUEnew", "SVALUEmixed"],
        reveals: &["HVALUE1", "HVALUE4", "HVALUE5"],
        ..asks(
            "list of the names whose value contains a text",
            &[
                "GET /v1/config?q=value&in=values",
                "GET /v1/config?q=hvalue5&in=values",
                "GET /v1/config?q=value&in=values&at=2",
                "GET /v1/config?q=hvalue3&in=values&at={place:7}",
                "GET /v1/config?q=value&in=values&limit=2&at=12",
                "HEAD /v1/config?q=hvalue4&in=values",
            ],
        )
    },
    Row {
        reader: &["SVALUEold", "SVALUEgone"],
        reveals: &["HVALUE1", "HNAME3/z", "ETag: \"7-"],
        ..asks(
            "list of the past",
            &[
                "GET /v1/config?at=2",
                "GET /v1/config?at={place:5}",
                "GET /v1/config?at={instant:7}",
                "GET /v1/config?at=7&prefix=HNAME",
                "GET /v1/config?at=0s&prefix=app%2Fa",
                "GET /v1/config?prefix=HNAME\nAccept-Datetime: Fri, 31 Dec 2100 00:00:00 GMT",
            ],
        )
    },
    Row {
        reader: &["\"name\":\"app/a/SNAMEx\"", "\"name\":\"app/a/SNAMElast\""],
        reveals: &["\"name\":\"HNAME4\"", "after=app%2FHNAME2"],
        ..script("list in pages, by their links", scripts::pages)
    },
    Row {
        reader: &["\"name\":\"app/a/SNAMElast\""],
        reveals: &["\"name\":\"app/aHNAME1\""],
        ..asks(
            "list after a name",
            &[
                "GET /v1/config?after=app%2Fa&limit=1",
                "GET /v1/config?after=app%2FaH&limit=1",
                "GET /v1/config?after=HNAME1&limit=2&at=12",
                "GET /v1/config?after=app%2FaHNAME1&prefix=app",
            ],
        )
    },
    Row {
        reader: &["HTTP/1.1 304 ", "\"current_revision\":12"],
        reveals: &["HVALUE5"],
        ..asks(
            "list with conditions",
            &[
                "GET /v1/config?prefix=app%2Fa\nIf-None-Match: \"12\"",
                "GET /v1/config?prefix=app%2Fa\nIf-Match: \"11\"",
                "GET /v1/config?prefix=app%2FaH\nIf-None-Match: \"11\"",
                "GET /v1/config?prefix=app%2FaH\nIf-Match: \"11\"",
                "GET /v1/config?prefix=app%2FaH\nIf-Match: \"2\"",
                "GET /v1/config?prefix=HNAME&at=7\nIf-Match: \"7\"",
            ],
        )
    },
    Row {
        reader: &["SVALUEold", "SVALUEnew", "\"kind\":\"changed\""],
        reveals: &["HVALUE1", "HVALUE5", "HNAME2", "\"kind\":\"removed\""],
        ..asks(
            "diff",
            &[
                "GET /v1/diff?from=1",
                "GET /v1/diff?from=2&to=12",
                "GET /v1/diff?from=0&to={place:4}&prefix=app",
                "GET /v1/diff?from=7&to=8&prefix=HNAME",
                "HEAD /v1/diff?from=0&to={instant:12}&prefix=app%2FaH",
            ],
        )
    },
    // Hidden changes are counted: how many there are, and when, is not secret. `?at=` with instants finds that too, by
    // `Config-Revision`. A span between revisions has their instants, which the table takes for traces.
    Row {
        reader: &["\"changes\":12,\"first_revision\":1}"],
        ..asks(
            "activity",
            &[
                "GET /v1/activity?from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z&buckets=1",
                "HEAD /v1/activity?from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z&buckets=1000",
            ],
        )
    },
];
