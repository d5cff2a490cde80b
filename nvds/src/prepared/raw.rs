//! What nvdspreprocess' metas are made of: structs with containers of the C++ library.
//!
//! Layouts are those of g++'s library on 64-bit machines: a `std::vector` is three pointers (begin, end, end of the memory), a
//! `std::string` a pointer, a length and 16 bytes that are the capacity or the text itself. Sizes and places are facts of the
//! public headers of DeepStream 6.0 to 9.1.

use std::ffi::c_void;

use glib::ffi::GList;
use nvds_sys as c;

use crate::layout::Layout;
use crate::release::{Release, Version};

/// A `std::vector`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct CppVec {
    begin: *mut c_void,
    end: *mut c_void,
    capacity: *mut c_void,
}

impl CppVec {
    /// A vector over elements that somebody else keeps and that stay in their place.
    pub(super) fn over<T>(elements: &mut [T]) -> Self {
        let range = elements.as_mut_ptr_range();
        Self {
            begin: range.start.cast(),
            end: range.end.cast(),
            capacity: range.end.cast(),
        }
    }

    /// Where it begins and how many whole elements of `size` bytes it has; none where that can only be garbage.
    pub(super) fn elements(&self, size: usize) -> (*mut u8, usize) {
        let bytes = (self.end as usize).checked_sub(self.begin as usize);
        match bytes {
            Some(bytes) if !self.begin.is_null() && bytes.is_multiple_of(size) => {
                (self.begin.cast(), bytes / size)
            }
            _ => (std::ptr::null_mut(), 0),
        }
    }

    /// The elements.
    ///
    /// # Safety
    /// A vector of `T` that lives and stays unchanged for `'a`.
    pub(super) unsafe fn slice<'a, T>(&self) -> &'a [T] {
        let (first, count) = self.elements(size_of::<T>());
        let first = first.cast::<T>();
        if count == 0 || !first.is_aligned() {
            return &[];
        }
        // SAFETY: the caller vouches for the elements.
        unsafe { std::slice::from_raw_parts(first, count) }
    }
}

/// A `std::string`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct CppString {
    chars: *mut u8,
    length: usize,
    /// Of memory on the heap; the second word is unused then.
    capacity: [usize; 2],
}

impl CppString {
    /// A string over a text that somebody else keeps and that ends in a zero byte.
    pub(super) fn over(text: &mut [u8]) -> Self {
        let length = text.len().saturating_sub(1);
        Self {
            chars: text.as_mut_ptr(),
            length,
            capacity: [length, 0],
        }
    }

    /// The text.
    ///
    /// # Safety
    /// A string that lives and stays unchanged for `'a`.
    pub(super) unsafe fn bytes<'a>(&self) -> &'a [u8] {
        if self.chars.is_null() || self.length > isize::MAX as usize {
            return &[];
        }
        // SAFETY: the caller vouches for the text.
        unsafe { std::slice::from_raw_parts(self.chars, self.length) }
    }
}

/// `GstNvDsPreProcessBatchMeta`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchMeta {
    /// Of 64-bit numbers.
    pub(super) target_unique_ids: CppVec,
    pub(super) tensor: *mut Tensor,
    pub(super) rois: CppVec,
    pub(super) private_data: *mut c_void,
}

/// `NvDsPreProcessTensorMeta`; shorter in old releases, see [`Facts`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Tensor {
    pub(super) buffer: *mut c_void,
    pub(super) buffer_size: u64,
    /// Of C ints.
    pub(super) shape: CppVec,
    pub(super) data_type: i32,
    pub(super) name: CppString,
    pub(super) gpu_id: u32,
    pub(super) private_data: *mut c_void,
    pub(super) meta_id: u32,
    pub(super) maintain_aspect_ratio: i32,
}

/// What follows the box in an `NvDsRoiMeta`; the last field is missing in old releases, see [`Facts`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct RoiTail {
    pub(super) polygon: [[u32; 2]; 8],
    pub(super) converted_buffer: *mut c_void,
    pub(super) frame: *mut c::NvDsFrameMeta,
    pub(super) scale_ratio: [f64; 2],
    pub(super) offset: [f64; 2],
    pub(super) classifiers: *mut GList,
    pub(super) users: *mut GList,
    pub(super) object: *mut c::NvDsObjectMeta,
}

const _: () = {
    assert!(size_of::<BatchMeta>() == 64 && std::mem::offset_of!(BatchMeta, rois) == 32);
    assert!(size_of::<Tensor>() == 104 && std::mem::offset_of!(Tensor, name) == 48);
    assert!(std::mem::offset_of!(Tensor, meta_id) == 96);
    assert!(size_of::<RoiTail>() == 136 && std::mem::offset_of!(RoiTail, users) == 120);
};

/// What differs between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Bytes of the box that a region begins with.
    pub(super) rect: usize,
    /// Bytes of a region.
    pub(super) roi: usize,
    /// Type of the user meta of a batch.
    pub(super) batch_type: i32,
    /// Type of a user meta that is a region, where there is one.
    pub(super) roi_type: Option<i32>,
    /// Number of half-precision elements.
    pub(super) half: i32,
    /// Tensors are numbered, and regions know their object.
    pub(super) objects: bool,
    /// Tensors say whether the aspect was kept.
    pub(super) aspect: bool,
}

impl Facts {
    /// Of one version.
    pub(super) fn of_version(layout: &Layout, version: Version) -> Self {
        let from = |major, minor| version >= Version::new(major, minor);
        let objects = from(6, 2);
        let missing = if objects { 0 } else { size_of::<*mut c_void>() };
        Self {
            rect: layout.rect,
            roi: layout.rect + size_of::<RoiTail>() - missing,
            batch_type: match version {
                _ if from(8, 0) => 28,
                _ if from(6, 4) => 27,
                _ if from(6, 3) => 21,
                _ => 19,
            },
            roi_type: match version {
                _ if from(8, 0) => Some(30),
                _ if from(7, 1) => Some(29),
                _ => None,
            },
            half: if from(8, 0) { 7 } else { 5 },
            objects,
            aspect: from(7, 1),
        }
    }

    /// Of a release; `None` where it is not known well enough.
    pub(super) fn of(release: &Release) -> Option<Self> {
        let first = Self::of_version(release.layout, release.first());
        (first == Self::of_version(release.layout, release.last())).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version, bytes of a region, numbers of batch and region type, number of half precision.
    const MEASURED: [(u8, u8, usize, i32, Option<i32>, i32); 10] = [
        (6, 0, 232, 19, None, 5),
        (6, 1, 232, 19, None, 5),
        (6, 2, 240, 19, None, 5),
        (6, 3, 240, 21, None, 5),
        (6, 4, 240, 27, None, 5),
        (7, 0, 240, 27, None, 5),
        (7, 1, 240, 27, Some(29), 5),
        (8, 0, 240, 28, Some(30), 7),
        (9, 0, 248, 28, Some(30), 7),
        (9, 1, 248, 28, Some(30), 7),
    ];

    #[test]
    fn facts_are_those_of_the_headers() {
        for (major, minor, roi, batch_type, roi_type, half) in MEASURED {
            let version = Version::new(major, minor);
            let layout = Layout::of(version).unwrap();
            let facts = Facts::of_version(layout, version);
            let found = (facts.roi, facts.batch_type, facts.roi_type, facts.half);
            assert_eq!(found, (roi, batch_type, roi_type, half), "{version}");
            assert_eq!(facts.objects, version >= Version::new(6, 2));
            let release = Release::for_test(layout, version, version);
            assert_eq!(Facts::of(&release), Some(facts));
        }
        let a = &crate::layout::A;
        let unknown = Release::for_test(a, a.first, a.last);
        assert_eq!(Facts::of(&unknown), None, "6.0 and 7.1 differ");
    }

    #[test]
    fn vectors_of_garbage_are_empty() {
        let mut numbers = [1_u64, 2, 3];
        let vector = CppVec::over(&mut numbers);
        // SAFETY: over the three numbers.
        assert_eq!(unsafe { vector.slice::<u64>() }, [1, 2, 3]);
        let backwards = CppVec {
            begin: vector.end,
            end: vector.begin,
            ..vector
        };
        assert_eq!(backwards.elements(8).1, 0);
        assert_eq!(vector.elements(7).1, 0, "no whole number");
        let empty = CppVec::over::<u64>(&mut []);
        // SAFETY: it has no elements.
        assert!(unsafe { empty.slice::<u64>() }.is_empty());
    }
}
