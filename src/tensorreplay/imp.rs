use std::sync::{Arc, LazyLock, Mutex};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::Frame;

use super::OnEnd;
use super::attach::attach;
use super::comparison::Comparison;
use super::files::{Files, read_error};
use crate::element::{self, Met, Running, lock};
use crate::location::Location;
use crate::recording::error::counted;
use crate::recording::read::{self, Recording};
use crate::recording::{FrameInfo, NO_LOCATION};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rstensorreplay",
        gst::DebugColorFlags::empty(),
        Some("Tensors from files"),
    )
});

const DEFAULT_INDEX: u32 = 0;
const DEFAULT_NETWORK_SIDE: u32 = 0;
const MAX_NETWORK_SIDE: u32 = 1 << 16;

#[derive(Debug, Clone)]
struct Settings {
    location: Option<String>,
    index: u32,
    on_end: OnEnd,
    network_width: u32,
    network_height: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            location: None,
            index: DEFAULT_INDEX,
            on_end: OnEnd::default(),
            network_width: DEFAULT_NETWORK_SIDE,
            network_height: DEFAULT_NETWORK_SIDE,
        }
    }
}

/// Totals since the element started.
#[derive(Debug, Default)]
struct Stats {
    buffers: u64,
    tensors: u64,
    loops: u64,
}

#[derive(Default)]
struct State {
    run: Running,
    files: Option<Files>,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::TensorReplay)]
pub struct TensorReplay {
    #[property(name = "location", nick = "Location", type = Option<String>, member = location,
        get, set, mutable_ready,
        blurb = "Name of the files, with a place for their number, as folder/%06u.safetensors; or \
                 of one file, for one buffer or with on-end=loop for all")]
    #[property(name = "index", nick = "Index", type = u32, member = index, get, set,
        default = DEFAULT_INDEX, mutable_ready,
        blurb = "Number of the first file")]
    #[property(name = "on-end", nick = "On end", type = OnEnd, member = on_end, get, set,
        mutable_playing, blurb = "What to do with a buffer for which there is no further file",
        builder(OnEnd::default()))]
    #[property(name = "network-width", nick = "Network width", type = u32, member = network_width,
        get, set, maximum = MAX_NETWORK_SIDE, default = DEFAULT_NETWORK_SIDE, mutable_ready,
        blurb = "Width of the network's input in pixels, for files that do not tell it; 0 = not known")]
    #[property(name = "network-height", nick = "Network height", type = u32,
        member = network_height, get, set, maximum = MAX_NETWORK_SIDE,
        default = DEFAULT_NETWORK_SIDE, mutable_ready,
        blurb = "Height of the network's input in pixels, for files that do not tell it; 0 = not known")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    // Apart from the state, which is locked while a buffer is in work.
    stats: Mutex<Stats>,
    met: Arc<Met>,
}

impl TensorReplay {
    fn stats(&self) -> gst::Structure {
        let stats = lock(&self.stats);
        gst::Structure::builder("rstensorreplay-stats")
            .field("buffers", stats.buffers)
            .field("tensors", stats.tensors)
            .field("loops", stats.loops)
            .field(
                "warnings",
                self.met.to_structure(&["time", "size", "source"]),
            )
            .build()
    }

    /// Attaches the tensors of the next file.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let State { run, files } = state;
        let passed = ", is passed on as it is and uses up no file";
        let Some(batch) = run.batch(buffer, passed)? else {
            return Ok(());
        };
        let Some(files) = files.as_mut() else {
            return Ok(()); // stopped
        };
        let Some(recording) = self.next_file(files)? else {
            return Ok(());
        };
        let path = files.location.path(files.first + files.used);
        let sizes = run.frame_sizes(buffer);
        let compare = |frame: &Frame<'_>, told: &FrameInfo| {
            files.comparison.frame(frame, sizes.of(frame), told);
        };
        let tensors = attach(&batch.lock(), &recording, compare).map_err(|error| {
            let path = path.display();
            gst::error_msg!(
                gst::StreamError::Format,
                ("{path} does not fit buffer {}: {error}", files.used),
                [
                    "each buffer gets the file of its number: is the stream the recorded one, and \
                     the mux's batch-size the same?"
                ]
            )
        })?;
        let used = files.used;
        let what = || format!("buffer {used} and {}", path.display());
        files.comparison.report(run, what);
        files.used += 1;
        gst::log!(CAT, imp = self, "{}: {tensors} tensors", path.display());
        let mut stats = lock(&self.stats);
        stats.buffers += 1;
        stats.tensors += tensors;
        Ok(())
    }

    /// The file for the next buffer, `None` when there is none and that is no error.
    fn next_file(&self, files: &mut Files) -> Result<Option<Arc<Recording>>, gst::ErrorMessage> {
        if files.ended {
            return Ok(None);
        }
        if let Some(recording) = files.get()? {
            return Ok(Some(recording));
        }
        let on_end = lock(&self.settings).on_end;
        match on_end {
            OnEnd::Error => {
                let path = files.location.path(files.first + files.used);
                let found = match files.location.is_pattern() {
                    true => format!("{} is not there", path.display()),
                    false => format!("{} is one file", path.display()),
                };
                Err(gst::error_msg!(
                    gst::ResourceError::NotFound,
                    (
                        "The recording has {}, and there is a buffer more: {found}. With \
                         on-end=pass or on-end=loop that is no error",
                        counted(usize::try_from(files.used).unwrap_or(usize::MAX), "file")
                    )
                ))
            }
            OnEnd::Pass => {
                gst::info!(CAT, imp = self, "no file after {}: passing", files.used);
                files.ended = true;
                Ok(None)
            }
            OnEnd::Loop => {
                gst::debug!(CAT, imp = self, "again from the first of {}", files.used);
                files.used = 0;
                files.comparison = Comparison::new(false);
                lock(&self.stats).loops += 1;
                match files.get()? {
                    Some(recording) => Ok(Some(recording)),
                    None => Err(gst::error_msg!(
                        gst::ResourceError::NotFound,
                        (
                            "{} is not there any more",
                            files.location.path(files.first).display()
                        )
                    )),
                }
            }
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for TensorReplay {
    const NAME: &'static str = "GstRsTensorReplay";
    type Type = super::TensorReplay;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for TensorReplay {
    element::properties_and_stats!(
        TensorReplay,
        *CAT,
        "Totals since the element started: buffers that got tensors, tensors attached, \
             how often the recording started again, and warnings (structure of how often each kind \
             was met)"
    );

    element::constructed_passing_through!();
}

impl GstObjectImpl for TensorReplay {}

impl ElementImpl for TensorReplay {
    element::metadata!(
        "DeepStream tensor replayer",
        "Filter/Metadata/Video",
        "Attaches the tensors of safetensors files (NvDsInferTensorMeta), one file a buffer; \
         place it where nvinfer or nvinferserver would be"
    );
    element::video_pads!();
    element::change_state_with_library!(*CAT);
}

impl BaseTransformImpl for TensorReplay {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let text = settings.location.filter(|text| !text.is_empty());
        let location = text
            .ok_or_else(|| NO_LOCATION.to_owned())
            .and_then(|text| Location::parse(&text).map_err(|error| error.to_string()))
            .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        let first = u64::from(settings.index);
        let network_size = (settings.network_width, settings.network_height);
        // The first file at once: what is wrong with it is most likely wrong with all.
        let path = location.path(first);
        let recording =
            read::load(&path, network_size).map_err(|error| read_error(&path, &error))?;
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT).counting(&self.met),
            files: Some(Files {
                location,
                first,
                network_size,
                used: 0,
                ended: false,
                comparison: Comparison::new(first == 0),
                last: (first, Arc::new(recording)),
            }),
        };
        *lock(&self.stats) = Stats::default();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.state).files = None;
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        element::pass(self, *CAT, &self.state, buffer, |state, buffer| {
            self.process(state, buffer)
        })
    }
}
