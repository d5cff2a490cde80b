//! From DeepStream's tensor metas to the decoders' tensors.

use nvds::{KnownLayer, LayerData, Locked, PreparedInput, Rect, Roi, TensorError, TensorMeta};
use nvds_decode::tensor::Dims;
use nvds_decode::{
    BBox, Geometry, GeometryError, Padding, Region, Scaler, Size, TensorData, TensorView,
};
use smallvec::SmallVec;

/// Layers of one network that need no heap memory; SSD networks have four to fourteen.
const FEW_LAYERS: usize = 16;
/// Largest side of a network's input, in pixels, that is believed.
const MAX_NETWORK_SIDE: u32 = 1 << 16;

/// Layers of one inference element, kept from frame to frame: most frames have those of the one before.
#[derive(Default)]
pub struct Layers(Vec<(KnownLayer, Dims)>);

/// The layers of one frame that can be read.
pub type Views<'a> = SmallVec<[TensorView<'a>; FEW_LAYERS]>;

/// Their elements, in the same order.
type Elements<'a> = SmallVec<[TensorData<'a>; FEW_LAYERS]>;

impl Layers {
    /// Puts the layers of a frame that can be read into `views`, which stays where it is: it is too large to be handed
    /// about. Returns why the first layer that cannot be read cannot be.
    ///
    /// # Errors
    /// When there is no layer array at all.
    pub fn read<'a>(
        &'a mut self,
        meta: &TensorMeta<'a>,
        views: &mut Views<'a>,
    ) -> Result<Option<TensorError>, TensorError> {
        let mut elements = Elements::new();
        let mut unreadable = None;
        let layers = meta.layers()?;
        let mut known = layers.len() == self.0.len();
        if known {
            for (layer, (is, _)) in layers.zip(&self.0) {
                let Some(data) = is.read(&layer) else {
                    known = false;
                    break;
                };
                elements.push(tensor_data(data));
            }
        }
        if !known {
            elements.clear();
            unreadable = self.renew(meta, &mut elements)?;
        }
        for ((known, dims), data) in self.0.iter().zip(elements) {
            views.extend(TensorView::with_shape(known.name(), *dims, data));
        }
        Ok(unreadable)
    }

    /// Reads layers that are not those of the frame before.
    fn renew<'m>(
        &mut self,
        meta: &TensorMeta<'m>,
        elements: &mut Elements<'m>,
    ) -> Result<Option<TensorError>, TensorError> {
        let mut unreadable = None;
        for layer in meta.layers()? {
            match self.put(elements.len(), &layer) {
                Ok(data) => elements.push(data),
                Err(error) => {
                    unreadable.get_or_insert(error);
                }
            }
        }
        self.0.truncate(elements.len());
        Ok(unreadable)
    }

    /// Reads a layer and keeps what it is, in place of another if there is one: some networks have
    /// other dimensions on every frame.
    fn put<'m>(
        &mut self,
        at: usize,
        layer: &nvds::Layer<'m>,
    ) -> Result<TensorData<'m>, TensorError> {
        let (dims, data) = match self.0.get_mut(at) {
            Some((known, _)) => known.renew(layer)?,
            None => {
                let (known, dims, data) = KnownLayer::new(layer)?;
                self.0.push((known, Dims::default()));
                (dims, data)
            }
        };
        let data = tensor_data(data);
        let view = TensorView::new("", dims.as_slice(), data);
        let view = view.map_err(|_| TensorError::Elements {
            layer: layer.name().into_owned(),
            dims: dims.as_slice().to_vec(),
            claimed: u32::try_from(data.len()).unwrap_or(u32::MAX),
        })?;
        if let Some((_, known)) = self.0.get_mut(at) {
            *known = view.shape();
        }
        Ok(data)
    }
}

fn tensor_data(data: LayerData<'_>) -> TensorData<'_> {
    match data {
        LayerData::Float(data) => TensorData::F32(data),
        LayerData::Half(data) => TensorData::F16(data),
        LayerData::Int8(data) => TensorData::I8(data),
        LayerData::Int32(data) => TensorData::I32(data),
        LayerData::Int64(data) => TensorData::I64(data),
        LayerData::UInt8(data) => TensorData::U8(data),
    }
}

/// The part of a frame that an inference element looked at.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// All of it.
    Frame,
    /// The box of an object.
    Object(Rect),
    /// What nvdspreprocess cut out of it.
    Region(Roi<'a>),
}

/// How a frame of this size was fitted into the network's input, or a part of it. nvdspreprocess tells how it fitted a region,
/// and is believed. `padding` is believed in place of what the meta says; without it, a meta of a release that
/// does not tell counts as stretched, or with bars right and below.
///
/// # Errors
/// When a size is zero or the picture vanishes in scaling.
pub fn geometry(
    meta: &TensorMeta<'_>,
    frame: (u32, u32),
    part: Part<'_>,
    padding: Option<Padding>,
) -> Result<Geometry, GeometryError> {
    let frame = Size::new(frame.0, frame.1);
    let network = meta.network();
    let mut network = Size::new(network.width, network.height);
    let flags = Padding::from_flags(
        meta.maintain_aspect_ratio().unwrap_or(false),
        meta.symmetric_padding().unwrap_or(false),
    );
    let mut padding = padding.unwrap_or(flags);
    let mut scaler = match meta.producer() {
        nvds::Producer::NvInfer => Scaler::Nvinfer,
        nvds::Producer::NvInferServer => Scaler::NvinferServer,
    };
    let believable = 1..=MAX_NETWORK_SIDE;
    if !believable.contains(&network.width) || !believable.contains(&network.height) {
        // nvinferserver's copy function leaves size and flags unset, so behind a demux they are
        // anything. Boxes in 0..1 of a stretched frame need neither.
        (network, padding, scaler) = (frame, Padding::Stretch, Scaler::Nvinfer);
    }
    match part {
        Part::Frame => Geometry::with_scaler(scaler, network, frame, padding),
        Part::Object(rect) => Geometry::of_object(scaler, network, bbox(rect), frame, padding),
        Part::Region(roi) => {
            let region = Region {
                rect: bbox(roi.rect_params().rect),
                ratio: roi.scale_ratio(),
                offset: roi.offset(),
            };
            Geometry::of_region(network, region, frame)
        }
    }
}

fn bbox(rect: Rect) -> BBox {
    BBox {
        left: rect.left,
        top: rect.top,
        width: rect.width,
        height: rect.height,
    }
}

/// What nvdspreprocess prepared, in the order in which it was.
pub fn prepared<'g>(locked: &'g Locked<'_>) -> SmallVec<[PreparedInput<'g>; 2]> {
    let metas = locked.user_metas().rev();
    metas.filter_map(|meta| meta.as_prepared_input()).collect()
}

/// Shapes are alike when their aspect ratios differ by no more than this, relative to one of them.
const ALIKE: f64 = 0.01;

/// What is to be said of a frame's tensors whose meta does not tell how the frame was fitted into the
/// network's input, where that makes a difference: the frame has another shape than the input. Set
/// together only when it is displayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UntoldPadding {
    frame: (u32, u32),
    network: (u32, u32),
    taken: &'static str,
}

impl UntoldPadding {
    /// `None` where the meta tells, or it makes no difference.
    pub fn of(meta: &TensorMeta<'_>, frame: (u32, u32)) -> Option<Self> {
        let network = meta.network();
        let told = (meta.maintain_aspect_ratio(), meta.symmetric_padding());
        Self::new(told, frame, (network.width, network.height))
    }

    fn new(
        (maintain_aspect_ratio, symmetric): (Option<bool>, Option<bool>),
        frame: (u32, u32),
        network: (u32, u32),
    ) -> Option<Self> {
        let taken = match (maintain_aspect_ratio, symmetric) {
            (None, _) => "stretched",
            (Some(true), None) => "padded right or below",
            _ => return None,
        };
        let aspect = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
        let ratio = aspect(frame) / aspect(network);
        let differ = ratio.is_finite() && ratio > 0.0 && (ratio - 1.0).abs() > ALIKE;
        differ.then_some(Self {
            frame,
            network,
            taken,
        })
    }
}

impl std::fmt::Display for UntoldPadding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let release = nvds::release().map_or("this DeepStream".into(), ToString::to_string);
        write!(
            f,
            "the metadata of {release} does not tell how frames of {}x{} were fitted into the \
             network's input of {}x{}: taken as {}. Set padding=stretch, right-bottom or symmetric, \
             as maintain-aspect-ratio and symmetric-padding in the inference element's configuration \
             say",
            self.frame.0, self.frame.1, self.network.0, self.network.1, self.taken
        )
    }
}

#[cfg(test)]
mod tests {
    use super::UntoldPadding;

    #[test]
    fn what_is_not_told_and_matters_is_said() {
        let (wide, square) = ((1920, 1080), (300, 300));
        let text = UntoldPadding::new((None, None), wide, square)
            .unwrap()
            .to_string();
        for part in [
            "1920x1080",
            "300x300",
            "taken as stretched",
            "padding=stretch",
        ] {
            assert!(text.contains(part), "{part} missing in: {text}");
        }
        let text = UntoldPadding::new((Some(true), None), wide, square)
            .unwrap()
            .to_string();
        assert!(text.contains("taken as padded right or below"), "{text}");
        for (told, frame, network) in [
            ((Some(false), None), wide, square),
            ((Some(true), Some(false)), wide, square),
            ((None, None), wide, (1280, 720)),
            ((None, None), wide, (1280, 721)),
            ((None, None), wide, (0, 0)),
            ((None, None), (0, 0), square),
            ((None, None), wide, (300, 0)),
        ] {
            assert_eq!(
                UntoldPadding::new(told, frame, network),
                None,
                "{told:?} {frame:?} {network:?}"
            );
        }
    }
}
