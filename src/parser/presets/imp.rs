use std::sync::Mutex;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::select::Preset;
use nvds_decode::{Family, LayerNames, Layout, Role};

use super::choices::{Activation, BoxForm, NmsMode, Units};
use super::format;
use crate::element::{self, lock};
use crate::parser::subclass::{Kind, TensorParserImpl};
use crate::parser::{BoxParser, TensorParser};

/// The properties' values.
#[derive(Debug, Clone, Default)]
struct Known {
    format: Option<String>,
    box_form: BoxForm,
    box_units: Units,
    score_activation: Activation,
    count_layer: Option<String>,
    scores_layer: Option<String>,
    classes_layer: Option<String>,
    boxes_layer: Option<String>,
    detections_layer: Option<String>,
}

/// The abstract element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = crate::parser::PresetParser)]
pub struct PresetParser {
    #[property(name = "box-form", nick = "Box form", type = BoxForm, member = box_form, get, set,
        mutable_ready,
        blurb = "What the four numbers of a box are in the tensors", builder(BoxForm::default()))]
    #[property(name = "box-units", nick = "Box units", type = Units, member = box_units, get, set,
        mutable_ready,
        blurb = "Units of a box's numbers in the tensors", builder(Units::default()))]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes scores of the network's numbers", builder(Activation::default()))]
    #[property(name = "count-layer", nick = "Count layer", type = Option<String>,
        member = count_layer, get, set, mutable_ready,
        blurb = "Name of the layer with the number of detections, if not a usual one")]
    #[property(name = "scores-layer", nick = "Scores layer", type = Option<String>,
        member = scores_layer, get, set, mutable_ready,
        blurb = "Name of the layer with scores, if not a usual one")]
    #[property(name = "classes-layer", nick = "Classes layer", type = Option<String>,
        member = classes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with class numbers, if not a usual one")]
    #[property(name = "boxes-layer", nick = "Boxes layer", type = Option<String>,
        member = boxes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with boxes, if not a usual one")]
    #[property(name = "detections-layer", nick = "Detections layer", type = Option<String>,
        member = detections_layer, get, set, mutable_ready,
        blurb = "Name of the layer with rows of box, scores and more, if not a usual one")]
    known: Mutex<Known>,
    #[property(name = "nms-mode", nick = "NMS mode", type = NmsMode, get = Self::nms_mode,
        set = Self::set_nms_mode, mutable_playing,
        blurb = "Which boxes suppress each other", builder(NmsMode::default()))]
    _nms_mode: (),
}

impl PresetParser {
    pub fn format(&self) -> String {
        let format = lock(&self.known).format.clone();
        format.unwrap_or_else(|| format::AUTO.to_owned())
    }

    pub fn set_format(&self, format: Option<String>) {
        lock(&self.known).format = format;
    }

    fn nms_mode(&self) -> NmsMode {
        let obj = self.obj();
        let settings = obj.upcast_ref::<BoxParser>().imp().settings();
        settings.nms_mode.into()
    }

    fn set_nms_mode(&self, mode: NmsMode) {
        let obj = self.obj();
        obj.upcast_ref::<BoxParser>().imp().settings().nms_mode = mode.into();
    }

    /// Sets the defaults in which networks with names differ from SSDs.
    pub fn begin(&self, nms_iou: f32) {
        let obj = self.obj();
        let mut settings = obj.upcast_ref::<BoxParser>().imp().settings();
        settings.nms_mode = nvds_decode::NmsMode::Usual;
        settings.nms_iou_threshold = nms_iou;
    }

    /// What the properties say of the tensors, and which network it is if its name is stated.
    ///
    /// # Errors
    /// For a name that is not one of this family.
    pub fn layout(&self, family: &Family) -> Result<(Layout, Option<Preset>), String> {
        let known = lock(&self.known).clone();
        let preset = format::preset(family, known.format.as_deref().unwrap_or_default())?;
        let mut layers = LayerNames::default();
        for (role, name) in [
            (Role::Count, known.count_layer),
            (Role::Scores, known.scores_layer),
            (Role::Classes, known.classes_layer),
            (Role::Boxes, known.boxes_layer),
            (Role::Detections, known.detections_layer),
        ] {
            layers.set(role, name);
        }
        let layout = Layout {
            layers,
            box_form: known.box_form.into(),
            box_units: known.box_units.into(),
            activation: known.score_activation.into(),
            ..Layout::default()
        };
        Ok((format::layout(preset.as_ref(), layout), preset))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for PresetParser {
    const NAME: &'static str = "GstRsPresetParser";
    const ABSTRACT: bool = true;
    type Type = crate::parser::PresetParser;
    type ParentType = BoxParser;
}

impl ObjectImpl for PresetParser {
    fn properties() -> &'static [glib::ParamSpec] {
        Self::derived_properties()
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.derived_property(id, pspec)
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let obj = self.obj();
        let parser = obj.upcast_ref::<TensorParser>().imp();
        if element::may_set(&*obj, parser.category(), pspec) {
            self.derived_set_property(id, value, pspec);
            parser.note_change();
        }
    }
}

impl GstObjectImpl for PresetParser {}

impl ElementImpl for PresetParser {}

impl BaseTransformImpl for PresetParser {
    element::in_place!();
}

impl TensorParserImpl for PresetParser {
    fn kind() -> Option<Kind> {
        None
    }
}
