//! Rows of the feed, and of what is about the service.

use super::rows::{Compare, Row, asks, script};
use super::scripts;

pub const FEEDS: &[Row] = &[
    Row {
        reader: &["SVALUEold", "\"deleted_value\":\"SVALUEgone\"", "SVALUEmixed", "\"actor\":\"root\""],
        reveals: &["HVALUE1", "HREASON", "HREQUEST", "ba5eba11", "HVALUE4", "HNAME3"],
        ..asks(
            "feed page",
            &[
                "GET /v1/events",
                "GET /v1/events?after=8&limit=2",
                "GET /v1/events?after={place:10}&limit=1",
                "GET /v1/events?after=99",
                "GET /v1/events?after=1&lastEventId=8&limit=2",
                "HEAD /v1/events?limit=3",
            ],
        )
    },
    Row {
        reader: &["SVALUElast", "SVALUEroot"],
        reveals: &["HVALUE5", "HVALUE4"],
        ..asks(
            "feed page under a prefix inside, around and outside",
            &[
                "GET /v1/events?prefix=app%2Fa%2F",
                "GET /v1/events?prefix=app%2Fa",
                "GET /v1/events?prefix=app%2FaH",
                "GET /v1/events?prefix=H",
                "GET /v1/events?prefix=z",
            ],
        )
    },
    Row {
        reader: &["SVALUElast"],
        reveals: &["HVALUE5"],
        ..asks(
            "long poll for what is there",
            &[
                "GET /v1/events?after=10&wait=100ms",
                "GET /v1/events?after={place:10}&wait=100ms&prefix=app%2FaH",
                "GET /v1/events?after={place:1}&wait=100ms&prefix=HNAME3",
                "GET /v1/events?after={head}&wait=20ms",
            ],
        )
    },
    Row {
        reader: &["HTTP/1.1 400 ", "HTTP/1.1 404 ", "HTTP/1.1 405 ", "HTTP/1.1 503 ", "no-such-place"],
        ..asks(
            "error texts",
            &[
                "GET /v1/config/app%2FaHNAME1?at=yesterday",
                "GET /v1/config/app%2FaHNAME1?colour=red",
                "GET /v1/config/app%2FaHNAME1?at=99\nPrefer: wait=0",
                "GET /v1/config/app%2FaHNAME1?at=11-00000000",
                "GET /v1/config/app%2FaHNAME1?at=1735689600",
                "GET /v1/config?at=11-00000000&prefix=H",
                "GET /v1/config/app%2FaHNAME1\nConfig-Min-Revision: 99\nPrefer: wait=0",
                "GET /v1/config/HNAME3%2Fz/history?after=x",
                "GET /v1/events?after=11-00000000",
                "GET /v1/events?after=11-00000000&wait=100ms",
                "GET /v1/diff?from=11-00000000",
                "GET /v1/config/HNAME4/nothing",
                "POST /v1/config/HNAME4\n\n{}",
                "PUT /v1/config/HNAME4\nContent-Type: image/png\n\nv",
                "PUT /v1/config/HNAME4\n\n{\"value\":1}",
            ],
        )
    },
    Row {
        reader: &["\"status\":\"healthy\"", "[+] database"],
        compare: Compare::Nothing,
        ..asks(
            "health and status",
            &[
                "GET /v1/health",
                "GET /health",
                "GET /livez?verbose",
                "GET /readyz?verbose",
                "GET /v1/readyz",
                "GET /",
                "GET /v1/",
            ],
        )
    },
    Row {
        reader: &["configapi_http_requests_total", "configapi_head_revision"],
        compare: Compare::Nothing,
        ..asks("metrics", &["GET /metrics", "GET /v1/metrics", "HEAD /metrics"])
    },
    Row { reader: &["\"openapi\""], ..asks("the document", &["GET /openapi.json", "GET /v1/openapi.json"]) },
];

/// These make changes.
pub const LIVE: &[Row] = &[
    Row {
        reader: &["SVALUElive"],
        reveals: &["HVALUElive"],
        ..script("long poll for what comes", scripts::long_poll)
    },
    Row {
        reader: &["SVALUEold", "SVALUEmixed", "SVALUElive", "event: change"],
        reveals: &["HVALUE1", "HVALUE4", "HVALUElive", "HREASON"],
        ..script("event stream", scripts::stream)
    },
    Row {
        reader: &["SVALUEnew", "SVALUElive"],
        reveals: &["HVALUE2", "HVALUElive"],
        ..script("event stream that resumes", scripts::resumed)
    },
    Row {
        reader: &["event: reset", "SVALUElive"],
        reveals: &["HVALUElive"],
        ..script("event stream that is reset", scripts::reset)
    },
];
