//! The output of a command: as it is, or through a mask.
//!
//! Called by the supervisor for each start. With a mask the command writes to pipes, and a thread for each pipe passes on
//! what it writes at once. Programs that look for a terminal then find a pipe. After the end of the command the threads
//! pass on what the pipes hold and end: a process that the command has left behind may keep a pipe open for ever.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::thread::{Builder, JoinHandle};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::mask::{Masker, Secrets};

/// Bytes of one read: what a pipe of Linux holds.
const PIECE_BYTES: usize = 64 << 10;

/// Where a command writes.
#[derive(Clone)]
pub enum Output {
    /// To the streams of this process.
    Inherited,
    /// To the streams of this process, with the secrets masked.
    Masked(Secrets),
}

/// The threads of a masked command.
#[derive(Default)]
pub(super) struct Pumps {
    threads: Vec<JoinHandle<()>>,
    /// Closed when the command has ended.
    running: Option<PipeWriter>,
}

impl Output {
    /// Connects a command that is about to start, whose streams are this process's own unless they are masked.
    pub(super) fn connect(&self, command: &mut Command) -> io::Result<Pumps> {
        let mut pumps = Pumps::default();
        let Self::Masked(secrets) = self else { return Ok(pumps) };
        let (ended, running) = io::pipe()?;
        pumps.running = Some(running);
        let (stdout, command_stdout) = io::pipe()?;
        let (stderr, command_stderr) = io::pipe()?;
        let masker = || Masker::new(secrets.clone());
        pumps.start(stdout, ended.try_clone()?, masker(), own(io::stdout())?)?;
        pumps.start(stderr, ended, masker(), own(io::stderr())?)?;
        command.stdout(command_stdout).stderr(command_stderr);
        Ok(pumps)
    }
}

/// The stream itself, without the buffer of the standard library.
fn own(stream: impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(|fd: OwnedFd| File::from(fd))
}

impl Pumps {
    fn start(
        &mut self,
        from: PipeReader,
        ended: PipeReader,
        masker: Masker,
        to: impl Write + Send + 'static,
    ) -> io::Result<()> {
        fcntl_setfl(&from, fcntl_getfl(&from)? | OFlags::NONBLOCK)?;
        let pump = Builder::new().name("output".into()).spawn(move || {
            // A stream that takes nothing any more closes the pipe, so that the command gets the error.
            let _ = pump(from, &ended, masker, to);
        });
        self.threads.push(pump?);
        Ok(())
    }

    /// The command has ended: waits until all that it wrote is passed on.
    pub(super) fn finish(mut self) {
        self.running = None;
        for thread in self.threads {
            // A pump doesn't panic.
            let _ = thread.join();
        }
    }
}

fn pump(mut from: PipeReader, ended: &PipeReader, mut masker: Masker, mut to: impl Write) -> io::Result<()> {
    let (mut piece, mut out) = (vec![0; PIECE_BYTES], Vec::new());
    loop {
        let has_ended = wait(&from, ended)?;
        loop {
            let read = match from.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                masker.finish(&mut out);
                return to.write_all(&out);
            }
            masker.mask(&piece[..read], &mut out);
            to.write_all(&out)?;
            out.clear();
        }
        if has_ended {
            masker.finish(&mut out);
            return to.write_all(&out);
        }
    }
}

/// Waits for bytes; whether the command had ended by then.
fn wait(from: &PipeReader, ended: &PipeReader) -> io::Result<bool> {
    let mut polled = [PollFd::new(from, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
    loop {
        match poll(&mut polled, None) {
            Err(rustix::io::Errno::INTR) => {}
            result => return result.map(|_| !polled[1].revents().is_empty()).map_err(io::Error::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::{Receiver, Sender, bounded};

    use super::*;

    /// Each write, as it comes.
    struct Written(Sender<String>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pumped() -> (PipeWriter, Pumps, Receiver<String>) {
        let (from, command) = io::pipe().unwrap();
        let (ended, running) = io::pipe().unwrap();
        let (sender, written) = bounded(9);
        let mut pumps = Pumps { threads: Vec::new(), running: Some(running) };
        let masker = Masker::new(Secrets::new(["hunter2"]).unwrap());
        pumps.start(from, ended, masker, Written(sender)).unwrap();
        (command, pumps, written)
    }

    #[test]
    fn a_prompt_passes_while_the_command_waits() {
        let (mut command, pumps, written) = pumped();
        command.write_all(b"name of hunter2: ").unwrap();
        assert_eq!(written.recv().unwrap(), "name of ••••••••: ");
        drop(command);
        pumps.finish();
    }

    #[test]
    fn what_was_written_before_the_end_passes_though_another_process_keeps_the_pipe() {
        let (mut command, pumps, written) = pumped();
        command.write_all(b"the last words: hunt").unwrap();
        pumps.finish();
        assert_eq!(written.iter().collect::<String>(), "the last words: hunt");
        assert!(command.write_all(b"x").is_err());
    }

    #[test]
    fn a_stream_that_takes_nothing_closes_the_pipe() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (from, mut command) = io::pipe().unwrap();
        let (ended, _running) = io::pipe().unwrap();
        command.write_all(b"x").unwrap();
        let masker = Masker::new(Secrets::new([]).unwrap());
        fcntl_setfl(&from, OFlags::NONBLOCK).unwrap();
        let error = pump(from, &ended, masker, Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert!(command.write_all(b"x").is_err());
    }
}
