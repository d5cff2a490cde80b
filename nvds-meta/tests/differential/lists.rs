//! Steps that clear and copy, and those on regions and audio.

use glib_sys::{GList, g_malloc0};
use nvds_sys::{NvDsBatchMeta, NvDsFrameMeta};

use crate::driver::{Driver, REGION, REGION_LISTS, batch_of, pick};
use crate::elements::{self, at, data};
use crate::library::P;

impl Driver {
    pub unsafe fn clear(&mut self, a: u32, b: u32) -> Option<()> {
        // SAFETY: owners with their own lists.
        unsafe {
            let run = |function, owner, place| {
                let list = *at::<P>(owner, place);
                self.library.run2(function, owner, list);
            };
            match a % 7 {
                0 => run(
                    "nvds_clear_frame_meta_list",
                    pick(&self.of_kind(false), b)?.cast(),
                    96,
                ),
                1 => run("nvds_clear_obj_meta_list", pick(&self.frames(), b)?, 104),
                2 => run(
                    "nvds_clear_classifier_meta_list",
                    pick(&self.objects(), b)?.1,
                    472,
                ),
                3 => run(
                    "nvds_clear_label_info_meta_list",
                    pick(&self.classifiers(), b)?.1,
                    48,
                ),
                4 => run(
                    "nvds_clear_batch_user_meta_list",
                    pick(&self.of_kind(false), b)?.cast(),
                    104,
                ),
                5 => run(
                    "nvds_clear_frame_user_meta_list",
                    pick(&self.frames(), b)?,
                    120,
                ),
                _ => run(
                    "nvds_clear_obj_user_meta_list",
                    pick(&self.objects(), b)?.1,
                    480,
                ),
            }
        }
        Some(())
    }

    pub unsafe fn clear_any(&mut self, a: u32, b: u32) -> Option<()> {
        let frame = pick(&self.frames(), b)?;
        // SAFETY: a live frame's list and the pool that its elements are from.
        unsafe {
            let batch = batch_of(frame);
            let (place, pool) = match a % 3 {
                0 => (104, (*batch).obj_meta_pool),
                1 => (112, (*batch).display_meta_pool),
                _ => (120, (*batch).user_meta_pool),
            };
            let list = *at::<P>(frame, place);
            *at(frame, place) =
                self.library
                    .get3("nvds_clear_meta_list", batch.cast(), list, pool.cast());
            if place == 104 {
                (*frame.cast::<NvDsFrameMeta>()).num_obj_meta = 0;
            }
        }
        Some(())
    }

    pub unsafe fn copy_one(&mut self, a: u32, b: u32, c: u32) -> Option<()> {
        let second = |found: Vec<(P, P)>| found.into_iter().map(|(_, element)| element).collect();
        let (function, elements): (_, Vec<P>) = match a % 5 {
            0 => ("nvds_copy_frame_meta", self.frames()),
            1 => ("nvds_copy_obj_meta", second(self.objects())),
            2 => ("nvds_copy_display_meta", second(self.displays())),
            3 => ("nvds_copy_classifier_meta", second(self.classifiers())),
            _ => ("nvds_copy_label_info_meta", second(self.labels())),
        };
        let (from, to) = (pick(&elements, b)?, pick(&elements, c)?);
        if from != to {
            // SAFETY: two elements of the function's type.
            unsafe { self.library.run2(function, from, to) };
        }
        Some(())
    }

    pub unsafe fn copy_list(&mut self, a: u32, b: u32, c: u32) -> Option<()> {
        // SAFETY: lists of owners of the type that the functions take.
        unsafe {
            let batches: Vec<P> = self
                .of_kind(false)
                .into_iter()
                .map(<*mut NvDsBatchMeta>::cast)
                .collect();
            let objects: Vec<P> = self
                .objects()
                .into_iter()
                .map(|(_, object)| object)
                .collect();
            let classifiers: Vec<P> = self
                .classifiers()
                .into_iter()
                .map(|(_, found)| found)
                .collect();
            let (function, owners, place) = match a % 8 {
                0 => ("nvds_copy_frame_meta_list", batches, 96),
                1 => ("nvds_copy_batch_user_meta_list", batches, 104),
                2 => ("nvds_copy_obj_meta_list", self.frames(), 104),
                3 => ("nvds_copy_display_meta_list", self.frames(), 112),
                4 => ("nvds_copy_frame_user_meta_list", self.frames(), 120),
                5 => ("nvds_copy_classification_list", objects, 472),
                6 => ("nvds_copy_obj_user_meta_list", objects, 480),
                _ => ("nvds_copy_label_info_list", classifiers, 48),
            };
            let (from, to) = (pick(&owners, b)?, pick(&owners, c)?);
            // On itself it might never end.
            if from != to {
                self.library.run2(function, *at::<P>(from, place), to);
            }
        }
        Some(())
    }

    pub unsafe fn region(&mut self, a: u32, b: u32, c: u32) -> Option<()> {
        let batch = pick(&self.of_kind(false), a)?;
        // SAFETY: a live batch, and a region of its size.
        unsafe {
            let region = *self
                .regions
                .entry(batch as usize)
                .or_insert_with(|| g_malloc0(REGION));
            let classifiers = data(*at::<*mut GList>(region, REGION_LISTS[0]));
            match b % 3 {
                0 => {
                    let function = "nvds_acquire_classifier_meta_from_pool";
                    let element = self.take(batch, function, &elements::classifier());
                    self.library
                        .run2("nvds_add_classifier_meta_to_roi", region, element);
                }
                1 => {
                    let user = self.take_user(batch, c);
                    self.library.run2("nvds_add_user_meta_to_roi", region, user);
                }
                _ => {
                    let element = pick(&classifiers, c)?;
                    self.library
                        .run2("nvds_remove_classifier_meta_from_roi", region, element);
                }
            }
        }
        Some(())
    }

    pub unsafe fn remove_audio(&mut self, a: u32, b: u32, c: u32) -> Option<()> {
        let frames = self.frames_of(true);
        // SAFETY: elements with their owners.
        unsafe {
            match a % 4 {
                0 => {
                    let frame = pick(&frames, b)?;
                    let function = "nvds_remove_audio_frame_meta_from_audio_batch";
                    self.library.run2(function, batch_of(frame).cast(), frame);
                }
                1 => {
                    let (frame, element) = pick(&self.below(frames, 240), b)?;
                    self.library.run2(
                        "nvds_remove_classifier_meta_from_audio_frame",
                        frame,
                        element,
                    );
                }
                2 => {
                    let (frame, element) = pick(&self.below(frames, 248), b)?;
                    self.library
                        .run2("nvds_remove_user_meta_from_audio_frame", frame, element);
                }
                _ => {
                    let batch = pick(&self.of_kind(true), b)?;
                    let element = pick(&data((*batch).batch_user_meta_list), c)?;
                    self.library.run2(
                        "nvds_remove_user_meta_from_audio_batch",
                        batch.cast(),
                        element,
                    );
                }
            }
        }
        Some(())
    }

    pub unsafe fn clear_audio(&mut self, a: u32, b: u32) -> Option<()> {
        // SAFETY: owners with their own lists.
        unsafe {
            let run = |function, owner, place| {
                let list = *at::<P>(owner, place);
                self.library.run2(function, owner, list);
            };
            let batch = pick(&self.of_kind(true), b)?.cast();
            match a % 4 {
                0 => run("nvds_clear_audio_frame_meta_list", batch, 96),
                1 => run("nvds_clear_audio_batch_user_meta_list", batch, 104),
                2 => run(
                    "nvds_clear_audio_classifier_meta_list",
                    pick(&self.frames_of(true), b)?,
                    240,
                ),
                _ => run(
                    "nvds_clear_audio_frame_user_meta_list",
                    pick(&self.frames_of(true), b)?,
                    248,
                ),
            }
        }
        Some(())
    }

    pub unsafe fn copy_audio(&mut self, a: u32, b: u32, c: u32) -> Option<()> {
        // SAFETY: lists and elements of the type that the functions take.
        unsafe {
            let batches: Vec<P> = self
                .of_kind(true)
                .into_iter()
                .map(<*mut NvDsBatchMeta>::cast)
                .collect();
            let frames = self.frames_of(true);
            let (function, owners, place) = match a % 5 {
                0 => ("nvds_copy_audio_frame_meta", frames, None),
                1 => ("nvds_copy_audio_frame_meta_list", batches, Some(96)),
                2 => ("nvds_copy_audio_batch_user_meta_list", batches, Some(104)),
                3 => ("nvds_copy_audio_classification_list", frames, Some(240)),
                _ => ("nvds_copy_audio_frame_user_meta_list", frames, Some(248)),
            };
            let (from, to) = (pick(&owners, b)?, pick(&owners, c)?);
            if from != to {
                let source = place.map_or(from, |place| *at::<P>(from, place));
                self.library.run2(function, source, to);
            }
        }
        Some(())
    }
}
