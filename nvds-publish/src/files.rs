//! What connections take from files: certificates, keys, names and passwords. Nothing of it is ever shown.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{property}: {} cannot be read: {error}", .path.display())]
    Read {
        /// The property that names it.
        property: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
    /// A line of the credentials is none. The line is not shown: it may be the password.
    #[error(
        "credentials-file: line {number} of {} is not understood; expected username=NAME and password=SECRET",
        .path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        number: usize,
    },
    /// One of the two is missing.
    #[error("{0} is set and {1} is not; a certificate and its key go together")]
    Pair(&'static str, &'static str),
}

/// The files that the properties name.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Certificates of authorities, PEM.
    pub ca: Option<PathBuf>,
    /// The client's certificate, PEM.
    pub cert: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// User name and password.
    pub credentials: Option<PathBuf>,
}

/// Who connects.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name; may be empty.
    pub username: String,
    /// Password; may be empty.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// What was read.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Certificates of authorities; the system's if `None`.
    pub ca: Option<Vec<u8>>,
    /// The client's certificate and key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// Who connects.
    pub credentials: Option<Credentials>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(***)")
    }
}

impl Files {
    /// Reads all that are set.
    ///
    /// # Errors
    /// When one cannot be used, with the property and its path.
    pub fn read(&self) -> Result<Secrets, FileError> {
        let identity = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Some((read("cert-file", cert)?, read("key-file", key)?)),
            (None, None) => None,
            (Some(_), None) => return Err(FileError::Pair("cert-file", "key-file")),
            (None, Some(_)) => return Err(FileError::Pair("key-file", "cert-file")),
        };
        Ok(Secrets {
            ca: self
                .ca
                .as_deref()
                .map(|path| read("ca-file", path))
                .transpose()?,
            identity,
            credentials: self.credentials.as_deref().map(credentials).transpose()?,
        })
    }
}

fn read(property: &'static str, path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|error| FileError::Read {
        property,
        path: path.to_owned(),
        error,
    })
}

fn credentials(path: &Path) -> Result<Credentials, FileError> {
    let bytes = read("credentials-file", path)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = Credentials {
        username: String::new(),
        password: String::new(),
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((name, value)) if name.trim() == "username" => {
                found.username = value.trim().to_owned()
            }
            // Blanks may belong to a password.
            Some((name, value)) if name.trim() == "password" => found.password = value.to_owned(),
            _ => {
                return Err(FileError::Line {
                    path: path.to_owned(),
                    number,
                });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("rsnvds-publish-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn credentials_are_read_and_not_shown() {
        let path = written("good", "# who\nusername = fleet\npassword=a=b c \n");
        let files = Files {
            credentials: Some(path.clone()),
            ..Files::default()
        };
        let secrets = files.read().unwrap();
        let found = secrets.credentials.clone().unwrap();
        assert_eq!(
            (found.username.as_str(), found.password.as_str()),
            ("fleet", "a=b c ")
        );
        assert!(!format!("{secrets:?}{found:?}").contains("a=b"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_wrong_line_is_named_and_not_shown() {
        let path = written("bad", "username=x\nhunter2\n");
        let error = credentials(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn missing_files_and_halves_are_errors() {
        let missing = PathBuf::from("/nonexistent/ca.pem");
        let files = Files {
            ca: Some(missing.clone()),
            ..Files::default()
        };
        assert!(
            files
                .read()
                .unwrap_err()
                .to_string()
                .starts_with("ca-file: /nonexistent/ca.pem")
        );
        let files = Files {
            cert: Some(missing),
            ..Files::default()
        };
        assert!(
            files
                .read()
                .unwrap_err()
                .to_string()
                .contains("cert-file is set and key-file is not")
        );
    }
}
