//! An engine for `nvinferserver`: three descriptions of one model have to agree, the model file's own, `config.pbtxt`'s
//! and the element's configuration.

use nvds::{Dims, Producer};

use super::picture::{Picture, fix, product};
use super::{Attached, Batch, Engine, EngineError, Plan, Shapes};
use crate::infer::model_repo::{RepositoryModel, TensorConfig};
use crate::infer::server_config::{InputOverride, ServerConfig};
use crate::infer::session::{Model, TensorSpec};
use crate::infer::types::{ConfigError, Layout, Note, NoteLevel};

impl Engine {
    /// Loads what a `nvinferserver` configuration describes, and remarks about it.
    ///
    /// `unique_id` and `max_batch_size` are what the element's properties and the configuration amount to.
    pub fn for_server(
        config: &ServerConfig,
        repository: &RepositoryModel,
        unique_id: u32,
        max_batch_size: u32,
    ) -> Result<(Self, Vec<Note>), EngineError> {
        let model = Model::load(&repository.model_file)?;
        let mut notes = Vec::new();
        let server = Server {
            config,
            repository,
            input: model.input(),
        };
        let given = server.given()?;
        let declared = server.declared()?;
        let batched = server.is_batched();
        let (batch, own) = server.batch(batched, max_batch_size as usize)?;
        let (seen, unit_shape) = server.shapes(&own, given, declared)?;
        let picture = server.picture(&seen, declared)?;
        picture
            .check_batch(batch.frames(), model.input().data_type.size())
            .map_err(|what| server.told(format!("input \"{}\" {what}", server.input.name)))?;
        let outputs = server.outputs(&model, batched, &mut notes)?;
        let size = (picture.width, picture.height);
        let preprocess = config.preprocess.with_mean(
            &config.file,
            "preprocess.normalize.mean_file",
            config.mean_file.as_deref(),
            size,
        )?;
        let plan = Plan {
            picture,
            unit_shape,
            batch,
            shapes: if batched {
                Shapes::CutBatch
            } else {
                Shapes::Whole
            },
            outputs,
            unique_id,
            producer: Producer::NvInferServer,
        };
        Ok((Self::assemble(model, &preprocess, plan), notes))
    }
}

/// What the steps of loading share.
struct Server<'a> {
    config: &'a ServerConfig,
    repository: &'a RepositoryModel,
    input: &'a TensorSpec,
}

impl<'a> Server<'a> {
    /// An error about config.pbtxt, or about the element's configuration where there is none.
    fn told(&self, message: String) -> ConfigError {
        let file = match &self.repository.config {
            Some(model) => &model.file,
            None => &self.config.file,
        };
        ConfigError::file(file, message)
    }

    /// What `backend.inputs` says about the input.
    fn given(&self) -> Result<Option<&'a InputOverride>, ConfigError> {
        let (config, name) = (self.config, &self.input.name);
        if let Some(asked) = &config.tensor_name
            && asked != name
        {
            return Err(ConfigError::file(
                &config.file,
                format!("preprocess.tensor_name: the model's input is \"{name}\", not \"{asked}\""),
            ));
        }
        if let Some(other) = config.inputs.iter().find(|i| i.name != *name) {
            return Err(ConfigError::at(
                &config.file,
                other.position,
                format!(
                    "backend.inputs: the model's input is \"{name}\", not \"{}\"",
                    other.name
                ),
            ));
        }
        let given = config.inputs.first();
        if let Some(given) = given
            && let Some(wanted) = given.data_type
            && wanted != self.input.data_type
        {
            return Err(ConfigError::at(
                &config.file,
                given.position,
                format!(
                    "backend.inputs: \"{name}\" is {} in the model, not {}",
                    self.input.data_type.name(),
                    wanted.name()
                ),
            ));
        }
        Ok(given)
    }

    /// What config.pbtxt says about the input.
    fn declared(&self) -> Result<Option<&'a TensorConfig>, ConfigError> {
        let inputs = match &self.repository.config {
            Some(model) => model.inputs.as_slice(),
            None => &[],
        };
        let declared = match inputs {
            [] => return Ok(None),
            [one] if one.name == self.input.name => one,
            others => {
                let names: Vec<_> = others.iter().map(|i| i.name.as_str()).collect();
                return Err(self.told(format!(
                    "input: expected one named \"{}\", the model's only one, found {}",
                    self.input.name,
                    names.join(", ")
                )));
            }
        };
        if let Some(wanted) = declared.data_type
            && wanted != self.input.data_type
        {
            return Err(self.told(format!(
                "input \"{}\": data_type is {}, but the model's is {}",
                declared.name,
                wanted.name(),
                self.input.data_type.name()
            )));
        }
        Ok(Some(declared))
    }

    /// Whether the first dimension of all tensors is the batch.
    fn is_batched(&self) -> bool {
        match &self.repository.config {
            Some(model) => model.max_batch_size > 0,
            // Triton completes a missing configuration alike: a batch where the first dimension is open.
            None => matches!(self.input.dims.as_slice(), [..0, _, _, _]),
        }
    }

    /// Frames per run, and the input's dimensions without the batch.
    fn batch(&self, batched: bool, limit: usize) -> Result<(Batch, Vec<i64>), ConfigError> {
        if !batched {
            let mut own = self.input.dims.clone();
            // A batch dimension that nothing uses: the model sees one frame at a time.
            if let [first @ ..0, _, _, _] = own.as_mut_slice() {
                *first = 1;
            }
            return Ok((Batch::None, own));
        }
        let Some((&first, rest)) = self.input.dims.split_first() else {
            return Err(self.told(format!(
                "max_batch_size is above 0, but the model's input \"{}\" has no dimensions",
                self.input.name
            )));
        };
        let limit = match &self.repository.config {
            Some(model) => limit.min(model.max_batch_size as usize),
            None => limit,
        };
        Ok((Batch::of(first, limit), rest.to_vec()))
    }

    /// The shape of one frame as users of the model see it, and as the model has it: the same but for a `reshape`.
    fn shapes(
        &self,
        own: &[i64],
        given: Option<&InputOverride>,
        declared: Option<&TensorConfig>,
    ) -> Result<(Vec<usize>, Vec<usize>), ConfigError> {
        let given = given.map_or(&[][..], |given| &given.dims);
        let name = &self.input.name;
        let describe = |what: String| {
            self.told(format!(
                "input \"{name}\" {what}. Give its size with infer_config {{ backend {{ inputs [{{ name: \"{name}\" dims: [...] }}] }} }}, without the batch"
            ))
        };
        let reshape = declared.and_then(|declared| declared.reshape.as_ref());
        if let (Some(declared), Some(reshape)) = (declared, reshape) {
            let seen = fix(&declared.dims, given).map_err(describe)?;
            let unit_shape = fix(own, reshape).map_err(describe)?;
            if product(&seen).is_none() || product(&seen) != product(&unit_shape) {
                return Err(self.told(format!(
                    "input \"{name}\": dims {seen:?} and reshape {unit_shape:?} have different numbers of elements"
                )));
            }
            return Ok((seen, unit_shape));
        }
        // A whole shape with a 1 for the batch may be given without it.
        let with_one: Vec<i64>;
        let given = if own.first() == Some(&1) && given.len() + 1 == own.len() && !given.is_empty()
        {
            with_one = std::iter::once(1).chain(given.iter().copied()).collect();
            &with_one
        } else {
            given
        };
        let mut dims = own.to_vec();
        if let Some(declared) = declared.filter(|declared| !declared.dims.is_empty()) {
            // What config.pbtxt leaves open stays as the model has it.
            if declared.dims.len() != own.len() {
                return Err(describe(format!(
                    "has {} dimensions {own:?}, config.pbtxt gives {:?}",
                    own.len(),
                    declared.dims
                )));
            }
            for (dim, &declared) in dims.iter_mut().zip(&declared.dims) {
                match (*dim, declared) {
                    (_, ..0) => {}
                    (..0, declared) => *dim = declared,
                    (own, declared) if own == declared => {}
                    (own, declared) => {
                        return Err(describe(format!(
                            "has a dimension of {own} in the model, which contradicts the configured {declared}"
                        )));
                    }
                }
            }
        }
        let seen = fix(&dims, given).map_err(describe)?;
        Ok((seen.clone(), seen))
    }

    /// The input as a picture.
    fn picture(
        &self,
        seen: &[usize],
        declared: Option<&TensorConfig>,
    ) -> Result<Picture, ConfigError> {
        let config = self.config;
        let dims = match seen {
            [1, rest @ ..] if rest.len() == 3 => rest,
            other => other,
        };
        let layout: Option<Layout> =
            match (config.preprocess.layout, declared.and_then(|d| d.layout)) {
                (Some(asked), Some(own)) if asked != own => {
                    return Err(ConfigError::file(
                        &config.file,
                        format!(
                            "preprocess.tensor_order: {asked} contradicts the model's format {own}"
                        ),
                    ));
                }
                (asked, own) => asked.or(own),
            };
        Picture::new(dims, layout, config.preprocess.color.channels()).map_err(|what| {
            ConfigError::file(
                &config.file,
                format!(
                    "the model's input \"{}\" {what}; see preprocess {{ tensor_order, network_format }}",
                    self.input.name
                ),
            )
        })
    }

    /// Which outputs are attached: those of `backend.outputs`, else those of config.pbtxt, else all.
    fn outputs(
        &self,
        model: &Model,
        batched: bool,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<Attached>, EngineError> {
        let declared: &[TensorConfig] = match &self.repository.config {
            Some(config) => &config.outputs,
            None => &[],
        };
        let mut outputs = Vec::new();
        for output in declared {
            let (_, spec) = model.output(&output.name)?;
            notes.extend(self.check_output(output, &spec, batched)?);
            outputs.push(Attached::new(model, &output.name, told_dims(output))?);
        }
        if declared.is_empty() {
            for name in model.output_names() {
                outputs.push(Attached::new(model, name, None)?);
            }
        }
        if self.config.outputs.is_empty() {
            return Ok(outputs);
        }
        let mut chosen = Vec::new();
        for choice in &self.config.outputs {
            let found = outputs
                .iter()
                .position(|o| o.name.to_bytes() == choice.name.as_bytes());
            let Some(found) = found else {
                let names: Vec<_> = outputs.iter().map(|o| o.name.to_string_lossy()).collect();
                return Err(ConfigError::at(
                    &self.config.file,
                    choice.position,
                    format!(
                        "backend.outputs: the model has no output \"{}\"; it has {}",
                        choice.name,
                        names.join(", ")
                    ),
                )
                .into());
            };
            chosen.push(outputs.swap_remove(found));
        }
        Ok(chosen)
    }

    /// Compares an output of config.pbtxt with the model's.
    fn check_output(
        &self,
        output: &TensorConfig,
        spec: &TensorSpec,
        batched: bool,
    ) -> Result<Option<Note>, ConfigError> {
        if let Some(wanted) = output.data_type
            && wanted != spec.data_type
        {
            return Err(self.told(format!(
                "output \"{}\": data_type is {}, but the model's is {}",
                output.name,
                wanted.name(),
                spec.data_type.name()
            )));
        }
        let own = match spec.dims.split_first() {
            Some((_, rest)) if batched => rest,
            _ => spec.dims.as_slice(),
        };
        let dims = output.reshape.as_deref().unwrap_or(&output.dims);
        let agree = own.len() == dims.len()
            && own
                .iter()
                .zip(dims)
                .all(|(a, b)| *a < 0 || *b < 0 || a == b);
        // A model file may leave its output shapes out altogether.
        if agree || own.is_empty() || output.dims.is_empty() {
            return Ok(None);
        }
        Ok(Some(Note {
            level: NoteLevel::Warning,
            text: self.told(format!(
                "output \"{}\": dims {dims:?} differ from the model's {own:?}; the model's are used",
                output.name
            )),
        }))
    }
}

/// The shape to report for an output with a `reshape`, if it is fixed.
fn told_dims(output: &TensorConfig) -> Option<Dims> {
    output.reshape.as_ref()?;
    let dims: Option<Vec<usize>> = output
        .dims
        .iter()
        .map(|&d| usize::try_from(d).ok())
        .collect();
    Dims::new(&dims?)
}
