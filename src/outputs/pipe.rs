//! Opening and writing what may be a pipe.
//!
//! A program that writes to a pipe which nobody reads gets the signal SIGPIPE, and ends. Rust's own programs ignore that;
//! `gst-launch-1.0`, and most applications, do not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// How long the reader of a FIFO is waited for: long enough to start it second.
const READER: Duration = Duration::from_secs(3);
/// How often it is looked for, in milliseconds.
const LOOK: u16 = 20;
/// How long a full pipe is waited for when the element stops.
const LAST: Duration = Duration::from_secs(1);

/// Opens a file for writing, which is made if it is not there; what is in it stays. The reader of a FIFO is waited for,
/// three seconds at most.
///
/// # Errors
/// As the file system's; of kind `NotConnected` for a FIFO without a reader.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // Otherwise this would wait for a reader for ever.
    options.custom_flags(libc::O_NONBLOCK);
    let start = Instant::now();
    loop {
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) && is_fifo(path) => {
                if start.elapsed() >= READER {
                    return Err(io::Error::new(
                        ErrorKind::NotConnected,
                        format!(
                            "it is a FIFO that nobody opened for reading within {} s: start its reader first, as in cat {}",
                            READER.as_secs(),
                            path.display()
                        ),
                    ));
                }
                thread::sleep(Duration::from_millis(LOOK.into()));
            }
            other => return other,
        }
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// Writes some of the bytes to a file that [`open`] gave. Waits for room in a pipe; once `stopping` is set, for a second at
/// most.
///
/// # Errors
/// As the file system's; of kind `BrokenPipe` when the reader has left, `TimedOut` when it does not read.
pub fn write(file: &mut File, bytes: &[u8], stopping: &AtomicBool) -> io::Result<usize> {
    let mut last = None;
    loop {
        match without_signal(|| file.write(bytes)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => (),
            other => return other,
        }
        if stopping.load(Ordering::Relaxed) {
            let since: Instant = *last.get_or_insert_with(Instant::now);
            if since.elapsed() >= LAST {
                let why = "its reader does not read, and the element stops";
                return Err(io::Error::new(ErrorKind::TimedOut, why));
            }
        }
        let mut room = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut room, PollTimeout::from(LOOK)) {
            Ok(_) | Err(nix::Error::EINTR) => (),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes to what may be a pipe: where its reader has left, the error is the only outcome.
///
/// # Errors
/// Those of `work`.
pub fn without_signal<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let mut pipe = SigSet::empty();
    pipe.add(Signal::SIGPIPE);
    let before = pipe.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = work();
    if let Err(error) = &result
        && error.kind() == ErrorKind::BrokenPipe
    {
        // The signal waits for this thread: it is taken before it can come.
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let taken = SignalFd::with_flags(&pipe, flags).and_then(|signals| signals.read_signal());
        if taken.is_err() {
            return result; // It stays held back.
        }
    }
    before.thread_set_mask()?;
    result
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_reader_that_left_is_an_error_and_no_signal_stays() {
        let (reader, mut writer) = io::pipe().unwrap();
        drop(reader);
        let error = without_signal(|| writer.write(b"a")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let mut pipe = SigSet::empty();
        pipe.add(Signal::SIGPIPE);
        assert!(!SigSet::thread_get_mask().unwrap().contains(Signal::SIGPIPE));
        pipe.thread_block().unwrap();
        let signals = SignalFd::with_flags(&pipe, SfdFlags::SFD_NONBLOCK).unwrap();
        assert_eq!(signals.read_signal().unwrap(), None);
    }

    #[test]
    fn a_full_pipe_is_waited_for_until_the_element_stops() {
        let path = std::env::temp_dir().join(format!("rsnvds-pipe-{}", std::process::id()));
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        thread::scope(|scope| {
            let reader = scope.spawn(|| File::open(&path).unwrap());
            let mut file = open(&path).unwrap();
            let mut reader = reader.join().unwrap();
            let stopping = AtomicBool::new(false);
            let bytes = [1; 4096];
            let late = scope.spawn(|| {
                thread::sleep(Duration::from_millis(50));
                let mut read = vec![0; 64 << 10];
                reader.read_exact(&mut read).unwrap();
                reader
            });
            // More than a pipe holds.
            let mut written = 0;
            while written < 80 << 10 {
                written += write(&mut file, &bytes, &stopping).unwrap();
            }
            let reader = late.join().unwrap();
            stopping.store(true, Ordering::Relaxed);
            let error = loop {
                if let Err(error) = write(&mut file, &bytes, &stopping) {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
            drop(reader);
            let error = write(&mut file, &bytes, &stopping).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        });
        fs::remove_file(path).unwrap();
    }
}
