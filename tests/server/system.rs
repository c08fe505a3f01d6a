//! What needs a process of its own, or looks at the process: descriptors, memory, logging.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use configapi::server::{Bell, Limits, Server};
use slog::{Drain, KV, Never, OwnedKVList, Record, Serializer, o};

use super::client::{Client, eventually};
use super::toy::{Running, State, Toy};

/// A server in a child process that may open few files.
struct Confined {
    child: Child,
    /// Closed, it ends.
    _stdin: ChildStdin,
    address: SocketAddr,
    output: BufReader<std::process::ChildStdout>,
}

impl Confined {
    fn start(files_max: usize) -> Self {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "ulimit -n {files_max} && exec \"$0\" --exact system::serve_confined --ignored --nocapture"
            ))
            .arg(std::env::current_exe().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let stdin = child.stdin.take().unwrap();
        let address = line_after(&mut output, "address ").parse().unwrap();
        Self { child, _stdin: stdin, address, output }
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line_after(output: &mut impl BufRead, mark: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child ended early");
        if let Some((_, rest)) = line.split_once(mark) {
            return rest.trim().to_owned();
        }
    }
}

/// The child's side of `without_descriptors_it_waits_and_serves_again_when_clients_leave`.
#[test]
#[ignore = "run in a child process by the test of the same story"]
#[expect(clippy::print_stdout, reason = "how the parent learns of it")]
fn serve_confined() {
    let running = Running::new();
    println!("address {}", running.server.local_addr());
    eventually("accepts fail", || running.server.stats().accept_errors > 0);
    println!("failed {}", running.server.stats().accept_errors);
    // Until the parent has seen enough.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn without_descriptors_it_waits_and_serves_again_when_clients_leave() {
    let mut confined = Confined::start(64);
    let clients: Vec<_> = (0..200).map(|_| TcpStream::connect(confined.address).unwrap()).collect();
    let failed: u64 = line_after(&mut confined.output, "failed ").parse().unwrap();
    assert!(failed > 0);
    drop(clients);
    for _ in 0..10 {
        assert_eq!(Client::to(confined.address).ask("/hello").text(), "hello");
    }
    assert!(confined.child.try_wait().unwrap().is_none(), "it still runs");
}

/// Each record as `message key=value …`, in the order of the keys' names.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Keys(Vec<String>);

impl Serializer for Keys {
    fn emit_arguments(&mut self, key: slog::Key, value: &std::fmt::Arguments<'_>) -> slog::Result {
        self.0.push(format!("{key}={value}"));
        Ok(())
    }
}

impl Drain for Lines {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), Never> {
        let mut keys = Keys(Vec::new());
        record.kv().serialize(record, &mut keys).unwrap();
        keys.0.sort();
        self.0.lock().unwrap().push(format!("{} {}", record.msg(), keys.0.join(" ")));
        Ok(())
    }
}

fn lines_of(requests: &[&str], level: slog::Level) -> Vec<String> {
    let lines = Lines::default();
    let logger = slog::Logger::root(slog::LevelFilter::new(lines.clone(), level).fuse(), o!());
    let service = Arc::new(Toy { state: Arc::new(State::default()) });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::start(listener, service, &Bell::new(), Limits::default(), logger).unwrap();
    for request in requests {
        let mut client = Client::to(server.local_addr());
        client.send(request);
        client.answer();
    }
    server.stop_now();
    let lines = lines.0.lock().unwrap();
    lines.iter().filter(|line| line.starts_with("request answered")).cloned().collect()
}

#[test]
fn each_request_has_an_access_line_at_debug_level_and_none_above() {
    let requests = [
        "GET /hello?secret HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\"\\' HTTP/1.1\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
    ];
    let lines = lines_of(&requests, slog::Level::Debug);
    let expected = [
        "body_bytes=5 duration_us= method=GET path=/hello peer= status=200",
        "body_bytes=1048576 duration_us= method=GET path=/big peer= status=200",
        "body_bytes=13 duration_us= method=GET path=/\\\"\\\\\\' peer= status=404",
        "body_bytes=40 duration_us= method= path= peer= status=400",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        for part in expected.split(' ') {
            let found =
                line.split(' ').any(|word| word == part || (part.ends_with('=') && word.starts_with(part)));
            assert!(found, "{part} is not in {line}");
        }
    }
    assert_eq!(lines_of(&requests, slog::Level::Info), [""; 0]);
}
