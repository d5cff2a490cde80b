//! What the user knows of the network's outputs: properties, and the layout made of them at the start.

use std::sync::Arc;

use nvds_decode::layout::LayoutError;
use nvds_decode::{
    Activation as Decoded, Background, BoxUnits, DecodeError, LayerNames, Layout, Options, Raw,
    Role,
};

use super::anchors;

pub const DEFAULT_BACKGROUND: i32 = -2;

/// The tensor layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserFormat")]
#[repr(i32)]
pub enum Format {
    /// The one that fits.
    #[default]
    #[enum_value(
        name = "Decided by the layers' names, dimensions and types",
        nick = "auto"
    )]
    Auto = 0,
    /// TensorFlow.
    #[enum_value(
        name = "TensorFlow object detection API, also with TFLite's post-processing",
        nick = "tf-od"
    )]
    TfOd = 1,
    /// Rows of seven.
    #[enum_value(
        name = "TensorRT's NMS plugin, detection_out of Caffe and OpenVINO",
        nick = "nms-plugin"
    )]
    NmsPlugin = 2,
    /// BatchedNMS_TRT.
    #[enum_value(name = "TensorRT's BatchedNMS plugin", nick = "batched-nms")]
    BatchedNms = 3,
    /// EfficientNMS_TRT.
    #[enum_value(name = "TensorRT's EfficientNMS plugin", nick = "efficient-nms")]
    EfficientNms = 4,
    /// Without post-processing.
    #[enum_value(
        name = "Box encodings and class predictions; needs anchors",
        nick = "raw"
    )]
    Raw = 5,
    /// Lists without a count.
    #[enum_value(
        name = "Boxes, labels and scores: torchvision, ONNX model zoo",
        nick = "torchvision"
    )]
    Torchvision = 6,
    /// Boxes with scores.
    #[enum_value(name = "Boxes with scores, and labels: mmdetection", nick = "mmdet")]
    Mmdet = 7,
    /// Decoded boxes.
    #[enum_value(
        name = "Decoded boxes and class scores: pytorch-ssd of jetson-inference",
        nick = "pytorch-ssd"
    )]
    PytorchSsd = 8,
    /// Indices.
    #[enum_value(
        name = "Selected indices of ONNX's NonMaxSuppression, with its boxes and scores",
        nick = "onnx-nms"
    )]
    OnnxNms = 9,
}

impl From<Format> for Option<nvds_decode::Format> {
    fn from(format: Format) -> Self {
        match format {
            Format::Auto => None,
            Format::TfOd => Some(nvds_decode::Format::TfOd),
            Format::NmsPlugin => Some(nvds_decode::Format::NmsPlugin),
            Format::BatchedNms => Some(nvds_decode::Format::BatchedNms),
            Format::EfficientNms => Some(nvds_decode::Format::EfficientNms),
            Format::Raw => Some(nvds_decode::Format::Raw),
            Format::Torchvision => Some(nvds_decode::Format::Torchvision),
            Format::Mmdet => Some(nvds_decode::Format::Mmdet),
            Format::PytorchSsd => Some(nvds_decode::Format::PytorchSsd),
            Format::OnnxNms => Some(nvds_decode::Format::OnnxNms),
        }
    }
}

/// The order of box coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserBoxOrder")]
#[repr(i32)]
pub enum BoxOrder {
    /// The format's.
    #[default]
    #[enum_value(
        name = "As is usual: y first for tf-od, that of the anchors for raw, x first for others",
        nick = "auto"
    )]
    Auto = 0,
    /// x first.
    #[enum_value(name = "x before y", nick = "xyxy")]
    Xyxy = 1,
    /// y first.
    #[enum_value(name = "y before x", nick = "yxyx")]
    Yxyx = 2,
}

impl From<BoxOrder> for Option<nvds_decode::BoxForm> {
    fn from(order: BoxOrder) -> Self {
        match order {
            BoxOrder::Auto => None,
            BoxOrder::Xyxy => Some(nvds_decode::BoxForm::Xyxy),
            BoxOrder::Yxyx => Some(nvds_decode::BoxForm::Yxyx),
        }
    }
}

/// The units of box coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserBoxUnits")]
#[repr(i32)]
pub enum Units {
    /// The format's.
    #[default]
    #[enum_value(
        name = "As is usual: see docs/rsssdparser.md; pixels for efficient-nms, normalised for tf-od",
        nick = "auto"
    )]
    Auto = 0,
    /// 0 to 1.
    #[enum_value(name = "0 to 1 over the network's input", nick = "normalised")]
    Normalised = 1,
    /// Pixels.
    #[enum_value(name = "Pixels of the network's input", nick = "pixels")]
    Pixels = 2,
}

impl From<Units> for Option<BoxUnits> {
    fn from(units: Units) -> Self {
        match units {
            Units::Auto => None,
            Units::Normalised => Some(BoxUnits::Normalised),
            Units::Pixels => Some(BoxUnits::NetworkPixels),
        }
    }
}

/// What makes scores of what the network says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserActivation")]
#[repr(i32)]
pub enum Activation {
    /// Logistic.
    #[enum_value(name = "Each class by itself, TensorFlow", nick = "sigmoid")]
    Sigmoid = 0,
    /// Parts of one.
    #[enum_value(name = "All classes together, torchvision", nick = "softmax")]
    Softmax = 1,
    /// Scores already.
    #[enum_value(name = "The network does it itself", nick = "none")]
    None = 2,
    /// The format's.
    #[default]
    #[enum_value(name = "As is usual: sigmoid for raw, none for others", nick = "auto")]
    Auto = 3,
    /// Hundredths.
    #[enum_value(name = "The network's scores are 0 to 100", nick = "percent")]
    Percent = 4,
}

impl From<Activation> for Option<Decoded> {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Auto => None,
            Activation::Sigmoid => Some(Decoded::Sigmoid),
            Activation::Softmax => Some(Decoded::Softmax),
            Activation::None => Some(Decoded::None),
            Activation::Percent => Some(Decoded::Percent),
        }
    }
}

/// The properties' values.
#[derive(Debug, Clone)]
pub struct LayoutSettings {
    pub format: Format,
    pub box_order: BoxOrder,
    pub box_units: Units,
    pub count_layer: Option<String>,
    pub scores_layer: Option<String>,
    pub classes_layer: Option<String>,
    pub boxes_layer: Option<String>,
    pub detections_layer: Option<String>,
    pub anchors: Option<String>,
    pub variances: Option<String>,
    pub score_activation: Activation,
    pub background_class: i32,
}

impl Default for LayoutSettings {
    fn default() -> Self {
        Self {
            format: Format::default(),
            box_order: BoxOrder::default(),
            box_units: Units::default(),
            count_layer: None,
            scores_layer: None,
            classes_layer: None,
            boxes_layer: None,
            detections_layer: None,
            anchors: None,
            variances: None,
            score_activation: Activation::default(),
            background_class: DEFAULT_BACKGROUND,
        }
    }
}

impl LayoutSettings {
    /// The layout that all of it describes; reads the file of anchors if there is one.
    ///
    /// # Errors
    /// Names the property, what was expected and what was found.
    pub fn layout(&self) -> Result<Arc<Layout>, String> {
        let mut layers = LayerNames::default();
        for (role, name) in [
            (Role::Count, &self.count_layer),
            (Role::Scores, &self.scores_layer),
            (Role::Classes, &self.classes_layer),
            (Role::Boxes, &self.boxes_layer),
            (Role::Detections, &self.detections_layer),
        ] {
            layers.set(role, name.clone());
        }
        let variances = match given(&self.variances) {
            Some(text) => variances(text).ok_or_else(|| {
                format!("variances: \"{text}\", expected four numbers such as 10,10,5,5")
            })?,
            None => Raw::VARIANCES,
        };
        let anchors = given(&self.anchors)
            .map(|text| anchors::parse(text).map_err(|error| format!("anchors: {error}")))
            .transpose()?;
        let layout = Layout {
            format: self.format.into(),
            layers,
            box_form: self.box_order.into(),
            labels: None,
            box_units: self.box_units.into(),
            activation: self.score_activation.into(),
            background: match u32::try_from(self.background_class) {
                Ok(class) => Background::Class(class),
                Err(_) if self.background_class == DEFAULT_BACKGROUND => Background::Usual,
                Err(_) => Background::None,
            },
            options: anchors.map_or(Options::None, |anchors| {
                Options::Anchors(Raw { anchors, variances })
            }),
        };
        layout.check().map_err(|error| match error {
            LayoutError::NoAnchors => {
                format!("anchors: {error}; describe them as in anchors=tf-ssd,min-scale=0.2")
            }
            LayoutError::UnitsOfAnchors(_) => format!("box-units: {error}"),
            LayoutError::Variance(..) => format!("variances: {error}"),
            // Of YOLO networks, which have other elements.
            LayoutError::Stride(_) | LayoutError::Bins(_) | LayoutError::PointNumbers(_) => {
                error.to_string()
            }
        })?;
        Ok(Arc::new(layout))
    }
}

/// The properties that help where tensors are not those of an SSD.
pub fn advice(error: &DecodeError) -> String {
    match error {
        DecodeError::MissingLayer { missing, .. } => {
            let properties: Vec<String> = missing
                .iter()
                .map(|(role, _)| format!("{}-layer", role.name()))
                .collect();
            format!(
                "Set {} if the layer has another name, format if the layout is another",
                properties.join(", ")
            )
        }
        DecodeError::NoLayout {
            nearest: Some(nearest),
            ..
        } => advice(nearest),
        DecodeError::NoLayout { nearest: None, .. } => {
            "Set format, and boxes-layer, scores-layer, classes-layer if their names are not the \
             format's"
                .to_owned()
        }
        DecodeError::NoAnchors { .. } => {
            "Set anchors if they are encodings, format=pytorch-ssd if the boxes are decoded \
             already"
                .to_owned()
        }
        DecodeError::TwoReadings { .. } => {
            "Set format=pytorch-ssd if the boxes are decoded already, format=raw if not".to_owned()
        }
        DecodeError::Ambiguous { .. } => "Set format to the one it is".to_owned(),
        DecodeError::SeveralLayers { .. } => {
            "Set detections-layer to the name of the one that is meant".to_owned()
        }
        DecodeError::Labels { .. } | DecodeError::Cells { .. } => {
            "Set format if the layout is another".to_owned()
        }
        DecodeError::AnchorCount { .. } => "Set anchors as the network has them".to_owned(),
        _ => {
            "Set format if the layout is another, boxes-layer, scores-layer and the like if another \
             layer is meant"
                .to_owned()
        }
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

fn variances(text: &str) -> Option<[f32; 4]> {
    let numbers: Option<Vec<f32>> = text
        .split([',', ';'])
        .map(|n| n.trim().parse().ok())
        .collect();
    numbers?.try_into().ok()
}
