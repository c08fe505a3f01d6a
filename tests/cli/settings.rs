//! Settings of the real binary: their order, and what a wrong one says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use crate::process::Folder;

/// The words, the variables, and the store's file that they name.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

/// `migrate` makes the file that it chose: the one that exists afterwards came from the layer that won.
#[test]
fn the_store_comes_from_flag_over_variable_over_file_over_default() {
    let config = ("CONFIGAPI_CONFIG", "settings.toml");
    let variable = ("CONFIGAPI_FILE", "variable.db");
    let cases: &[Case] = &[
        (&["migrate"], &[], "configapi.db"),
        (&["migrate"], &[config], "file.db"),
        (&["migrate", "--config", "settings.toml"], &[], "file.db"),
        (&["migrate"], &[config, variable], "variable.db"),
        (&["migrate", "--file", "flag.db"], &[config, variable], "flag.db"),
        (&["migrate", "--file", "flag.db"], &[("DATABASE_URL", "postgresql://nowhere.invalid/d")], "flag.db"),
        (
            &["migrate"],
            &[("CONFIGAPI_FILE", ""), ("DATABASE_URL", ""), ("CONFIGAPI_CONFIG", "")],
            "configapi.db",
        ),
    ];
    for (words, variables, made) in cases {
        let folder = Folder::new();
        folder
            .write("settings.toml", "file = \"file.db\"\n# Of another command.\nlisten = \"127.0.0.1:0\"\n");
        folder.run(words, variables).succeeded();
        assert!(folder.path(made).exists(), "{words:?} {variables:?} makes {made}");
    }
}

#[test]
fn a_server_takes_every_kind_of_setting_from_a_file() {
    let folder = Folder::new();
    folder.write(
        "settings.toml",
        "listen = '127.0.0.1:0'\nvalue_bytes_max = 10\nread_only = false\nidle_deadline = '2m'\n\
         grace_period = '1s'\npoll_interval = '100ms'\nwrite_wait = '3s'\nready_lag = '5s'\nhead_deadline = '5s'\n\
         body_deadline = '5s'\nlog_level = 'warn'\n",
    );
    let words = ["--config", "settings.toml"];
    let mut child = folder.command(&words, &[]).stdout(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next();
    let line = line.map(Result::unwrap).unwrap_or_default();
    let url = format!("{}/v1/config/a", line.trim_start_matches("listening on "));
    let put = |value: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.put(&url).header("Content-Type", "text/plain").send(value).map(|response| response.status())
    };
    let (short, long) = (put("ten bytes."), put("eleven byte"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((short.unwrap().as_u16(), long.unwrap().as_u16()), (200, 413), "{line}");
}

#[test]
fn a_wrong_variable_is_a_usage_error_that_names_it() {
    let wrong = |variable, text| Folder::new().run(&[], &[(variable, text)]);
    wrong("CONFIGAPI_LOG_LEVEL", "loud").failed(2, &["CONFIGAPI_LOG_LEVEL: \"loud\" is not one of error"]);
    wrong("CONFIGAPI_VALUE_BYTES_MAX", "0").failed(2, &["CONFIGAPI_VALUE_BYTES_MAX", "1..=16777216"]);
    wrong("CONFIGAPI_IDLE_DEADLINE", "75").failed(2, &["CONFIGAPI_IDLE_DEADLINE", "such as 75s"]);
    wrong("CONFIGAPI_IDLE_DEADLINE", "0s").failed(2, &["CONFIGAPI_IDLE_DEADLINE", "from 10ms to 1day"]);
    wrong("CONFIGAPI_READ_ONLY", "maybe").failed(2, &["CONFIGAPI_READ_ONLY"]);
}

#[test]
fn a_wrong_settings_file_is_a_usage_error_that_names_file_and_key() {
    let wrong = |text: &str| {
        let folder = Folder::new();
        folder.write("settings.toml", text);
        folder.run(&["verify", "--config", "settings.toml"], &[])
    };
    wrong("idle_deadlin = '75s'").failed(
        2,
        &["settings.toml: idle_deadlin is not a setting", "hint: the settings are ", "idle_deadline"],
    );
    wrong("config = 'other.toml'").failed(2, &["config is not a setting"]);
    wrong("[serve]\nlisten = 'h:1'").failed(2, &["serve is not a setting"]);
    wrong("idle_deadline = 75")
        .failed(2, &["idle_deadline must be a text in quotes, but it is of type integer"]);
    wrong("idle_deadline = '75'").failed(2, &["settings.toml: idle_deadline: ", "such as 75s"]);
    wrong("value_bytes_max = '10'").failed(2, &["value_bytes_max must be a whole number without quotes"]);
    wrong("value_bytes_max = 0").failed(2, &["value_bytes_max: ", "1..=16777216"]);
    wrong("read_only = 'true'").failed(2, &["read_only must be true or false, without quotes"]);
    wrong("log_level = 'loud'").failed(2, &["log_level: \"loud\" is not one of error"]);
    wrong("file = 'a.db'\ndatabase_url = 'postgresql://h/d'").failed(2, &["two stores"]);
    let broken = wrong("\ndatabase_url = 'hunter2");
    broken.failed(2, &["settings.toml: line 2 is not valid TOML"]);
    assert!(!broken.stderr.contains("hunter2"), "{}", broken.stderr);
    Folder::new()
        .run(&["verify", "--config", "absent.toml"], &[])
        .failed(2, &["absent.toml: can't read the settings file: "]);
}

#[test]
fn two_typed_stores_are_refused_under_every_command() {
    for words in [&[][..], &["serve"], &["verify"], &["migrate"]] {
        let both = [words, &["--file", "a.db", "--database-url", "postgresql://h/d"]].concat();
        Folder::new().run(&both, &[]).failed(2, &["--file and --database-url name two stores"]);
    }
}

#[test]
fn the_status_says_what_kind_of_failure_it_was() {
    let folder = Folder::new();
    folder.run(&["--no-such-flag"], &[]).failed(2, &["--no-such-flag"]);
    folder.run(&["--listen", "0.0.0.0:0"], &[]).failed(2, &["--allow-anonymous"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    folder.run(&["--listen", &address], &[]).failed(1, &["can't listen on"]);
    // Nobody listens on port 1.
    folder
        .run(&["migrate", "--database-url", "postgresql://u@127.0.0.1:1/d"], &[])
        .failed(7, &["configapi: "]);
}

#[test]
fn the_words_of_the_log_level_ignore_case() {
    for word in ["warn", "WARN", "Warning", "INFO", "debug", "error"] {
        let folder = Folder::new();
        folder.run(&["migrate", "--log-level", word], &[]).succeeded();
        folder.run(&["migrate"], &[("CONFIGAPI_LOG_LEVEL", word)]).succeeded();
    }
}

#[test]
fn the_words_of_switches_and_choices_are_those_that_tools_write() {
    for (variable, texts) in [
        ("CONFIGAPI_READ_ONLY", &["0", "no", "FALSE", "off"][..]),
        ("CONFIGAPI_BEHIND_PROXY", &["1", "no"]),
        ("CONFIGAPI_ALLOW_ANONYMOUS", &["1", "yes", "True", "on", "no"]),
        ("CONFIGAPI_CONSISTENCY", &["live", "LIVE", "Restart"]),
    ] {
        for text in texts {
            // It ends at the address, after the settings were read.
            let ended = Folder::new().run(&["--listen", "nowhere"], &[(variable, text)]);
            ended.failed(2, &["--listen nowhere"]);
        }
    }
}

/// Clap repeats a word that it does not know, and a path that does not exist is named.
#[test]
fn a_connection_string_in_a_wrong_place_is_not_repeated() {
    let url = "postgresql://ada:hunter2@db/config";
    let words: [&[&str]; 5] =
        [&[url], &["serve", url], &["--file", url], &["host=db password=hunter2"], &["--databse-url", url]];
    let variables = [("CONFIGAPI_FILE", url)];
    let typed = words.into_iter().map(|words| (words, &[][..]));
    for (words, variables) in typed.chain([(&[][..], &variables[..])]) {
        let ended = Folder::new().run(words, variables);
        ended.failed(2, &["DATABASE_URL"]);
        assert!(!ended.stderr.contains("hunter2"), "{words:?}: {}", ended.stderr);
    }
}

#[test]
fn a_parameter_of_the_connection_string_that_is_not_known_is_named_without_its_value() {
    let migrate = |url: &str| Folder::new().run(&["migrate"], &[("DATABASE_URL", url)]);
    for (url, name) in [
        ("postgresql://ada:hunter2@127.0.0.1:1/d?conect_timeout=hunter2", "conect_timeout is not known"),
        ("postgresql://ada:hunter2@127.0.0.1:1/d?schema=hunter2", "schema"),
        ("postgresql://ada:hunter2@127.0.0.1:1/d?sslcrl=hunter2", "sslcrl is a list of revoked certificates"),
    ] {
        let ended = migrate(url);
        ended.failed(1, &["DATABASE_URL: the parameter ", name]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
    migrate("postgresql://u@127.0.0.1:1/d?gssencmode=disable&keepalives_count=2").failed(7, &["configapi: "]);
}

#[test]
fn a_misspelt_variable_and_a_password_on_the_command_line_are_warned_of() {
    let warned = |words: &[&str], variables: &[(&str, &str)]| Folder::new().run(words, variables).stderr;
    let url = "postgresql://ada:hunter2@127.0.0.1:1/d";
    let said = warned(&["migrate", "--database-url", url], &[]);
    assert!(said.contains("list of processes") && !said.contains("hunter2"), "{said}");
    assert!(!warned(&["migrate"], &[("DATABASE_URL", url)]).contains("list of processes"));
    let said = warned(&["migrate"], &[("CONFIGAPI_LISTN", "x"), ("CONFIGAPI_SERVICE_HOST", "10.0.0.1")]);
    assert!(said.contains("variable: CONFIGAPI_LISTN") && said.contains("meant: CONFIGAPI_LISTEN"), "{said}");
    assert!(!said.contains("SERVICE_HOST"), "{said}");
}

#[test]
fn an_idle_connection_is_closed_after_the_time_that_is_set() {
    let folder = Folder::new();
    let variables = [("CONFIGAPI_IDLE_DEADLINE", "100ms"), ("CONFIGAPI_LISTEN", "127.0.0.1:0")];
    let mut child = folder.command(&[], &variables).stdout(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let mut socket = TcpStream::connect(line.trim_start_matches("listening on http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut received = String::new();
    // To the end of the stream, which the server makes.
    let read = socket.read_to_string(&mut received);
    child.kill().unwrap();
    child.wait().unwrap();
    read.unwrap();
    assert!(
        received.starts_with("HTTP/1.1 200 OK\r\n") && !received.contains("Connection: close"),
        "{received}"
    );
}

#[test]
fn a_wrong_origin_says_what_to_write() {
    let folder = Folder::new();
    for (origin, words) in [
        ("*", "name each origin by itself"),
        ("null", "must not be null"),
        ("https://app.example.com/", "write scheme, host and port alone"),
        ("app.example.com", "must begin with a scheme"),
    ] {
        folder.run(&["serve", "--cors-origin", origin], &[]).failed(2, &["--cors-origin", words]);
        let second = format!("http://localhost:5173,{origin}");
        folder
            .run(&["serve"], &[("CONFIGAPI_CORS_ORIGIN", &second)])
            .failed(2, &["CONFIGAPI_CORS_ORIGIN", words]);
        let list = format!("cors_origin = ['http://localhost:5173', '{origin}']\n");
        folder.write("settings.toml", &list);
        folder.run(&["serve", "--config", "settings.toml"], &[]).failed(2, &["cors_origin", words]);
    }
}
