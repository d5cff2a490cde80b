//! Recorded tensors in a model's place: files of `rstensorrecord`, one a buffer.
//!
//! Frames are found by pad and number and not by the order of buffers: what an interval skipped then, or skips now, or
//! another grouping into batches, does not shift the rest. Files are read as far as the stream has come.

use std::collections::{HashMap, VecDeque};
use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::Arc;

use nvds::{NetworkInfo, NewLayer};
use nvds_recording::error::ReadError;
use nvds_recording::key::Place;
use nvds_recording::location::Location;
use nvds_recording::read::{self, RecordedMeta, Recording};

use self::compare::Comparison;
use super::engine::{Answers, UnitKey};

mod compare;

/// Files that are kept in memory. A buffer's frames are in one, or in a few when batches are grouped otherwise.
const KEPT: usize = 8;

/// What a configuration says that a recording has to agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Of the inference element, as it was when its tensors were recorded.
    pub unique_id: u32,
    /// Width and height of the network's input, where the configuration tells them.
    pub size: Option<(u32, u32)>,
    /// Kept aspect, symmetric padding.
    pub padding: (bool, bool),
}

/// A recording that answers for a network.
#[derive(Debug)]
pub struct Replay {
    asked: Asked,
    files: Files,
    network: NetworkInfo,
    /// With the frames of the stream.
    comparison: Comparison,
    /// Names of the layers in their order.
    layers: Vec<Arc<CStr>>,
}

impl Replay {
    /// Opens a recording: files' name with a place for the number, or one file that answers for all frames.
    ///
    /// # Errors
    /// What is wrong with it or does not fit the configuration.
    pub fn open(location: &str, asked: Asked) -> Result<Self, String> {
        let mut files = Files::new(Location::parse(location).map_err(|e| e.to_string())?, asked);
        let mut others = Vec::new();
        loop {
            let number = files.read;
            let Some(recording) = files.read_next()? else {
                return Err(none_of_this_id(&files, asked.unique_id, &others));
            };
            let metas = &recording.metas;
            let of_this_id = |meta: &&RecordedMeta| meta.place.unique_id == asked.unique_id;
            if let Some(meta) = metas.iter().find(of_this_id) {
                let file = files.location.path(number);
                check(meta, asked).map_err(|what| format!("{}: {what}", file.display()))?;
                return Ok(Self {
                    asked,
                    network: meta.meta.network(),
                    comparison: Comparison::default(),
                    layers: names(meta),
                    files,
                });
            }
            others.extend(metas.iter().map(|meta| meta.place.unique_id));
            others.sort_unstable();
            others.dedup();
        }
    }

    /// The tensors of one frame or object.
    fn unit(&mut self, unit: &UnitKey) -> Result<Vec<NewLayer>, String> {
        let (number, frame) = self.files.find(unit)?;
        let recording = self.files.load(number)?;
        let place = Place {
            frame,
            object: unit.object.map(|object| object as u32),
            unique_id: self.asked.unique_id,
        };
        let what = || {
            let object = unit.object.map(|object| format!("object {object} of "));
            format!(
                "{}: {}frame {} of pad {}",
                self.files.location.path(number).display(),
                object.unwrap_or_default(),
                unit.frame_num,
                unit.pad_index
            )
        };
        let found = recording.metas.iter().find(|meta| meta.place == place);
        let Some(found) = found else {
            return Err(format!(
                "{} has no tensors {place}.*: was it not inferred when it was recorded, for an interval or other objects before it?",
                what()
            ));
        };
        if let Some(told) = recording.told.get(frame as usize) {
            // One file stands for all times, and a stream that begins again goes on in time.
            let timed = self.files.location.is_pattern() && !self.files.ended;
            self.comparison.frame(unit, told, timed);
        }
        check(found, self.asked).map_err(|why| format!("{}: {why}", what()))?;
        if names(found) != self.layers {
            return Err(format!(
                "{} has other layers than the recording began with: {:?} and not {:?}",
                what(),
                names(found),
                self.layers
            ));
        }
        Ok(found.meta.layers().cloned().collect())
    }
}

impl Answers for Replay {
    fn network(&self) -> NetworkInfo {
        self.network
    }

    fn layer_names(&self) -> Vec<Arc<CStr>> {
        self.layers.clone()
    }

    fn warnings(&mut self) -> Vec<String> {
        self.comparison.take()
    }

    fn answer(&mut self, units: &[UnitKey]) -> Result<Vec<Vec<NewLayer>>, String> {
        units.iter().map(|unit| self.unit(unit)).collect()
    }
}

fn names(meta: &RecordedMeta) -> Vec<Arc<CStr>> {
    let layers = meta.meta.layers();
    layers.map(|layer| Arc::clone(&layer.name)).collect()
}

/// That tensors were made as the configuration says.
fn check(meta: &RecordedMeta, asked: Asked) -> Result<(), String> {
    let network = meta.meta.network();
    if let Some((width, height)) = asked.size
        && (width, height) != (network.width, network.height)
    {
        return Err(format!(
            "it was recorded with a network of {}x{} pixels, the configuration says {width}x{height}",
            network.width, network.height
        ));
    }
    match meta.told_padding {
        Some(told) if told != asked.padding => Err(format!(
            "it was recorded with maintain-aspect-ratio={} symmetric-padding={}, the configuration says {} and {}",
            u8::from(told.0),
            u8::from(told.1),
            u8::from(asked.padding.0),
            u8::from(asked.padding.1)
        )),
        _ => Ok(()),
    }
}

fn none_of_this_id(files: &Files, unique_id: u32, others: &[u32]) -> String {
    let first = files.location.path(0);
    if files.read == 0 {
        return format!(
            "{} is not there: expected the first file of a recording made with rstensorrecord",
            first.display()
        );
    }
    let others = match others {
        [] => "and none of another".to_owned(),
        ids => format!("but of {ids:?}"),
    };
    format!(
        "{} and the {} after it have no tensors of unique-id {unique_id}, {others}",
        first.display(),
        files.read - 1
    )
}

/// The files as far as they have been read.
#[derive(Debug)]
struct Files {
    location: Location,
    network_size: (u32, u32),
    /// How many have been read, from number 0 on.
    read: u64,
    /// There are no more.
    ended: bool,
    /// Pad and number of a frame, to the files it is in and its position there.
    frames: HashMap<(u32, i32), Vec<(u64, u32)>>,
    /// A file that tells nothing of its frames was met: their position decides.
    untold: bool,
    /// The file that a pad's last frame was in.
    reached: HashMap<u32, u64>,
    kept: VecDeque<(u64, Arc<Recording>)>,
}

impl Files {
    fn new(location: Location, asked: Asked) -> Self {
        Self {
            location,
            network_size: asked.size.unwrap_or_default(),
            read: 0,
            ended: false,
            frames: HashMap::new(),
            untold: false,
            reached: HashMap::new(),
            kept: VecDeque::new(),
        }
    }

    /// Reads the next file and remembers its frames; nothing behind the last.
    fn read_next(&mut self) -> Result<Option<Arc<Recording>>, String> {
        if self.ended || (self.read > 0 && !self.location.is_pattern()) {
            self.ended = true;
            return Ok(None);
        }
        let number = self.read;
        let Some(recording) = self.open(number)? else {
            self.ended = true;
            return Ok(None);
        };
        self.read += 1;
        self.untold |= recording.told.is_empty();
        for (position, told) in (0..).zip(&recording.told) {
            let pad = told.pad_index.unwrap_or(told.source_id);
            let key = (pad, told.frame_num);
            self.frames.entry(key).or_default().push((number, position));
        }
        Ok(Some(recording))
    }

    /// A file that was read before.
    fn load(&mut self, number: u64) -> Result<Arc<Recording>, String> {
        if let Some((_, kept)) = self.kept.iter().find(|(kept, _)| *kept == number) {
            return Ok(Arc::clone(kept));
        }
        let opened = self.open(number)?;
        opened.ok_or_else(|| {
            let path = self.location.path(number);
            format!("{} is not there any more", path.display())
        })
    }

    /// Reads a file into memory; nothing where there is none.
    fn open(&mut self, number: u64) -> Result<Option<Arc<Recording>>, String> {
        let path: PathBuf = self.location.path(number);
        match read::load(&path, self.network_size) {
            Ok(recording) => {
                let recording = Arc::new(recording);
                if self.kept.len() >= KEPT {
                    self.kept.pop_front();
                }
                self.kept.push_back((number, Arc::clone(&recording)));
                Ok(Some(recording))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(ReadError::NoNetworkSize(id)) => Err(format!(
                "{} cannot be replayed: nothing tells the input size of the network with unique-id {id}: set infer-dims in \
                 the configuration of nvinfer, or give the file an entry \"nvds\" with it",
                path.display()
            )),
            Err(error) => Err(format!("{} cannot be replayed: {error}", path.display())),
        }
    }

    /// The file with a frame and its position in there.
    fn find(&mut self, unit: &UnitKey) -> Result<(u64, u32), String> {
        if !self.location.is_pattern() {
            return self.find_in_one(unit);
        }
        if self.untold {
            return self.find_by_position(unit);
        }
        let key = (unit.pad_index, unit.frame_num);
        let reached = self.reached.get(&unit.pad_index).copied().unwrap_or(0);
        loop {
            let entries = self.frames.get(&key).map_or(&[][..], Vec::as_slice);
            let found = entries.iter().find(|(number, _)| *number >= reached);
            // A stream that has begun again may find what it found before.
            let found = found.or(entries.first().filter(|_| self.ended)).copied();
            if let Some(found) = found {
                self.reached.insert(unit.pad_index, found.0);
                return Ok(found);
            }
            if self.read_next()?.is_none() && !self.frames.contains_key(&key) {
                return Err(self.no_frame(unit));
            }
        }
    }

    /// One file for all frames: by the place in the batch, or its only frame.
    fn find_in_one(&mut self, unit: &UnitKey) -> Result<(u64, u32), String> {
        let frames = self.load(0)?.frames;
        match frames {
            1 => Ok((0, 0)),
            _ if (unit.batch_id as usize) < frames => Ok((0, unit.batch_id)),
            _ => Err(format!(
                "{} has {frames} frames, and there is one at place {} in the batch",
                self.location.path(0).display(),
                unit.batch_id
            )),
        }
    }

    /// Files that tell nothing of their frames: the file of the frame's number, by the place in the batch.
    fn find_by_position(&mut self, unit: &UnitKey) -> Result<(u64, u32), String> {
        let number = u64::try_from(unit.frame_num).unwrap_or(u64::MAX);
        while self.read <= number {
            if self.read_next()?.is_none() {
                return Err(self.no_frame(unit));
            }
        }
        match self.load(number)?.frames {
            frames if (unit.batch_id as usize) < frames => Ok((number, unit.batch_id)),
            _ => Err(self.no_frame(unit)),
        }
    }

    fn no_frame(&self, unit: &UnitKey) -> String {
        format!(
            "frame {} of pad {} is not in the recording, {} to {}: is the stream the recorded one, with the same pads of the mux, and no longer?",
            unit.frame_num,
            unit.pad_index,
            self.location.path(0).display(),
            self.location.path(self.read.saturating_sub(1)).display()
        )
    }
}

#[cfg(test)]
mod tests;
