//! Rows that write, or would.

use super::rows::{Row, asks, script};
use super::scripts;

pub const REFUSED_OR_PREVIEWED: &[Row] = &[
    // Only one who may do everything may administer and reveal, and no value is encrypted.
    Row {
        reveals: &["/problems/not-encrypted", "/problems/no-such-name"],
        ..asks(
            "shred",
            &[
                r#"POST /v1/shred

{"name":"app/a/SNAMEx","reason":"r"}"#,
                r#"POST /v1/shred

{"name":"app/aHNAME1","reason":"r"}"#,
                r#"POST /v1/shred

{"name":"never","reason":"r"}"#,
            ],
        )
    },
    Row {
        writer: &["\"changes\":["],
        both: &["\"kind\":\"added\"", "SVALUEnew", "SVALUEold"],
        reveals: &["HVALUE1", "\"name\":\"HNAME4\"", "\"name\":\"app/aHNAME1\""],
        ..asks(
            "preview of a restore",
            &[
                r#"POST /v1/restore

{"to":1,"prefix":"app/a/","dry_run":true}"#,
                r#"POST /v1/restore

{"to":5,"name":"app/a/SNAMEgone","dry_run":true}"#,
                r#"POST /v1/restore

{"to":2,"dry_run":true}"#,
                r#"POST /v1/restore

{"to":0,"prefix":"HNAME4","dry_run":true}"#,
                r#"POST /v1/restore

{"to":2,"prefix":"app/aH","dry_run":true}"#,
                r#"POST /v1/restore

{"to":2,"name":"app/aHNAME1","dry_run":true}"#,
                r#"POST /v1/restore

{"to":0,"prefix":"z","dry_run":true}"#,
            ],
        )
    },
    Row {
        writer: &["\"changes\":["],
        both: &["\"kind\":\"changed\"", "SVALUEnew", "SVALUEold"],
        reveals: &["HVALUE1", "\"name\":\"HNAME4\"", "/problems/overwritten"],
        ..asks(
            "preview of a revert",
            &[
                r#"POST /v1/revert

{"revision":3,"dry_run":true}"#,
                r#"POST /v1/revert

{"revision":2,"dry_run":true}"#,
                r#"POST /v1/revert

{"revision":9,"dry_run":true}"#,
                r#"POST /v1/revert

{"revision":10,"dry_run":true}"#,
                r#"POST /v1/revert

{"revision":11,"dry_run":true}"#,
                r#"POST /v1/revert
Prefer: wait=0

{"revision":99,"dry_run":true}"#,
            ],
        )
    },
    Row {
        reader: &["\"results\":[null]"],
        reveals: &["HTTP/1.1 409 ", "\"current_revision\":11"],
        ..asks(
            "check of a transaction",
            &[
                r#"POST /v1/transactions

{"operations":[{"check":{"name":"app/a/SNAMEx","if_revision":3}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"check":{"name":"app/aHNAME1","if_revision":11}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"check":{"name":"app/aHNAME1","if_revision":2}}],"dry_run":true}"#,
                r#"POST /v1/transactions

{"operations":[{"check":{"name":"app/a/SNAMEx","if_revision":3}},{"check":{"name":"HNAME3/z","if_revision":0}}]}"#,
            ],
        )
    },
    Row {
        writer: &["\"value\":\"SVALUEtry\",\"content_type\":\"text/plain\",\"version\":3"],
        reveals: &["\"value\":\"try\",\"content_type\":\"text/plain\",\"version\":3"],
        ..asks(
            "dry run of a transaction",
            &[
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEx","value":"SVALUEtry"}}],"dry_run":true}"#,
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/aHNAME1","value":"try"}}],"dry_run":true}"#,
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/new","value":"try"}},{"delete":{"name":"app/HNAME2"}}],"dry_run":true}"#,
            ],
        )
    },
    Row {
        writer: &["HTTP/1.1 409 ", "\"current_revision\":3", "\"current_revision\":0"],
        reveals: &["\"current_revision\":11", "\"current_revision\":4"],
        ..asks(
            "failure of a transaction",
            &[
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEx","value":"v","if_revision":1}},{"delete":{"name":"app/a/SNAMEgone"}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEx","value":"v"}},{"set":{"name":"app/aHNAME1","value":"v","if_revision":2}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"delete":{"name":"app/HNAME2","if_revision":1}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"HNAME4","value":"v"}},{"set":{"name":"HNAME4","value":"v"}}]}"#,
            ],
        )
    },
    Row {
        writer: &["HTTP/1.1 412 ", "\"current_revision\":3"],
        reveals: &["\"current_revision\":11"],
        ..asks(
            "412 of a write",
            &[
                "PUT /v1/config/app%2Fa%2FSNAMEx\nIf-Match: \"1\"\n\nv",
                "PUT /v1/config/app%2Fa%2FSNAMEx\nIf-None-Match: *\n\nv",
                "PUT /config/app%2FaHNAME1\nIf-Match: \"{place:2}\"\n\nv",
                "PUT /v1/config/app%2FaHNAME1\nIf-None-Match: *\n\nv",
                "DELETE /v1/config/app%2FaHNAME1\nIf-Match: \"2\"",
                "DELETE /v1/config/HNAME3%2Fz\nIf-Match: *",
            ],
        )
    },
    Row {
        writer: &["HTTP/1.1 404 ", "HTTP/1.1 410 "],
        ..asks(
            "404 and 410 of a delete",
            &[
                "DELETE /v1/config/app%2Fa%2Fnever",
                "DELETE /config/app%2Fa%2FSNAMEgone",
                "DELETE /v1/config/HNAME3%2Fnever",
            ],
        )
    },
];

/// These make changes.
pub const WRITES: &[Row] = &[
    Row {
        writer: &["HTTP/1.1 200 ", "\"value\":\"own\"", "\"version\":3"],
        reveals: &["\"name\":\"app/aHNAME1\",\"value\":\"own\""],
        ..asks(
            "set and delete",
            &[
                "PUT /v1/config/app%2Fa%2FSNAMEx\nAccept: application/json\nConfig-Reason: mine\n\nown",
                "PUT /config/app%2Fa%2Fown\n\n{\"value\":\"own\",\"reason\":\"mine\"}",
                "DELETE /v1/config/app%2Fa%2Fown",
                "PUT /v1/config/app%2FaHNAME1\nAccept: application/json\n\nown",
                "DELETE /v1/config/app%2FHNAME2",
            ],
        )
    },
    Row {
        writer: &["\"name\":\"app/a/SNAMEx\",\"value\":\"own\"", "\"results\":["],
        reveals: &["\"name\":\"HNAME4\""],
        ..asks(
            "transaction",
            &[
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEx","value":"own"}},{"delete":{"name":"app/a/SNAMElast"}}]}"#,
                r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEx","value":"own"}},{"set":{"name":"HNAME4","value":"own"}}]}"#,
            ],
        )
    },
    Row {
        writer: &["\"name\":\"app/a/SNAMEx\",\"value\":\"SVALUEkey\"", "idempotency-key-reused"],
        reveals: &["\"name\":\"app/aHNAME1\",\"value\":\"HVALUEkey\""],
        ..script("replay of another's request and of one's own", scripts::replay)
    },
    Row {
        writer: &["\"changes\":["],
        both: &["\"name\":\"app/a/SNAMEx\",\"kind\":\"changed\"", "SVALUEnew"],
        reveals: &["HVALUEearlier", "\"name\":\"HNAME4\",\"kind\":\"added\""],
        ..script("replay of a request from when one might do more", scripts::replay_of_earlier)
    },
    Row {
        writer: &["\"changes\":["],
        both: &["SVALUEold", "SVALUElast"],
        reveals: &["HVALUE1"],
        ..asks(
            "restore, and its replay",
            &[
                r#"POST /v1/restore
Idempotency-Key: back

{"to":12,"prefix":"app/a/"}"#,
                r#"POST /v1/restore
Idempotency-Key: back

{"to":12,"prefix":"app/a/"}"#,
                r#"POST /v1/restore

{"to":1,"name":"app/a/SNAMEx"}"#,
                r#"POST /v1/restore

{"to":2,"prefix":"app/aH"}"#,
                r#"POST /v1/restore

{"to":12,"name":"HNAME4"}"#,
                r#"POST /v1/restore

{"to":0}"#,
            ],
        )
    },
];
