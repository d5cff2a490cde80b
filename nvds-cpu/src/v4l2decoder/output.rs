//! The child behind the software decoder: pictures in, surfaces out.

use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use gst::prelude::*;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::copy::Copier;
use super::formats::{self, surface_format};
use super::settings::{Settings, lock};
use crate::caps;

/// Any format: what cannot be used is refused with words, not by a caps query.
const SINK_CAPS: &str = "video/x-raw";

pub(super) const SRC_CAPS: &str = "video/x-raw(memory:NVMM), width=(int)[ 1, 2147483647 ], \
    height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";

/// Fields of the stock decoder's caps between format and memory fields. Colorimetry and chroma
/// site are not among them.
const FIELDS: &[&str] = &[
    "width",
    "height",
    "interlace-mode",
    "multiview-mode",
    "multiview-flags",
    "pixel-aspect-ratio",
    "framerate",
    "field-order",
];

glib::wrapper! {
    pub struct Output(ObjectSubclass<imp::Output>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

impl Output {
    pub(super) fn new(settings: Arc<Mutex<Settings>>) -> Self {
        let output: Self = glib::Object::builder().property("name", "surfaces").build();
        let _ = output.imp().settings.set(settings);
        output
    }

    /// Whether pictures of a usable format were announced.
    pub(super) fn has_format(&self) -> bool {
        lock(&self.imp().state).copier.is_some()
    }

    pub(super) fn sink(&self) -> gst::Pad {
        self.static_pad("sink").expect("a base transform's pad")
    }

    pub(super) fn src(&self) -> gst::Pad {
        self.static_pad("src").expect("a base transform's pad")
    }
}

/// The caps of surfaces with pictures of these caps.
fn surface_caps(raw: &gst::CapsRef, settings: &Settings) -> Option<gst::Caps> {
    let info = formats::read(raw).ok()?;
    let raw = raw.structure(0)?;
    // What the software decoder leaves out.
    let complete = VideoInfo::builder(surface_format(&info), info.width(), info.height())
        .multiview_mode(gst_video::VideoMultiviewMode::Mono)
        .build()
        .and_then(|info| info.to_caps())
        .ok()?;
    let complete = complete.structure(0);
    let mut structure = gst::Structure::new_empty("video/x-raw");
    structure.set("format", surface_format(&info).to_str());
    for name in FIELDS {
        let value = raw.value(*name).ok();
        if let Some(value) = value.or_else(|| complete?.value(*name).ok()) {
            structure.set_value(*name, value.clone());
        }
    }
    caps::add_memory_fields(&mut structure, false);
    structure.set("nvbuf-memory-type", settings.cudadec_memtype.memory().1);
    structure.set("gpu-id", settings.gpu_id as i32);
    let mut caps = gst::Caps::new_empty();
    caps.make_mut()
        .append_structure_full(structure, Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])));
    Some(caps)
}

mod imp {
    use super::*;

    #[derive(Default)]
    pub(super) struct State {
        pub(super) copier: Option<Copier>,
        /// Pictures since the start.
        pictures: u64,
    }

    #[derive(Default)]
    pub struct Output {
        pub(super) settings: OnceLock<Arc<Mutex<Settings>>>,
        pub(super) state: Mutex<State>,
    }

    impl Output {
        fn settings(&self) -> Settings {
            self.settings
                .get()
                .map(|settings| lock(settings).clone())
                .unwrap_or_default()
        }

        /// Gets ready for pictures with these caps, or says why not.
        fn prepare(&self, raw: &gst::CapsRef) -> Result<(), String> {
            let (memory, _) = self.settings().cudadec_memtype.memory();
            let copier = formats::read(raw).and_then(|info| {
                Copier::new(&info, memory)
                    .map_err(|error| format!("cannot use the decoder's format: {error}"))
            });
            let (copier, result) = match copier {
                Ok(copier) => (Some(copier), Ok(())),
                Err(error) => (None, Err(error)),
            };
            lock(&self.state).copier = copier;
            result
        }

        /// The surface for a picture; `None` for one that `drop-frame-interval` leaves out.
        fn surface(&self, picture: &gst::BufferRef) -> Result<Option<gst::Buffer>, gst::FlowError> {
            let interval = u64::from(self.settings().drop_frame_interval);
            let mut state = lock(&self.state);
            let index = state.pictures;
            state.pictures += 1;
            if interval > 0 && !index.is_multiple_of(interval) {
                return Ok(None);
            }
            let copier = state.copier.as_mut();
            let buffer = copier.ok_or(gst::FlowError::NotNegotiated)?.copy(picture);
            // Errors are posted with no lock held.
            drop(state);
            buffer.map(Some).map_err(|error| {
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Decode,
                    ("cannot put picture {index} into a surface: {error}")
                );
                gst::FlowError::Error
            })
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Output {
        const NAME: &'static str = "GstNvDsCpuDecoderOutput";
        type Type = super::Output;
        type ParentType = gst_base::BaseTransform;
    }

    impl ObjectImpl for Output {}
    impl GstObjectImpl for Output {}

    impl ElementImpl for Output {
        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let always = gst::PadPresence::Always;
                vec![
                    caps::template("sink", gst::PadDirection::Sink, always, SINK_CAPS),
                    caps::template("src", gst::PadDirection::Src, always, SRC_CAPS),
                ]
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for Output {
        const MODE: gst_base::subclass::BaseTransformMode =
            gst_base::subclass::BaseTransformMode::NeverInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn start(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = State::default();
            Ok(())
        }

        fn stop(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = State::default();
            Ok(())
        }

        fn transform_caps(
            &self,
            direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            let other = match direction {
                // A decoder with a choice is asked for what can be used.
                gst::PadDirection::Src => formats::raw_caps(),
                // All formats lead somewhere, so that their caps come, and `sink_event` can tell.
                _ => caps
                    .is_fixed()
                    .then(|| surface_caps(caps, &self.settings()))
                    .flatten()
                    .unwrap_or_else(|| self.obj().src().pad_template_caps()),
            };
            Some(crate::caps::filtered(other, filter))
        }

        fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
            // What comes out does not depend on what is linked in front: at first nothing is.
            if direction == gst::PadDirection::Src && query.type_() == gst::QueryType::Caps {
                return gst::Pad::query_default(&self.obj().src(), gst::Object::NONE, query);
            }
            BaseTransformImplExt::parent_query(self, direction, query)
        }

        fn sink_event(&self, event: gst::Event) -> bool {
            match event.view() {
                gst::EventView::Caps(caps) => {
                    if let Err(error) = self.prepare(caps.caps()) {
                        gst::element_imp_error!(
                            self,
                            gst::StreamError::Format,
                            ("{error}"),
                            ["{}", caps.caps()]
                        );
                        return false;
                    }
                }
                // It came before there was a decoder, and comes again with each new one.
                gst::EventView::StreamStart(_) => {
                    let known = self.obj().sink().sticky_event::<gst::event::StreamStart>(0);
                    if known.is_some_and(|known| known.seqnum() == event.seqnum()) {
                        return true;
                    }
                }
                _ => (),
            }
            self.parent_sink_event(event)
        }

        // The copy reads any strides, so that the decoder's own memory comes as it is.
        fn propose_allocation(
            &self,
            _decide_query: Option<&gst::query::Allocation>,
            query: &mut gst::query::Allocation,
        ) -> Result<(), gst::LoggableError> {
            query.add_allocation_meta::<gst_video::VideoMeta>(None);
            Ok(())
        }

        // Surfaces are made for each picture.
        fn decide_allocation(
            &self,
            _query: &mut gst::query::Allocation,
        ) -> Result<(), gst::LoggableError> {
            Ok(())
        }

        fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
            let Some(picture) = self.take_queued_buffer() else {
                return Ok(GenerateOutputSuccess::NoOutput);
            };
            Ok(match self.surface(&picture)? {
                Some(buffer) => GenerateOutputSuccess::Buffer(buffer),
                None => GenerateOutputSuccess::NoOutput,
            })
        }
    }
}
