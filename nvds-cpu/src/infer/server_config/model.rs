//! Where the model is: `triton { ... }`.

use std::path::{Path, PathBuf};

use super::one_of;
use crate::infer::pbtext::{Position, Value};
use crate::infer::schema::View;
use crate::infer::types::{ConfigError, Note, relative_to};

/// Where `nvinferserver` is to take its model from.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPlace {
    /// `model_name`.
    pub name: String,
    /// `version`, `None` for the newest.
    pub version: Option<u64>,
    /// Folders of model repositories, absolute or relative to the working directory; empty with a server.
    pub roots: Vec<PathBuf>,
    /// `strict_model_config`: the model must have a `config.pbtxt`.
    pub strict: bool,
    /// What is on another machine, and where that stands: the url of `grpc { ... }`, or of a repository in a cloud.
    pub server: Option<(String, Position)>,
}

impl ModelPlace {
    /// Reads `backend`, which has passed its table.
    pub(super) fn read(
        file: &Path,
        backend: View<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<Self, ConfigError> {
        let fault = |position, message: &str| Err(ConfigError::at(file, position, message));
        let triton = match one_of(file, backend, "backend", &["triton", "trt_is"])? {
            Some(name) => name,
            None => {
                return fault(
                    backend.0.position,
                    "infer_config.backend has no triton { model_name ... model_repo { root ... } }",
                );
            }
        };
        if triton == "trt_is" {
            notes.push(Note::info(
                file,
                backend.position("trt_is"),
                "trt_is is the old name of triton",
            ));
        }
        let Some(triton) = backend.message(triton) else {
            return fault(backend.0.position, "infer_config.backend has no triton");
        };
        let Some(name) = triton.text("model_name") else {
            return fault(
                triton.0.position,
                "infer_config.backend.triton has no model_name",
            );
        };
        let mut this = Self {
            name: name.to_owned(),
            version: version(file, triton)?,
            roots: Vec::new(),
            strict: false,
            server: None,
        };
        match one_of(file, triton, "triton", &["model_repo", "grpc"])? {
            Some("grpc") => {
                let url = triton.message("grpc").and_then(|grpc| grpc.text("url"));
                let position = triton.position("grpc");
                let Some(url) = url else {
                    return fault(
                        position,
                        "grpc has no url: expected the server's, as \"localhost:8001\"",
                    );
                };
                this.server = Some((url.to_owned(), position));
            }
            Some(_) => this.read_repository(file, triton)?,
            None => {
                return fault(
                    triton.0.position,
                    "infer_config.backend.triton has no model_repo { root: \"...\" }",
                );
            }
        }
        Ok(this)
    }

    fn read_repository(&mut self, file: &Path, triton: View<'_>) -> Result<(), ConfigError> {
        let Some(repo) = triton.message("model_repo") else {
            return Ok(());
        };
        self.strict = repo.flag("strict_model_config");
        for field in repo.all("root") {
            match &field.value {
                Value::String(root) if root.contains("://") => {
                    self.server = Some((root.clone(), field.position));
                }
                Value::String(root) if !root.is_empty() => self.roots.push(relative_to(file, root)),
                _ => {}
            }
        }
        if self.roots.is_empty() && self.server.is_none() {
            return Err(ConfigError::at(
                file,
                repo.0.position,
                "model_repo has no root: name the folder that holds the model's folder",
            ));
        }
        Ok(())
    }
}

fn version(file: &Path, triton: View<'_>) -> Result<Option<u64>, ConfigError> {
    match triton.integer("version") {
        None | Some(0 | -1) => Ok(None),
        Some(v) => u64::try_from(v).map(Some).map_err(|_| {
            ConfigError::at(
                file,
                triton.position("version"),
                format!("version: expected -1 for the newest or a number above 0, found {v}"),
            )
        }),
    }
}
