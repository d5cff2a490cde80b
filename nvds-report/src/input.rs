//! Reads files of lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt as _;

use crate::Error;
use crate::line::Line;
use crate::summary::Summary;

/// Most bytes of a line: a frame of 10,000 objects has 5 MB.
const MOST_BYTES: u64 = 64 << 20;

/// Adds the lines of a file, or of standard input for `-`.
///
/// # Errors
/// When it cannot be read, or none of its lines is a frame.
pub fn read(path: &str, summary: &mut Summary) -> Result<(), Error> {
    let failed = |error| Error::Read {
        path: path.to_owned(),
        error,
    };
    let found = match path {
        "-" => lines(io::stdin().lock(), summary),
        _ => File::open(path).and_then(|file| lines(BufReader::new(file), summary)),
    };
    match found.map_err(failed)? {
        Found::Frames => Ok(()),
        Found::Other(found) => Err(Error::NoLines {
            path: path.to_owned(),
            found,
        }),
    }
}

/// Refuses files that are named twice, by whatever names.
///
/// # Errors
/// [`Error::Twice`].
pub fn check_different(paths: &[String]) -> Result<(), Error> {
    let mut known: Vec<(Option<(u64, u64)>, &String)> = Vec::new();
    for path in paths {
        // Standard input and what cannot be found, which is told when it is read, are known by name.
        let found = match path.as_str() {
            "-" => None,
            _ => std::fs::metadata(path).ok(),
        };
        let file = found.map(|found| (found.dev(), found.ino()));
        let same = |known: &&(_, &String)| known.1 == path || (file.is_some() && known.0 == file);
        if let Some((_, other)) = known.iter().find(same) {
            return Err(Error::Twice {
                path: path.clone(),
                other: (*other).clone(),
            });
        }
        known.push((file, path));
    }
    Ok(())
}

/// Counts of lines in a file.
enum Found {
    Frames,
    Other(String),
}

fn lines(mut from: impl BufRead, summary: &mut Summary) -> io::Result<Found> {
    let (mut number, mut frames) = (0, 0u64);
    let mut bytes = Vec::new();
    let mut first = None;
    loop {
        bytes.clear();
        from.by_ref()
            .take(MOST_BYTES)
            .read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        number += 1;
        let text = match number {
            // Some editors begin texts with a mark of UTF-8.
            1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes),
            _ => &bytes,
        };
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Line>(text) {
            Ok(line) => {
                frames += 1;
                summary.add(&line);
            }
            Err(error) => {
                first.get_or_insert_with(|| match text.starts_with(b"{") {
                    true => format!("{}: {error}", begin(text)),
                    false => begin(text),
                });
                summary.unread(number, error);
            }
        }
        // What cannot be lines at all, such as a film, is not read to its end.
        if frames == 0 && number >= 100 {
            break;
        }
    }
    Ok(match (frames, first) {
        (0, Some(first)) => Found::Other(first),
        (0, None) => Found::Other("nothing".to_owned()),
        _ => Found::Frames,
    })
}

/// The beginning of a line, as an error shows it.
fn begin(text: &[u8]) -> String {
    let begin: String = String::from_utf8_lossy(text).chars().take(60).collect();
    format!("{begin:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8]) -> (Summary, Option<String>) {
        let mut summary = Summary::default();
        let found = match lines(text, &mut summary).unwrap() {
            Found::Frames => None,
            Found::Other(found) => Some(found),
        };
        (summary, found)
    }

    #[test]
    fn a_line_that_was_cut_is_counted_and_named() {
        let (summary, found) = of(b"{\"source_id\":0,\"frame_num\":0}\n\n{\"source_id\":0,\"fra");
        assert_eq!(found, None);
        assert_eq!((summary.frames(), summary.unread), (1, 1));
        assert_eq!(summary.first_unread.unwrap().0, 3);
    }

    #[test]
    fn a_mark_of_utf_8_is_no_part_of_the_first_line() {
        let (summary, found) = of(b"\xef\xbb\xbf{\"source_id\":0,\"frame_num\":0}\r\n");
        assert_eq!((summary.frames(), summary.unread, found), (1, 0, None));
    }

    #[test]
    fn a_file_is_read_once() {
        let folder = std::env::temp_dir().join(format!("rsnvds-report-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        std::fs::write(path("a"), "").unwrap();
        std::fs::write(path("b"), "").unwrap();
        std::fs::hard_link(path("a"), path("c")).unwrap();
        let check = |names: [String; 2]| check_different(&names).map_err(|e| e.to_string());
        assert_eq!(check([path("a"), path("b")]), Ok(()));
        let error = check([path("a"), path("./a")]).unwrap_err();
        assert!(error.contains("name each file once"), "{error}");
        assert!(check([path("a"), path("c")]).is_err());
        assert!(check(["-".to_owned(), "-".to_owned()]).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn other_files_are_refused_with_what_is_in_them() {
        assert_eq!(of(b"").1.as_deref(), Some("nothing"));
        assert_eq!(
            of(b"time,count\n1,2\n").1.as_deref(),
            Some("\"time,count\"")
        );
        let noise: Vec<u8> = (0..100_000u32)
            .map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        assert!(of(&noise).1.is_some());
    }
}
