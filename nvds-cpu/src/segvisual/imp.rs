use std::sync::{LazyLock, Mutex, MutexGuard};

use glib::Properties;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_video::{VideoFormat, VideoInfo};
use nvds::{Batch, lock};

use super::paint::Style;
use super::state::{NO_BATCH, State, check, paint};
use crate::caps;
use crate::own_buffers;
use crate::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvsegvisual",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvsegvisual"),
    )
});

#[derive(Debug, Clone)]
struct Settings {
    unique_id: u32,
    gpu_id: u32,
    batch_size: u32,
    width: u32,
    height: u32,
    operate_on_seg_meta_id: i32,
    original_background: bool,
    class_id: u32,
    alpha: f32,
    gpu_on: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unique_id: 0,
            gpu_id: 0,
            batch_size: 1,
            width: 1280,
            height: 720,
            operate_on_seg_meta_id: -1,
            original_background: false,
            class_id: 0,
            alpha: 1.0,
            gpu_on: true,
        }
    }
}

/// See the module.
#[derive(Default, Properties)]
#[properties(wrapper_type = super::SegVisual)]
pub struct SegVisual {
    #[property(name = "unique-id", get, set, type = u32, member = unique_id, nick = "unique-id",
        blurb = "Number of the element (without effect)")]
    #[property(name = "gpu-id", get, set, type = u32, member = gpu_id, nick = "gpu-id",
        blurb = "GPU; without effect, as there is none", mutable_ready)]
    #[property(name = "batch-size", get, set, type = u32, member = batch_size, minimum = 1, default = 1,
        nick = "batch-size", blurb = "Frames of a batch (without effect: as many as there are)", mutable_ready)]
    #[property(name = "width", get, set, type = u32, member = width, default = 1280, nick = "width",
        blurb = "Width of the picture that comes out: that of the network's output")]
    #[property(name = "height", get, set, type = u32, member = height, default = 720, nick = "height",
        blurb = "Height of the picture that comes out: that of the network's output")]
    #[property(name = "operate-on-seg-meta-id", get, set, type = i32, member = operate_on_seg_meta_id,
        minimum = -1, default = -1, nick = "operate-on-seg-meta-id",
        blurb = "unique-id of the element whose segmentations are painted; 0 or -1 for all", mutable_ready)]
    #[property(name = "original-background", get, set, type = bool, member = original_background,
        nick = "original-background", blurb = "Leave pixels of class-id as they are, blend the others with alpha")]
    #[property(name = "class-id", get, set, type = u32, member = class_id, nick = "class-id",
        blurb = "With original-background: the class whose pixels stay")]
    #[property(name = "alpha", get, set, type = f32, member = alpha, minimum = 0.0, maximum = 1.0, default = 1.0,
        nick = "alpha", blurb = "With original-background: how much of the colour is seen")]
    #[property(name = "gpu-on", get, set, type = bool, member = gpu_on, default = true, nick = "gpu-on",
        blurb = "Paint on the GPU; without effect, as there is none")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

impl SegVisual {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    fn fail(&self, error: &str) -> gst::FlowError {
        gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
        gst::FlowError::Error
    }

    /// Stretches the frames of a buffer and paints them. Returns what there is to warn about.
    fn draw(
        &self,
        state: &mut State,
        inbuf: &gst::BufferRef,
        outbuf: &gst::BufferRef,
    ) -> Result<Vec<String>, String> {
        let settings = self.settings().clone();
        let (from, to) = (
            Surfaces::map(inbuf).map_err(|e| e.to_string())?,
            Surfaces::map(outbuf).map_err(|e| e.to_string())?,
        );
        for index in 0..to.len().min(from.len()) {
            state.stretch(&from, &to, index)?;
        }
        let style = Style {
            background: settings
                .original_background
                .then_some(settings.class_id as i32),
            alpha: settings.alpha,
        };
        let batch = Batch::from_buffer(inbuf).map_err(|e| e.to_string())?;
        let batch = batch.ok_or(NO_BATCH)?;
        let locked = batch.lock();
        let mut warnings = Vec::new();
        for frame in locked.frames() {
            for meta in frame.user_metas() {
                let Some(segmentation) = meta.as_segmentation() else {
                    continue;
                };
                let id = settings.operate_on_seg_meta_id;
                if id > 0 && segmentation.unique_id.is_some_and(|own| own != id) {
                    continue;
                }
                warnings.extend(paint(&segmentation, &to, frame.batch_id() as usize, style)?);
            }
        }
        drop(locked);
        warnings.retain(|warning| state.told.insert(warning.clone()));
        Ok(warnings)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for SegVisual {
    const NAME: &'static str = "GstNvSegVisual";
    type Type = super::SegVisual;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for SegVisual {
    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for SegVisual {}

impl ElementImpl for SegVisual {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "nvsegvisual",
                "nvsegvisual",
                "Paints the classes of segmentations (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template = |name, direction, formats: &[VideoFormat]| {
                let caps = caps::nvmm_template(formats);
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
            };
            let src = template("src", gst::PadDirection::Src, &[VideoFormat::Rgba]);
            let formats = [VideoFormat::Nv12, VideoFormat::Rgba];
            let sink = template("sink", gst::PadDirection::Sink, &formats);
            src.into_iter().chain(sink).collect()
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for SegVisual {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        let (width, height) = {
            let settings = self.settings();
            (settings.width, settings.height)
        };
        let sides = 1..=surface::MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                (
                    "width={width} height={height}: expected 1 to {} pixels, those of the network's output",
                    surface::MAX_SIDE
                )
            ));
        }
        *lock(&self.state) = State::default();
        Ok(())
    }

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let mut result = gst::Caps::new_empty();
        for structure in caps.iter() {
            let formats: &[VideoFormat] = match direction {
                gst::PadDirection::Sink => &[VideoFormat::Rgba],
                _ => &[VideoFormat::Nv12, VideoFormat::Rgba],
            };
            let mut other = caps::nvmm_template(formats);
            if let Ok(rate) = structure.value("framerate") {
                other.make_mut().set_value("framerate", rate.to_owned());
            }
            result.merge(other);
        }
        gst::log!(CAT, imp = self, "{direction:?}: {caps} becomes {result}");
        Some(crate::caps::filtered(result, filter))
    }

    fn fixate_caps(
        &self,
        direction: gst::PadDirection,
        _caps: &gst::Caps,
        mut othercaps: gst::Caps,
    ) -> gst::Caps {
        othercaps.truncate();
        if direction == gst::PadDirection::Sink {
            let settings = self.settings();
            for structure in othercaps.make_mut().iter_mut() {
                structure.set("width", caps::to_int(settings.width));
                structure.set("height", caps::to_int(settings.height));
            }
        }
        othercaps.fixate();
        othercaps
    }

    fn set_caps(&self, _incaps: &gst::Caps, outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(outcaps)
            .map_err(|_| gst::loggable_error!(CAT, "{outcaps} does not describe video"))?;
        let mut state = lock(&self.state);
        state.placements.clear();
        state.output = ColorFormat::of(&info).map(|format| SurfaceDesc {
            width: info.width(),
            height: info.height(),
            format,
        });
        Ok(())
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        own_buffers::remove_pools(query);
        Ok(())
    }

    fn prepare_output_buffer(
        &self,
        inbuf: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        let inbuf = own_buffers::input(&inbuf);
        let desc = lock(&self.state).output;
        let desc = desc.ok_or(gst::FlowError::NotNegotiated)?;
        check(inbuf).map_err(|error| self.fail(&error))?;
        let count = Surfaces::map(inbuf)
            .map_err(|e| self.fail(&e.to_string()))?
            .len();
        let mut out = surface::alloc(&vec![desc; count], MemoryKind::Nvds)
            .map_err(|e| self.fail(&e.to_string()))?;
        own_buffers::adopt(&mut out, inbuf, true);
        Ok(PrepareOutputBufferSuccess::Buffer(out))
    }

    fn transform(
        &self,
        inbuf: &gst::Buffer,
        outbuf: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let drawn = self.draw(&mut lock(&self.state), inbuf, outbuf);
        // With the state unlocked: whoever handles the message may ask the element something.
        for warning in drawn.map_err(|error| self.fail(&error))? {
            gst::element_imp_warning!(self, gst::StreamError::Failed, ("{warning}"));
        }
        Ok(gst::FlowSuccess::Ok)
    }
}
