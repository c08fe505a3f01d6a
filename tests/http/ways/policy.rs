//! Rows of the policy and of schemas: a check reports names, and a schema says what values look like.

use super::rows::{Row, asks};

pub const POLICY: &[Row] = &[
    Row {
        reader: &["\"name\":\"app/a/SNAMEx\"", "\"checked\":"],
        reveals: &["\"name\":\"app/aHNAME1\""],
        ..asks(
            "a check of a schema",
            &[
                "POST /v1/schemas/app%2Fa/check\n\n{\"type\":\"integer\"}",
                "POST /v1/schemas/app%2FaHNAME1/check\n\n{\"type\":\"integer\"}",
                "POST /v1/schemas/HNAME3/check\n\n{\"type\":\"integer\"}",
                "POST /v1/schemas/app/check\n\n{\"type\":\"integer\"}",
                "POST /v1/schemas//check\n\n{\"type\":\"integer\"}",
            ],
        )
    },
    Row {
        reader: &["\"secret_patterns\":["],
        reveals: &["\"prefix\":\"app/aHNAME1\"", "HVALUEschema"],
        ..asks(
            "the policy and the schemas",
            &[
                "GET /v1/policy",
                "PUT /v1/policy\n\n{}",
                "PUT /v1/schemas/app%2FaHNAME1\n\n{\"type\":\"string\",\"title\":\"HVALUEschema\"}",
                "GET /v1/schemas",
                "GET /v1/schemas/app%2FaHNAME1",
                "DELETE /v1/schemas/app%2FaHNAME1",
            ],
        )
    },
];
