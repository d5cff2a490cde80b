use std::sync::{Arc, LazyLock, Mutex};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::{Locked, PreparedInput, TensorMeta};

use super::files::{make_room, write_error};
use super::silence::Silence;
use crate::element::{self, Met, Running, lock};
use crate::location::Location;
use crate::outputs::Claim;
use crate::recording::key::Place;
use crate::recording::write::{self, LeftOut, Writer};
use crate::recording::{FrameInfo, NO_LOCATION};
use crate::tensors::prepared;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rstensorrecord",
        gst::DebugColorFlags::empty(),
        Some("Tensors to files"),
    )
});

const DEFAULT_MAX_FILES: u32 = 0;
const DEFAULT_OVERWRITE: bool = false;
const DEFAULT_FSYNC: bool = false;
const DEFAULT_UNIQUE_ID: u32 = 0;

#[derive(Debug, Clone)]
struct Settings {
    location: Option<String>,
    max_files: u32,
    overwrite: bool,
    fsync: bool,
    unique_id: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            location: None,
            max_files: DEFAULT_MAX_FILES,
            overwrite: DEFAULT_OVERWRITE,
            fsync: DEFAULT_FSYNC,
            unique_id: DEFAULT_UNIQUE_ID,
        }
    }
}

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
enum WarningKind {
    Unreadable,
    Twice,
    NotRemoved,
    NoTensors,
    Regions,
}

/// Totals since the element started.
#[derive(Debug, Default)]
struct Stats {
    files: u64,
    tensors: u64,
    left_out: u64,
    bytes: u64,
}

#[derive(Default)]
struct State {
    run: Running,
    location: Option<Location>,
    /// The name of the first file, from start to stop.
    claim: Option<Claim>,
    /// Number of the next file.
    next: u64,
    silence: Silence,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::TensorRecord)]
pub struct TensorRecord {
    #[property(name = "location", nick = "Location", type = Option<String>, member = location,
        get, set, mutable_ready,
        blurb = "Name of the files, with one place for their number, counted from 0: \
                 folder/%06u.safetensors. The folder must be there, without such files: see \
                 overwrite")]
    #[property(name = "max-files", nick = "Maximum of files", type = u32, member = max_files,
        get, set, default = DEFAULT_MAX_FILES, mutable_ready,
        blurb = "Keep only the newest this many files of a run and delete older ones; 0 = keep all")]
    #[property(name = "overwrite", nick = "Overwrite", type = bool, member = overwrite, get, set,
        default = DEFAULT_OVERWRITE, mutable_ready,
        blurb = "Delete the files of an earlier recording of the same location at the start; \
                 otherwise they are an error, because a replay would not tell them from the new ones")]
    #[property(name = "fsync", nick = "Fsync", type = bool, member = fsync, get, set,
        default = DEFAULT_FSYNC, mutable_playing,
        blurb = "Wait for each file until it is on the disk, where it outlasts a power cut; slow")]
    #[property(name = "unique-id", nick = "Unique id", type = u32, member = unique_id, get, set,
        default = DEFAULT_UNIQUE_ID, mutable_playing,
        blurb = "Record only the tensors of the inference element with this unique-id \
                 (gie-unique-id in nvinfer's configuration); 0 = of all")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    // Apart from the state, which is locked while a buffer is in work.
    stats: Mutex<Stats>,
    met: Arc<Met>,
}

impl TensorRecord {
    fn stats(&self) -> gst::Structure {
        let stats = lock(&self.stats);
        gst::Structure::builder("rstensorrecord-stats")
            .field("files", stats.files)
            .field("tensors", stats.tensors)
            .field("left-out", stats.left_out)
            .field("bytes", stats.bytes)
            .field(
                "warnings",
                self.met.to_structure(&[
                    "unreadable",
                    "twice",
                    "not-removed",
                    "no-tensors",
                    "regions",
                ]),
            )
            .build()
    }

    /// Writes the tensors of a buffer.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let passed = ", is passed on as it is and gets no file";
        let Some(batch) = state.run.batch(buffer, passed)? else {
            return Ok(());
        };
        let (max_files, fsync, unique_id) = {
            let settings = lock(&self.settings);
            let max_files = u64::from(settings.max_files);
            (max_files, settings.fsync, settings.unique_id)
        };
        let (bytes, frames, tensors, left_out) = {
            let locked = batch.lock(); // not while the file is written
            let frames = locked.frames().count();
            let writer = self.collect(state, buffer, &locked, unique_id);
            let (tensors, left_out) = (writer.tensors() as u64, writer.left_out);
            let bytes = writer
                .encode()
                .map_err(|error| gst::error_msg!(gst::StreamError::Encode, ("{error}")))?;
            (bytes, frames, tensors, left_out)
        };
        let State {
            location: Some(location),
            next,
            run,
            silence,
            ..
        } = state
        else {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                ("{NO_LOCATION}")
            ));
        };
        let path = location.path(*next);
        write::save(&path, &bytes, fsync).map_err(|error| write_error(&path, &error))?;
        gst::log!(CAT, imp = self, "{}: {tensors} tensors", path.display());
        if let Some(old) = next.checked_sub(max_files)
            && max_files > 0
        {
            let old = location.path(old);
            if let Err(error) = std::fs::remove_file(&old) {
                run.warn(WarningKind::NotRemoved as u32, || {
                    format!("{} cannot be deleted: {error}", old.display())
                });
            }
        }
        *next += 1;
        if let Some(text) = silence.buffer(frames, unique_id) {
            run.warn(WarningKind::NoTensors as u32, || text.clone());
        }
        let mut stats = lock(&self.stats);
        stats.files += 1;
        stats.tensors += tensors;
        stats.left_out += left_out;
        stats.bytes += bytes.len() as u64;
        Ok(())
    }

    /// At the end of the stream, says so if no tensors came.
    fn end(&self) {
        let unique_id = lock(&self.settings).unique_id;
        let warnings = {
            let mut state = lock(&self.state);
            if let Some(text) = state.silence.end(unique_id) {
                (state.run).warn(WarningKind::NoTensors as u32, || text.clone());
            }
            state.run.take_warnings()
        };
        element::post(&*self.obj(), *CAT, warnings);
    }

    /// Gathers what goes into one file.
    fn collect<'a>(
        &self,
        state: &mut State,
        buffer: &gst::BufferRef,
        locked: &'a Locked<'_>,
        unique_id: u32,
    ) -> Writer<'a> {
        let sizes = state.run.frame_sizes(buffer);
        let mut writer = Writer::new(buffer.pts().map(gst::ClockTime::nseconds));
        let mut scratch: Vec<TensorMeta<'a>> = Vec::new();
        for (index, frame) in locked.frames().enumerate() {
            let (width, height) = sizes.of(&frame).unwrap_or_default();
            writer.frame(FrameInfo {
                pad_index: Some(frame.pad_index()),
                source_id: frame.source_id(),
                frame_num: frame.frame_num(),
                batch_id: frame.batch_id(),
                buf_pts: Some(frame.buf_pts()),
                ntp_timestamp: frame.ntp_timestamp(),
                width,
                height,
            });
            let frame_number = number(index);
            let mut add = |object, metas: &[TensorMeta<'a>]| {
                for meta in metas {
                    let place = Place {
                        frame: frame_number,
                        object,
                        unique_id: meta.unique_id(),
                    };
                    if unique_id != 0 && meta.unique_id() != unique_id {
                        state.silence.other(meta.unique_id());
                    } else {
                        state.silence.tensors();
                        writer.meta(place, meta, |why| {
                            let kind = match why {
                                LeftOut::Unreadable(_) => WarningKind::Unreadable,
                                LeftOut::Twice(_) => WarningKind::Twice,
                            };
                            state.run.warn(kind as u32, || {
                                format!("a tensor of {place} is not recorded: {why}")
                            });
                        });
                    }
                }
            };
            scratch.clear();
            scratch.extend(frame.user_metas().rev().filter_map(|m| m.as_tensor()));
            add(None, &scratch);
            for (index, object) in frame.objects().rev().enumerate() {
                scratch.clear();
                scratch.extend(object.user_metas().rev().filter_map(|m| m.as_tensor()));
                add(Some(number(index)), &scratch);
            }
        }
        let inputs = prepared(locked);
        let rois = inputs.iter().flat_map(PreparedInput::rois);
        let wanted = |meta: &TensorMeta<'_>| unique_id == 0 || meta.unique_id() == unique_id;
        let of_regions = rois.flat_map(|roi| roi.tensors()).filter(wanted).count();
        if of_regions > 0 {
            state.silence.tensors();
            state
                .run
                .warn(WarningKind::Regions as u32, || of_region_text(of_regions));
        }
        writer
    }
}

/// Why tensors of regions are left out.
fn of_region_text(count: usize) -> String {
    format!(
        "the tensors of {count} regions of nvdspreprocess are not recorded: files have those of frames and objects. Take \
         input-tensor-meta (input-tensor-from-meta in the file) off the inference element to record those of whole frames"
    )
}

/// A position as it is written.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[glib::object_subclass]
impl ObjectSubclass for TensorRecord {
    const NAME: &'static str = "GstRsTensorRecord";
    type Type = super::TensorRecord;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for TensorRecord {
    element::properties_and_stats!(
        TensorRecord,
        *CAT,
        "Totals since the element started: files and bytes written, tensors in them, \
             tensors left out because they could not be read or named, and warnings (structure of \
             how often each kind was met)"
    );

    element::constructed_passing_through!();
}

impl GstObjectImpl for TensorRecord {}

impl ElementImpl for TensorRecord {
    element::metadata!(
        "DeepStream tensor recorder",
        "Filter/Metadata/Video",
        "Writes the tensors that nvinfer or nvinferserver attached (NvDsInferTensorMeta) to \
         safetensors files, one a buffer; place it right behind them"
    );
    element::video_pads!();
    element::change_state_with_library!(*CAT);
}

impl BaseTransformImpl for TensorRecord {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let text = settings.location.filter(|text| !text.is_empty());
        let location = text
            .ok_or_else(|| NO_LOCATION.to_owned())
            .and_then(|text| Location::parse_numbered(&text).map_err(|error| error.to_string()))
            .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        let folder = location.folder();
        if !folder.is_dir() {
            return Err(gst::error_msg!(
                gst::ResourceError::NotFound,
                (
                    "{} is not a folder: create the folder of location first",
                    folder.display()
                )
            ));
        }
        let first = location.path(0);
        let claim = Claim::name(&first, &self.obj().name()).map_err(|by| {
            let first = first.display();
            gst::error_msg!(
                gst::ResourceError::OpenWrite,
                ("{by} writes {first} and those that follow, too: expected a location for each")
            )
        })?;
        make_room(&location, settings.overwrite)?;
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT).counting(&self.met),
            location: Some(location),
            claim,
            ..State::default()
        };
        *lock(&self.stats) = Stats::default();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.state).claim = None;
        Ok(())
    }

    element::set_caps!();

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            self.end();
        }
        self.parent_sink_event(event)
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
