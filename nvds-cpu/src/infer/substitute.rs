//! What stands in for a network that cannot be run here: an ONNX file or recorded tensors, named by environment
//! variables for each element by its unique-id.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::types::{ConfigError, Note, NoteLevel, Reason};

/// Beginning of the variable that names an ONNX file.
const ONNX: &str = "RSNVDS_ONNX_";
/// Beginning of the variable that names a recording.
const REPLAY: &str = "RSNVDS_REPLAY_";

/// How names begin that are meant for one of these.
const LOOKALIKES: [&str; 4] = ["RSNVDS_ON", "RSNVDS_OX", "RSNVDS_REPL", "RSNVDS_REC"];

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

/// Remarks for an element of this id: variables that can only mean it and do not, where none is for it; and names that are
/// none of ours. An element with a variable of its own says nothing of others
pub fn remarks(unique_id: u32) -> Vec<Note> {
    let names = set_names();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    remarks_on(unique_id, &names)
}

/// The id in the name of a variable of ours.
fn id_of(name: &str) -> Option<u32> {
    let id = name.strip_prefix(ONNX).or(name.strip_prefix(REPLAY))?;
    id.parse()
        .ok()
        .filter(|number: &u32| number.to_string() == id)
}

fn remarks_on(unique_id: u32, names: &[&str]) -> Vec<Note> {
    let told = |name: &str, message: String| Note {
        level: NoteLevel::Warning,
        text: ConfigError::file(Path::new(name), message),
    };
    let expected = format!("expected {ONNX}{unique_id} or {REPLAY}{unique_id} for this element");
    let mut names = names.to_vec();
    names.sort_unstable();
    let (ours, others): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| id_of(name).is_some());
    let typed = others.into_iter().filter(|name| {
        let upper = name.to_ascii_uppercase();
        let known = [ONNX, REPLAY].iter().any(|known| upper.starts_with(known));
        known || LOOKALIKES.iter().any(|start| upper.starts_with(start))
    });
    let mut notes: Vec<_> = typed
        .map(|name| told(name, format!("this variable has no effect: {expected}")))
        .collect();
    if ours.iter().all(|name| id_of(name) != Some(unique_id)) {
        notes.extend(ours.iter().filter_map(|name| {
            let id = id_of(name)?;
            let message = format!("names id {id}, this element has {unique_id}: {expected}");
            Some(told(name, message))
        }));
    }
    notes
}

/// That a recording does not help an element with `input-tensor-meta`.
pub fn no_regions(location: &str) -> ConfigError {
    ConfigError::file(
        Path::new(location),
        "a recording has no tensors of nvdspreprocess' regions, which input-tensor-meta asks for: name an ONNX file",
    )
    .because(Reason::PreparedInput)
}

/// What a message says that helps where a network cannot be run.
pub fn way_out(unique_id: u32) -> String {
    way_out_beside(unique_id, &set_names())
}

/// The same where these variables are set: those of other ids are named, for which this one may have been meant.
fn way_out_beside(unique_id: u32, names: &[String]) -> String {
    let mut others: Vec<&str> = names.iter().map(String::as_str).collect();
    others.retain(|name| id_of(name).is_some_and(|id| id != unique_id));
    others.sort_unstable();
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(
            "; {} of the environment is for another element: this one's unique-id is {unique_id}",
            others.join(", ")
        ),
    };
    format!(
        "name an ONNX file of it with {ONNX}{unique_id}=model.onnx, or tensors recorded on the GPU machine with \
         {REPLAY}{unique_id}=recording/%06u.safetensors{others}"
    )
}

/// Names of all variables that are set and not empty.
fn set_names() -> Vec<String> {
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    set.filter_map(|(name, _)| name.into_string().ok())
        .collect()
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
    fn variables_that_no_element_reads_are_told() {
        let told = |names: &[&str]| -> Vec<String> {
            let notes = remarks_on(1, names);
            notes.iter().map(|note| note.text.to_string()).collect()
        };
        const EXPECTED: &str = "expected RSNVDS_ONNX_1 or RSNVDS_REPLAY_1 for this element";
        assert_eq!(
            told(&["RSNVDS_REPLAY_2", "RSNVDS_OTHER"]),
            [format!(
                "RSNVDS_REPLAY_2: names id 2, this element has 1: {EXPECTED}"
            )]
        );
        assert!(told(&["RSNVDS_REPLAY_2", "RSNVDS_ONNX_1", "HOME"]).is_empty());
        for typed in [
            "RSNVDS_ONXX_1",
            "RSNVDS_REPLY_1",
            "RSNVDS_ONNX_01",
            "RSNVDS_REPLAY_",
            "rsnvds_replay_1",
        ] {
            assert_eq!(
                told(&[typed]),
                [format!("{typed}: this variable has no effect: {EXPECTED}")]
            );
        }
    }

    #[test]
    fn variables_of_other_elements_are_named_in_the_way_out() {
        let names = ["RSNVDS_REPLAY_2", "HOME", "RSNVDS_ONNX_2", "RSNVDS_ONNX_x"];
        let told = way_out_beside(5, &names.map(str::to_owned));
        assert!(told.starts_with("name an ONNX file of it with RSNVDS_ONNX_5=model.onnx, or "));
        assert!(
            told.ends_with(
                "; RSNVDS_ONNX_2, RSNVDS_REPLAY_2 of the environment is for another element: this one's unique-id is 5"
            ),
            "{told}"
        );
        assert!(way_out_beside(2, &names.map(str::to_owned)).ends_with("%06u.safetensors"));
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
