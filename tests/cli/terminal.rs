//! The binary on a real pseudo-terminal, as a person sees it.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use crate::process::Folder;

const ROWS: NonZeroU16 = NonZeroU16::new(24).expect("above zero");
const COLUMNS: NonZeroU16 = NonZeroU16::new(100).expect("above zero");
/// A screen that does not come until then never comes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A command that runs on a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All that it has written.
    pub written: Vec<u8>,
    // The terminal lives as long as this.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    /// Starts the binary with these words and variables. `HOME` is the folder.
    pub fn start(folder: &Folder, words: &[&str], variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_configapi"));
        command.env_clear();
        command.args(words);
        command.cwd(folder.path(""));
        let path = std::env::var_os("PATH").unwrap_or_default();
        for (name, value) in [("PATH", path.as_os_str()), ("HOME", folder.path("").as_os_str())] {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (send, output) = channel();
        let read = move || {
            let mut piece = [0; 4_096];
            // The terminal's end is an error on Linux.
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                if send.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("terminal".to_owned()).spawn(read).expect("a thread");
        let keyboard = pair.master.take_writer().expect("a keyboard");
        let screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { child, keyboard, output, screen, written: Vec::new(), _master: pair.master }
    }

    /// Types keys: `\r` is Enter, `\u{3}` is Ctrl-C.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keyboard.flush().expect("the terminal takes keys");
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.screen().contains(text) {
            assert!(self.read(deadline), "{text:?} is not on the screen:\n{}", self.screen());
        }
    }

    /// Waits for the end of the command: its exit status. A signal counts as status 1.
    #[track_caller]
    pub fn end(&mut self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        while self.read(deadline) {}
        let ended = self.child.try_wait().expect("it can be waited for");
        let ended = ended.or_else(|| (Instant::now() < deadline).then(|| self.child.wait().ok()).flatten());
        ended.unwrap_or_else(|| panic!("it has not ended:\n{}", self.screen())).exit_code()
    }

    /// Whether there was more output before the deadline.
    fn read(&mut self, deadline: Instant) -> bool {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => {
                self.screen.process(&bytes);
                self.written.extend_from_slice(&bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a file is for its owner alone.
pub fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).expect("a file").permissions().mode();
    mode.trailing_zeros() >= 6
}
