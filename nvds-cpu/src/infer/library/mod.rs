//! Functions of parser libraries, the `parse-*-func-name` of nvinfer and `custom_parse_*_func` of nvinferserver.
//!
//! They are C++ with `std::vector` in their prototypes, called by way of `shim.cpp`. What they throw is an error; one that
//! reads or writes where it must not ends the process, as in the stock element.

mod call;
mod elf;
mod input;
mod missing;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nvds::Version;

use self::call::{Fault, Loaded, Object, Symbol};
use self::input::{Input, MAX_DIMS, Output};
use super::postprocess::settings::{NetworkType, Postprocess};
use super::postprocess::{
    Attribute, Classification, Detection, LibraryParser, Mask, Parsed, Segmentation, Tensors,
};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdscpu-parsers",
        gst::DebugColorFlags::empty(),
        Some("Functions of parser libraries"),
    )
});

/// Bytes of an object in the lists of parsers, up to DeepStream 8.0 and since 9.0.
const UNTURNED: usize = 24;
const TURNED: usize = 28;
/// First release with [`TURNED`].
const ANGLES: Version = Version::new(9, 0);

/// The names that a configuration gives a function and its library.
fn keys(settings: &Postprocess) -> (&'static str, &'static str) {
    let server = settings.server.is_some();
    let function = match (settings.network_type, server) {
        (NetworkType::Classifier, false) => "parse-classifier-func-name",
        (NetworkType::Classifier, true) => "custom_parse_classifier_func",
        (NetworkType::Segmentation, false) => "parse-segmentation-func-name",
        (NetworkType::Segmentation, true) => "custom_parse_segmentation_func",
        (NetworkType::InstanceSegmentation, _) => "parse-bbox-instance-mask-func-name",
        (_, false) => "parse-bbox-func-name",
        (_, true) => "custom_parse_bbox_func",
    };
    (
        function,
        if server {
            "custom_lib"
        } else {
            "custom-lib-path"
        },
    )
}

/// A function of a library, open.
#[derive(Debug)]
pub struct LibraryFunction {
    name: String,
    library: PathBuf,
    symbol: Symbol,
    /// Bytes of an object in its lists: of the loaded DeepStream, until a list tells otherwise.
    record: usize,
    told_size: bool,
    told_class: bool,
    told_angle: bool,
}

/// Opens `library` for the function `name` that parses what `settings` ask for. It stays loaded for good.
///
/// # Errors
/// Where the library or the function is not there, with what the library has; or what it needs that is not here.
pub fn open(settings: &Postprocess, name: &str, library: &Path) -> Result<LibraryFunction, String> {
    let (function, path) = keys(settings);
    let loaded = load(path, library)?;
    let symbol = loaded.symbol(name);
    let symbol = symbol
        .filter(|_| !missing::is_data(library, name))
        .ok_or_else(|| missing::of(function, name, library, &loaded))?;
    let turned = nvds::release().is_ok_and(|release| release.is_at_least(ANGLES) != Some(false));
    Ok(LibraryFunction {
        name: name.to_owned(),
        library: library.to_owned(),
        symbol,
        record: if turned { TURNED } else { UNTURNED },
        told_size: false,
        told_class: false,
        told_angle: false,
    })
}

/// Opens a library. Functions that it lacks and never calls do no harm, as in the stock element.
fn load(key: &str, library: &Path) -> Result<Loaded, String> {
    missing::check_file(key, library)?;
    let message = match Loaded::open(library, false) {
        Ok(loaded) => return Ok(loaded),
        Err(message) => message,
    };
    match (missing::undefined(&message), Loaded::open(library, true)) {
        (Some(symbol), Ok(loaded)) => {
            gst::warning!(
                CAT,
                "{}: {symbol} is nowhere: where a parser calls it, the process ends",
                library.display()
            );
            Ok(loaded)
        }
        (_, Err(lazily)) => Err(missing::library(key, library, &lazily)),
        (None, Ok(_)) => Err(missing::library(key, library, &message)),
    }
}

impl LibraryFunction {
    /// The error of a call.
    fn told(&self, fault: Fault) -> String {
        let of = format!("{} of {}", self.name, self.library.display());
        match fault {
            Fault::Refused => format!(
                "{of} says that it could not parse the tensors (it returned false): the stock element has no \
                 defined results then"
            ),
            Fault::Threw(what) => format!("{of} threw an exception: {what}"),
            Fault::OtherSize => format!(
                "{of} gave a list whose records have a size that no DeepStream has: has it the prototype of a parser \
                 for this network-type?"
            ),
        }
    }

    fn objects(&mut self, input: &mut Input<'_>) -> Result<Vec<Detection>, String> {
        let mut size = self.record;
        let result = self.symbol.objects(input, &mut size);
        let objects = result.map_err(|fault| self.told(fault))?;
        if size != self.record && !std::mem::replace(&mut self.told_size, true) {
            gst::warning!(
                CAT,
                "{}: its objects have {size} bytes, those of the loaded DeepStream {}: it was built for another release",
                self.library.display(),
                self.record
            );
        }
        self.record = size;
        self.look_at_angles(&objects);
        Ok(objects.iter().map(detection).collect())
    }

    fn masked(&self, input: &mut Input<'_>) -> Result<Vec<Detection>, String> {
        let masked = self
            .symbol
            .masked(input)
            .map_err(|fault| self.told(fault))?;
        let of = |(object, mask): call::Masked| Detection {
            mask: mask.map(|(values, width, height)| Mask {
                values,
                width,
                height,
            }),
            ..detection(&object)
        };
        Ok(masked.into_iter().map(of).collect())
    }

    /// Tells once of angles that no parser means.
    fn look_at_angles(&mut self, objects: &[Object]) {
        let odd = |object: &&Object| {
            object.rotation.is_nan() || object.rotation.abs() > std::f32::consts::TAU
        };
        if !self.told_angle
            && let Some(object) = objects.iter().find(odd)
        {
            self.told_angle = true;
            gst::warning!(
                CAT,
                "{} gives an angle of {} radians: does it leave rotation_angle unset, as parsers written before \
                 DeepStream 9.0 do? nvdsosd draws such boxes turned, as on the GPU machine; set it to 0 in the parser",
                self.name,
                object.rotation
            );
        }
    }

    /// Tells once of classes that the configuration does not know; such objects are dropped.
    fn look_at(&mut self, objects: &[Detection], classes: u32) {
        let beyond = |object: &&Detection| object.class >= classes;
        if !self.told_class
            && let Some(object) = objects.iter().find(beyond)
        {
            self.told_class = true;
            gst::warning!(
                CAT,
                "{} gives objects of class {}, but the configuration has {classes} classes: such objects are dropped; \
                 look at num-detected-classes",
                self.name,
                object.class
            );
        }
    }
}

fn detection(object: &Object) -> Detection {
    let [left, top, width, height] = object.sides;
    Detection {
        class: object.class,
        left,
        top,
        width,
        height,
        confidence: object.confidence,
        rotation: object.rotation,
        mask: None,
    }
}

fn classification(found: call::Attributes) -> Classification {
    let attribute = |(output, class, probability, label)| Attribute {
        output,
        class,
        probability,
        label,
    };
    Classification {
        attributes: found.list.into_iter().map(attribute).collect(),
        text: found.text,
    }
}

/// Copies of the outputs: parsers may write into them.
fn outputs(tensors: &Tensors<'_>) -> Result<Vec<Output>, String> {
    let layers = tensors.layers.iter().map(|layer| {
        Output::copy_of(layer.name, layer.data_type, layer.dims, layer.bytes).ok_or_else(|| {
            format!(
                "output \"{}\" has {} dimensions, a parser gets at most {MAX_DIMS}",
                layer.told(),
                layer.dims.len()
            )
        })
    });
    layers.collect()
}

impl LibraryParser for LibraryFunction {
    fn parse(&mut self, tensors: &Tensors<'_>, settings: &Postprocess) -> Result<Parsed, String> {
        let mut outputs = outputs(tensors)?;
        let attrs = settings.class_attrs.iter();
        let before: Vec<f32> = attrs.clone().map(|a| a.pre_cluster_threshold).collect();
        // nvinferserver leaves these out.
        let after: Vec<f32> = match settings.server {
            Some(_) => Vec::new(),
            None => attrs.map(|a| a.post_cluster_threshold).collect(),
        };
        let mut input = Input {
            outputs: &mut outputs,
            network: tensors.network,
            classes: settings.classes,
            before_clustering: &before,
            after_clustering: &after,
        };
        let boxes = match settings.network_type {
            NetworkType::Classifier => {
                let found = self
                    .symbol
                    .attributes(&mut input, settings.classifier_threshold);
                let found = found.map_err(|fault| self.told(fault))?;
                return Ok(Parsed::Classes(classification(found)));
            }
            NetworkType::Segmentation => {
                let found = self
                    .symbol
                    .segments(&mut input, settings.segmentation_threshold);
                let (class_map, probabilities) = found.map_err(|fault| self.told(fault))?;
                return Ok(Parsed::Segments(Segmentation {
                    classes: settings.classes,
                    width: tensors.network.width,
                    height: tensors.network.height,
                    class_map,
                    probabilities,
                }));
            }
            NetworkType::InstanceSegmentation => self.masked(&mut input)?,
            NetworkType::Detector | NetworkType::Other => self.objects(&mut input)?,
        };
        self.look_at(&boxes, settings.classes);
        Ok(Parsed::Boxes(boxes))
    }
}
