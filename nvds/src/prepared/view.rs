//! Reading what nvdspreprocess attached.

use std::borrow::Cow;
use std::ptr::NonNull;

use super::raw::{BatchMeta, Facts, RoiTail, Tensor};
use super::{PreparedType, mark};
use crate::classifier::Classifier;
use crate::layout::read_part;
use crate::list::ListIter;
use crate::params::RectParams;
use crate::tensor::TensorMeta;
use crate::user::UserMeta;

use crate::view::{Owner, View};

/// What nvdspreprocess prepared for inference elements.
#[derive(Clone, Copy, Debug)]
pub struct PreparedInput<'a> {
    raw: NonNull<BatchMeta>,
    facts: Facts,
    owner: &'a Owner,
}

/// A tensor that nvdspreprocess prepared.
#[derive(Clone, Debug)]
pub struct PreparedTensor<'a> {
    /// Name of the network's input.
    pub name: Cow<'a, str>,
    /// All dimensions, the number of regions first.
    pub shape: &'a [i32],
    /// Element type, `None` for a number that stands for none.
    pub data_type: Option<PreparedType>,
    /// GPU that the tensor is said to be on.
    pub gpu_id: u32,
    /// Number among the tensors of the buffer; 0 before DeepStream 6.2.
    pub meta_id: u32,
    /// Whether regions keep their shape; `None` before DeepStream 7.1, which does not say.
    pub maintain_aspect_ratio: Option<bool>,
    bytes: Option<&'a [u8]>,
}

impl<'a> PreparedTensor<'a> {
    /// The elements; `None` where this program did not make them, since they may be in a GPU's memory.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        self.bytes
    }
}

impl<'a> UserMeta<'a> {
    /// What nvdspreprocess prepared, if that is what this meta of a batch holds.
    pub fn as_prepared_input(&self) -> Option<PreparedInput<'a>> {
        let facts = Facts::of(self.owner().release)?;
        if self.meta_type() != facts.batch_type {
            return None;
        }
        Some(PreparedInput {
            raw: NonNull::new(self.payload().cast())?,
            facts,
            owner: self.batch_owner(),
        })
    }

    /// A region, if that is what this meta of a frame or object holds. Inference elements attach these with the place of a
    /// region; what was found there is with the [`PreparedInput`].
    pub fn as_roi(&self) -> Option<Roi<'a>> {
        let facts = Facts::of(self.owner().release)?;
        if facts.roi_type != Some(self.meta_type()) {
            return None;
        }
        Some(Roi {
            place: NonNull::new(self.payload().cast())?,
            facts,
            owner: self.batch_owner(),
        })
    }
}

impl<'a> PreparedInput<'a> {
    fn read(&self) -> BatchMeta {
        // SAFETY: metas of this kind hold such a struct, alive as long as the user meta.
        unsafe { self.raw.as_ptr().read() }
    }

    /// A number that tells it from the others of its batch.
    pub fn address(&self) -> usize {
        self.raw.as_ptr() as usize
    }

    /// The unique-ids of the inference elements that it is for.
    pub fn target_unique_ids(&self) -> &'a [u64] {
        // SAFETY: a vector of such numbers, which nobody changes once it is attached.
        unsafe { self.read().target_unique_ids.slice() }
    }

    /// The tensor; `None` where none was made.
    pub fn tensor(&self) -> Option<PreparedTensor<'a>> {
        let tensor = NonNull::new(self.read().tensor)?;
        let end = if self.facts.objects { 104 } else { 96 };
        // SAFETY: a live tensor meta of this release, whose first part is as long as `end` says; numbers, pointers and what
        // is made of them may be zero.
        let raw: Tensor = unsafe { read_part(tensor.as_ptr(), end) };
        // SAFETY: its containers, which nobody changes once it is attached.
        let (name, shape) = unsafe { (raw.name.bytes(), raw.shape.slice()) };
        let bytes = (raw.private_data == mark()).then(|| {
            let memory = raw.buffer.cast_const().cast::<u8>();
            // SAFETY: made by `Payload::new`, which keeps the memory; it is never NULL, and as long as a slice was.
            unsafe { std::slice::from_raw_parts(memory, raw.buffer_size as usize) }
        });
        Some(PreparedTensor {
            name: String::from_utf8_lossy(name),
            shape,
            data_type: PreparedType::from_c(raw.data_type, self.facts.half),
            gpu_id: raw.gpu_id,
            meta_id: raw.meta_id,
            maintain_aspect_ratio: self.facts.aspect.then_some(raw.maintain_aspect_ratio != 0),
            bytes,
        })
    }

    /// The regions, in the order of the tensor's first dimension.
    pub fn rois(&self) -> impl ExactSizeIterator<Item = Roi<'a>> + use<'a> {
        let size = self.facts.roi;
        let (first, count) = self.read().rois.elements(size);
        let (facts, owner) = (self.facts, self.owner);
        (0..count).map(move |index| Roi {
            // SAFETY: within the vector, which is not empty, so the pointer is not NULL.
            place: unsafe { NonNull::new_unchecked(first.add(index * size)) },
            facts,
            owner,
        })
    }
}

/// A part of a frame that was prepared: a region of interest, a whole frame or an object.
#[derive(Clone, Copy, Debug)]
pub struct Roi<'a> {
    place: NonNull<u8>,
    facts: Facts,
    owner: &'a Owner,
}

impl<'a> Roi<'a> {
    /// As many bytes as the release has.
    pub(super) fn place(&self) -> *mut u8 {
        self.place.as_ptr()
    }

    pub(super) fn facts(&self) -> Facts {
        self.facts
    }

    pub(super) fn owner(&self) -> &'a Owner {
        self.owner
    }

    /// Only as much of it as the release has.
    pub(super) fn tail_place(&self) -> *mut RoiTail {
        // SAFETY: a region of this release begins with a box of that length.
        unsafe { self.place().add(self.facts.rect).cast() }
    }

    pub(super) fn tail(&self) -> RoiTail {
        // SAFETY: a live region of this release; numbers and pointers, which may be zero.
        unsafe { read_part(self.tail_place(), self.facts.roi - self.facts.rect) }
    }

    /// Its box in pixels of the frame, and how that is drawn.
    pub fn rect_params(&self) -> RectParams {
        // SAFETY: a live region of this release begins with its box.
        let rect = unsafe { self.owner.layout().read_rect(self.place().cast()) };
        RectParams::from_c(&rect)
    }

    /// Pixels of the network for one of the frame, across and down.
    pub fn scale_ratio(&self) -> (f64, f64) {
        self.tail().scale_ratio.into()
    }

    /// Pixels of padding on the left and top.
    pub fn offset(&self) -> (f64, f64) {
        self.tail().offset.into()
    }

    /// [`crate::Frame::address`] of its frame.
    pub fn frame_address(&self) -> usize {
        self.tail().frame as usize
    }

    /// [`crate::Object::address`] of the object that it is, 0 for none.
    pub fn object_address(&self) -> usize {
        self.tail().object as usize
    }

    /// What was attached to it, newest first.
    pub fn user_metas(&self) -> ListIter<'a, UserMeta<'a>> {
        // SAFETY: a live region; its list lives as long as the batch.
        unsafe { ListIter::new(self.tail().users, self.owner) }
    }

    /// Tensors that inference elements attached, newest first.
    pub fn tensors(&self) -> impl Iterator<Item = TensorMeta<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_tensor())
    }

    /// What classifiers said of it, newest first.
    pub fn classifiers(&self) -> ListIter<'a, Classifier<'a>> {
        // SAFETY: a live region; its list lives as long as the batch.
        unsafe { ListIter::new(self.tail().classifiers, self.owner) }
    }
}
