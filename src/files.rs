//! Files that users name: read whole, but never more than such a file can be.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// As the file system's; of kind `FileTooLarge`, naming the limit, when there is more.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Limited while reading: a device or a pipe has no size to ask for.
    let file = File::open(path).map_err(|error| with_folder(path, error))?;
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let text = format!("it is larger than {most} bytes, the most that such a file may have");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Where a path that is relative was looked for, in the error that nothing is there.
fn with_folder(path: &Path, error: io::Error) -> io::Error {
    match std::env::current_dir() {
        Ok(folder) if path.is_relative() && error.kind() == io::ErrorKind::NotFound => {
            let text = format!("{error}; the path is relative to {}", folder.display());
            io::Error::new(io::ErrorKind::NotFound, text)
        }
        _ => error,
    }
}

/// As [`read`], of a text in UTF-8.
///
/// # Errors
/// As [`read`]; of kind `InvalidData`, naming the line, when it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("line {line} is not UTF-8"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_refused_with_its_limit() {
        let error = read(Path::new("/dev/zero"), 1000).unwrap_err();
        assert!(error.to_string().contains("1000 bytes"), "{error}");
        assert_eq!(read(Path::new("/dev/null"), 0).unwrap(), b"");
    }

    #[test]
    fn a_relative_path_is_told_with_its_folder() {
        let error = read(Path::new("no/such.txt"), 9).unwrap_err();
        let here = std::env::current_dir().unwrap();
        let text = error.to_string();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(
            text.ends_with(&format!("relative to {}", here.display())),
            "{text}"
        );
        let text = read(Path::new("/no/such.txt"), 9).unwrap_err().to_string();
        assert!(!text.contains("relative"), "{text}");
    }

    #[test]
    fn a_text_that_is_none_has_its_line_named() {
        let path = std::env::temp_dir().join(format!("rsnvds-files-{}", std::process::id()));
        std::fs::write(&path, b"a\nb\xff\n").unwrap();
        let error = read_text(&path, 100).unwrap_err();
        assert_eq!(error.to_string(), "line 2 is not UTF-8");
        assert_eq!(read(&path, 5).unwrap().len(), 5);
        assert!(read(&path, 4).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
