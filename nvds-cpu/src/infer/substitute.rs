//! What stands in for a network that cannot be run here: an ONNX file or recorded tensors, named by environment
//! variables for each element by its unique-id.

use std::ffi::OsString;
use std::path::PathBuf;

use super::types::{ConfigError, Reason};

/// Beginning of the variable that names an ONNX file.
const ONNX: &str = "RSNVDS_ONNX_";
/// Beginning of the variable that names a recording.
const REPLAY: &str = "RSNVDS_REPLAY_";

/// What stands in for an element's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Substitute {
    /// `RSNVDS_ONNX_<id>`: this file is run instead of what the configuration names.
    Onnx(PathBuf),
    /// `RSNVDS_REPLAY_<id>`: the tensors are in these files, one a buffer.
    Recording(String),
}

impl Substitute {
    /// What the environment says for an element.
    ///
    /// # Errors
    /// When it says both, or something that is no text.
    pub fn from_environment(unique_id: u32) -> Result<Option<Self>, ConfigError> {
        Self::find(unique_id, |name| std::env::var_os(name))
    }

    /// The same with any way to look up a variable. A variable that is empty counts as not set.
    fn find(
        unique_id: u32,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, ConfigError> {
        let name = |prefix: &str| format!("{prefix}{unique_id}");
        let value = |prefix| variable(&name(prefix)).filter(|value| !value.is_empty());
        let error = |prefix: &str, message: String| ConfigError {
            reason: Reason::Mistake,
            file: PathBuf::from(name(prefix)),
            position: None,
            message,
        };
        match (value(ONNX), value(REPLAY)) {
            (None, None) => Ok(None),
            (Some(path), None) => Ok(Some(Self::Onnx(path.into()))),
            (None, Some(location)) => match location.into_string() {
                Ok(location) => Ok(Some(Self::Recording(location))),
                Err(_) => Err(error(REPLAY, "expected a name in UTF-8".to_owned())),
            },
            (Some(_), Some(_)) => Err(error(
                ONNX,
                format!("{} is set too: unset one of them", name(REPLAY)),
            )),
        }
    }
}

/// What a message says that helps where a network cannot be run.
pub fn way_out(unique_id: u32) -> String {
    format!(
        "name an ONNX file of it with {ONNX}{unique_id}=model.onnx, or tensors recorded on the GPU machine with \
         {REPLAY}{unique_id}=recording/%06u.safetensors"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)]) -> Result<Option<Substitute>, String> {
        Substitute::find(3, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn each_element_has_its_own_variables() {
        assert_eq!(
            find(&[("RSNVDS_ONNX_1", "a"), ("RSNVDS_REPLAY_31", "b")]),
            Ok(None)
        );
        assert_eq!(
            find(&[("RSNVDS_ONNX_3", "a.onnx"), ("RSNVDS_REPLAY_3", "")]),
            Ok(Some(Substitute::Onnx("a.onnx".into())))
        );
        assert_eq!(
            find(&[("RSNVDS_REPLAY_3", "r/%06u.safetensors")]),
            Ok(Some(Substitute::Recording("r/%06u.safetensors".into())))
        );
        assert_eq!(
            find(&[("RSNVDS_ONNX_3", "a"), ("RSNVDS_REPLAY_3", "b")]).unwrap_err(),
            "RSNVDS_ONNX_3: RSNVDS_REPLAY_3 is set too: unset one of them"
        );
    }
}
