//! Elements of boxes whose networks go by names that people know: `format=yolov8`.
//!
//! The names, the layouts they stand for and how their pictures are made are one list for each family, in nvds-decode.
//! What such elements share is here: `format`, the layers' names, and what of a layout can be stated.

mod choices;
mod class;
mod format;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
pub(super) mod imp;

use std::sync::Arc;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::select::Preset;
use nvds_decode::{DecodeError, Layout, Role, families};

use super::boxes::{BoxParserImpl, Network};
use super::{BoxParser, PresetParser, TensorParser};

pub use choices::{Activation, Choice};
pub(crate) use class::preset_class;

/// Names of the properties that each element has with texts and defaults of its own.
const FORMAT: &str = "format";
const NMS_IOU_THRESHOLD: &str = "nms-iou-threshold";

/// An element whose networks go by names.
pub trait PresetParserImpl:
    BaseTransformImpl + ObjectSubclass<Type: IsA<PresetParser> + IsA<BoxParser> + IsA<TensorParser>>
{
    /// The networks.
    const NETWORK: Network;

    /// The default of `nms-iou-threshold`.
    const NMS_IOU: f32;

    /// Its debug category, named as the element.
    fn category() -> gst::DebugCategory;

    /// Adds to the layout what the element's own properties say.
    ///
    /// # Errors
    /// Names the property, what was expected and what was found.
    fn describe(&self, layout: &mut Layout) -> Result<(), String>;
}

/// The family of a decoder, by their names.
fn family(decoder: &str) -> Option<&'static str> {
    let decoder = families::by_name(decoder)?;
    families::of(decoder).map(|family| family.name)
}

/// The properties that name the layers which are missing, each once. One that would have to name several layers names
/// none.
fn layer_properties(decoder: &str, missing: &[(Role, String)]) -> Vec<String> {
    let layers = families::by_name(decoder).map_or(&[][..], |decoder| decoder.layers);
    let mut properties = Vec::new();
    for (role, _) in missing {
        let alone = layers.iter().filter(|layer| layer.role == *role).count() <= 1;
        let property = format!("{}-layer", role.name());
        if alone && !properties.contains(&property) {
            properties.push(property);
        }
    }
    properties
}

impl<T: PresetParserImpl> BoxParserImpl for T {
    const NETWORK: Network = T::NETWORK;

    fn category() -> gst::DebugCategory {
        T::category()
    }

    fn layout(&self) -> Result<(Arc<Layout>, Option<Preset>), String> {
        let obj = self.obj();
        let parser = obj.upcast_ref::<PresetParser>().imp();
        let (mut layout, preset) = parser.layout(T::NETWORK.family)?;
        self.describe(&mut layout)?;
        Ok((Arc::new(layout), preset))
    }
}

/// The properties of an element: its own, and those that each element has with other texts.
pub fn properties<T: PresetParserImpl>(own: &[glib::ParamSpec]) -> Vec<glib::ParamSpec> {
    let element = T::category().name();
    let names = format::names(T::NETWORK.family).join(", ");
    let format = glib::ParamSpecString::builder(FORMAT)
        .nick("Format")
        .blurb(&format!(
            "Network or layout of the tensors, one of {names}; auto = decided by the layers' names, \
             dimensions and types, the size of the network's input and the number of labels: \
             docs/{element}.md"
        ))
        .default_value(format::AUTO)
        .mutable_ready()
        .build();
    let overlap = glib::ParamSpecFloat::builder(NMS_IOU_THRESHOLD)
        .nick("NMS IoU threshold")
        .blurb(
            "Of two boxes whose intersection over union is above this, the one with the lower score \
             is dropped; 1 = keep all. See nms-mode",
        )
        .minimum(0.0)
        .maximum(1.0)
        .default_value(T::NMS_IOU)
        .mutable_playing()
        .build();
    [own, &[format, overlap]].concat()
}

/// The value of a property that [`properties`] added; `None` for an element's own.
pub fn property(element: &PresetParser, name: &str) -> Option<glib::Value> {
    match name {
        FORMAT => Some(element.imp().format().to_value()),
        NMS_IOU_THRESHOLD => {
            let settings = element.upcast_ref::<BoxParser>().imp().settings();
            Some(settings.nms_iou_threshold.to_value())
        }
        _ => None,
    }
}

/// Sets a property that [`properties`] added, unless it is read at the start and the element runs.
/// Returns whether it is one and was dealt with.
pub fn set_property(element: &PresetParser, value: &glib::Value, pspec: &glib::ParamSpec) -> bool {
    let parser = element.upcast_ref::<TensorParser>().imp();
    if !crate::element::may_set(element, parser.category(), pspec) {
        return true;
    }
    match pspec.name() {
        FORMAT => element.imp().set_format(value.get().ok().flatten()),
        NMS_IOU_THRESHOLD => {
            if let Ok(threshold) = value.get() {
                let boxes = element.upcast_ref::<BoxParser>().imp();
                boxes.settings().nms_iou_threshold = threshold;
                parser.note_change();
            }
        }
        _ => return false,
    }
    true
}

/// The properties that help where tensors are not those of any network of an element.
pub fn advice(error: &DecodeError) -> String {
    match error {
        DecodeError::MissingLayer {
            decoder, missing, ..
        } => match layer_properties(decoder, missing)[..] {
            [] => "Set format if the layout is another".to_owned(),
            ref properties => format!(
                "Set {} if the layer has another name, format if the layout is another",
                properties.join(", ")
            ),
        },
        DecodeError::NoLayout {
            nearest: Some(nearest),
            ..
        } => advice(nearest),
        DecodeError::NoLayout { nearest: None, .. } => {
            "Set format, and boxes-layer, scores-layer, detections-layer if their names are not the \
             format's"
                .to_owned()
        }
        DecodeError::Ambiguous { .. } => {
            "Set format to the one it is, or labels-file where the number of classes tells".to_owned()
        }
        DecodeError::SeveralLayers { .. } => "Set detections-layer to the one it is".to_owned(),
        DecodeError::Labels { .. } => {
            "Set labels-file to the one of this network, or format if the layout is another".to_owned()
        }
        DecodeError::OtherFormat { labels, .. } => match labels {
            Some(_) => "Set format to that, or labels-file to the one of this network".to_owned(),
            None => "Set format to that".to_owned(),
        },
        DecodeError::Cells { decoder, .. } => match family(decoder) {
            Some("yolo") => {
                "Set strides if the network has others, or format if the layout is another".to_owned()
            }
            _ => "Set format if the layout is another, or give the network an input of the size that \
                  it was exported for"
                .to_owned(),
        },
        _ => "Set format if the layout is another, detections-layer, boxes-layer and the like if \
              another layer is meant"
            .to_owned(),
    }
}
