//! What the elements have in common: they load the library, pass buffers on as they are, and say
//! once what is wrong.

use std::ffi::CString;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use nvds::{Batch, FrameSizes};

use crate::upstream;
use crate::video::Caps;

mod items;
mod warnings;

pub(crate) use items::{
    change_state_with_library, constructed_passing_through, in_place, metadata,
    properties_and_stats, set_caps, submit_with_own_metadata, video_pads,
};
pub use warnings::{Met, post};
use warnings::{NO_BATCH, NOT_COPIED, SHARED, SURFACE, Warnings};

pub use nvds::lock;

/// Always pads for raw video in any memory and of any format: pixels are not looked at.
pub fn pad_templates() -> &'static [gst::PadTemplate] {
    static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
        let caps = gst::Caps::builder("video/x-raw").any_features().build();
        [
            ("sink", gst::PadDirection::Sink),
            ("src", gst::PadDirection::Src),
        ]
        .into_iter()
        .filter_map(|(name, direction)| {
            gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
        })
        .collect()
    });
    &TEMPLATES
}

/// Makes a new element pass on the very buffers it gets.
pub fn pass_through(element: &impl IsA<gst_base::BaseTransform>) {
    element.set_in_place(true);
    element.set_passthrough(true);
}

/// Posts and logs what is to be said about settings. No lock may be held: a handler may read properties.
pub fn warn_of_settings(
    element: &impl IsA<gst::Element>,
    category: gst::DebugCategory,
    notes: Vec<String>,
) {
    for note in notes {
        gst::warning!(category, obj = element, "{note}");
        gst::element_warning!(element, gst::LibraryError::Settings, ("{note}"));
    }
}

/// An element's properties with the structure `stats`, a type that the derive macro does not know.
pub fn with_stats(derived: &[glib::ParamSpec], blurb: &str) -> Vec<glib::ParamSpec> {
    let stats = glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
        .nick("Statistics")
        .blurb(blurb)
        .read_only()
        .build();
    let mut properties = derived.to_vec();
    properties.push(stats);
    properties
}

/// Whether a property may be set now. One that is only read when the element starts keeps its value
/// while it runs, with a warning: it would read back as new and have no effect. No lock may be held.
pub fn may_set(
    element: &impl IsA<gst::Element>,
    category: gst::DebugCategory,
    property: &glib::ParamSpec,
) -> bool {
    let changeable = gst::PARAM_FLAG_MUTABLE_PAUSED | gst::PARAM_FLAG_MUTABLE_PLAYING;
    if !property.flags().contains(gst::PARAM_FLAG_MUTABLE_READY)
        || property.flags().intersects(changeable)
        || element.current_state() < gst::State::Paused
    {
        return true;
    }
    let name = property.name();
    let text = format!(
        "{name} not changed: it is read when the element starts; set the element to READY, then {name}"
    );
    gst::warning!(category, obj = element, "{text}");
    gst::element_warning!(element, gst::LibraryError::Settings, ("{text}"));
    false
}

/// `change_state` of an element that needs the metadata libraries from READY on.
///
/// # Errors
/// When they cannot be used, which is posted; and what the parent class says.
pub fn change_state<E: ElementImpl>(
    imp: &E,
    category: gst::DebugCategory,
    transition: gst::StateChange,
) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
    if transition == gst::StateChange::NullToReady {
        load_library(imp.obj().upcast_ref::<gst::Element>(), category)?;
    }
    imp.parent_change_state(transition)
}

/// Loads the metadata libraries, at NULL to READY. Posts an element error when there are none.
///
/// # Errors
/// When they cannot be used.
pub fn load_library(
    element: &impl IsA<gst::Element>,
    category: gst::DebugCategory,
) -> Result<(), gst::StateChangeError> {
    match nvds::library() {
        Ok(library) => {
            gst::info!(
                category,
                obj = element,
                "using {}",
                library.origin().display()
            );
            Ok(())
        }
        Err(error) => {
            gst::element_error!(element, gst::LibraryError::Init, ("{error}"));
            Err(gst::StateChangeError)
        }
    }
}

/// What an element keeps from start to stop, whatever it does.
#[derive(Debug, Default)]
pub struct Running {
    /// For the latency measurement.
    name: CString,
    category: Option<gst::DebugCategory>,
    caps: Caps,
    warnings: Warnings,
    met: Arc<Met>,
    /// The nearest `tee` upstream, if it was looked for.
    tee: Option<Option<String>>,
}

impl Running {
    /// At the start of an element.
    pub fn new(element: &impl IsA<gst::Object>, category: gst::DebugCategory) -> Self {
        Self {
            name: CString::new(element.name().as_str()).unwrap_or_default(),
            category: Some(category),
            ..Self::default()
        }
    }

    /// Counts what is warned of in `met`, from zero.
    pub fn counting(mut self, met: &Arc<Met>) -> Self {
        met.reset();
        self.met = Arc::clone(met);
        self
    }

    /// Takes note of negotiated caps.
    pub fn set_caps(&mut self, caps: &gst::CapsRef) {
        self.caps = Caps::read(caps);
        // The pipeline may have been built anew.
        self.tee = None;
    }

    /// Name of the nearest `tee` upstream, whose branches share the metadata.
    pub fn tee(&self) -> Option<&str> {
        self.tee.as_ref()?.as_deref()
    }

    /// Notes a warning of a kind (0..28), to be posted once for each kind.
    pub fn warn(&mut self, kind: u32, text: impl Fn() -> String) {
        self.met.add(kind);
        if !self.warnings.note(kind, &text)
            && let Some(category) = self.category
        {
            gst::log!(
                category,
                "{}: again: {}",
                self.name.to_string_lossy(),
                text()
            );
        }
    }

    /// The batch on a buffer. `None` if it has none, with a warning that says with `passed` what is
    /// done with the buffer.
    ///
    /// # Errors
    /// When the library cannot be used, or the batch is of an unknown release.
    pub fn batch<'a>(
        &mut self,
        buffer: &'a gst::BufferRef,
        passed: &str,
    ) -> Result<Option<Batch<'a>>, gst::ErrorMessage> {
        let batch = Batch::from_buffer(buffer)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Failed, ("{error}")))?;
        if batch.is_none() {
            self.warn(NO_BATCH, || {
                format!("a buffer has no batch metadata{passed}: is there an nvstreammux upstream?")
            });
        }
        Ok(batch)
    }

    /// The sizes of the frames in a buffer. When the surfaces do not tell them, with a warning, what
    /// else does.
    pub fn frame_sizes<'a>(&mut self, buffer: &'a gst::BufferRef) -> FrameSizes<'a> {
        let caps = self.caps;
        caps.frame_sizes(buffer).unwrap_or_else(|error| {
            self.warn(SURFACE, || {
                format!("frame sizes are taken from the caps: {error}")
            });
            caps.sizes_without_surface()
        })
    }

    /// Notes, of a buffer that was given metadata of its own, the type of the user metas that it lacks.
    pub fn note_lost(&mut self, lost: Option<i32>) {
        if let Some(meta_type) = lost {
            self.warn(NOT_COPIED, || {
                format!(
                    "with own-metadata, user metas of type {meta_type} are missing behind this element: \
                     who attaches them gave them no function to copy them"
                )
            });
        }
    }

    /// Width and height of frames as the caps tell them.
    pub fn caps_size(&self) -> Option<(u32, u32)> {
        self.caps.size()
    }

    /// Marks the time at which the element gets a buffer.
    pub fn stamp_input(&self, buffer: &gst::BufferRef) {
        nvds::stamp_input(buffer, &self.name);
    }

    /// Marks the time at which the element passes a buffer on.
    pub fn stamp_output(&self, buffer: &gst::BufferRef) {
        nvds::stamp_output(buffer, &self.name);
    }

    /// The warnings noted since the last call, to be posted when no lock is held.
    pub fn take_warnings(&mut self) -> Vec<String> {
        self.warnings.take()
    }
}

/// `submit_input_buffer` of an element with the property own-metadata: hands on the buffer, or one that
/// has metadata of its own.
///
/// # Errors
/// When the metadata cannot be copied, which is posted; and what the parent class says.
pub fn submit<E, S>(
    imp: &E,
    own_metadata: bool,
    state: &Mutex<S>,
    is_discont: bool,
    buffer: gst::Buffer,
) -> Result<gst::FlowSuccess, gst::FlowError>
where
    E: BaseTransformImpl,
    S: AsMut<Running>,
{
    if !own_metadata {
        return imp.parent_submit_input_buffer(is_discont, buffer);
    }
    let own = nvds::with_own_metadata(buffer).map_err(|error| {
        imp.post_error_message(gst::error_msg!(gst::StreamError::Failed, ("{error}")));
        gst::FlowError::Error
    })?;
    lock(state).as_mut().note_lost(own.lost);
    imp.parent_submit_input_buffer(is_discont, own.buffer)
}

/// `transform_ip_passthrough` of an element that changes metadata: as [`pass`], with a warning of a buffer that
/// the branches of a `tee` before the element hold, too.
///
/// # Errors
/// As [`pass`].
pub fn pass_changing<E, S>(
    imp: &E,
    category: gst::DebugCategory,
    state: &Mutex<S>,
    buffer: &gst::Buffer,
    work: impl FnOnce(&mut S, &gst::BufferRef) -> Result<(), gst::ErrorMessage>,
) -> Result<gst::FlowSuccess, gst::FlowError>
where
    E: ElementImpl,
    S: AsMut<Running>,
{
    let mut locked = lock(state);
    if locked.as_mut().tee.is_none() {
        drop(locked);
        // Pads are locked on the way up: no lock is held here.
        let found = upstream::tee(imp.obj().upcast_ref());
        locked = lock(state);
        locked.as_mut().tee = Some(found);
    }
    let run = locked.as_mut();
    if !buffer.is_writable()
        && let Some(tee) = run.tee().map(str::to_owned)
    {
        run.warn(SHARED, || {
            format!(
                "the branches behind {tee} share the metadata that this element changes: what one \
                 attaches or restyles, the others show too. Set own-metadata=true on this element in \
                 each branch, or place it before {tee}: docs/behind-a-tee.md"
            )
        });
    }
    work_on(imp, category, locked, buffer, work)
}

/// `transform_ip_passthrough`: does an element's work on one buffer, then posts what went wrong.
///
/// # Errors
/// When the work fails; the error is posted.
pub fn pass<E, S>(
    imp: &E,
    category: gst::DebugCategory,
    state: &Mutex<S>,
    buffer: &gst::BufferRef,
    work: impl FnOnce(&mut S, &gst::BufferRef) -> Result<(), gst::ErrorMessage>,
) -> Result<gst::FlowSuccess, gst::FlowError>
where
    E: ElementImpl,
    S: AsMut<Running>,
{
    work_on(imp, category, lock(state), buffer, work)
}

fn work_on<E, S>(
    imp: &E,
    category: gst::DebugCategory,
    mut state: MutexGuard<'_, S>,
    buffer: &gst::BufferRef,
    work: impl FnOnce(&mut S, &gst::BufferRef) -> Result<(), gst::ErrorMessage>,
) -> Result<gst::FlowSuccess, gst::FlowError>
where
    E: ElementImpl,
    S: AsMut<Running>,
{
    state.as_mut().stamp_input(buffer);
    let result = work(&mut state, buffer);
    state.as_mut().stamp_output(buffer);
    let warnings = state.as_mut().take_warnings();
    drop(state);
    post(imp.obj().upcast_ref::<gst::Element>(), category, warnings);
    result.map(|()| gst::FlowSuccess::Ok).map_err(|error| {
        imp.post_error_message(error);
        gst::FlowError::Error
    })
}
