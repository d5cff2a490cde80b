//! The arguments of a parser, as inference elements lay them out. `parser.h` has the same structs.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;

use nvds_decode::{BBox, DataType, Detection, TensorData, TensorView, f16};

const MAX_DIMS: usize = nvds_decode::tensor::MAX_DIMS;

#[repr(C)]
struct Dims {
    count: u32,
    sizes: [u32; MAX_DIMS],
    elements: u32,
}

/// `NvDsInferLayerInfo`.
#[repr(C)]
pub struct Layer {
    data_type: u32,
    dims: Dims,
    binding: c_int,
    name: *const c_char,
    buffer: *const c_void,
    is_input: c_int,
}

/// `NvDsInferObjectDetectionInfo` up to DeepStream 8.0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object24 {
    class_id: u32,
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    confidence: f32,
}

/// `NvDsInferObjectDetectionInfo` since DeepStream 9.0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object28 {
    object: Object24,
    /// Radians, clockwise on the screen, about the box's centre.
    rotation: f32,
}

const _: () =
    assert!(size_of::<Layer>() == 72 && size_of::<Object24>() == 24 && size_of::<Object28>() == 28);

#[repr(C)]
struct RawCall {
    layers: *const Layer,
    layer_count: usize,
    thresholds: *const f32,
    threshold_count: usize,
    classes: u32,
    width: u32,
    height: u32,
}

unsafe extern "C" {
    fn rsnvds_custom_read(
        layers: *const c_void,
        network: *const c_void,
        params: *const c_void,
        call: *mut RawCall,
    );
    fn rsnvds_custom_append24(objects: *mut c_void, more: *const Object24, count: usize) -> c_int;
    fn rsnvds_custom_append28(objects: *mut c_void, more: *const Object28, count: usize) -> c_int;
}

/// What an inference element gives a parser for one frame or object.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The output layers.
    pub layers: &'a [Layer],
    /// The least confidence of each class that is kept.
    pub thresholds: &'a [f32],
    /// How many classes the configuration knows.
    pub classes: u32,
    /// Width of the network's input, in pixels.
    pub width: u32,
    /// Height of the network's input, in pixels.
    pub height: u32,
}

impl Call<'_> {
    /// Reads the arguments of a parser; `None` if one of them is NULL.
    ///
    /// # Safety
    /// They must be what the prototype of a parser says, or NULL, and live as long as the result.
    pub unsafe fn read(
        layers: *const c_void,
        network: *const c_void,
        params: *const c_void,
    ) -> Option<Self> {
        if layers.is_null() || network.is_null() || params.is_null() {
            return None;
        }
        let mut raw = RawCall {
            layers: std::ptr::null(),
            layer_count: 0,
            thresholds: std::ptr::null(),
            threshold_count: 0,
            classes: 0,
            width: 0,
            height: 0,
        };
        // SAFETY: the arguments are as the caller vouches, and none is NULL.
        unsafe { rsnvds_custom_read(layers, network, params, &raw mut raw) };
        Some(Self {
            // SAFETY: the elements of a std::vector that the caller vouches for.
            layers: unsafe { elements(raw.layers, raw.layer_count) },
            // SAFETY: as above.
            thresholds: unsafe { elements(raw.thresholds, raw.threshold_count) },
            classes: raw.classes,
            width: raw.width,
            height: raw.height,
        })
    }
}

/// The elements of a vector; an empty one may have no memory.
///
/// # Safety
/// Unless it is NULL, the pointer must be to that many elements that live as long as the result.
unsafe fn elements<'a, T>(first: *const T, count: usize) -> &'a [T] {
    match NonNull::new(first.cast_mut()) {
        // SAFETY: the caller vouches for it.
        Some(first) => unsafe { std::slice::from_raw_parts(first.as_ptr(), count) },
        None => &[],
    }
}

impl Layer {
    /// Whether it is an input of the network.
    pub fn is_input(&self) -> bool {
        self.is_input != 0
    }

    /// The layer's name; empty if it has none or one that is not UTF-8.
    pub fn name(&self) -> &str {
        if self.name.is_null() {
            return "";
        }
        // SAFETY: a layer's name is a C string that lives as long as the layer.
        let name = unsafe { CStr::from_ptr(self.name) };
        name.to_str().unwrap_or_default()
    }

    /// The layer as a tensor.
    ///
    /// # Errors
    /// What of it is not as it should be, in words.
    pub fn tensor(&self) -> Result<TensorView<'_>, String> {
        let name = self.name();
        let fault = |what: String| format!("output layer {name}: {what}");
        if name.is_empty() {
            return Err(fault("its name is missing or not UTF-8".into()));
        }
        let data_type = match self.data_type {
            0 => DataType::Float,
            1 => DataType::Half,
            2 => DataType::Int8,
            3 => DataType::Int32,
            4 => DataType::Int64,
            5 => DataType::Uint8,
            other => {
                return Err(fault(format!(
                    "data type {other} is not known, expected 0 (FLOAT) to 5 (UINT8)"
                )));
            }
        };
        let count = self.dims.count as usize;
        let dims = self.dims.sizes.get(..count).ok_or_else(|| {
            fault(format!(
                "it has {count} dimensions, expected at most {MAX_DIMS}"
            ))
        })?;
        let product = dims
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size as usize));
        let claimed = self.dims.elements as usize;
        let number = product
            // A scalar is delivered with 0 elements.
            .filter(|&product| product == claimed || (count == 0 && claimed == 0))
            .ok_or_else(|| {
                fault(format!(
                    "its dimensions are {dims:?}, but it has {claimed} elements"
                ))
            })?;
        if self.buffer.is_null() {
            return Err(fault("it has no host memory".into()));
        }
        // SAFETY: the buffer is not NULL and holds the layer's elements.
        let data = unsafe {
            match data_type {
                DataType::Float => self.slice::<f32>(number).map(TensorData::F32),
                DataType::Half => self.slice::<f16>(number).map(TensorData::F16),
                DataType::Int8 => self.slice::<i8>(number).map(TensorData::I8),
                DataType::Int32 => self.slice::<i32>(number).map(TensorData::I32),
                DataType::Int64 => self.slice::<i64>(number).map(TensorData::I64),
                DataType::Uint8 => self.slice::<u8>(number).map(TensorData::U8),
            }
        };
        let data =
            data.ok_or_else(|| fault("its memory is not aligned, or larger than any".into()))?;
        TensorView::new(name, dims, data).map_err(|error| error.to_string())
    }

    /// # Safety
    /// The buffer must hold that many numbers of any bits.
    unsafe fn slice<T>(&self, count: usize) -> Option<&[T]> {
        let bytes = count.checked_mul(size_of::<T>())?;
        if bytes > isize::MAX as usize || !self.buffer.addr().is_multiple_of(align_of::<T>()) {
            return None;
        }
        // SAFETY: the caller vouches for it, and the alignment was looked at.
        Some(unsafe { std::slice::from_raw_parts(self.buffer.cast(), count) })
    }
}

/// The size of an object in the caller's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSize {
    /// 24 bytes: up to DeepStream 8.0.
    Bytes24,
    /// 28 bytes, the last of which are an angle: since 9.0.
    Bytes28,
}

impl RecordSize {
    /// In bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bytes24 => size_of::<Object24>(),
            Self::Bytes28 => size_of::<Object28>(),
        }
    }
}

/// The upright box around one that is turned about its centre by radians.
fn upright(bbox: BBox, angle: f32) -> BBox {
    if angle == 0.0 {
        return bbox;
    }
    let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
    let width = bbox.width * cos + bbox.height * sin;
    let height = bbox.width * sin + bbox.height * cos;
    BBox {
        left: bbox.left + (bbox.width - width) / 2.0,
        top: bbox.top + (bbox.height - height) / 2.0,
        width,
        height,
    }
}

/// Objects on their way to the caller's list. The memory is kept.
#[derive(Debug, Default)]
pub struct Objects {
    small: Vec<Object24>,
    large: Vec<Object28>,
}

impl Objects {
    /// Appends the detections to the caller's `std::vector<NvDsInferObjectDetectionInfo>`. `angles` are those of
    /// turned boxes, empty for upright ones; objects without a place for them get the upright box around.
    ///
    /// # Errors
    /// When the list is one of objects of another size, or there is no memory; it is unchanged then.
    ///
    /// # Safety
    /// `list` must be such a vector, or NULL.
    pub unsafe fn append(
        &mut self,
        list: *mut c_void,
        size: RecordSize,
        detections: &[Detection],
        angles: &[f32],
    ) -> Result<(), &'static str> {
        if list.is_null() {
            return Err("the list of objects is NULL");
        }
        let angle = |index: usize| angles.get(index).copied().unwrap_or(0.0);
        let objects = detections.iter().enumerate().map(|(index, found)| {
            let bbox = match size {
                // There is no place for an angle.
                RecordSize::Bytes24 => upright(found.bbox, angle(index)),
                RecordSize::Bytes28 => found.bbox,
            };
            Object24 {
                class_id: found.class_id,
                left: bbox.left,
                top: bbox.top,
                width: bbox.width,
                height: bbox.height,
                confidence: found.score,
            }
        });
        let outcome = match size {
            RecordSize::Bytes24 => {
                self.small.clear();
                self.small.extend(objects);
                // SAFETY: a list of objects of this size, as the caller vouches.
                unsafe { rsnvds_custom_append24(list, self.small.as_ptr(), self.small.len()) }
            }
            RecordSize::Bytes28 => {
                self.large.clear();
                let large = objects.enumerate().map(|(index, object)| Object28 {
                    object,
                    rotation: angle(index),
                });
                self.large.extend(large);
                // SAFETY: as above.
                unsafe { rsnvds_custom_append28(list, self.large.as_ptr(), self.large.len()) }
            }
        };
        match outcome {
            0 => Ok(()),
            1 => Err(
                "the list of objects is one of another record size than this DeepStream's; set \
                 RSNVDS_DEEPSTREAM_VERSION to the version of the headers that nvinfer was built with",
            ),
            _ => Err("there is no memory for the objects"),
        }
    }
}
