//! The element's class.
#![allow(missing_docs)] // accessors that the property macro makes

use std::ffi::{CStr, CString};
use std::sync::{Arc, LazyLock, Mutex};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoFormat;
use nvds::Batch;

use super::settings::{DEFAULT_CLOCK_SIZE, Settings, parse_classes};
use super::{ProcessMode, scene};
use crate::caps::{self, MEMORY_NVMM};
use crate::osd::{ClockTime, DrawError, Image, Mode, Renderer};
use crate::surface::Surfaces;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdsosd",
        gst::DebugColorFlags::empty(),
        Some("CPU nvdsosd"),
    )
});

/// What lives from start to stop.
#[derive(Debug, Default)]
struct State {
    renderer: Renderer,
    /// Width and height in the caps.
    size: Option<(usize, usize)>,
    /// Name of the element, for latency measurement.
    name: Arc<CStr>,
    dropped_texts: usize,
}

#[derive(Debug, Default, glib::Properties)]
#[properties(wrapper_type = super::DsOsd)]
pub struct DsOsd {
    #[property(name = "display-clock", type = bool, get, set, member = display_clock, nick = "clock",
        blurb = "Draw the local date and time", default = false)]
    #[property(name = "display-text", type = bool, get, set, member = display_text, nick = "text",
        blurb = "Draw texts, and the clock if it is on", default = true)]
    #[property(name = "clock-font", type = Option<String>, get = Self::clock_font, set = Self::set_clock_font,
        nick = "clock-font", blurb = "Font of the clock (unset: Serif)", default = Some("DEFAULT_FONT"))]
    #[property(name = "clock-font-size", type = u32, get = Self::clock_font_size, set = Self::set_clock_font_size,
        nick = "clock-font-size", blurb = "Size of the clock's font in points (unset: 12)", maximum = 60,
        default = DEFAULT_CLOCK_SIZE, mutable_ready)]
    #[property(name = "x-clock-offset", type = u32, get, set, member = x_clock_offset, nick = "x-clock-offset",
        blurb = "Left edge of the clock in pixels", mutable_ready)]
    #[property(name = "y-clock-offset", type = u32, get, set, member = y_clock_offset, nick = "y-clock-offset",
        blurb = "Top edge of the clock in pixels", mutable_ready)]
    #[property(name = "clock-color", type = u32, get = Self::clock_color, set = Self::set_clock_color,
        nick = "clock-color", blurb = "Colour of the clock as 0xRRGGBBAA (unset: opaque red)", default = u32::MAX,
        mutable_ready)]
    #[property(name = "process-mode", type = ProcessMode, get, set, member = process_mode, nick = "Process Mode",
        blurb = "Rules to draw by: those of the GPU, or Cairo's on the CPU, which take RGBA only",
        mutable_ready, builder(ProcessMode::default()))]
    #[property(name = "gpu-id", type = u32, get, set, member = gpu_id, nick = "Set GPU Device ID",
        blurb = "Number of the GPU; without meaning here, where none is used", mutable_ready)]
    #[property(name = "display-bbox", type = bool, get, set, member = display_bbox, nick = "text",
        blurb = "Draw boxes", default = true)]
    #[property(name = "display-mask", type = bool, get, set, member = display_mask, nick = "text",
        blurb = "Draw instance masks (unset: off)", default = true)]
    #[property(name = "blur-on-gie-class-ids", type = Option<String>, get = Self::blur_ids, set = Self::set_blur_ids,
        nick = "Blur on GIE Class Ids",
        blurb = "Which objects blur-bbox means, as gie-unique-id,class-id;... (unset: all)", mutable_ready)]
    #[property(name = "blur-bbox", type = u32, get, set, member = blur_bbox, nick = "Blur Bbox",
        blurb = "What to blur of objects: 0 nothing, 1 the box, 2 with blur-on-gie-class-ids the mask, else the box",
        maximum = 2, mutable_ready)]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// Shown instead of the local time.
    pub(super) fixed_clock: Mutex<Option<ClockTime>>,
}

impl DsOsd {
    fn settings(&self) -> std::sync::MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn clock_font(&self) -> Option<String> {
        self.settings().clock_font.as_deref().map(str::to_owned)
    }

    fn set_clock_font(&self, font: Option<String>) {
        self.settings().clock_font = font.map(Arc::from);
    }

    fn clock_font_size(&self) -> u32 {
        self.settings().clock_font_size.unwrap_or(0)
    }

    fn set_clock_font_size(&self, size: u32) {
        self.settings().clock_font_size = Some(size);
    }

    fn clock_color(&self) -> u32 {
        self.settings().clock_color.unwrap_or(0)
    }

    fn set_clock_color(&self, color: u32) {
        self.settings().clock_color = Some(color);
    }

    fn blur_ids(&self) -> Option<String> {
        self.settings()
            .blur_on_gie_class_ids
            .as_deref()
            .map(str::to_owned)
    }

    fn set_blur_ids(&self, ids: Option<String>) {
        let classes = parse_classes(ids.as_deref().unwrap_or("")).unwrap_or_else(|entry| {
            gst::warning!(
                CAT,
                imp = self,
                "blur-on-gie-class-ids: expected gie,class;gie,class, found {entry:?}; all objects will be blurred"
            );
            Arc::default()
        });
        let mut settings = self.settings();
        settings.blur_on_gie_class_ids = ids.map(Arc::from);
        settings.blur_classes = classes;
    }

    /// What the clock shows now.
    fn time(&self) -> Option<ClockTime> {
        let fixed = *self.fixed_clock.lock().unwrap_or_else(|e| e.into_inner());
        fixed.or_else(|| {
            let now = glib::DateTime::now_local().ok()?;
            let part = |value: i32| u32::try_from(value).unwrap_or(0);
            Some(ClockTime {
                year: now.year(),
                month: part(now.month()),
                day: part(now.day_of_month()),
                hour: part(now.hour()),
                minute: part(now.minute()),
                second: part(now.second()),
            })
        })
    }

    /// Draws what the buffer's metadata says onto its first surface.
    fn draw(&self, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let failed = |text: &str, debug: String| {
            gst::error_msg!(gst::ResourceError::Failed, ("{text}"), ["{debug}"])
        };
        let surfaces = Surfaces::map(buffer)
            .map_err(|e| failed("Unable to map info from buffer", e.to_string()))?;
        let batch = Batch::from_buffer(buffer)
            .map_err(|e| failed("Unable to read the batch's metadata", e.to_string()))?;
        // Before the surface is locked, as everybody does who needs both.
        let locked = batch.as_ref().map(Batch::lock);
        let settings = self.settings().clone();
        let time = settings.display_clock.then(|| self.time()).flatten();
        let mut primitives = scene::primitives(locked.as_ref(), &settings, time).peekable();
        if primitives.peek().is_none() {
            return Ok(());
        }

        let mut state = self.state();
        let mut surface = surfaces
            .write(0)
            .map_err(|e| failed("Unable to draw shapes onto video frame", e.to_string()))?;
        let desc = *surface.desc();
        // Drawing keeps to the caps' size: surfaces of odd sizes are a pixel larger.
        let (width, height) = state
            .size
            .unwrap_or((desc.width as usize, desc.height as usize));
        let mut planes = surface
            .planes()
            .into_iter()
            .map(|plane| (plane.data, plane.pitch));
        let image = match (desc.format.video_format(), planes.next(), planes.next()) {
            (Some(VideoFormat::Rgba), Some((data, pitch)), _) => {
                Image::rgba(width, height, data, pitch)
            }
            (Some(VideoFormat::Nv12), Some(luma), Some(chroma)) => {
                Image::nv12(width, height, luma, chroma)
            }
            _ => {
                let debug = format!("expected an RGBA or NV12 surface, found {:?}", desc.format);
                return Err(failed("Unable to draw shapes onto video frame", debug));
            }
        };
        let mut image = image.map_err(|e| {
            let debug = format!(
                "caps say {width}x{height}, the surface is {}x{}: {e}",
                desc.width, desc.height
            );
            failed("Unable to draw shapes onto video frame", debug)
        })?;
        let mode = match settings.process_mode {
            ProcessMode::Cpu => Mode::Cpu,
            ProcessMode::Gpu => Mode::Gpu,
        };
        state
            .renderer
            .draw(&mut image, mode, primitives)
            .map_err(|e| failed(&e.to_string(), reason(e).to_owned()))?;
        self.count_dropped(&mut state);
        Ok(())
    }

    /// Warns of texts that could not be drawn: the first, the second, the fourth and so on.
    fn count_dropped(&self, state: &mut State) {
        for _ in 0..state.renderer.take_dropped_texts() {
            state.dropped_texts += 1;
            if state.dropped_texts.is_power_of_two() {
                gst::warning!(
                    CAT,
                    imp = self,
                    "text not drawn, {} so far: not valid UTF-8, or with a character of four bytes, which GPU mode \
                     cannot draw",
                    state.dropped_texts
                );
            }
        }
    }
}

/// What to change when drawing failed.
fn reason(error: DrawError) -> &'static str {
    match error {
        DrawError::Rectangles => "expected border_width 0 to 32 in rect_params, found a larger one",
        DrawError::Lines => "expected line_width 0 to 32 in line_params, found a larger one",
        DrawError::Arrows => "expected arrow_width 0 to 32 in arrow_params, found a larger one",
        DrawError::Circles => "expected a radius below 2^31 in circle_params, found a larger one",
        DrawError::Blur => "CPU mode cannot blur: set process-mode to MODE_GPU, or blur-bbox to 0",
        DrawError::Format => "CPU mode draws on RGBA only: put nvvideoconvert in front",
        DrawError::Cairo(_) => "Cairo could not be set up for the frame or its text",
    }
}

#[glib::object_subclass]
impl ObjectSubclass for DsOsd {
    const NAME: &'static str = "GstNvDsOsd";
    type Type = super::DsOsd;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for DsOsd {}

impl GstObjectImpl for DsOsd {}

impl ElementImpl for DsOsd {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvDsOsd plugin",
                "NvDsOsd functionality",
                "Draws boxes, texts and shapes from DeepStream metadata (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            caps::in_line(&caps::nvmm_template(&[
                VideoFormat::Nv12,
                VideoFormat::Rgba,
            ]))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for DsOsd {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    // The buffer is never made writable, which would copy the whole batch: pixels change through the surface.
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        let name = CString::new(self.obj().name().as_str())
            .unwrap_or_default()
            .into();
        *self.state() = State {
            name,
            ..State::default()
        };
        gst::info!(CAT, imp = self, "started");
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state() = State::default();
        gst::info!(CAT, imp = self, "stopped");
        Ok(())
    }

    fn transform_caps(
        &self,
        _direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let caps = crate::caps::filtered(caps.clone(), filter);
        if self.settings().process_mode == ProcessMode::Gpu {
            return Some(caps);
        }
        let rgba = gst::Caps::builder("video/x-raw")
            .features([MEMORY_NVMM])
            .field("format", "RGBA")
            .build();
        Some(caps.intersect_with_mode(&rgba, gst::CapsIntersectMode::First))
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let side = |name: &str| {
            let value = incaps.structure(0).and_then(|s| s.get::<i32>(name).ok());
            value
                .and_then(|side| usize::try_from(side).ok())
                .ok_or_else(|| gst::loggable_error!(CAT, "caps without {}: {}", name, incaps))
        };
        self.state().size = Some((side("width")?, side("height")?));
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if let Some(mode) = nvds::event::parse_osd_process_mode_update(&event) {
            let mode = if mode == 0 {
                ProcessMode::Cpu
            } else {
                ProcessMode::Gpu
            };
            gst::debug!(CAT, imp = self, "process mode {mode:?} by event");
            self.settings().process_mode = mode;
        }
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let name = self.state().name.clone();
        nvds::stamp_input(buffer, &name);
        self.draw(buffer).map_err(|message| {
            self.post_error_message(message);
            gst::FlowError::Error
        })?;
        nvds::stamp_output(buffer, &name);
        Ok(gst::FlowSuccess::Ok)
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.draw(buffer).map_err(|message| {
            self.post_error_message(message);
            gst::FlowError::Error
        })?;
        Ok(gst::FlowSuccess::Ok)
    }
}
