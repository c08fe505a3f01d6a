//! `configapi render`: what is printed, what is written, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Folder;
use crate::server::Server;

fn served() -> (Folder, Server) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for words in [
        &["set", "app/host", "db"][..],
        &["set", "app/port", "5432"],
        &["set", "app/password", "it's", "--secret"],
        &["set", "app/port", "5433"],
    ] {
        server.run(&folder, words).succeeded();
    }
    (folder, server)
}

#[test]
fn templates_are_printed_at_one_point() {
    let (folder, server) = served();
    folder.write("a.j2", "{{ value('app/host') }}:{{ value('app/port') }}\n");
    folder.write(
        "b.j2",
        "{% for item in list('app/') %}{{ item.relative }}={{ item.value|shell }};{% endfor %}",
    );
    let printed = server.run(&folder, &["render", "a.j2", "b.j2"]);
    assert_eq!(printed.stdout, "db:5433\nhost='db';password='it'\\''s';port='5433';", "{printed:?}");
    let pinned = server.run_with(&folder, &["render", "a.j2"], &[("CONFIGAPI_AT", "3")]);
    assert_eq!(pinned.stdout, "db:5432\n", "{pinned:?}");
}

#[test]
fn every_missing_name_of_all_templates_is_named_and_nothing_is_written() {
    let (folder, server) = served();
    folder.write("a.j2", "{{ value('app/no') }}{{ value('app/host') }}");
    folder.write("b.j2", "{{ value('app/neither') }}");
    folder.write("c.j2", "{{ value('app/host') }}");
    fs::create_dir(folder.path("out")).expect("a folder");
    let failed = server.run(&folder, &["render", "c.j2", "a.j2", "b.j2", "--to", "out"]);
    failed.failed(3, &["`app/neither`, `app/no` have no value"]);
    assert_eq!(fs::read_dir(folder.path("out")).expect("a folder").count(), 0);
    folder.write("d.j2", "\n{{ valeu('app/host') }}");
    server.run(&folder, &["render", "d.j2"]).failed(2, &["d.j2:2: "]);
    folder.write("e.j2", "{{ value('app/password') }}");
    server.run(&folder, &["render", "e.j2", "--no-reveal"]).failed(6, &["`app/password`"]);
}

#[test]
fn files_are_checked_then_replaced_and_then_the_command_runs() {
    let (folder, server) = served();
    folder.write("app.ini.j2", "password = {{ value('app/password')|json }}\n");
    folder.write("host.tmpl", "{{ value('app/host') }}\n");
    fs::create_dir(folder.path("out")).expect("a folder");
    let exec = ["--exec", "sh -c 'echo ran >> ran'"];
    let words =
        [&["render", "app.ini.j2", "host.tmpl", "--to", "out", "--check", "grep -q ."][..], &exec].concat();
    for _ in 0..2 {
        server.run(&folder, &words).succeeded();
        assert_eq!(fs::read_to_string(folder.path("ran")).expect("it ran"), "ran\n");
    }
    let ini = folder.path("out/app.ini");
    assert_eq!(fs::read_to_string(&ini).expect("a file"), "password = \"it's\"\n");
    assert_eq!(ini.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(folder.path("out/host")).expect("a file"), "db\n");
    server.run(&folder, &["set", "app/host", "other"]).succeeded();
    server
        .run(&folder, &["render", "host.tmpl", "--to", "out/host", "--check", "false"])
        .failed(1, &["the check failed"]);
    assert_eq!(fs::read_to_string(folder.path("out/host")).expect("a file"), "db\n");
    server.run(&folder, &["render", "host.tmpl", "app.ini.j2", "--to", "one"]).failed(2, &["not a folder"]);
    server.run(&folder, &["render", "host.tmpl", "--check", "true"]).failed(2, &["--to"]);
}

#[test]
fn a_watched_template_follows_its_values() {
    let (folder, server) = served();
    // The first value decides which other one is used.
    folder.write("it.j2", "{{ value('app/' ~ value('app/host')) }}\n");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.path("news"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .expect("a pipe");
    server.run(&folder, &["set", "app/host", "port"]).succeeded();
    let words = ["render", "it.j2", "--to", "it", "--watch", "--exec", "sh -c 'cat it > news'"];
    let mut command = folder.command(&words, &[("CONFIGAPI_SERVER", &server.url)]);
    let mut child = command.stderr(Stdio::null()).spawn().expect("the binary starts");
    // Opened for each text: the writer closes it.
    let news = || fs::read_to_string(folder.path("news")).expect("news");
    assert_eq!(news(), "5433\n");
    server.run(&folder, &["set", "app/port", "1"]).succeeded();
    assert_eq!(news(), "1\n");
    server.run(&folder, &["delete", "app/port"]).succeeded();
    server.run(&folder, &["set", "app/other", "2"]).succeeded();
    server.run(&folder, &["set", "app/host", "other"]).succeeded();
    assert_eq!(news(), "2\n");
    server.run(&folder, &["set", "app/other", "3"]).succeeded();
    assert_eq!(news(), "3\n");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    child.wait().expect("it can be waited for");
}
