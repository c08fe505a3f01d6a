//! Rows of tokens: who sends a request, and what may be said of others.

use super::rows::{Row, asks};

pub const ACCESS: &[Row] = &[
    Row {
        reader: &["\"read\":{\"allowed\":true"],
        ..asks(
            "who it is, and what it may do",
            &[
                "GET /v1/whoami",
                "GET /v1/explain?name=app%2Fa%2FSNAMEx",
                "GET /v1/explain?name=app%2FaHNAME1",
                "GET /v1/explain?name=app%2FaHNAME1&token=00000000",
            ],
        )
    },
    Row {
        reveals: &["/problems/no-such-token"],
        ..asks(
            "tokens of others",
            &[
                "GET /v1/tokens",
                "GET /v1/tokens/00000000",
                "DELETE /v1/tokens/00000000",
                "POST /v1/tokens/00000000/rotate\n\n{\"keep_old_for\":\"1h\"}",
                "POST /v1/tokens\n\n{\"name\":\"x\",\"scopes\":[{\"prefix\":\"/\",\"actions\":[\"read\"]}]}",
            ],
        )
    },
];
