//! What the elements have in common: caps, frame sizes, warnings.

use std::sync::LazyLock;

use gst::prelude::*;
use nvds::{FrameSizes, SurfaceError};

/// The feature of DeepStream's batched surfaces.
const MEMORY_NVMM: &str = "memory:NVMM";

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

/// Where the frames lie and how large they are, as far as the caps tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caps {
    nvmm: bool,
    size: Option<(u32, u32)>,
}

impl Caps {
    /// Reads negotiated caps.
    pub fn read(caps: &gst::CapsRef) -> Self {
        let side = |structure: &gst::StructureRef, name| {
            structure
                .get::<i32>(name)
                .ok()
                .and_then(|n| u32::try_from(n).ok())
        };
        Self {
            nvmm: caps.features(0).is_some_and(|f| f.contains(MEMORY_NVMM)),
            size: caps
                .structure(0)
                .and_then(|s| Some((side(s, "width")?, side(s, "height")?))),
        }
    }

    /// The sizes of the frames in a buffer: of the surfaces, else as the mux noted, else the caps'.
    ///
    /// # Errors
    /// When NVMM memory does not hold a surface of the known layout; [`Self::sizes_without_surface`]
    /// still serves then.
    pub fn frame_sizes<'a>(
        &self,
        buffer: &'a gst::BufferRef,
    ) -> Result<FrameSizes<'a>, SurfaceError> {
        if self.nvmm {
            FrameSizes::of_surface(buffer, self.size)
        } else {
            Ok(self.sizes_without_surface())
        }
    }

    /// The frames' sizes as the caps tell them.
    pub fn sizes_without_surface(&self) -> FrameSizes<'static> {
        FrameSizes::of_caps(self.size)
    }
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

/// Warnings of one element. Each kind goes to the bus once, so that a broken stream of frames does
/// not flood it. They are posted only when no lock is held: a handler may read properties.
#[derive(Debug, Default)]
pub struct Warnings {
    told: u32,
    waiting: Vec<String>,
}

impl Warnings {
    /// Notes a warning of a kind (0..32). Returns whether it is the first of its kind.
    pub fn note(&mut self, kind: u32, text: impl FnOnce() -> String) -> bool {
        let bit = 1_u32.checked_shl(kind).unwrap_or(0);
        let first = self.told & bit == 0;
        if first {
            self.told |= bit;
            self.waiting.push(text());
        }
        first
    }

    /// What was noted since the last call.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting)
    }
}

/// Posts warnings as element messages, which gst-launch-1.0 prints, and logs them.
pub fn post(element: &impl IsA<gst::Element>, category: gst::DebugCategory, warnings: Vec<String>) {
    for text in warnings {
        gst::warning!(category, obj = element, "{text}");
        gst::element_warning!(
            element,
            gst::StreamError::Decode,
            ("{text}"),
            ["said once; the same trouble on later buffers is only counted"]
        );
    }
}
