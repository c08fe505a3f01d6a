//! How each format is read, and which files are refused, at which line and why.

use super::super::{Entry, Format, FormatError, Problem};
use super::{read, text_of};
use crate::domain::ContentType;

/// Names and values; an array has a `@` before it.
fn pairs(format: Format, text: &str) -> Vec<(String, String)> {
    let entries = read(format, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let pair = |entry: Entry| {
        let mark = if entry.content_type == Some(ContentType::Json) { "@" } else { "" };
        (entry.name, format!("{mark}{}", entry.value.as_str()))
    };
    entries.into_iter().map(pair).collect()
}

#[track_caller]
fn reads(format: Format, text: &str, expected: &[(&str, &str)]) {
    let pairs = pairs(format, text);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(pairs, expected, "{text}");
}

#[track_caller]
fn refuses(format: Format, text: &str, expected: &str) -> FormatError {
    let error = read(format, text).expect_err(text);
    assert!(error.to_string().starts_with(expected), "{error}\nis not\n{expected}\nof\n{text}");
    error
}

#[test]
fn json_keeps_numbers_as_they_are_written_and_joins_names() {
    let text = r#"{"app": {"ratio": 1.10, "big": 123456789012345678901234567890, "on": true, "exp": 1E5},
        "a/b": "x\n\u00e9\ud83d\ude00", "list": [1, {"k" : "v"}], "": ""}"#;
    reads(
        Format::Json,
        text,
        &[
            ("app/ratio", "1.10"),
            ("app/big", "123456789012345678901234567890"),
            ("app/on", "true"),
            ("app/exp", "1E5"),
            ("a/b", "x\né😀"),
            ("list", r#"@[1,{"k":"v"}]"#),
            ("", ""),
        ],
    );
    reads(Format::Json, "\u{feff}{\r\n}\r\n", &[]);
}

#[test]
fn json_that_would_lose_something_is_refused() {
    refuses(Format::Json, "{\n\"a\": 1,\n\"a\": 2}", "line 3: `a`: this name already has a value, at line 2");
    refuses(Format::Json, "{\"a\": {\"b\": 1},\n\"a/b\": 2}", "line 2: `a/b`: this name already has a value");
    refuses(Format::Json, "{\"a\": {\"b\": null}}", "line 1: `a/b`: null is not a value");
    refuses(Format::Json, "{\n\"a\": {}}", "line 2: `a`: an empty object has no values");
    refuses(Format::Json, "[1]", "line 1: the file must be an object with names and values: for the output");
    refuses(Format::Json, "\"a\"", "line 1: the file must be an object");
    refuses(Format::Json, "{\n\"a\": 1,\n}", "line 3: key must be a string");
    refuses(Format::Json, "", "line 1: EOF while parsing a value");
    refuses(Format::Json, r#"{"a": "x\u0000"}"#, "line 1: `a`: a value must not contain a NUL");
    refuses(Format::Json, "{\n\n\"a\": \"\\ud800\"}", "line 3: ");
    refuses(Format::Json, r#"{"a": [{"b": 1, "b": 2}]}"#, "line 1: `a/b`: this name already has a value");
    let deep = format!("{{\"a\": {}1{}}}", "{\"a\": ".repeat(200), "}".repeat(200));
    assert_eq!(read(Format::Json, &deep).unwrap_err().problem(), &Problem::TooDeep(128));
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(Format::Json, &deep).is_err());
}

#[test]
fn yaml_scalars_are_texts_as_they_are_written() {
    let text = "country: no\nversion: 1.10\nday: 2024-01-02\nport: 0x1F\nbig: 123456789012345678901234567890\n\
        octal: 010\ntime: 12:30:45\non: Yes\nquoted: 'a ''b'' # c'\ntext: \"\\u00e9\\t\"\nempty: ''\n\
        url: ${DB_URL:jdbc:h2} # placeholder\n1.20: x\n";
    reads(
        Format::Yaml,
        text,
        &[
            ("country", "no"),
            ("version", "1.10"),
            ("day", "2024-01-02"),
            ("port", "0x1F"),
            ("big", "123456789012345678901234567890"),
            ("octal", "010"),
            ("time", "12:30:45"),
            ("on", "Yes"),
            ("quoted", "a 'b' # c"),
            ("text", "é\t"),
            ("empty", ""),
            ("url", "${DB_URL:jdbc:h2}"),
            ("1.20", "x"),
        ],
    );
}

#[test]
fn yaml_blocks_arrays_aliases_merges_and_tags_are_read() {
    let text = "---\nblock: |\n  one\n  two\nfolded: >-\n  one\n  two\nlist:\n- 1.10\n- no\n- {b: ~, a: True}\n- 007\n\
        base: &base\n  host: db\n  port: 1\nprod:\n  <<: *base\n  port: 2\ncopy: *base\ntagged: !!str 12\n\
        number: !!int 12\nplain: ! x\nday: !!timestamp 2024-01-02\n...\n";
    reads(
        Format::Yaml,
        text,
        &[
            ("block", "one\ntwo\n"),
            ("folded", "one two"),
            ("list", r#"@[1.10,"no",{"b":null,"a":true},"007"]"#),
            ("base/host", "db"),
            ("base/port", "1"),
            ("prod/port", "2"),
            ("prod/host", "db"),
            ("copy/host", "db"),
            ("copy/port", "1"),
            ("tagged", "12"),
            ("number", "12"),
            ("plain", "x"),
            ("day", "2024-01-02"),
        ],
    );
    reads(
        Format::Yaml,
        "a: &x [1, &y b]\nc: [*y, *x]\n",
        &[("a", r#"@[1,"b"]"#), ("c", r#"@["b",[1,"b"]]"#)],
    );
    reads(Format::Yaml, "a: {<<: [&p {x: 1}, {x: 2, y: 3}]}\n", &[("a/x", "1"), ("a/y", "3")]);
    reads(Format::Yaml, "# nothing\r\n", &[]);
    reads(Format::Yaml, "", &[]);
    reads(Format::Yaml, "a: b\r\nc: |\r\n  x\r\n", &[("a", "b"), ("c", "x\n")]);
}

#[test]
fn yaml_that_would_lose_something_is_refused() {
    refuses(Format::Yaml, "a: 1\nb: 2\na: 3\n", "line 3: `a`: this name already has a value, at line 1");
    refuses(Format::Yaml, "a:\n  b:\n", "line 2: `a/b`: null is not a value: remove the name, or write \"\"");
    refuses(Format::Yaml, "a: ~\n", "line 1: `a`: null");
    refuses(Format::Yaml, "a: !!null x\n", "line 1: `a`: null");
    refuses(Format::Yaml, "a: {}\n", "line 1: `a`: an empty object");
    refuses(Format::Yaml, "a: 1\n---\na: 2\n", "line 2: a second YAML document begins here");
    refuses(Format::Yaml, "a: !Ref b\n", "line 1: a tag is not supported here");
    refuses(Format::Yaml, "a: !!binary aGk=\n", "line 1: a tag is not supported here");
    refuses(Format::Yaml, "- a\n", "line 1: the file must be an object");
    refuses(Format::Yaml, "text\n", "line 1: the file must be an object");
    refuses(Format::Yaml, "? [a]\n: b\n", "line 1: a key must be a text");
    refuses(Format::Yaml, "a: *b\n", "line 1: while parsing node, found unknown anchor");
    refuses(Format::Yaml, "a: &x [*x]\n", "line 1: this alias repeats a value that contains it");
    refuses(Format::Yaml, "a: [{b: 1, b: 2}]\n", "line 1: `a`: this name already has a value");
    refuses(Format::Yaml, "a: b\n  c: d\n", "line 2: mapping values are not allowed");
    refuses(Format::Yaml, "a: {<<: x}\n", "line 1: `<<` must name a mapping");
}

#[test]
fn the_aliases_of_a_small_yaml_file_can_not_make_a_large_one() {
    let aliases = |level: usize| vec![format!("*a{}", level - 1); 10].join(", ");
    let list = |level| format!("a{level}: &a{level} [{}]\n", aliases(level));
    let merge = |level| format!("a{level}: &a{level} {{<<: [{}], y{level}: 1}}\n", aliases(level));
    let [lists, merges]: [String; 2] = [(1..30).map(list).collect(), (1..30).map(merge).collect()];
    let lists = format!("a0: &a0 [x]\n{lists}");
    let merges = format!("a0: &a0 {{x: 1}}\n{merges}");
    for text in [lists, merges] {
        let error = read(Format::Yaml, &text).unwrap_err();
        assert_eq!(error.problem(), &Problem::TooManyAliases("a hundred thousand values"));
    }
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 65].join(","));
    assert_eq!(read(Format::Yaml, &long).unwrap_err().problem(), &Problem::TooManyAliases("64 MiB"));
    let (open, close) = ("[".repeat(100), "]".repeat(100));
    let link = |level| format!("a{level}: &a{level} {open}*a{}{close}\n", level - 1);
    let chain: String = (1..300).map(link).collect();
    let chain = format!("a0: &a0 {open}x{close}\n{chain}");
    assert_eq!(read(Format::Yaml, &chain).unwrap_err().problem(), &Problem::TooDeep(128));
}

#[test]
fn toml_numbers_and_dates_are_texts_as_they_are_written() {
    let text = "ratio = 1.10\nbig = 1_000\nhex = 0xDEAD_beef\nday = 1979-05-27T07:32:00Z\ntime = 07:32:00\n\
        \"a/b\" = 'x'\nlist = [1.10, 0x1f, 1979-05-27, {b = true, a = \"é\"}]\ninf = -inf\nmulti = \"\"\"\none\ntwo\"\"\"\n\
        [db]\nhost.name = 'h'\n[[server]]\nip = \"1\"\n[[server]]\nip = \"2\"\n";
    reads(
        Format::Toml,
        text,
        &[
            ("ratio", "1.10"),
            ("big", "1_000"),
            ("hex", "0xDEAD_beef"),
            ("day", "1979-05-27T07:32:00Z"),
            ("time", "07:32:00"),
            ("a/b", "x"),
            ("list", r#"@[1.10,"0x1f","1979-05-27",{"b":true,"a":"é"}]"#),
            ("inf", "-inf"),
            ("multi", "one\ntwo"),
            ("db/host/name", "h"),
            ("server", r#"@[{"ip":"1"},{"ip":"2"}]"#),
        ],
    );
    reads(Format::Toml, "\u{feff}a = 1 # c\r\nb = \"\"\"x\r\ny\"\"\"\r\n", &[("a", "1"), ("b", "x\r\ny")]);
}

#[test]
fn toml_that_would_lose_something_is_refused() {
    refuses(Format::Toml, "a = 1\na = 2\n", "line 2: duplicate key");
    refuses(
        Format::Toml,
        "a.b = 1\n\"a/b\" = 2\n",
        "line 2: `a/b`: this name already has a value, at line 1",
    );
    refuses(Format::Toml, "\n[a]\n", "line 2: `a`: an empty object");
    refuses(Format::Toml, "a = 1\nb = no\n", "line 2: ");
}

#[test]
fn dotenv_values_are_never_substituted_or_executed() {
    let text = "# comment\nexport A=plain # comment\n B = spaces around \nC='$HOME `x` $(y) \\n # no'\nD=\"one\\ntwo \\\"q\\\" \\$5 \\\\ \\x\"\n\
        E=${HOME}/$USER\nF=\nG=a#b\nH=#fff\nI=  # only a comment\nJ='one\ntwo'\nK=\"one\ntwo\" # c\nL='a=b'\nlower.name-x=1\nM=\"$HOME\"\n\
        exported=1\nN=C:\\dir\\new\nO=it's";
    reads(
        Format::Dotenv,
        text,
        &[
            ("A", "plain"),
            ("B", "spaces around"),
            ("C", "$HOME `x` $(y) \\n # no"),
            ("D", "one\ntwo \"q\" $5 \\ \\x"),
            ("E", "${HOME}/$USER"),
            ("F", ""),
            ("G", "a#b"),
            ("H", "#fff"),
            ("I", ""),
            ("J", "one\ntwo"),
            ("K", "one\ntwo"),
            ("L", "a=b"),
            ("lower.name-x", "1"),
            ("M", "$HOME"),
            ("exported", "1"),
            ("N", "C:\\dir\\new"),
            ("O", "it's"),
        ],
    );
    reads(
        Format::Dotenv,
        "\u{feff}A=1\r\nB='x\r\ny'\r\n\r\nC=\"z\"\r\n",
        &[("A", "1"), ("B", "x\ny"), ("C", "z")],
    );
}

#[test]
fn dotenv_that_readers_take_differently_is_refused() {
    refuses(Format::Dotenv, "A=1\nB='x\ny'\nA=2\n", "line 4: `A`: this name already has a value, at line 1");
    refuses(Format::Dotenv, "A=1\nMIIEow\n", "line 2: expected NAME=value");
    refuses(Format::Dotenv, "export A\n", "line 1: expected NAME=value");
    refuses(Format::Dotenv, "A b=1\n", "line 1: expected NAME=value");
    refuses(Format::Dotenv, "=1\n", "line 1: expected NAME=value");
    refuses(Format::Dotenv, "A: 1\n", "line 1: expected NAME=value");
    refuses(Format::Dotenv, "A=1\nB='x\n\n", "line 2: the value in ' quotes that begins here has no end");
    refuses(Format::Dotenv, "A=\"x\\", "line 1: the value in \" quotes");
    refuses(Format::Dotenv, "A='it\\'s'\n", "line 1: text follows the closing quote: in single quotes");
    refuses(Format::Dotenv, "A=\"x\ny\"z\n", "line 2: text follows the closing quote");
    refuses(Format::Dotenv, "A=`x`\n", "line 1: programs read values in backticks differently");
}

#[test]
fn properties_follow_javas_rules() {
    let text = "# comment \\u12\n! other\na=1\nb : 2\nc 3\n  d\\ e\\=\\:=4\\\n   5\nf\ng=\\u00e9\\uD83D\\uDE00\\t\\n\\\\ \\z\nh = x  \n\
        i=a=b:c\n\nkernel.sched_domain.cpu0 = 1 2\t3\nj=\\\n\nk==x\nl=1\\\\\nm=\u{a0}x\n";
    reads(
        Format::Properties,
        text,
        &[
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d e=:", "45"),
            ("f", ""),
            ("g", "é😀\t\n\\ z"),
            ("h", "x  "),
            ("i", "a=b:c"),
            ("kernel.sched_domain.cpu0", "1 2\t3"),
            ("j", ""),
            ("k", "=x"),
            ("l", "1\\"),
            ("m", "\u{a0}x"),
        ],
    );
    reads(Format::Properties, "a=1\r\nb=2\\\r\n  3\rc=4\\", &[("a", "1"), ("b", "23"), ("c", "4")]);
}

#[test]
fn properties_with_two_values_or_bad_escapes_are_refused() {
    refuses(Format::Properties, "a=1\nb=2\na:3\n", "line 3: `a`: this name already has a value, at line 1");
    refuses(
        Format::Properties,
        "\na=C:\\users\n",
        "line 2: `a`: \\u must be followed by four hexadecimal digits",
    );
    refuses(Format::Properties, "a=\\u+123\n", "line 1: `a`: \\u must be followed");
    refuses(Format::Properties, "a=\\u12é\n", "line 1: `a`: \\u must be followed");
    refuses(Format::Properties, "a=\\ud83d\n", "line 1: `a`: a \\u escape has half of a surrogate pair");
    refuses(Format::Properties, "a=\\u0000\n", "line 1: `a`: a value must not contain a NUL");
}

#[test]
fn consuls_export_is_read() {
    let text = r#"[
        {"key": "app/db", "flags": 42, "value": "w6kK"},
        {"key": "app/", "flags": 0, "value": ""},
        {"key": "app/none", "flags": 0, "value": null}
    ]"#;
    reads(Format::Consul, text, &[("app/db", "é\n"), ("app/", ""), ("app/none", "")]);
    refuses(Format::Consul, "[\n{\"key\": \"a\", \"value\": \"%\"}]", "line 2: `a`: the value is not base64");
    refuses(Format::Consul, r#"[{"key": "a", "value": "/w=="}]"#, "line 1: `a`: the value is not UTF-8");
    refuses(Format::Consul, r#"{"key": "a"}"#, "line 1: not an export of Consul");
    refuses(Format::Consul, "[\n1]", "line 2: not an export of Consul");
    let twice = "[{\"key\": \"a\", \"value\": \"\"},\n{\"key\": \"a\", \"value\": \"\"}]";
    refuses(Format::Consul, twice, "line 2: `a`: this name already has a value, at line 1");
}

#[test]
fn a_file_that_is_not_utf8_is_refused_at_its_line() {
    assert_eq!(text_of("é\n".as_bytes()), Ok("é\n"));
    let error = text_of(b"a=1\nb=\xe9\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2: the file is not UTF-8 text: save it with the encoding UTF-8");
}
