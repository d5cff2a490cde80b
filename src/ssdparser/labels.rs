//! Label files: one line a class.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Largest label file that is read, in bytes: a wrong file named by mistake must not fill memory.
const MAX_BYTES: u64 = 4 << 20;

/// Why a label file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("labels-file {} cannot be read: {source}", .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("labels-file {} is larger than {MAX_BYTES} bytes: is it a label file?", .path.display())]
    TooLarge { path: PathBuf },
    #[error("labels-file {} has no label: expected one line for each class", .path.display())]
    Empty { path: PathBuf },
    #[error("labels-file {}, line {line}: not UTF-8", .path.display())]
    Encoding { path: PathBuf, line: usize },
}

/// Labels by line number, counted from 0.
#[derive(Debug, Default)]
pub struct Labels(Vec<String>);

impl Labels {
    /// Reads a file: a line for each class, white space around it cut, empty lines at the end
    /// ignored. An empty line between others is a class without a name: lines keep their numbers,
    /// while nvinfer would skip the empty one and shift those below. With `;` in a line only
    /// what stands before it counts, as nvinfer does for detectors.
    ///
    /// # Errors
    /// [`LabelsError`].
    pub fn read(path: &Path) -> Result<Self, LabelsError> {
        let read = |source| LabelsError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        // Limited while reading: a device or a pipe has no size to ask for.
        std::fs::File::open(path)
            .map_err(read)?
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(read)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LabelsError::TooLarge {
                path: path.to_owned(),
            });
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut labels = bytes
            .split(|byte| *byte == b'\n')
            .enumerate()
            .map(|(index, line)| {
                let line = std::str::from_utf8(line).map_err(|_| LabelsError::Encoding {
                    path: path.to_owned(),
                    line: index + 1,
                })?;
                Ok(line.split(';').next().unwrap_or("").trim().to_owned())
            })
            .collect::<Result<Vec<_>, _>>()?;
        while labels.last().is_some_and(String::is_empty) {
            labels.pop();
        }
        if labels.is_empty() {
            return Err(LabelsError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self(labels))
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All labels, line by line.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The label of a line, `None` outside the file.
    pub fn get(&self, line: i64) -> Option<&str> {
        usize::try_from(line)
            .ok()
            .and_then(|line| self.0.get(line))
            .map(String::as_str)
    }
}

#[cfg(test)]
impl<'a> FromIterator<&'a str> for Labels {
    fn from_iter<T: IntoIterator<Item = &'a str>>(labels: T) -> Self {
        Self(labels.into_iter().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Result<Labels, LabelsError> {
        let path =
            std::env::temp_dir().join(format!("rsnvds-labels-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let labels = Labels::read(&path);
        std::fs::remove_file(&path).unwrap();
        labels
    }

    /// The sample cut the last character of every line, newline or not.
    #[test]
    fn the_last_line_needs_no_newline() {
        for text in [
            "unlabeled\nperson\ncar",
            "unlabeled\r\nperson\r\ncar\r\n\r\n",
        ] {
            let labels = read(&format!("newline-{}", text.len()), text.as_bytes()).unwrap();
            assert_eq!(labels.0, ["unlabeled", "person", "car"]);
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let labels = read("gap", "\u{feff}a\n\n b ; alias\n".as_bytes()).unwrap();
        assert_eq!(labels.0, ["a", "", "b"]);
        assert_eq!(labels.get(2), Some("b"));
        assert_eq!(labels.get(3), None);
        assert_eq!(labels.get(-1), None);
    }

    #[test]
    fn errors_name_the_file() {
        let missing = Labels::read(Path::new("/no/such/labels.txt")).unwrap_err();
        assert!(
            missing.to_string().contains("/no/such/labels.txt"),
            "{missing}"
        );
        assert!(matches!(
            Labels::read(Path::new("/dev/zero")),
            Err(LabelsError::TooLarge { .. })
        ));
        assert!(matches!(
            read("empty", b"\n \n"),
            Err(LabelsError::Empty { .. })
        ));
        assert!(matches!(
            read("latin1", b"a\ncaf\xe9\n"),
            Err(LabelsError::Encoding { line: 2, .. })
        ));
    }
}
