//! Executes a script on a library and describes, after each step, all that can be seen: pools, elements, buffers,
//! calls of functions.

use std::collections::HashMap;
use std::path::Path;
use std::ptr::null_mut;

use glib_sys::GList;
use gst_sys::GstBuffer;
use nvds_sys::{NvDsBatchMeta, NvDsClassifierMeta, NvDsFrameMeta, NvDsObjectMeta, NvDsUserMeta};

use crate::buffers;
use crate::callbacks::{for_user, next, note, notes};
use crate::elements::{self, Shape, at, data, fill};
use crate::library::{Library, P};

/// What a library's functions are called on.
pub struct Driver {
    pub library: Library,
    /// Batches that hang on no buffer.
    pub batches: Vec<*mut NvDsBatchMeta>,
    pub buffers: Vec<*mut GstBuffer>,
    pub regions: HashMap<usize, P>,
    /// Elements seen so far: a number, and the batch that they are of.
    pub seen: HashMap<usize, (usize, usize)>,
    pub count: usize,
    pub seed: u32,
    pub verbose: bool,
}

/// The element of a list at a number, modulo its length.
pub fn pick<T: Copy>(from: &[T], number: u32) -> Option<T> {
    (!from.is_empty()).then(|| from[number as usize % from.len()])
}

/// Size of an NvDsRoiMeta, and its lists.
pub const REGION: usize = 248;
pub const REGION_LISTS: [usize; 2] = [224, 232];

/// A video frame's or an audio frame's list.
pub type ListOf = (P, *mut *mut GList);

impl Driver {
    pub fn new(folder: &Path, verbose: bool) -> Self {
        // SAFETY: no arguments.
        unsafe { gst_sys::gst_init(null_mut(), null_mut()) };
        let library = Library::open(folder);
        // Before that the API has no tag.
        // SAFETY: the function takes nothing.
        unsafe { library.function::<unsafe extern "C" fn() -> usize>("nvds_meta_api_get_type")() };
        Self {
            library,
            batches: Vec::new(),
            buffers: Vec::new(),
            regions: HashMap::new(),
            seen: HashMap::new(),
            count: 0,
            seed: 0,
            verbose,
        }
    }

    /// All batches that live, those on buffers last.
    pub fn all(&self) -> Vec<*mut NvDsBatchMeta> {
        let mut all = self.batches.clone();
        for &buffer in &self.buffers {
            // SAFETY: a live buffer of the driver's.
            all.extend(unsafe { buffers::batches(buffer) });
        }
        all
    }

    pub fn of_kind(&self, audio: bool) -> Vec<*mut NvDsBatchMeta> {
        let mut all = self.all();
        // SAFETY: live batches.
        all.retain(|batch| unsafe { (**batch).obj_meta_pool.is_null() } == audio);
        all
    }

    pub fn frames_of(&self, audio: bool) -> Vec<P> {
        let batches = self.of_kind(audio);
        // SAFETY: live batches.
        batches
            .iter()
            .flat_map(|batch| unsafe { data((**batch).frame_meta_list) })
            .collect()
    }

    /// All video frames that are attached.
    pub fn frames(&self) -> Vec<P> {
        self.frames_of(false)
    }

    pub fn below(&self, owners: Vec<P>, place: usize) -> Vec<(P, P)> {
        let mut found = Vec::new();
        for owner in owners {
            // SAFETY: a live owner, which has a list there.
            let list = unsafe { data(*at::<*mut GList>(owner, place)) };
            found.extend(list.into_iter().map(|element| (owner, element)));
        }
        found
    }

    /// Objects with their frames, displays with theirs, classifiers with their objects, labels with theirs.
    pub fn objects(&self) -> Vec<(P, P)> {
        self.below(self.frames(), 104)
    }

    pub fn displays(&self) -> Vec<(P, P)> {
        self.below(self.frames(), 112)
    }

    pub fn classifiers(&self) -> Vec<(P, P)> {
        let objects = self
            .objects()
            .into_iter()
            .map(|(_, object)| object)
            .collect();
        let mut found = self.below(objects, 472);
        found.extend(self.below(self.frames_of(true), 240));
        found
    }

    pub fn labels(&self) -> Vec<(P, P)> {
        self.below(self.classifiers().into_iter().map(|(_, c)| c).collect(), 48)
    }

    /// Places of lists of user metas of batches, frames and objects, by a number.
    pub fn user_lists(&self, which: u32) -> Vec<ListOf> {
        // SAFETY: live owners.
        unsafe {
            match which % 3 {
                0 => {
                    let batches = self.of_kind(false);
                    let place =
                        |b: *mut NvDsBatchMeta| (b.cast(), &raw mut (*b).batch_user_meta_list);
                    batches.into_iter().map(place).collect()
                }
                1 => self.frames().into_iter().map(|f| (f, at(f, 120))).collect(),
                _ => self
                    .objects()
                    .into_iter()
                    .map(|(_, o)| (o, at(o, 480)))
                    .collect(),
            }
        }
    }

    pub fn seed(&mut self) -> u32 {
        self.seed += 1;
        self.seed
    }

    /// Takes an element and fills it.
    ///
    /// # Safety
    /// The batch must be alive and have the pool.
    pub unsafe fn take(&mut self, batch: *mut NvDsBatchMeta, function: &str, shape: &Shape) -> P {
        let seed = self.seed();
        // SAFETY: as the caller vouches.
        unsafe {
            let element = self.library.get1(function, batch.cast());
            fill(shape, element, seed);
            element
        }
    }

    /// Takes a user meta and fills it, by a number.
    ///
    /// # Safety
    /// The batch must be alive.
    pub unsafe fn take_user(&mut self, batch: *mut NvDsBatchMeta, number: u32) -> P {
        // SAFETY: as the caller vouches.
        unsafe {
            let user = self
                .library
                .get1("nvds_acquire_user_meta_from_pool", batch.cast());
            let meta: *mut NvDsUserMeta = user.cast();
            let (copy, release) = for_user(number);
            (*meta).base_meta.meta_type = 9000 + number as i32;
            (*meta).base_meta.uContext = (number as usize * 100) as P;
            (*meta).base_meta.copy_func = copy;
            (*meta).base_meta.release_func = release;
            (*meta).user_meta_data = next();
            user
        }
    }

    /// Executes a step, if there is what it needs.
    pub fn step(&mut self, name: &str, [a, b, c, d]: [u32; 4]) -> Option<()> {
        // SAFETY: functions of the library with elements of its own, each of the type that it takes.
        unsafe {
            match name {
                "create" if self.batches.len() < 4 => {
                    self.create(1 + a % 4, "nvds_create_batch_meta")
                }
                "create_audio" if self.batches.len() < 4 => {
                    self.create(1 + a % 4, "nvds_create_audio_batch_meta")
                }
                "destroy" => {
                    let batch = pick(&self.batches, a)?;
                    self.batches.retain(|other| *other != batch);
                    let audio = (*batch).obj_meta_pool.is_null();
                    let function = if audio {
                        "nvds_destroy_audio_batch_meta"
                    } else {
                        "nvds_destroy_batch_meta"
                    };
                    let done = self.library.number1(function, batch.cast());
                    note(format!("destroyed {done}"));
                }
                "copy" if self.batches.len() < 6 => {
                    let batch = pick(&self.all(), a)?;
                    let audio = (*batch).obj_meta_pool.is_null();
                    let function = if audio {
                        "nvds_audio_batch_meta_copy_func"
                    } else {
                        "nvds_batch_meta_copy_func"
                    };
                    let copy = self.library.get2(function, batch.cast(), 7 as P);
                    self.batches.push(copy.cast());
                }
                "lone" => {
                    let batch = pick(&self.all(), a)?;
                    let audio = (*batch).obj_meta_pool.is_null();
                    match (b % 6, audio) {
                        (0, false) => self.take(
                            batch,
                            "nvds_acquire_frame_meta_from_pool",
                            &elements::frame(),
                        ),
                        (0, true) => self.take(
                            batch,
                            "nvds_acquire_audio_frame_meta_from_pool",
                            &elements::audio_frame(),
                        ),
                        (1, false) => self.take(
                            batch,
                            "nvds_acquire_obj_meta_from_pool",
                            &elements::object(),
                        ),
                        (2, false) => self.take(
                            batch,
                            "nvds_acquire_display_meta_from_pool",
                            &elements::display(),
                        ),
                        (3, _) => self.take(
                            batch,
                            "nvds_acquire_classifier_meta_from_pool",
                            &elements::classifier(),
                        ),
                        (4, _) => self.take(
                            batch,
                            "nvds_acquire_label_info_meta_from_pool",
                            &elements::label(),
                        ),
                        _ if c.is_multiple_of(2) => self.take_user(batch, d),
                        // With what it had before.
                        _ => self
                            .library
                            .get1("nvds_acquire_user_meta_from_pool", batch.cast()),
                    };
                }
                "add_frame" => {
                    let batch = pick(&self.of_kind(false), a)?;
                    let frame = self.take(
                        batch,
                        "nvds_acquire_frame_meta_from_pool",
                        &elements::frame(),
                    );
                    self.library
                        .run2("nvds_add_frame_meta_to_batch", batch.cast(), frame);
                }
                "add_object" => self.add_object(a, c)?,
                "add_objects" => {
                    for _ in 0..40 {
                        self.add_object(a, c)?;
                    }
                }
                "add_display" => {
                    let frame = pick(&self.frames(), a)?;
                    let batch = batch_of(frame);
                    let display = self.take(
                        batch,
                        "nvds_acquire_display_meta_from_pool",
                        &elements::display(),
                    );
                    self.library
                        .run2("nvds_add_display_meta_to_frame", frame, display);
                }
                "add_classifier" => {
                    let (_, object) = pick(&self.objects(), a)?;
                    let batch = batch_of(object);
                    let element = self.take(
                        batch,
                        "nvds_acquire_classifier_meta_from_pool",
                        &elements::classifier(),
                    );
                    self.library
                        .run2("nvds_add_classifier_meta_to_object", object, element);
                }
                "add_label" => {
                    let (_, classifier) = pick(&self.classifiers(), a)?;
                    let batch = batch_of(classifier);
                    let label = self.take(
                        batch,
                        "nvds_acquire_label_info_meta_from_pool",
                        &elements::label(),
                    );
                    self.library
                        .run2("nvds_add_label_info_meta_to_classifier", classifier, label);
                }
                "add_user" => {
                    let (owner, _) = pick(&self.user_lists(a), b)?;
                    let user = self.take_user(batch_of(owner), c);
                    let function = [
                        "nvds_add_user_meta_to_batch",
                        "nvds_add_user_meta_to_frame",
                        "nvds_add_user_meta_to_obj",
                    ];
                    self.library.run2(function[a as usize % 3], owner, user);
                }
                "remove_frame" => {
                    let frame = pick(&self.frames(), a)?;
                    self.library.run2(
                        "nvds_remove_frame_meta_from_batch",
                        batch_of(frame).cast(),
                        frame,
                    );
                }
                "remove_object" => {
                    let (frame, object) = pick(&self.objects(), a)?;
                    self.library
                        .run2("nvds_remove_obj_meta_from_frame", frame, object);
                }
                "remove_display" => {
                    let (frame, display) = pick(&self.displays(), a)?;
                    self.library
                        .run2("nvds_remove_display_meta_from_frame", frame, display);
                }
                "remove_classifier" => {
                    let mut all = self.classifiers();
                    all.retain(|(owner, _)| is_object(*owner));
                    let (object, classifier) = pick(&all, a)?;
                    self.library
                        .run2("nvds_remove_classifier_meta_from_obj", object, classifier);
                }
                "remove_label" => {
                    let (classifier, label) = pick(&self.labels(), a)?;
                    self.library.run2(
                        "nvds_remove_label_info_meta_from_classifier",
                        classifier,
                        label,
                    );
                }
                "remove_user" => {
                    let mut lists = self.user_lists(a);
                    lists.retain(|(_, list)| !(**list).is_null());
                    let (owner, list) = pick(&lists, b)?;
                    let user = pick(&data(*list), c)?;
                    let function = [
                        "nvds_remove_user_meta_from_batch",
                        "nvds_remove_user_meta_from_frame",
                        "nvds_remove_user_meta_from_object",
                    ];
                    self.library.run2(function[a as usize % 3], owner, user);
                }
                "clear" => self.clear(a, b)?,
                "clear_any" => self.clear_any(a, b)?,
                "copy_one" => self.copy_one(a, b, c)?,
                "copy_list" => self.copy_list(a, b, c)?,
                "region" => self.region(a, b, c)?,
                "nth" => {
                    let batch = pick(&self.all(), a)?;
                    let audio = (*batch).obj_meta_pool.is_null();
                    let name = if audio {
                        "nvds_get_nth_audio_frame_meta"
                    } else {
                        "nvds_get_nth_frame_meta"
                    };
                    let nth: unsafe extern "C" fn(*mut GList, u32) -> P =
                        self.library.function(name);
                    let frame = nth((*batch).frame_meta_list, b % 5);
                    let name = self.id(frame);
                    note(format!("nth {name}"));
                }
                "type" => {
                    let text = [c"one".as_ptr(), c"two".as_ptr()][a as usize % 2];
                    let number = self
                        .library
                        .number1("nvds_get_user_meta_type", text.cast_mut().cast());
                    note(format!(
                        "type {}",
                        number == 8193 + glib_sys::g_quark_from_string(text) as i32
                    ));
                    note(format!(
                        "of none {}",
                        self.library.number1("nvds_get_user_meta_type", null_mut())
                    ));
                }
                "add_audio_frame" => {
                    let batch = pick(&self.of_kind(true), a)?;
                    let function = "nvds_acquire_audio_frame_meta_from_pool";
                    let frame = self.take(batch, function, &elements::audio_frame());
                    self.library.run2(
                        "nvds_add_audio_frame_meta_to_audio_batch",
                        batch.cast(),
                        frame,
                    );
                }
                "add_audio_classifier" => {
                    let frame = pick(&self.frames_of(true), a)?;
                    let function = "nvds_acquire_classifier_meta_from_pool";
                    let element = self.take(batch_of(frame), function, &elements::classifier());
                    self.library
                        .run2("nvds_add_classifier_meta_to_audio_frame", frame, element);
                }
                "add_audio_user" => {
                    if a.is_multiple_of(2) {
                        let batch = pick(&self.of_kind(true), b)?;
                        let user = self.take_user(batch, c);
                        self.library
                            .run2("nvds_add_user_meta_to_audio_batch", batch.cast(), user);
                    } else {
                        let frame = pick(&self.frames_of(true), b)?;
                        let user = self.take_user(batch_of(frame), c);
                        self.library
                            .run2("nvds_add_user_meta_to_audio_frame", frame, user);
                    }
                }
                "remove_audio" => self.remove_audio(a, b, c)?,
                "clear_audio" => self.clear_audio(a, b)?,
                "copy_audio" => self.copy_audio(a, b, c)?,
                _ => buffers::step(self, name, [a, b, c, d])?,
            }
        }
        Some(())
    }

    /// # Safety
    /// The function must make a batch.
    unsafe fn create(&mut self, frames: u32, function: &str) {
        // SAFETY: as the caller vouches.
        unsafe { self.batches.push(self.made(frames, function)) };
    }

    /// # Safety
    /// The function must make a batch.
    pub unsafe fn made(&self, frames: u32, function: &str) -> *mut NvDsBatchMeta {
        // SAFETY: as the caller vouches.
        unsafe {
            let create: unsafe extern "C" fn(u32) -> *mut NvDsBatchMeta =
                self.library.function(function);
            let batch = create(frames);
            (*batch).max_frames_in_batch = frames;
            (*batch).misc_batch_info = [i64::from(frames), 2, 3, 4];
            (*batch).reserved = [5, 6, 7, i64::from(frames)];
            batch
        }
    }

    unsafe fn add_object(&mut self, a: u32, c: u32) -> Option<()> {
        let frame = pick(&self.frames(), a)?;
        // SAFETY: a live frame.
        unsafe {
            let others = data((*frame.cast::<NvDsFrameMeta>()).obj_meta_list);
            let parent = if c.is_multiple_of(2) {
                pick(&others, c / 2)
            } else {
                None
            };
            let function = "nvds_acquire_obj_meta_from_pool";
            let object = self.take(batch_of(frame), function, &elements::object());
            self.library.run3(
                "nvds_add_obj_meta_to_frame",
                frame,
                object,
                parent.unwrap_or(null_mut()),
            );
        }
        Some(())
    }

    /// Drops everything, and tells of the calls that this makes.
    pub fn end(&mut self) -> Vec<String> {
        while !self.buffers.is_empty() {
            let _ = self.step("buffer_drop", [0; 4]);
        }
        while !self.batches.is_empty() {
            let _ = self.step("destroy", [0; 4]);
        }
        self.look();
        notes()
    }
}

/// # Safety
/// An element or batch that begins with a base.
pub unsafe fn batch_of(element: P) -> *mut NvDsBatchMeta {
    // SAFETY: as the caller vouches.
    unsafe { (*element.cast::<nvds_sys::NvDsBaseMeta>()).batch_meta }
}

/// # Safety
/// An element that begins with a base.
unsafe fn is_object(element: P) -> bool {
    // SAFETY: as the caller vouches.
    unsafe { (*element.cast::<nvds_sys::NvDsBaseMeta>()).meta_type == 3 }
}

const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(NvDsObjectMeta, obj_user_meta_list) == 480);
    assert!(offset_of!(NvDsObjectMeta, classifier_meta_list) == 472);
    assert!(offset_of!(NvDsFrameMeta, obj_meta_list) == 104);
    assert!(offset_of!(NvDsFrameMeta, display_meta_list) == 112);
    assert!(offset_of!(NvDsFrameMeta, frame_user_meta_list) == 120);
    assert!(offset_of!(NvDsClassifierMeta, label_info_list) == 48);
    assert!(offset_of!(NvDsBatchMeta, frame_meta_list) == 96);
    assert!(offset_of!(NvDsBatchMeta, batch_user_meta_list) == 104);
};
