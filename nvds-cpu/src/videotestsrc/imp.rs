use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;

use super::pattern::Picture;
use super::{AnimationMode, MemType, Pattern};
use crate::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvvideotestsrc",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock test source"),
    )
});

const CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ I420, NV12, RGBA, UYVP, BGRA64_LE, RGB10A2_LE }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";

#[derive(Debug, Clone, Default)]
struct Settings {
    pattern: Pattern,
    animation_mode: AnimationMode,
    gpu_id: u32,
    memtype: MemType,
    location: Option<String>,
    file_loop: bool,
    max_jitter: u32,
    fixed_jitter: String,
    horizontal_speed: i32,
}

/// Where the stream is.
#[derive(Debug, Default)]
struct State {
    info: Option<gst_video::VideoInfo>,
    frames: u64,
    time: u64,
}

#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::VideoTestSrc)]
pub struct VideoTestSrc {
    #[property(name = "pattern", nick = "Pattern", blurb = "What is drawn", get, set, member = pattern, type = Pattern, builder(Pattern::Smpte))]
    #[property(name = "animation-mode", nick = "Animation mode", blurb = "What the zoom of the Mandelbrot set depends on", get, set, member = animation_mode, type = AnimationMode, builder(AnimationMode::Frames))]
    #[property(name = "gpu-id", nick = "GPU ID", blurb = "Accepted, without effect", get, set, member = gpu_id, type = u32, builder().maximum(i32::MAX as u32))]
    #[property(name = "memtype", nick = "Memory type", blurb = "Kind of memory that surfaces name; the pixels are in host memory always", get, set, member = memtype, type = MemType, builder(MemType::Device))]
    #[property(name = "is-live", nick = "Is Live", blurb = "Give every frame at its time", get = Self::is_live, set = Self::set_is_live, type = bool)]
    #[property(name = "location", nick = "File Location", blurb = "File with raw frames; not supported", get, set, member = location, type = Option<String>, builder().mutable_ready())]
    #[property(name = "file-loop", nick = "Enable file looping", blurb = "Accepted, without effect", get, set, member = file_loop, type = bool)]
    #[property(name = "max-jitter", nick = "Max jitter to be inserted", blurb = "Accepted, without effect", get, set, member = max_jitter, type = u32, builder().maximum(i32::MAX as u32))]
    #[property(name = "fixed-jitter", nick = "List of fixed jitter values", blurb = "Accepted, without effect", get, set, member = fixed_jitter, type = String, builder().default_value(Some("")))]
    #[property(name = "horizontal-speed", nick = "Horizontal Speed", blurb = "Pixels by which the colour bars move to the left from frame to frame", get, set, member = horizontal_speed, type = i32)]
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The streaming thread reports a panic as an element error and stops.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl VideoTestSrc {
    fn is_live(&self) -> bool {
        self.obj().upcast_ref::<gst_base::BaseSrc>().is_live()
    }

    fn set_is_live(&self, live: bool) {
        self.obj().set_live(live);
    }

    fn picture(&self, settings: &Settings, frame: u64, time: u64) -> Picture {
        match settings.pattern {
            Pattern::Smpte => {
                Picture::Smpte((frame as i64).wrapping_mul(settings.horizontal_speed.into()))
            }
            Pattern::Gradient => Picture::Gradient,
            Pattern::Mandelbrot => {
                // Microseconds, in 32 bits as there.
                let clock =
                    |micros: u128| Picture::mandelbrot(u64::from(micros as u32), 10_000_000);
                match settings.animation_mode {
                    AnimationMode::Frames => Picture::mandelbrot(frame, 500),
                    AnimationMode::RunningTime => clock(u128::from(time / 1_000)),
                    AnimationMode::WallTime => {
                        let now = SystemTime::now().duration_since(UNIX_EPOCH);
                        clock(now.map_or(0, |now| now.as_micros()))
                    }
                }
            }
        }
    }

    fn frame(
        &self,
        number: u64,
        time: u64,
        info: &gst_video::VideoInfo,
    ) -> Result<gst::Buffer, surface::Error> {
        let settings = lock(&self.settings).clone();
        let format = ColorFormat::of(info).ok_or(surface::Error::Foreign("no such format"))?;
        let desc = SurfaceDesc {
            width: info.width(),
            height: info.height(),
            format,
        };
        let memory = settings.memtype as u32;
        let buffer = surface::alloc_with(&[desc], MemoryKind::Nvds, memory)?;
        let picture = self.picture(&settings, number, time);
        let size = (desc.width as usize, desc.height as usize);
        picture.draw(&mut Surfaces::map(&buffer)?.write(0)?.planes(), size);
        Ok(buffer)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for VideoTestSrc {
    const NAME: &'static str = "GstNvVideoTestSrc";
    type Type = super::VideoTestSrc;
    type ParentType = gst_base::PushSrc;
}

#[glib::derived_properties]
impl ObjectImpl for VideoTestSrc {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for VideoTestSrc {}

impl ElementImpl for VideoTestSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVIDIA GPU Video Test Source",
                "Source/Video",
                "Makes test pictures in NVMM surfaces (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = CAPS.parse::<gst::Caps>().expect("valid caps");
            let (direction, presence) = (gst::PadDirection::Src, gst::PadPresence::Always);
            let template = gst::PadTemplate::new("src", direction, presence, &caps);
            vec![template.expect("valid template")]
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for VideoTestSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        if let Some(location) = &lock(&self.settings).location {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                ("location={location}: the CPU stand-in does not read files; unset it, or use \
                  filesrc, rawvideoparse and nvvideoconvert")
            ));
        }
        *lock(&self.state) = State::default();
        Ok(())
    }

    fn fixate(&self, mut caps: gst::Caps) -> gst::Caps {
        if let Some(structure) = caps.make_mut().structure_mut(0) {
            structure.fixate_field_nearest_int("width", 1280);
            structure.fixate_field_nearest_int("height", 720);
            if structure.has_field("framerate") {
                structure.fixate_field_nearest_fraction("framerate", gst::Fraction::new(60, 1));
            } else {
                structure.set("framerate", gst::Fraction::new(60, 1));
            }
        }
        self.parent_fixate(caps)
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_video::VideoInfo::from_caps(caps)
            .map_err(|error| gst::loggable_error!(CAT, "{caps}: {error}"))?;
        use gst_video::VideoFormat::{I420, Nv12, Rgba};
        if ![I420, Nv12, Rgba].contains(&info.format()) {
            gst::element_imp_error!(
                self,
                gst::CoreError::Negotiation,
                (
                    "format={} is not supported by the CPU stand-in, only NV12, I420 and RGBA are",
                    info.format()
                )
            );
            return Err(gst::loggable_error!(CAT, "{caps}: format not stored"));
        }
        lock(&self.state).info = Some(info);
        Ok(())
    }

    fn times(&self, buffer: &gst::BufferRef) -> (Option<gst::ClockTime>, Option<gst::ClockTime>) {
        match buffer.pts() {
            Some(start) if self.is_live() => (
                Some(start),
                buffer.duration().map(|duration| start + duration),
            ),
            _ => (None, None),
        }
    }
}

impl PushSrcImpl for VideoTestSrc {
    fn create(
        &self,
        _buffer: Option<&mut gst::BufferRef>,
    ) -> Result<CreateSuccess, gst::FlowError> {
        let (info, number, start) = {
            let state = lock(&self.state);
            let info = state.info.clone().ok_or(gst::FlowError::NotNegotiated)?;
            (info, state.frames, state.time)
        };
        let (numer, denom) = (info.fps().numer() as u64, info.fps().denom() as u64);
        if numer == 0 && number == 1 {
            return Err(gst::FlowError::Eos);
        }
        // Drawn, and an error posted, with no lock held; only this thread changes the state meanwhile.
        let mut buffer = self.frame(number, start, &info).map_err(|error| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
            gst::FlowError::Error
        })?;
        let nanos = u128::from(number + 1) * u128::from(denom) * 1_000_000_000;
        let next = nanos.checked_div(numer.into());
        let next = next.map(|next| u64::try_from(next).unwrap_or(u64::MAX - 1));
        if let Some(buffer) = buffer.get_mut() {
            // Says that memory was exchanged, which is no business of downstream.
            buffer.unset_flags(gst::BufferFlags::TAG_MEMORY);
            buffer.set_pts(gst::ClockTime::from_nseconds(start));
            buffer.set_offset(number);
            buffer.set_offset_end(number + 1);
            let duration =
                next.map(|next| gst::ClockTime::from_nseconds(next.saturating_sub(start)));
            buffer.set_duration(duration);
        }
        let mut state = lock(&self.state);
        state.frames = number + 1;
        state.time = next.unwrap_or(start);
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
