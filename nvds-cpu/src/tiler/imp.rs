use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_video::{VideoFormat, VideoInfo};
use nvds::event::{SourceEvent, parse_source_gone};

use super::grid::MAX_SOURCES;
use super::settings::Settings;
use super::state::{self, State};
use crate::caps::{in_line, nvmm_template, to_int};
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};
use crate::own_buffers;
use crate::surface::{self, MemoryKind};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmultistreamtiler",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvmultistreamtiler"),
    )
});

/// Name of the property that takes a pointer.
const CUSTOM_TILES: &str = "custom-tile-config";

#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::NvMultiStreamTiler)]
pub struct NvMultiStreamTiler {
    #[property(name = "columns", get, set, type = u32, member = columns, minimum = 1, default = 1,
        nick = "Columns", blurb = "Tiles side by side")]
    #[property(name = "rows", get, set, type = u32, member = rows, minimum = 1, default = 1,
        nick = "Rows", blurb = "Tiles one above the other")]
    #[property(name = "width", get, set = Self::set_width, type = u32, member = width, minimum = 16,
        default = 1920, nick = "Width",
        blurb = "Width of the picture in pixels, rounded up to a multiple of 4")]
    #[property(name = "height", get, set = Self::set_height, type = u32, member = height,
        minimum = 16, default = 1080, nick = "Height",
        blurb = "Height of the picture in pixels, rounded up to a multiple of 4")]
    #[property(name = "buffer-pool-size", get, set, type = u32, member = buffer_pool_size,
        minimum = 4, maximum = 10, default = 5, nick = "buffer-pool-size",
        blurb = "Number of output buffers (without effect: as many as needed)")]
    #[property(name = "gpu-id", get, set, type = u32, member = gpu_id,
        nick = "Set GPU Device ID", blurb = "Number of the GPU, as written into the caps (without effect)")]
    #[property(name = "square-seq-grid", get, set, type = bool, member = square_seq_grid,
        nick = "Enable Square Sequential Grid",
        blurb = "As many rows as columns, grown and shrunk with the number of sources, which follow each other without gaps; rows and columns do not count")]
    #[property(name = "show-source", get, set, type = i32, member = show_source, minimum = -1,
        default = -1, nick = "Show Source",
        blurb = "Number of the source that is shown alone; -1 shows all in tiles")]
    #[property(name = "nvbuf-memory-type", get, set, type = MemoryType, member = memory_type,
        nick = "Type of NvBufSurface memory allocated",
        blurb = "What output surfaces say their memory is (it is host memory always)",
        mutable_ready, builder(MemoryType::Default))]
    #[property(name = "compute-hw", get, set, type = ComputeHw, member = compute_hw,
        nick = "compute-hw", blurb = "Hardware that scales (without effect)", construct,
        controllable, builder(ComputeHw::Default))]
    #[property(name = "interpolation-method", get, set, type = InterpolationMethod,
        member = interpolation_method, nick = "Interpolation-method",
        blurb = "How pictures are scaled to their tiles", construct, controllable,
        builder(InterpolationMethod::Default))]
    settings: Mutex<Settings>,
    state: Mutex<Option<State>>,
}

impl NvMultiStreamTiler {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_width(&self, width: u32) {
        self.settings().width = multiple_of_4(width);
        self.obj().reconfigure_src();
    }

    fn set_height(&self, height: u32) {
        self.settings().height = multiple_of_4(height);
        self.obj().reconfigure_src();
    }

    fn fail(&self, error: &state::Error) -> gst::FlowError {
        gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
        gst::FlowError::Error
    }

    /// Makes room for a source. Whether it may have any.
    fn add_source(&self, id: u32) -> bool {
        if id >= MAX_SOURCES {
            gst::warning!(
                CAT,
                imp = self,
                "source {id} is left out: sources up to {} can be shown",
                MAX_SOURCES - 1
            );
            return false;
        }
        let layout = self.settings().layout();
        let grown = self.state().as_mut().and_then(|state| {
            state.adopt_grid(&layout);
            state.add_source(id)
        });
        if let Some((rows, columns)) = grown
            && !layout.square
        {
            {
                let mut settings = self.settings();
                (settings.rows, settings.columns) = (rows, columns);
            }
            gst::element_imp_info!(
                self,
                gst::LibraryError::Settings,
                [
                    "source {id} has no tile in {} rows and {} columns; going on with {rows} rows and {columns} columns",
                    layout.rows,
                    layout.columns
                ]
            );
        }
        true
    }

    /// Takes over the settings before a batch is drawn.
    fn adopt_settings(&self) {
        let layout = self.settings().layout();
        let refused = self.state().as_mut().and_then(|state| {
            state.adopt_grid(&layout);
            let tiles = state.adopt_view(&layout).err()?;
            Some((tiles, state.show_source()))
        });
        if let Some((tiles, before)) = refused {
            let asked = layout.show_source.unwrap_or_default();
            {
                let mut settings = self.settings();
                // Unless it was set again meanwhile.
                if u32::try_from(settings.show_source) == Ok(asked) {
                    settings.show_source = before.map_or(-1, |id| id as i32);
                }
            }
            gst::element_imp_error!(
                self,
                gst::LibraryError::Settings,
                (
                    "show-source={asked}: there are {tiles} tiles, of sources 0 to {}; showing what was shown before",
                    tiles.saturating_sub(1)
                )
            );
        }
    }
}

/// Rounded up; what is too large for a surface stays, so that its error has the number that was set.
fn multiple_of_4(pixels: u32) -> u32 {
    match pixels > surface::MAX_SIDE {
        true => pixels,
        false => pixels.next_multiple_of(4),
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvMultiStreamTiler {
    const NAME: &'static str = "GstNvMultiStreamTiler";
    type Type = super::NvMultiStreamTiler;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for NvMultiStreamTiler {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut all = NvMultiStreamTiler::derived_properties().to_vec();
            // Behind the others, whose numbers are their places.
            all.push(
                glib::ParamSpecPointer::builder(CUSTOM_TILES)
                    .nick("Custom Tile Configuration Structure")
                    .blurb("Where each source is shown; not supported, posts a warning")
                    .write_only()
                    .build(),
            );
            all
        });
        &PROPERTIES
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if pspec.name() == CUSTOM_TILES {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("{CUSTOM_TILES} is not supported by the CPU stand-in: sources are shown in rows and columns")
            );
            return;
        }
        self.derived_set_property(id, value, pspec);
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.derived_property(id, pspec)
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for NvMultiStreamTiler {}

impl ElementImpl for NvMultiStreamTiler {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Stream Tiler DS",
                "Generic",
                "Shows the frames of a batch side by side in one picture (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            in_line(&nvmm_template(&[
                VideoFormat::Nv12,
                VideoFormat::Rgba,
                VideoFormat::I420,
            ]))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for NvMultiStreamTiler {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|error| gst::error_msg!(gst::LibraryError::Init, ("{error}")))?;
        let settings = self.settings().clone();
        let sized = settings.check_size();
        sized.map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        *self.state() = Some(State::new(settings.layout()));
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state() = None;
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if SourceEvent::of(&event) == Some(SourceEvent::PadAdded) {
            let id = event.structure().and_then(|s| s.get("source-id").ok());
            if id.is_some_and(|id| !self.add_source(id)) {
                return true;
            }
        }
        if let Some(id) = parse_source_gone(&event)
            && let Some(state) = &mut *self.state()
        {
            state.remove_source(id);
        }
        self.parent_sink_event(event)
    }

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let size = {
            let settings = self.settings();
            (to_int(settings.width), to_int(settings.height))
        };
        let result = match direction {
            gst::PadDirection::Sink => super::caps::output(caps, size),
            _ => super::caps::input(caps),
        };
        gst::log!(CAT, imp = self, "{direction:?}: {caps} becomes {result}");
        Some(crate::caps::filtered(result, filter))
    }

    fn fixate_caps(
        &self,
        direction: gst::PadDirection,
        _caps: &gst::Caps,
        mut othercaps: gst::Caps,
    ) -> gst::Caps {
        if direction != gst::PadDirection::Sink {
            othercaps.fixate();
            return othercaps;
        }
        let settings = self.settings();
        super::caps::fixate(
            othercaps,
            settings.memory_type.caps_value(),
            settings.gpu_id,
        )
    }

    fn set_caps(&self, _incaps: &gst::Caps, outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let sized = self.settings().check_size();
        if let Err(error) = sized {
            gst::element_imp_error!(self, gst::LibraryError::Settings, ("{error}"));
            return Err(gst::loggable_error!(CAT, "{error}"));
        }
        let info = VideoInfo::from_caps(outcaps)
            .map_err(|_| gst::loggable_error!(CAT, "{outcaps} does not describe video"))?;
        if let Some(state) = &mut *self.state() {
            state.set_output(info);
        }
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
        let sources = state::sources(inbuf).map_err(|error| self.fail(&error))?;
        for id in sources {
            // Where the mux sent no event.
            self.add_source(id);
        }
        self.adopt_settings();
        let memory_type = self.settings().memory_type.resolved() as u32;
        let desc = match &*self.state() {
            Some(state) => state.output_desc(inbuf),
            None => Ok(None),
        };
        let desc = desc.map_err(|error| self.fail(&error))?;
        let desc = desc.ok_or(gst::FlowError::NotNegotiated)?;
        let mut out = surface::alloc_with(&[desc], MemoryKind::Nvds, memory_type)
            .map_err(|error| self.fail(&state::Error::Output(error.into())))?;
        // Metas but the batch's are not handed on.
        own_buffers::adopt(&mut out, inbuf, false);
        Ok(PrepareOutputBufferSuccess::Buffer(out))
    }

    fn transform(
        &self,
        inbuf: &gst::Buffer,
        outbuf: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let composed = match &mut *self.state() {
            Some(state) => state.compose(inbuf, outbuf),
            None => return Err(gst::FlowError::NotNegotiated),
        };
        // With the state unlocked: whoever handles the message may ask the element something.
        composed.map_err(|error| self.fail(&error))?;
        Ok(gst::FlowSuccess::Ok)
    }
}
