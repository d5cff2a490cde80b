//! What a user says of one function's networks, and the layout made of it.

use std::path::PathBuf;

use nvds_decode::anchors::{LARGEST_FILE, TfSsd, TorchvisionSsd};
use nvds_decode::{
    Activation, Anchors, Background, BoxForm, BoxUnits, Layout, NmsMode, Options, Raw, Role, Yolo,
    families, select::Family,
};

use crate::function::Function;

/// What a user says of the network that a function reads.
#[derive(Clone, Debug)]
pub struct Network {
    /// The network or the format by its name.
    pub format: Option<String>,
    /// What is known of the layers.
    pub layout: Layout,
    /// How many classes the network has, if not as many as the inference element is told.
    pub labels: Option<usize>,
    /// Of YOLOs.
    pub yolo: Yolo,
    /// Anchors by name or path.
    pub anchors: Option<String>,
    /// What the four numbers of an anchor from a file are.
    pub anchors_form: BoxForm,
    /// What the encodings are divided by.
    pub variances: Option<[f32; 4]>,
    /// Which boxes suppress each other here.
    pub nms_mode: NmsMode,
    /// Of two boxes whose overlap is greater, one goes.
    pub nms_iou_threshold: f32,
    /// The most objects, 0 for all.
    pub top_k: usize,
    /// The family that the format is of.
    pub family: Option<&'static Family>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            format: None,
            layout: Layout::default(),
            labels: None,
            yolo: Yolo::default(),
            anchors: None,
            anchors_form: BoxForm::Yxhw,
            variances: None,
            // Inference elements do that, by their cluster-mode.
            nms_mode: NmsMode::None,
            nms_iou_threshold: 0.45,
            top_k: 0,
            family: None,
        }
    }
}

impl Network {
    /// With the layout that follows from all of it.
    ///
    /// # Errors
    /// What does not go together.
    pub fn complete(&self, function: Function) -> Result<Self, String> {
        let mut this = self.clone();
        this.family = function.family();
        if let Some(name) = self.format.as_deref().filter(|name| *name != "auto") {
            let (family, preset) = find(function, name)?;
            this.family = Some(family);
            this.layout = preset.layout(this.layout);
        }
        let family = this.family.map(|family| family.name);
        this.layout.labels = self.labels;
        this.layout.options = match &self.anchors {
            Some(anchors) if family == Some("ssd") => {
                let mut raw = Raw::new(self.anchors(anchors)?);
                raw.variances = self.variances.unwrap_or(raw.variances);
                Options::Anchors(raw)
            }
            _ if self.yolo != Yolo::default() => Options::Yolo(self.yolo.clone()),
            _ => Options::None,
        };
        this.layout.check().map_err(|error| error.to_string())?;
        Ok(this)
    }

    fn anchors(&self, name: &str) -> Result<Anchors, String> {
        let made = match name {
            "tf-ssd" => Anchors::tf_ssd(&TfSsd::default()),
            "torchvision-ssd300" => Anchors::torchvision_ssd(&TorchvisionSsd::ssd300()),
            "torchvision-ssdlite320" => Anchors::torchvision_ssd(&TorchvisionSsd::ssdlite320()),
            path => {
                use std::io::Read as _;
                let path = PathBuf::from(path);
                let mut bytes = Vec::new();
                std::fs::File::open(&path)
                    .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
                    .map_err(|error| {
                        format!(
                            "anchors: expected tf-ssd, torchvision-ssd300, torchvision-ssdlite320 or a file, found {}: \
                             {error}",
                            path.display()
                        )
                    })?;
                if bytes.len() as u64 > LARGEST_FILE {
                    return Err(format!(
                        "anchors: {} is larger than {LARGEST_FILE} bytes",
                        path.display()
                    ));
                }
                Anchors::from_bytes(&bytes, self.anchors_form, None)
            }
        };
        made.map_err(|error| format!("anchors: {name}: {error}"))
    }
}

/// A network or format by its name, of the function's family or of any.
fn find(
    function: Function,
    name: &str,
) -> Result<(&'static Family, nvds_decode::select::Preset), String> {
    let any = families::preset(name);
    let Some(family) = function.family() else {
        return match any {
            Some((family, _)) if Function::of(family).is_none() => Err(elsewhere(name, family)),
            Some(found) => Ok(found),
            None => Err(unknown(name, families::FAMILIES.into_iter())),
        };
    };
    match (family.preset(name), any) {
        (Some(preset), _) => Ok((family, preset)),
        (None, Some((other, _))) => Err(elsewhere(name, other)),
        (None, None) => Err(unknown(name, std::iter::once(family))),
    }
}

/// The error for a format that the function does not read.
fn elsewhere(name: &str, family: &Family) -> String {
    match Function::of(family) {
        Some(function) => {
            format!(
                "format: {name} is of another family: take {}",
                function.name()
            )
        }
        None => format!(
            "format: {name} is of the family {}, which this library does not read: take the element for it",
            family.name
        ),
    }
}

fn unknown(name: &str, families: impl Iterator<Item = &'static Family>) -> String {
    let mut known: Vec<&str> = Vec::new();
    for family in families {
        known.extend(family.presets.iter().map(|preset| preset.name));
        known.extend(family.decoders.iter().map(|decoder| decoder.format.name()));
    }
    known.sort_unstable();
    known.dedup();
    format!(
        "format: no network or layout is known as {name}, expected one of {}",
        known.join(", ")
    )
}

/// `pixels` or `normalised`.
pub fn box_units(name: &str) -> Option<BoxUnits> {
    match name {
        "pixels" => Some(BoxUnits::NetworkPixels),
        "normalised" => Some(BoxUnits::Normalised),
        _ => None,
    }
}

/// A form by its name.
pub fn box_form(name: &str) -> Option<BoxForm> {
    BoxForm::ALL.into_iter().find(|form| form.name() == name)
}

/// An activation by its name.
pub fn activation(name: &str) -> Option<Activation> {
    Some(match name {
        "none" => Activation::None,
        "sigmoid" => Activation::Sigmoid,
        "softmax" => Activation::Softmax,
        "percent" => Activation::Percent,
        _ => return None,
    })
}

/// A mode by its name.
pub fn nms_mode(name: &str) -> Option<NmsMode> {
    Some(match name {
        "none" => NmsMode::None,
        "usual" => NmsMode::Usual,
        "per-class" => NmsMode::PerClass,
        "agnostic" => NmsMode::Agnostic,
        _ => return None,
    })
}

/// A class that stands for no object; -1 for none.
pub fn background(class: i64) -> Option<Background> {
    match class {
        -1 => Some(Background::None),
        class => u32::try_from(class).ok().map(Background::Class),
    }
}

/// The role that a key such as `boxes-layer` is for.
pub fn role(key: &str) -> Option<Role> {
    let name = key.strip_suffix("-layer")?;
    Role::ALL.into_iter().find(|role| role.name() == name)
}
