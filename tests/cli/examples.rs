//! Every example in `--help` is run, as a person pastes it, and must succeed.
//!
//! The rules, for each command that `--help` lists:
//!
//! - An example is a line below `Examples:`, of 98 characters at most, because `--help` breaks longer ones. A line that begins
//!   with `#` is a remark.
//! - Each command gets a folder and a server of its own, seeded by [`SEED`], [`FILES`] and the command's [`SETUPS`]. Its examples
//!   run there in order, by `sh`, without a terminal; each finds what those before it have left. `configapi` is in the path,
//!   `CONFIGAPI_SERVER` names the server, `HOME` is the folder, and standard input is empty.
//! - A text of [`MEANT`] in an example means what the table says: an address or an id that only the test knows.
//! - An example that does not exit with 0 is in [`OTHERWISE`], with its status or its end, and the reason.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::commands::{self, Command};
use crate::process::{Ended, Folder};
use crate::server::Server;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

/// Revisions 1 to 6.
const SEED: &str = r#"
set -e
configapi set app/pool_size 10
configapi set app/pool_size 20 --reason 'more load'
configapi set app/db_password first --secret
configapi set app/log_level debug --reason 'look into the login'
curl -fsS "$CONFIGAPI_SERVER/v1/transactions" -H 'Content-Type: application/json' -d '{"reason":"the rest","operations":[
  {"set":{"name":"app/a","value":"1"}}, {"set":{"name":"app/b","value":"2"}},
  {"set":{"name":"app/old_flag","value":"true"}}, {"set":{"name":"app/old/x","value":"1"}},
  {"set":{"name":"app/old/y","value":"2"}}, {"set":{"name":"app/web/port","value":"8080"}},
  {"set":{"name":"app/web/db_url","value":"postgresql://db.example.com/web"}},
  {"set":{"name":"app/db_password","value":"second","secret":true}},
  {"set":{"name":"app/web/pool_size","value":"5"}},
  {"set":{"name":"prod/web/port","value":"80"}}]}'
configapi set app/greeting hello
"#;

/// Files that examples read.
const FILES: &[(&str, &str)] = &[
    ("motd.txt", "welcome\n"),
    ("policy.toml", "require_reason = ['prod/']\n"),
    ("web.schema.json", "{\"type\": [\"integer\", \"string\"]}\n"),
];

/// What else a command finds: the words of the command, or of the group, and a script.
const SETUPS: &[(&str, &str)] = &[
    ("schema", "configapi schema set app/web web.schema.json"),
    (
        "token",
        "umask 077; configapi token create setup --scope :read,write,reveal,admin > admin.token
         export CONFIGAPI_TOKEN_FILE=admin.token
         configapi token create pipeline --scope app/web:read -o json | sed 's/.*\"id\":\"\\([^\"]*\\)\".*/\\1/' > id",
    ),
    ("login", "configapi token create admin --scope :read,write,reveal,admin > staging.token"),
    ("logout", "configapi login && configapi login --profile staging"),
    ("whoami", "configapi login --profile staging"),
    ("verify", "configapi migrate --file app.db && configapi key new --to app.key"),
    ("key", "configapi migrate --file app.db && configapi key new --to app.key"),
    ("shred", "configapi set app/old_key 1 --secret && configapi delete app/old_key"),
    (
        "import",
        r#"printf 'PORT=8080\n' > .env; printf '[{"key":"app/kv","flags":0,"value":"MQ=="}]' > kv.json"#,
    ),
    ("apply", r#"printf 'pool_size: "30"\nweb:\n  port: "81"\n' > app.yaml"#),
    (
        "edit",
        r#"configapi set app/motd hello && configapi set app/settings old
        printf '#!/bin/sh\necho new > "$2"\n' > code; chmod +x code; export PATH="$PWD:$PATH""#,
    ),
    ("render", r#"printf 'port = {{ value("app/web/port") }}\n' > web.ini.j2"#),
    (
        "run",
        r"printf '#!/bin/sh\nenv\n' > migrate; printf '#!/bin/sh\nenv; exec sleep 1000\n' > server; chmod +x migrate server",
    ),
];

/// What a text in an example means to the shell.
const MEANT: &[(&str, &str)] = &[
    ("https://config.example.com", "\"$CONFIGAPI_SERVER\""),
    ("https://staging.example.com", "\"$CONFIGAPI_SERVER\""),
    ("\"$TOKEN\"", "\"$(cat staging.token)\""),
    ("7Kq2mZ9x", "\"$(cat id)\""),
    ("systemctl reload nginx", "date > reloaded"),
];

/// How an example ends that does not exit with 0.
enum Otherwise {
    /// It exits with this status.
    Exits(i32),
    /// It goes on until it is ended; it is right once this command of the shell succeeds. Values change meanwhile. Its
    /// standard output is the file `stdout`.
    GoesOn(&'static str),
    /// It is not run.
    IsNotRun,
}
use Otherwise::{Exits, GoesOn, IsNotRun};

/// The beginning of an example, how it ends, and why.
const OTHERWISE: &[(&str, Otherwise, &str)] = &[
    ("configapi get app/pool_size --at 15m", Exits(3), "the seed is younger than that"),
    (
        "configapi login --server",
        Exits(2),
        "without a terminal the token comes from standard input, which is empty",
    ),
    ("configapi shred app/old_key", Exits(1), "there is no terminal to confirm on"),
    (
        "configapi shred app/db_password --reason 'leaked' --force --yes --file",
        Exits(3),
        "the file is not there",
    ),
    ("configapi restore --to HEAD~1 --prefix app/ --reason", Exits(1), "there is no terminal to confirm on"),
    ("configapi set app/pool_size 30 --if-revision 2", Exits(5), "the first example has changed the value"),
    (
        "configapi shred app/db_password --reason 'leaked' --yes --database",
        Exits(2),
        "DATABASE_URL is not set",
    ),
    (
        "configapi export app/ --to k8s-configmap",
        Exits(1),
        "the seed has folders, which keys of Kubernetes can't have",
    ),
    (
        "configapi apply app.yaml --prefix app/ --dry-run --exit-code",
        Exits(9),
        "the file differs from the seed",
    ),
    ("configapi diff 15m --exit-code", Exits(9), "the seed is younger than that"),
    ("configapi log app/ --follow", GoesOn("grep -q app/greeting stdout"), "it follows"),
    ("configapi watch app/web/ --exec 'systemctl", GoesOn("test -s reloaded"), "it follows"),
    ("configapi watch app/ --exec", GoesOn("grep -q app/greeting changes.json"), "it follows"),
    ("configapi watch", GoesOn("test -s stdout"), "it follows"),
    ("configapi apply plan.json", Exits(2), "nothing differed when the plan was to be made"),
    ("configapi serve", IsNotRun, "it needs a port that may be taken, or a PostgreSQL"),
    ("DATABASE_URL=", IsNotRun, "it needs a PostgreSQL"),
    (
        "configapi run --prefix app/ --watch",
        GoesOn("grep -q GREETING stdout"),
        "it goes on as long as the command does",
    ),
    (
        "configapi render web.ini.j2 --to web.ini --watch",
        GoesOn("grep -q port web.ini"),
        "it follows the values",
    ),
];

#[test]
fn every_example_in_the_help_does_what_it_says() {
    let commands = commands::all();
    let failures = Mutex::new(Vec::new());
    let waiting = Mutex::new(commands.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(command) = waiting.lock().expect("no panic").next() else { return };
                    if let Err(failure) = run_all(command) {
                        failures.lock().expect("no panic").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_tables_of_the_examples_name_examples_that_are_there() {
    let commands = commands::all();
    let examples: Vec<&str> = commands.iter().flat_map(Command::examples).collect();
    for (beginning, _, _) in OTHERWISE {
        assert!(
            examples.iter().any(|line| line.starts_with(beginning)),
            "no example begins with {beginning}"
        );
    }
    for (text, _) in MEANT {
        assert!(examples.iter().any(|line| line.contains(text)), "no example has {text}");
    }
    for (words, _) in SETUPS {
        assert!(commands.iter().any(|command| command.joined(" ") == *words), "there is no {words}");
    }
}

fn run_all(command: &Command) -> Result<(), String> {
    let is_run = |line: &&str| !line.starts_with('#') && !matches!(otherwise(line), Some(IsNotRun));
    let examples: Vec<&str> = command.examples().into_iter().filter(is_run).collect();
    if examples.is_empty() {
        return Ok(());
    }
    let folder = Folder::new();
    let server = Server::start_with(&folder, &[], &[("CONFIGAPI_KEY", KEY)]);
    for (name, text) in FILES {
        folder.write(name, text);
    }
    let words = command.joined(" ");
    let is_for = |name: &str| words == name || words.starts_with(&format!("{name} "));
    let setups = SETUPS.iter().filter(|(name, _)| is_for(name)).map(|(_, script)| *script);
    let setup: String = setups.collect::<Vec<_>>().join("\n");
    run(&folder, &server, &format!("{SEED}\n{setup}\nexport -p > env"), 0)?;
    examples.into_iter().try_for_each(|line| example(&folder, &server, line))
}

fn example(folder: &Folder, server: &Server, line: &str) -> Result<(), String> {
    let meant = MEANT.iter().fold(line.to_owned(), |line, (text, meant)| line.replace(text, meant));
    let script = format!(". ./env\n{meant}");
    let ended = match otherwise(line) {
        None => run(folder, server, &script, 0),
        Some(Exits(status)) => run(folder, server, &script, *status),
        Some(GoesOn(until)) => go_on(folder, server, &script, until),
        Some(IsNotRun) => Ok(()),
    };
    ended.map_err(|failure| format!("{line}\n  {failure}"))
}

fn otherwise(line: &str) -> Option<&'static Otherwise> {
    OTHERWISE.iter().find(|(beginning, _, _)| line.starts_with(beginning)).map(|(_, otherwise, _)| otherwise)
}

fn run(folder: &Folder, server: &Server, script: &str, status: i32) -> Result<(), String> {
    let ended = Ended::of(&shell(folder, server, script).output().expect("a shell"));
    match ended.status {
        Some(found) if found == status => Ok(()),
        Some(124) => Err("it does not end: is it one of OTHERWISE that GoesOn?".to_owned()),
        _ => Err(format!("not {status}: {ended:?}")),
    }
}

/// Runs a script until a condition holds; values change meanwhile.
fn go_on(folder: &Folder, server: &Server, script: &str, until: &str) -> Result<(), String> {
    let stdout = File::create(folder.path("stdout")).expect("a file");
    let mut command = shell(folder, server, script);
    let mut child = command.stdout(stdout).process_group(0).spawn().expect("a shell");
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut held = Err(format!("{until} does not hold"));
    for change in 0.. {
        let script =
            format!("configapi set app/greeting {change} && configapi set app/web/port {change} && {until}");
        if run(folder, server, &script, 0).is_ok() {
            held = Ok(());
        }
        if held.is_ok()
            || Instant::now() > deadline
            || child.try_wait().expect("it can be waited for").is_some()
        {
            break;
        }
    }
    // One that has ended already takes no signal.
    let _ = kill_process_group(Pid::from_child(&child), Signal::TERM);
    let _ = child.wait();
    held
}

fn shell(folder: &Folder, server: &Server, script: &str) -> Process {
    let binary = Path::new(env!("CARGO_BIN_EXE_configapi")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    // An example that goes on, and is not in the table, ends too: `timeout` exits with 124.
    let mut shell = Process::new("timeout");
    shell.args(["60", "sh", "-c", script]).current_dir(folder.path("")).env_clear();
    shell
        .env("PATH", format!("{}:{}", binary.display(), path.to_string_lossy()))
        .env("HOME", folder.path(""));
    shell.env("CONFIGAPI_SERVER", &server.url);
    // An editor that changes one word.
    shell.env("EDITOR", "sed -i s/hello/world/").stdin(Stdio::null());
    shell
}
