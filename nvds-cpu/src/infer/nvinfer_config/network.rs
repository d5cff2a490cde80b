//! Which file holds the network, and what stands in for one that cannot be run here.

use std::path::{Path, PathBuf};

use super::group::Group;
use crate::infer::pbtext::Position;
use crate::infer::substitute::way_out;
use crate::infer::types::{ConfigError, Note, Reason, relative_to};

/// The network that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// `onnx-file`, which can be run.
    Onnx(PathBuf),
    /// Only what cannot be run here.
    Foreign {
        /// What it is, with its key.
        what: String,
        /// Where it stands.
        position: Position,
    },
}

/// Other forms of networks that the keys describe, by what tells them best.
const FOREIGN: [(&str, &str); 6] = [
    ("tlt-encoded-model", "an encrypted TAO model"),
    ("uff-file", "a UFF model"),
    ("model-file", "a Caffe model"),
    ("proto-file", "a Caffe model"),
    (
        "custom-network-config",
        "a network that a C++ library builds",
    ),
    ("model-engine-file", "a TensorRT engine"),
];

impl Network {
    /// Reads the keys. Remarks go to `notes`.
    pub(super) fn read(group: Group<'_>, notes: &mut Vec<Note>) -> Result<Self, ConfigError> {
        let onnx = group.text("onnx-file")?;
        for (key, what) in FOREIGN {
            if group.text(key)?.is_none() {
                continue;
            }
            match &onnx {
                None => {
                    return Ok(Self::Foreign {
                        what: format!("{key} is {what}, which cannot be run on the CPU"),
                        position: group.lines.position(group.name, key),
                    });
                }
                // That an engine is there too is usual and known from the key's own note.
                Some(_) if key == "model-engine-file" => {}
                Some(_) => notes.push(group.warning(key, "has no effect beside onnx-file")),
            }
        }
        let engine = "engine-create-func-name";
        if group.text(engine)?.is_some() && onnx.is_some() {
            notes.push(group.warning(engine, "no engine is built: onnx-file is run as it is"));
        }
        Ok(match onnx {
            Some(path) => Self::Onnx(relative_to(&group.lines.file, &path)),
            None => Self::Foreign {
                what: "onnx-file is not given, nor another network".to_owned(),
                position: group.lines.group_position(group.name),
            },
        })
    }

    /// The ONNX file, for an element with this `unique_id`.
    pub(super) fn onnx(&self, file: &Path, unique_id: u32) -> Result<&Path, ConfigError> {
        match self {
            Self::Onnx(path) => Ok(path),
            Self::Foreign { what, position } => {
                Err(
                    ConfigError::at(file, *position, format!("{what}; {}", way_out(unique_id)))
                        .because(Reason::NoOnnx),
                )
            }
        }
    }
}
