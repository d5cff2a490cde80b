//! Frames made of any bytes, and what must hold for all of them. Shared by the
//! property tests and the fuzz targets.

mod faces;
mod maskrcnn;
mod obb;
mod queries;
mod yolo;

use std::sync::Arc;

use nvds_decode::anchors::TfSsd;
use nvds_decode::families;
use nvds_decode::select::{Decoder, Input, LayerSpec, Match};
use nvds_decode::{
    Activation, Anchors, Background, BoxForm, BoxUnits, ClassRules, DataType, Detection,
    EdgePolicy, Explanation, Format, Geometry, LayerNames, Layout, NmsMode, Options, Outcome,
    Padding, Params, Postprocessor, Raw, Role, Scaler, Size, TensorData, TensorView, f16,
};

/// Takes numbers off the front of some bytes, zeros when there are no more.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        for byte in &mut array {
            *byte = self.0.split_off_first().copied().unwrap_or(0);
        }
        array
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// A number below `limit`, which is at most 256.
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 1
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Any bits, or a number as networks put out.
    fn float(&mut self) -> f32 {
        match self.byte() {
            0..16 => f32::from_bits(u32::from_le_bytes(self.array())),
            16..20 => f32::NAN,
            20..24 => f32::INFINITY,
            24..40 => f32::from(self.byte()) * 4.0 - 300.0,
            low => f32::from(i16::from_le_bytes([low, self.byte()])) / 16384.0,
        }
    }
}

enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
}

impl Data {
    fn new(bytes: &mut Bytes<'_>, data_type: DataType, len: usize) -> Self {
        let range = 0..len;
        match data_type {
            DataType::Float => Self::F32(range.map(|_| bytes.float()).collect()),
            DataType::Half => Self::F16(range.map(|_| f16::from_f32(bytes.float())).collect()),
            DataType::Int8 => Self::I8(range.map(|_| bytes.byte() as i8).collect()),
            DataType::Int32 => Self::I32(range.map(|_| integer(bytes) as i32).collect()),
            DataType::Int64 => Self::I64(range.map(|_| integer(bytes)).collect()),
            DataType::Uint8 => Self::U8(range.map(|_| bytes.byte()).collect()),
        }
    }

    fn borrow(&self) -> TensorData<'_> {
        match self {
            Self::F32(data) => TensorData::F32(data),
            Self::F16(data) => TensorData::F16(data),
            Self::I8(data) => TensorData::I8(data),
            Self::I32(data) => TensorData::I32(data),
            Self::I64(data) => TensorData::I64(data),
            Self::U8(data) => TensorData::U8(data),
        }
    }
}

fn integer(bytes: &mut Bytes<'_>) -> i64 {
    match bytes.byte() {
        small @ 0..250 => i64::from(small % 40) - 2,
        _ => i64::from_le_bytes(bytes.array()),
    }
}

const TYPES: [DataType; 6] = [
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
    DataType::Uint8,
    DataType::Int8,
];

struct Tensor {
    name: String,
    dims: Vec<usize>,
    data: Data,
}

impl Tensor {
    fn new(bytes: &mut Bytes<'_>, name: &str, data_type: DataType, dims: Vec<usize>) -> Self {
        let data = Data::new(bytes, data_type, dims.iter().product());
        Self {
            name: name.to_owned(),
            dims,
            data,
        }
    }

    fn view(&self) -> TensorView<'_> {
        TensorView::new(&self.name, &self.dims, self.data.borrow()).unwrap()
    }
}

/// A frame and everything with which it is decoded.
pub struct Scenario {
    tensors: Vec<Tensor>,
    layout: Arc<Layout>,
    geometry: Geometry,
    params: Params,
    /// The least score that is explained.
    floor: f32,
    /// The decoder that the tensors were made for and must be read by.
    fits: Option<&'static Decoder>,
}

impl Scenario {
    /// Layers of any names, types and dimensions.
    pub fn any(bytes: &mut Bytes<'_>) -> Self {
        let rows = bytes.below(20);
        let layout = layout(bytes, rows);
        let specs: Vec<&LayerSpec> = families::decoders().flat_map(|d| d.layers).collect();
        let tensors = (0..bytes.below(7))
            .map(|_| {
                let spec = bytes.pick(&specs);
                let name = match bytes.below(8) {
                    0 => "",
                    1 => "other",
                    _ => bytes.pick(spec.names),
                };
                let data_type = match bytes.one_in(4) {
                    true => bytes.pick(&TYPES),
                    false => bytes.pick(spec.types),
                };
                let dims = match bytes.below(8) {
                    0 => vec![1],
                    1 => vec![rows],
                    2 => vec![rows, 4],
                    3 => vec![1, rows, 7],
                    4 => vec![rows, 1, 4],
                    5 => vec![rows, bytes.below(9)],
                    _ => (0..bytes.below(5)).map(|_| bytes.below(5)).collect(),
                };
                Tensor::new(bytes, name, data_type, dims)
            })
            .collect();
        Self::around(bytes, tensors, layout, None, None)
    }

    /// Layers that fit a decoder, with any numbers in them.
    pub fn of(bytes: &mut Bytes<'_>, decoder: &'static Decoder) -> Self {
        match families::of(decoder).map(|family| family.name) {
            Some("ssd") => Self::of_ssd(bytes, decoder),
            Some("yolo") if is_turned(decoder) => {
                let mut layout = layout(bytes, 0);
                let tensors = obb::tensors(bytes, decoder, &mut layout);
                Self::around(bytes, tensors, layout, Some(decoder), Some(obb::NETWORK))
            }
            Some("yolo") => {
                let mut layout = layout(bytes, 0);
                let tensors = yolo::tensors(bytes, decoder, &mut layout);
                Self::around(bytes, tensors, layout, Some(decoder), Some(yolo::NETWORK))
            }
            Some("detr") => {
                let layout = layout(bytes, 0);
                let (tensors, layout) = queries::layers(bytes, decoder, layout);
                Self::around(bytes, tensors, layout, Some(decoder), None)
            }
            Some("faces") => {
                let mut layout = layout(bytes, 0);
                let tensors = faces::tensors(bytes, decoder, &mut layout);
                Self::around(bytes, tensors, layout, Some(decoder), Some(faces::NETWORK))
            }
            Some("mask-rcnn") => {
                let mut layout = layout(bytes, 0);
                let tensors = maskrcnn::tensors(bytes, decoder, &mut layout);
                let network = Some(maskrcnn::NETWORK);
                Self::around(bytes, tensors, layout, Some(decoder), network)
            }
            other => panic!("no scenario is made for the family {other:?}"),
        }
    }

    fn of_ssd(bytes: &mut Bytes<'_>, decoder: &'static Decoder) -> Self {
        let by_class = matches!(decoder.format, Format::Raw | Format::PytorchSsd);
        let rows = bytes.below(40) + usize::from(by_class) * 2;
        let mut layout = layout(bytes, rows);
        layout.format = bytes.one_in(2).then_some(decoder.format);
        if decoder.format == Format::PytorchSsd && layout.format.is_none() {
            // Either would make box encodings of them.
            (layout.options, layout.layers) = (Options::None, LayerNames::default());
        }
        if decoder.name.ends_with("-v2") {
            layout.layers = LayerNames::default();
        }
        let columns = 2 + bytes.below(100);
        // Of as many classes as boxes it would not be known which are which.
        let classes = columns + usize::from(columns == rows);
        // TensorFlow 2's boxes stand in the place of the count, or the other way round.
        let turned = decoder.name == "tflite-v2" && rows != 1 && bytes.one_in(2);
        let complete = bytes.one_in(2);
        let mut tensors: Vec<Tensor> = decoder
            .layers
            .iter()
            .filter(|layer| !layer.optional || complete)
            .map(|layer| {
                let role = match (turned, layer.role) {
                    (true, Role::Count) => Role::Boxes,
                    (true, Role::Boxes) => Role::Count,
                    (true, Role::Scores) => Role::Classes,
                    (true, Role::Classes) => Role::Scores,
                    (_, role) => role,
                };
                let mut dims = match role {
                    Role::Count => vec![1],
                    Role::Boxes if bytes.one_in(2) => vec![rows, 1, 4],
                    Role::Boxes => vec![rows, 4],
                    Role::Scores if by_class => vec![rows, columns],
                    Role::Scores if decoder.format == Format::OnnxNms => match bytes.one_in(2) {
                        true => vec![rows, classes],
                        false => vec![classes, rows],
                    },
                    Role::Scores | Role::Classes => vec![rows],
                    Role::KeyPoints => vec![rows, 10],
                    Role::Masks => vec![rows, 3, 2],
                    Role::Detections => match decoder.format {
                        Format::Mmdet => vec![rows, 5],
                        Format::OnnxNms => vec![bytes.below(20), 3],
                        _ => vec![rows, 7],
                    },
                };
                if bytes.one_in(2) {
                    dims.insert(0, 1);
                }
                let data_type = match role {
                    Role::Scores => bytes.pick(&TYPES[..2]),
                    Role::Boxes if decoder.name == "tflite-v2" => bytes.pick(&TYPES[..2]),
                    _ => bytes.pick(layer.types),
                };
                let name = match layout.layers.get(layer.role) {
                    Some(name) => name,
                    // Some names belong to one set: take them all from the same.
                    None => layer.names[rows % layer.names.len()],
                };
                Tensor::new(bytes, name, data_type, dims)
            })
            .collect();
        if decoder.name == "tf-od-v2" {
            // What else such a model puts out.
            let base = ["StatefulPartitionedCall:", "Identity_"][rows % 2];
            for number in [0, 3, 6, 7] {
                let name = match (rows % 2, number) {
                    (1, 0) => "Identity".to_owned(),
                    _ => format!("{base}{number}"),
                };
                tensors.push(Tensor::new(bytes, &name, DataType::Float, vec![rows, 2]));
            }
        }
        let turn = bytes.below(4).min(tensors.len());
        tensors.rotate_left(turn);
        Self::around(bytes, tensors, layout, Some(decoder), None)
    }

    fn around(
        bytes: &mut Bytes<'_>,
        tensors: Vec<Tensor>,
        layout: Layout,
        fits: Option<&'static Decoder>,
        input: Option<Size>,
    ) -> Self {
        let paddings = [Padding::Stretch, Padding::RightBottom, Padding::Symmetric];
        let scalers = [Scaler::Nvinfer, Scaler::NvinferServer];
        let mut size = || {
            let [a, b, c, d] = bytes.array();
            Size::new(
                u32::from(u16::from_le_bytes([a, b])),
                u32::from(u16::from_le_bytes([c, d])),
            )
        };
        let (network, frame) = (size(), size());
        let network = input.unwrap_or(network);
        let geometry =
            Geometry::with_scaler(bytes.pick(&scalers), network, frame, bytes.pick(&paddings))
                .or_else(|_| {
                    let network = input.unwrap_or(Size::new(300, 300));
                    Geometry::new(network, Size::new(640, 480), Padding::Stretch)
                })
                .unwrap();
        let params = Params {
            score_threshold: match bytes.below(4) {
                0 => bytes.float(),
                _ => f32::from(bytes.byte()) / 255.0,
            },
            nms_iou_threshold: f32::from(bytes.byte()) / 255.0,
            top_k: bytes.below(12),
            min_width: bytes.float(),
            min_height: bytes.float(),
            first_class: bytes.below(3) as u32,
            num_classes: bytes.byte().into(),
            // Zeros, when no bytes are left, are the default of each.
            classes: class_rules(bytes),
            nms_mode: bytes.pick(&[
                NmsMode::PerClass,
                NmsMode::Agnostic,
                NmsMode::None,
                NmsMode::Weighted,
                NmsMode::Fast,
            ]),
            edge: bytes.pick(&[EdgePolicy::Clip, EdgePolicy::Drop, EdgePolicy::Keep]),
            top_k_per_class: bytes.below(5),
            max_width: most(bytes),
            max_height: most(bytes),
        };
        Self {
            floor: bytes.float(),
            tensors,
            layout: Arc::new(layout),
            geometry,
            params,
            fits,
        }
    }

    /// Decodes the frame and tests everything that must hold of the result.
    pub fn check(&self) {
        let tensors: Vec<TensorView<'_>> = self.tensors.iter().map(Tensor::view).collect();
        for decoder in families::decoders() {
            let mut postprocessor = Postprocessor::with_decoder(decoder, self.layout.clone());
            let decoded = postprocessor.run(&tensors, &self.geometry, &self.params);
            let input = Input {
                tensors: &tensors,
                layout: &self.layout,
                network: self.geometry.network(),
            };
            let matches = decoder.matches(&input) == Match::Yes;
            assert_eq!(matches, decoded.is_ok(), "{}", decoder.name);
        }

        match self.fits {
            Some(decoder) => {
                let layout = self.layout.clone();
                self.check_with(Postprocessor::with_decoder(decoder, layout), &tensors);
            }
            None => {
                for family in families::FAMILIES {
                    let layout = self.layout.clone();
                    self.check_with(Postprocessor::of(family, layout), &tensors);
                }
            }
        }
    }

    fn check_with(&self, mut postprocessor: Postprocessor, tensors: &[TensorView<'_>]) {
        if let Err(error) = postprocessor.run(tensors, &self.geometry, &self.params) {
            assert!(self.fits.is_none(), "{error}");
            // Whoever reads it learns which layers there are or which one is wrong.
            assert!(error.to_string().contains("layer"), "{error}");
            assert!(postprocessor.detections().is_empty());
            return;
        }
        let counts = *postprocessor.counts();
        assert_eq!(
            counts.candidates,
            counts.kept + counts.dropped.total(),
            "{counts:?}"
        );
        let found = postprocessor.detections().to_vec();
        assert_eq!(counts.kept, found.len() as u64);
        assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        let angles = postprocessor.extras().angles.len();
        let turned = postprocessor.decoder().is_some_and(is_turned);
        assert_eq!(angles, if turned { found.len() } else { 0 });
        self.check_policy(&found, turned);
        // The next frame is decoded with the memory of this one, to the same end.
        let again = postprocessor.run(tensors, &self.geometry, &self.params);
        assert_eq!(again, Ok(&found[..]));

        let mut explanation = Explanation::default();
        let explained = postprocessor.explain(
            tensors,
            &self.geometry,
            &self.params,
            self.floor,
            &mut explanation,
        );
        assert_eq!(explained, Ok(&found[..]));
        assert_eq!(*postprocessor.counts(), counts);
        let mut told = vec![false; found.len()];
        for verdict in explanation.verdicts() {
            match verdict.outcome {
                Outcome::Kept { detection } => {
                    assert_eq!(found[detection].score, verdict.score);
                    assert!(!std::mem::replace(&mut told[detection], true));
                }
                // Of turned boxes an equal one counts.
                Outcome::Suppressed { iou, .. } => assert!(iou >= self.params.nms_iou_threshold),
                Outcome::Dropped(_) => (),
            }
        }
        for (detection, told) in found.iter().zip(told) {
            assert!(told || detection.score < self.floor, "{detection:?}");
        }
    }

    fn check_policy(&self, found: &[Detection], turned: bool) {
        let params = &self.params;
        assert!(params.top_k == 0 || found.len() <= params.top_k);
        let frame = self.geometry.frame();
        let limit = (frame.width as f32, frame.height as f32);
        let reach = match params.edge {
            // They are not clipped, and what shows may be a corner.
            _ if turned => EdgePolicy::REACH,
            EdgePolicy::Clip | EdgePolicy::Drop => 0.0,
            EdgePolicy::Keep | EdgePolicy::KeepAll => EdgePolicy::REACH,
        };
        // Adding up the sides of boxes that start far outside rounds.
        let slack = reach * 1e-5;
        for d in found {
            let b = d.bbox;
            let (right, bottom) = (b.left + b.width, b.top + b.height);
            let threshold = params.classes.threshold(d.class_id, params.score_threshold);
            assert!(d.score >= threshold && d.score.is_finite(), "{d:?}");
            assert!(params.classes.allows(d.class_id), "{d:?}");
            assert!(d.class_id >= params.first_class, "{d:?}");
            assert!(
                params.num_classes == 0 || d.class_id < params.num_classes,
                "{d:?}"
            );
            assert!(b.left >= -reach - slack && b.top >= -reach - slack, "{d:?}");
            assert!(b.width > 0.0 && b.height > 0.0, "{d:?}");
            assert!(
                turned
                    || (b.left < limit.0 && b.top < limit.1 && right > -slack && bottom > -slack),
                "{d:?}"
            );
            assert!(
                right <= limit.0 + reach + slack && bottom <= limit.1 + reach + slack,
                "{d:?}"
            );
            assert!(
                !(b.width > params.max_width || b.height > params.max_height),
                "{d:?}"
            );
            let same = found.iter().filter(|other| other.class_id == d.class_id);
            assert!(params.top_k_per_class == 0 || same.count() <= params.top_k_per_class);
        }
    }
}

fn class_rules(bytes: &mut Bytes<'_>) -> ClassRules {
    let thresholds: Vec<(u32, f32)> = (0..bytes.below(4))
        .map(|_| (bytes.below(9) as u32, bytes.float()))
        .collect();
    let allowed: Vec<u32> = (0..bytes.below(4)).map(|_| bytes.below(9) as u32).collect();
    ClassRules::new(&thresholds, &allowed)
}

fn most(bytes: &mut Bytes<'_>) -> f32 {
    match bytes.one_in(3) {
        true => bytes.float() * 300.0,
        false => f32::INFINITY,
    }
}

fn layout(bytes: &mut Bytes<'_>, rows: usize) -> Layout {
    let mut layout = Layout {
        format: bytes.one_in(4).then(|| bytes.pick(&Format::ALL)),
        box_form: bytes
            .one_in(2)
            .then(|| bytes.pick(&[BoxForm::Xyxy, BoxForm::Yxyx])),
        box_units: bytes
            .one_in(2)
            .then(|| bytes.pick(&[BoxUnits::Normalised, BoxUnits::NetworkPixels])),
        ..Layout::default()
    };
    if bytes.one_in(4) {
        let roles = [Role::Count, Role::Scores, Role::Classes, Role::Boxes];
        layout
            .layers
            .set(bytes.pick(&roles), Some("another".to_owned()));
    }
    layout.options =
        anchors(bytes, rows).map_or(Options::None, |anchors| Options::Anchors(Raw::new(anchors)));
    let activations = [
        Activation::Sigmoid,
        Activation::Softmax,
        Activation::None,
        Activation::Percent,
    ];
    layout.activation = bytes.one_in(2).then(|| bytes.pick(&activations));
    layout.background = match bytes.below(4) {
        0 => Background::Class(0),
        1 => Background::Class(bytes.below(100) as u32),
        2 => Background::None,
        _ => Background::Usual,
    };
    layout
}

/// As many anchors as there are rows.
fn anchors(bytes: &mut Bytes<'_>, rows: usize) -> Option<Anchors> {
    if bytes.one_in(2) && rows > 0 {
        let spec = TfSsd {
            aspect_ratios: vec![1.0],
            interpolated_scale_aspect_ratio: 0.0,
            reduce_boxes_in_lowest_layer: false,
            feature_maps: vec![(1, rows as u32)],
            ..TfSsd::default()
        };
        return Anchors::tf_ssd(&spec).ok();
    }
    let rows = vec![[0.5, 0.5, 0.25, 0.25]; rows];
    let forms = [BoxForm::Yxhw, BoxForm::Xywh];
    Anchors::from_rows(&rows, bytes.pick(&forms)).ok()
}

/// Whether a decoder's boxes are turned.
pub fn is_turned(decoder: &Decoder) -> bool {
    matches!(decoder.format, Format::YoloObb | Format::YoloObbEndToEnd)
}
