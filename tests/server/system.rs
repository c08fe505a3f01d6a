//! What needs a process of its own: descriptors.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::client::{Client, eventually};
use super::toy::Running;

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
