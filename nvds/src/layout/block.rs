//! Batches of any layout in memory of a test's own, with guards behind every element.

use std::ptr::NonNull;

use glib::ffi::GList;
use nvds_sys as c;

use super::Layout;
use super::pools::{COUNT, Sizes};
use crate::batch::Batch;
use crate::library::library;
use crate::release::{Release, Version};
use crate::view::Owner;

/// Words behind an element that nobody may write to.
const GUARD_WORDS: usize = 32;
const GUARD: u64 = 0xA5A5_A5A5_A5A5_A5A5;
/// Elements of each pool.
const ELEMENTS: usize = 6;

/// A batch of one frame, with elements left in all pools but that of frames.
pub(crate) struct Block {
    batch: Box<c::NvDsBatchMeta>,
    pools: Vec<c::NvDsMetaPool>,
    /// One vector an element: its words, then the guard.
    elements: Vec<Vec<Box<[u64]>>>,
    pub(crate) release: &'static Release,
}

impl Block {
    /// A batch of the class, said to be of one of these releases.
    pub(crate) fn new(layout: &'static Layout, first: Version, last: Version) -> Self {
        // SAFETY: numbers, pointers and a mutex, whose zero state is the one before its first use.
        let mut batch: Box<c::NvDsBatchMeta> = Box::new(unsafe { std::mem::zeroed() });
        batch.max_frames_in_batch = 1;
        let sizes: Sizes = layout.elements();
        let kinds = [2, 3, 4, 5, 6, 7];
        let mut this = Self {
            pools: Vec::new(),
            elements: Vec::new(),
            release: Box::leak(Box::new(Release::for_test(layout, first, last))),
            batch,
        };
        let address = &raw mut *this.batch;
        for (kind, size) in kinds.into_iter().zip(sizes) {
            // SAFETY: as above.
            let mut pool: c::NvDsMetaPool = unsafe { std::mem::zeroed() };
            pool.meta_type = kind;
            pool.element_size = size as u32;
            pool.max_elements_in_pool = ELEMENTS as u32;
            pool.num_empty_elements = ELEMENTS as u32;
            let mut elements = Vec::new();
            for _ in 0..ELEMENTS {
                let mut words = vec![0; size / 8];
                words.extend([GUARD; GUARD_WORDS]);
                let mut words = words.into_boxed_slice();
                let base = words.as_mut_ptr().cast::<c::NvDsBaseMeta>();
                // SAFETY: every element starts with a base meta and is longer than it; the list takes
                // a pointer that it does not follow.
                unsafe {
                    (*base).batch_meta = address;
                    (*base).meta_type = kind;
                    pool.empty_list = glib::ffi::g_list_append(pool.empty_list, base.cast());
                }
                elements.push(words);
            }
            this.pools.push(pool);
            this.elements.push(elements);
        }
        let [frame, object, display, classifier, label, user]: [*mut c::NvDsMetaPool; COUNT] =
            std::array::from_fn(|i| &raw mut this.pools[i]);
        this.batch.frame_meta_pool = frame;
        this.batch.obj_meta_pool = object;
        this.batch.display_meta_pool = display;
        this.batch.classifier_meta_pool = classifier;
        this.batch.label_info_meta_pool = label;
        this.batch.user_meta_pool = user;
        this.batch.base_meta.batch_meta = address;
        let api = library().unwrap().api();
        // SAFETY: the batch is complete, and the frame comes from its pool.
        unsafe {
            let frame = (api.nvds_acquire_frame_meta_from_pool)(address);
            (api.nvds_add_frame_meta_to_batch)(address, frame);
        }
        this
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner {
            batch: NonNull::from(&*self.batch),
            api: library().unwrap().api(),
            release: self.release,
        }
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        // SAFETY: the batch lives as long as this.
        unsafe { Batch::new(self.owner()) }.unwrap()
    }

    pub(crate) fn raw(&mut self) -> &mut c::NvDsBatchMeta {
        &mut self.batch
    }

    pub(crate) fn pool(&mut self, kind: usize) -> &mut c::NvDsMetaPool {
        &mut self.pools[kind]
    }

    /// Writes a number at an offset of the first element of a kind.
    pub(crate) fn poke<T>(&mut self, kind: usize, offset: usize, value: T) {
        let words = &mut self.elements[kind][0];
        assert!(offset + size_of::<T>() <= (words.len() - GUARD_WORDS) * 8);
        // SAFETY: within the element, as just seen.
        unsafe {
            words
                .as_mut_ptr()
                .byte_add(offset)
                .cast::<T>()
                .write_unaligned(value);
        }
    }

    /// The bytes at an offset of an element that was acquired as number `index` of its kind.
    pub(crate) fn bytes(&self, kind: usize, index: usize, offset: usize, length: usize) -> Vec<u8> {
        let words = &self.elements[kind][index];
        let bytes: Vec<u8> = words[..words.len() - GUARD_WORDS]
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        bytes[offset..offset + length].to_vec()
    }

    /// Fails when anything was written behind an element.
    pub(crate) fn check_guards(&self) {
        for (kind, elements) in self.elements.iter().enumerate() {
            for (index, words) in elements.iter().enumerate() {
                let guard = &words[words.len() - GUARD_WORDS..];
                assert!(
                    guard.iter().all(|word| *word == GUARD),
                    "written behind element {index} of pool {kind}"
                );
            }
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let list = |list: *mut GList| {
            // SAFETY: a list of this batch, of which nobody is left that walks it.
            unsafe { glib::ffi::g_list_free(list) };
        };
        list(self.batch.frame_meta_list);
        list(self.batch.batch_user_meta_list);
        for pool in &self.pools {
            list(pool.empty_list);
            list(pool.full_list);
        }
    }
}
