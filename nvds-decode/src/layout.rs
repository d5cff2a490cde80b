//! What a decoder is told beyond the tensors: what the user knows of the network.
//!
//! A [`Layout`] is built when settings change and shared by all frames. Whatever
//! is left open is decided by the names, types and dimensions of the layers,
//! never by the numbers in them: the same network is read the same way from the
//! first frame to the last.

use crate::boxes::form::BoxForm;
use crate::letterbox::BoxUnits;
use crate::maskrcnn::Masks;
use crate::ssd::anchors::Anchors;
use crate::yolo::Yolo;

/// Declares the formats once, for the enumeration, its list and their names.
macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident, $name:literal;)*) => {
        /// A tensor layout, or several that are told apart by their layers, as users know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Format {
            $($(#[$doc])* $variant,)*
        }

        impl Format {
            /// Every format of every family.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name in settings.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

formats! {
    /// TensorFlow's object detection API, and what TFLite's post-processing makes of it.
    TfOd, "tf-od";
    /// TensorRT's NMS plugin, and the `detection_out` of Caffe and OpenVINO.
    NmsPlugin, "nms-plugin";
    /// TensorRT's BatchedNMS plugin.
    BatchedNms, "batched-nms";
    /// TensorRT's EfficientNMS plugin.
    EfficientNms, "efficient-nms";
    /// Box encodings and class predictions, for which anchors are needed.
    Raw, "raw";
    /// Boxes, labels and scores without a count, as torchvision's detectors put them out.
    Torchvision, "torchvision";
    /// Boxes with their score as a fifth number, and labels: mmdetection.
    Mmdet, "mmdet";
    /// Boxes and a score for each class, as jetson-inference exports pytorch-ssd.
    PytorchSsd, "pytorch-ssd";
    /// Indices that ONNX's `NonMaxSuppression` selected, with the boxes and scores.
    OnnxNms, "onnx-nms";
    /// YOLO heads without objectness, decoded: `[4+C, N]` or `[N, 4+C]`.
    Yolov8, "yolov8";
    /// YOLO heads with objectness, decoded: `[N, 5+C]`.
    Yolov5, "yolov5";
    /// YOLOX heads as exported by default, boxes relative to their cells: `[N, 5+C]`.
    Yolox, "yolox";
    /// Corners in one layer, class scores in another: `[N, 4]` and `[N, C]`.
    YoloNas, "yolo-nas";
    /// Rows of corners, score and class, which need no suppression: `[K, 6]`.
    EndToEnd, "yolo-e2e";
    /// Rows of corners, score and class that are not suppressed: DeepStream-Yolo since 2024-11.
    DeepstreamYolo, "deepstream-yolo";
    /// DeepStream-Yolo's `NvDsInferParseYolo` from 2023-05 to 2024-11: centres and sizes.
    DeepstreamYolo2023, "deepstream-yolo-2023";
    /// DeepStream-Yolo's `NvDsInferParseYoloE` from 2023-05 to 2024-11: corners.
    DeepstreamYoloe2023, "deepstream-yoloe-2023";
    /// Rows of image, corners, class and score: YOLOv7's end-to-end export.
    Yolov7EndToEnd, "yolov7-e2e";
    /// Rows of image, corners, score and class: super-gradients' flat export.
    SuperGradientsFlat, "super-gradients-flat";
    /// Rows of class, score and corners: PaddleDetection with its suppression.
    PpYoloe, "pp-yoloe";
    /// Class scores and distributions of distances, a pair of layers for each level: NanoDet, PicoDet.
    Nanodet, "nanodet";
    /// YOLOv8 cut off before its last steps: `[64+C, h, w]` for each level, or the two apart.
    Yolov8Raw, "yolov8-raw";
    /// DETRs whose classes have a sigmoid each: RT-DETR, D-FINE, DEIM, Deformable DETR; their logits,
    /// or labels, boxes and scores.
    Rtdetr, "rtdetr";
    /// DETRs with a softmax over all classes and one for no object, the last: DETR, YOLOS.
    Detr, "detr";
    /// RF-DETR: `dets`, and logits called `labels`.
    Rfdetr, "rfdetr";
    /// RT-DETR of ultralytics since 8.4: rows of box, score and class.
    RtdetrUltralytics, "rtdetr-ultralytics";
    /// RT-DETR of ultralytics up to 8.3: rows of a box and a score for each class.
    RtdetrUltralyticsOld, "rtdetr-ultralytics-old";
    /// MediaPipe's BlazeFace.
    Blazeface, "blazeface";
    /// InsightFace's SCRFD.
    Scrfd, "scrfd";
    /// YuNet since 2022.
    Yunet, "yunet";
    /// RetinaFace, of faces or plates.
    Retinaface, "retinaface";
    /// CenterFace.
    Centerface, "centerface";
    /// DeepStream-Yolo-Face: `boxes`, `scores` and `landmarks`.
    DeepstreamYoloFace, "deepstream-yolo-face";
    /// YOLOv8 and later with faces and five key points: `[20, N]`.
    Yolov8Face, "yolov8-face";
    /// YOLOv5-face: `[N, 16]`.
    Yolov5Face, "yolov5-face";
    /// YOLO heads of turned boxes: `[4+C+1, N]` or `[N, 4+C+1]`.
    YoloObb, "yolo-obb";
    /// Rows of a turned box that need no suppression: `[K, 7]`.
    YoloObbEndToEnd, "yolo-obb-e2e";
    /// YOLO heads of one class and key points, of which the labels need not tell: `[4+1+2K, N]` or `[4+1+3K, N]`.
    YoloPose, "yolo-pose";
    /// Rows of corners, score and key points that are not suppressed: DeepStream-Yolo-Pose.
    DeepstreamYoloPose, "deepstream-yolo-pose";
    /// Corners, scores, classes and masks: DeepStream-Yolo-Seg.
    DeepstreamYoloSeg, "deepstream-yolo-seg";
    /// Mask R-CNN of torchvision: `boxes`, `labels`, `scores` and `masks`.
    MaskRcnn, "mask-rcnn";
    /// Mask R-CNN of NVIDIA's TAO: rows of box, class and score, and a mask for each class of each.
    TaoMaskRcnn, "tao-mask-rcnn";
}

/// What a layer holds, whatever a network calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// How many detections are filled.
    Count,
    /// Scores, or class predictions.
    Scores,
    /// Class numbers.
    Classes,
    /// Boxes, or box encodings.
    Boxes,
    /// Rows of image, class, score and box; of box and score; or of image, class and box.
    Detections,
    /// Key points.
    KeyPoints,
    /// Masks of objects.
    Masks,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Count,
        Self::Scores,
        Self::Classes,
        Self::Boxes,
        Self::Detections,
        Self::KeyPoints,
        Self::Masks,
    ];

    /// Its name, as in the settings that name layers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Scores => "scores",
            Self::Classes => "classes",
            Self::Boxes => "boxes",
            Self::Detections => "detections",
            Self::KeyPoints => "key-points",
            Self::Masks => "masks",
        }
    }
}

/// Layer names that take the place of those a layout is known by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerNames([Option<String>; Role::ALL.len()]);

impl LayerNames {
    /// The name given for a role.
    pub fn get(&self, role: Role) -> Option<&str> {
        self.0[role as usize].as_deref()
    }

    /// Whether no layer has a name of its own.
    pub fn are_usual(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Gives the layer of a role another name; `None` or an empty one for the usual names.
    pub fn set(&mut self, role: Role, name: Option<String>) {
        self.0[role as usize] = name.filter(|name| !name.is_empty());
    }

    /// These names with another one.
    pub fn with(mut self, role: Role, name: &str) -> Self {
        self.set(role, Some(name.to_owned()));
        self
    }
}

/// What turns what a network says of a class into a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Activation {
    /// The logistic function, each class by itself.
    Sigmoid,
    /// The exponentials of a box's predictions, as parts of their sum. Only for layouts with a
    /// prediction for each class; others take it for [`None`](Self::None).
    Softmax,
    /// A hundredth.
    Percent,
    /// Nothing: they are scores.
    #[default]
    None,
}

/// The class that stands for no object where there is a prediction for each class. It is never a
/// detection, and it keeps its place: the class numbers are those of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Background {
    /// The format's usual one: 0 for `pytorch-ssd`, none for `raw`.
    #[default]
    Usual,
    /// None.
    None,
    /// That column.
    Class(u32),
}

/// How to read box encodings.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// The boxes that the encodings start from, one for each.
    pub anchors: Anchors,
    /// What the encodings are divided by, each in its column's order. TensorFlow
    /// calls them scale factors, torchvision weights; Caffe multiplies with
    /// variances, whose 0.1, 0.1, 0.2, 0.2 are 10, 10, 5, 5 here.
    pub variances: [f32; 4],
}

impl Raw {
    /// The usual divisors: 10, 10, 5, 5.
    pub const VARIANCES: [f32; 4] = [10.0, 10.0, 5.0, 5.0];

    /// With the usual variances.
    pub fn new(anchors: Anchors) -> Self {
        Self {
            anchors,
            variances: Self::VARIANCES,
        }
    }
}

/// What only one family of networks needs to be told.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Options {
    /// Nothing.
    #[default]
    None,
    /// For `raw` SSDs; without it that format fits nothing.
    Anchors(Raw),
    /// For YOLO networks.
    Yolo(Yolo),
    /// For networks of the family `mask-rcnn`.
    Masks(Masks),
}

/// What the user knows of a network's outputs. By default nothing: everything is
/// decided by the layers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// The format; `None` for the first one that fits the layers.
    pub format: Option<Format>,
    /// Layer names other than the usual ones.
    pub layers: LayerNames,
    /// What the four numbers of a box are. `None` for the format's usual form: y before x for `tf-od`,
    /// the order of the anchors for `raw`, x before y for all other SSDs; see each decoder.
    pub box_form: Option<BoxForm>,
    /// The units of box coordinates. `None` for the layout's usual ones: see each decoder.
    pub box_units: Option<BoxUnits>,
    /// What turns numbers into scores. `None` for the format's usual one: sigmoid for `raw`,
    /// nothing for all others.
    pub activation: Option<Activation>,
    /// The class that stands for no object.
    pub background: Background,
    /// How many classes have a label: what tells apart layouts of the same dimensions. `None` if it
    /// is not known.
    pub labels: Option<usize>,
    /// What only one family of networks needs to be told.
    pub options: Options,
}

/// Why a layout contradicts itself.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// Raw tensors cannot be read without anchors.
    #[error("raw box encodings cannot be decoded without anchors")]
    NoAnchors,
    /// Anchors computed from scales are normalised, and so are their boxes.
    #[error(
        "boxes decoded with {0} are normalised, not pixels; \
         only anchors from a file may be in network pixels"
    )]
    UnitsOfAnchors(String),
    /// A stride that is none.
    #[error("stride {0}: expected 1 to 8 strides from 1 to 1024, each larger than the one before")]
    Stride(u32),
    /// Numbers of a key point that are none.
    #[error("{0} numbers of a key point, expected 2 or 3")]
    PointNumbers(usize),
    /// Bins that are none.
    #[error("{0} bins, expected 2 to 64")]
    Bins(usize),
    /// A divisor that is none.
    #[error("variance {0} is {1}, expected a number greater than 0")]
    Variance(usize, f32),
}

impl Layout {
    /// How to read box encodings, if that is known.
    pub fn raw(&self) -> Option<&Raw> {
        match &self.options {
            Options::Anchors(raw) => Some(raw),
            _ => None,
        }
    }

    /// What is known of a YOLO network.
    pub fn yolo(&self) -> &Yolo {
        static NOTHING: Yolo = Yolo::NOTHING;
        match &self.options {
            Options::Yolo(yolo) => yolo,
            _ => &NOTHING,
        }
    }

    /// What is known of the masks of a Mask R-CNN.
    pub fn masks(&self) -> &Masks {
        static NOTHING: Masks = Masks::NOTHING;
        match &self.options {
            Options::Masks(masks) => masks,
            _ => &NOTHING,
        }
    }

    /// Values of masks above this belong to the object.
    pub fn mask_threshold(&self) -> f32 {
        match &self.options {
            Options::Masks(masks) => masks.threshold,
            _ => self.yolo().mask_threshold,
        }
    }

    /// Whether the parts of the layout go together.
    ///
    /// # Errors
    ///
    /// When frames could only be read wrongly or not at all.
    pub fn check(&self) -> Result<(), LayoutError> {
        self.yolo().check()?;
        let Some(raw) = self.raw() else {
            return match self.format {
                Some(Format::Raw) => Err(LayoutError::NoAnchors),
                _ => Ok(()),
            };
        };
        if let Some((index, &value)) = (raw.variances.iter().enumerate())
            .find(|(_, value)| !(value.is_normal() && **value > 0.0))
        {
            return Err(LayoutError::Variance(index, value));
        }
        if self.format == Some(Format::Raw)
            && self.box_units == Some(BoxUnits::NetworkPixels)
            && raw.anchors.are_normalised()
        {
            return Err(LayoutError::UnitsOfAnchors(raw.anchors.to_string()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
