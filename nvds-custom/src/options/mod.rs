//! What a user says of the network: a TOML file beside the library, and the environment variable
//! [`VARIABLE`].
//!
//! Keys outside of any table are for every function, those in `[yolo]`, `[detr]`, `[ssd]` and `[any]` for that function
//! alone, where they win. The variable holds `key=value;key=value`, which win over the file's, or the path of a file to
//! read in place of the one beside the library.

mod network;
mod read;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use network::Network;

use crate::function::Function;

/// Environment variable with options, or with the path of a file.
pub const VARIABLE: &str = "RSNVDS_PARSER_OPTIONS";
/// More than any such file has.
const LARGEST: u64 = 1 << 20;

/// What a function returns for frames that it cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnError {
    /// True, without objects: nvinfer crashes on false.
    #[default]
    Empty,
    /// False.
    Fail,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Options {
    /// The release of DeepStream.
    pub deepstream_version: Option<String>,
    /// What a function returns for frames that it cannot read.
    pub on_error: OnError,
    networks: [Network; Function::ALL.len()],
    completed: [OnceLock<Result<Network, String>>; Function::ALL.len()],
}

impl Options {
    /// What is said of the networks of a function. What is said for all functions need not suit those that nobody calls.
    ///
    /// # Errors
    /// What does not go together.
    pub fn network(&self, function: Function) -> Result<&Network, &str> {
        let index = function as usize;
        let completed = &self.completed[index];
        let network = completed.get_or_init(|| self.networks[index].complete(function));
        network.as_ref().map_err(|error| &error[..])
    }

    /// Reads the options of a library that lies at this path.
    ///
    /// # Errors
    /// What was expected and found, and where.
    pub fn load(library: Option<&Path>) -> Result<Self, String> {
        let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        let variable = match variable {
            Some(value) => Some(
                value
                    .into_string()
                    .map_err(|_| format!("{VARIABLE} is not UTF-8"))?,
            ),
            None => None,
        };
        let (file, line): (Option<PathBuf>, _) = match variable {
            Some(value) if value.contains('=') => (beside(library), Some(value)),
            Some(path) => (Some(path.into()), None),
            None => (beside(library), None),
        };
        let mut options = Self::default();
        if let Some(file) = &file {
            let text = text(file).map_err(|error| format!("{}: {error}", file.display()))?;
            read::file(&mut options, &file.display().to_string(), &text)?;
        }
        if let Some(line) = line {
            read::line(&mut options, &line)?;
        }
        Ok(options)
    }
}

/// The file beside the library: its own name with `.toml` in the place of `.so`.
fn beside(library: Option<&Path>) -> Option<PathBuf> {
    let file = library?.with_extension("toml");
    file.exists().then_some(file)
}

fn text(file: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let open = std::fs::File::open(file).map_err(|error| error.to_string())?;
    let mut text = String::new();
    // Limited while reading: a device has no size to ask for.
    let read = open.take(LARGEST + 1).read_to_string(&mut text);
    match read.map_err(|error| error.to_string())? as u64 > LARGEST {
        true => Err(format!("it is larger than {LARGEST} bytes")),
        false => Ok(text),
    }
}
