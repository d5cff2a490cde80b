//! Reading a configuration file as text.
//!
//! Whatever a path names, the answer is a text or an error that says what was found: not a film's worth of memory, nor
//! an application that waits for ever.

use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::pbtext::Position;
use super::types::ConfigError;

/// Longest configuration read, in bytes; real ones have a few thousand. What is named by mistake, a film,
/// is longer.
const MAX_TEXT: u64 = 256 << 10;
/// How long a pipe may take to tell its text.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads a text file; the error names it and says why.
pub(crate) fn read_text(file: &Path, what: &str) -> Result<String, ConfigError> {
    let bytes = read_bytes(file)
        .map_err(|e| ConfigError::file(file, format!("cannot read this {what}: {e}")))?;
    if bytes.len() as u64 > MAX_TEXT {
        return Err(ConfigError::file(
            file,
            format!(
                "this is no {what}: it is larger than {} KiB",
                MAX_TEXT >> 10
            ),
        ));
    }
    text(file, what, bytes)
}

fn read_bytes(file: &Path) -> io::Result<Vec<u8>> {
    let read = |file: &Path| {
        let mut bytes = Vec::new();
        std::fs::File::open(file)?
            .take(MAX_TEXT + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let kind = std::fs::metadata(file)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return read(file);
    }
    if !kind.is_fifo() {
        return Err(io::Error::other(
            "it is no file on a disk: name a regular file",
        ));
    }
    // A pipe may have nobody who writes to it. The thread then waits on alone.
    let (done, result) = mpsc::channel();
    let path = file.to_owned();
    std::thread::Builder::new()
        .name("nvdscpu-config".to_owned())
        .spawn(move || done.send(read(&path)))?;
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        Err(io::Error::other(format!(
            "it is no file on a disk, and did not end within {} s",
            PATIENCE.as_secs()
        )))
    })
}

/// The text that `bytes` are. Readers written in C end at a NUL character, so none may be in it.
pub(crate) fn text(file: &Path, what: &str, bytes: Vec<u8>) -> Result<String, ConfigError> {
    const SAVE: &str = "save it as UTF-8";
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(ConfigError::file(
            file,
            format!("this {what} is UTF-16 text: {SAVE}"),
        ));
    }
    let line = |bytes: &[u8], before: usize| Position {
        line: 1 + bytes[..before]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count() as u32,
        column: 0,
    };
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(ConfigError::at(
            file,
            line(&bytes, at),
            format!("this {what} has a NUL character: it is no text, or UTF-16, then {SAVE}"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        ConfigError::at(
            file,
            line(error.as_bytes(), at),
            format!("this {what} is not UTF-8 text: {SAVE}"),
        )
    })
}

#[cfg(test)]
mod tests;
