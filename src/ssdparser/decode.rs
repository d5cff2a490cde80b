//! From the tensors of a batch to detections, without changing the batch.

use std::ops::Range;

use nvds::{Batch, FrameSizes, TensorMeta};
use nvds_decode::{DecodeError, Detection, Postprocessor};

use super::SsdParser;
use super::imp::CAT;
use super::settings::Snapshot;
use super::stats::Stats;
use crate::element::Running;
use crate::tensors::{Layers, geometry};

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    NoFrameSize,
    Geometry,
    BadTensor,
    NotSsd,
    BadCount,
}

/// The objects found in one tensor meta.
#[derive(Debug)]
pub struct Found {
    pub frame: usize,
    pub unique_id: u32,
    /// Which of [`Decoding::detections`].
    pub detections: Range<usize>,
}

/// Decodes the tensors of one inference element.
struct Parser {
    unique_id: u32,
    postprocessor: Postprocessor,
    /// Whether it ever found the layers of an SSD.
    decoded: bool,
}

/// More ids than any pipeline has inference elements: beyond, they are taken for garbage and share
/// the last parser.
const MAX_PARSERS: usize = 64;

/// Why one tensor meta gave no objects.
enum Refusal {
    /// Its data cannot be used, the next frame's may be.
    Data(Trouble, String),
    /// Its layers are not those of an SSD.
    Layout(DecodeError),
}

/// What is at hand while a buffer is in work.
pub struct Context<'a> {
    pub snapshot: &'a Snapshot,
    pub run: &'a mut Running,
    pub stats: &'a mut Stats,
    /// For logs.
    pub element: &'a SsdParser,
}

impl Context<'_> {
    fn warn(&mut self, trouble: Trouble, text: impl Fn() -> String) {
        self.run.warn(trouble as u32, text);
    }
}

/// Decodes the tensors of one buffer after the other.
#[derive(Default)]
pub struct Decoding {
    /// One for each inference element whose tensors were seen.
    parsers: Vec<Parser>,
    detections: Vec<Detection>,
    found: Vec<Found>,
}

impl Decoding {
    /// What the last run found, in the order of the batch.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// The detections of one tensor meta.
    pub fn detections(&self, found: &Found) -> &[Detection] {
        self.detections
            .get(found.detections.clone())
            .unwrap_or_default()
    }

    /// Decodes all tensors of the batch.
    ///
    /// # Errors
    /// When tensors are not those of an SSD, and never any were.
    pub fn run(
        &mut self,
        batch: &Batch<'_>,
        sizes: &FrameSizes<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let mut not_ssd = None;
        self.found.clear();
        self.detections.clear();
        for (index, frame) in batch.frames().enumerate() {
            context.stats.frames += 1;
            for meta in frame.tensors() {
                let unique_id = meta.unique_id();
                let wanted = context.snapshot.unique_id;
                if wanted != 0 && unique_id != wanted {
                    continue;
                }
                context.stats.tensors += 1;
                match self.decode(&meta, sizes.of(&frame), context) {
                    Ok(detections) => {
                        gst::log!(
                            CAT,
                            obj = context.element,
                            "frame {} of source {}: {} objects",
                            frame.frame_num(),
                            frame.source_id(),
                            detections.len(),
                        );
                        self.found.push(Found {
                            frame: index,
                            unique_id,
                            detections,
                        });
                    }
                    Err(Refusal::Data(trouble, text)) => {
                        context.stats.bad_tensors += 1;
                        context.warn(trouble, || {
                            format!(
                                "tensors of unique-id {unique_id} on frame {} of source {}: {text}",
                                frame.frame_num(),
                                frame.source_id()
                            )
                        });
                    }
                    Err(Refusal::Layout(error)) => {
                        context.stats.bad_tensors += 1;
                        not_ssd.get_or_insert((unique_id, error));
                    }
                }
            }
        }
        let Some((unique_id, error)) = not_ssd else {
            return Ok(());
        };
        // Other networks may have their tensors on the same frames, and one frame's tensors may be
        // broken. But when nothing was ever an SSD, the pipeline is built wrongly.
        if !self.parsers.iter().any(|parser| parser.decoded) {
            return Err(error);
        }
        context.warn(Trouble::NotSsd, || {
            format!("tensors of unique-id {unique_id} are not parsed: {error}")
        });
        Ok(())
    }

    /// Decodes one tensor meta. Returns which of the detections are its own.
    fn decode(
        &mut self,
        meta: &TensorMeta<'_>,
        size: Option<(u32, u32)>,
        context: &mut Context<'_>,
    ) -> Result<Range<usize>, Refusal> {
        let size = size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the \
                        frame meta and no size in the caps";
            Refusal::Data(Trouble::NoFrameSize, text.to_owned())
        })?;
        let bad_tensor = |e: nvds::TensorError| Refusal::Data(Trouble::BadTensor, e.to_string());
        let geometry = geometry(meta, size)
            .map_err(|error| Refusal::Data(Trouble::Geometry, error.to_string()))?;
        let layers = Layers::of(meta).map_err(bad_tensor)?;
        let parser = parser(&mut self.parsers, meta.unique_id());
        let before = parser.postprocessor.decoder();
        let params = &context.snapshot.params;
        if let Err(error) = parser
            .postprocessor
            .run(layers.as_slice(), &geometry, params)
        {
            // A layer that is there but cannot be read is the better explanation.
            return Err(layers.unreadable.map_or(Refusal::Layout(error), bad_tensor));
        }
        if let Some(decoder) = parser.postprocessor.decoder()
            && before.is_none_or(|before| before.name != decoder.name)
        {
            gst::info!(
                CAT,
                obj = context.element,
                "tensors of unique-id {} have the layout {}: {}",
                meta.unique_id(),
                decoder.name,
                nvds_decode::error::describe(layers.as_slice())
            );
        }
        parser.decoded = true;
        let counts = *parser.postprocessor.counts();
        let start = self.detections.len();
        self.detections
            .extend_from_slice(parser.postprocessor.detections());
        context.stats.counts += counts;
        if counts.bad_count > 0 {
            context.warn(Trouble::BadCount, || {
                "the number of detections is not a number; taken as none".to_owned()
            });
        }
        Ok(start..self.detections.len())
    }
}

/// The parser of an inference element.
fn parser(parsers: &mut Vec<Parser>, unique_id: u32) -> &mut Parser {
    let known = parsers
        .iter()
        .position(|parser| parser.unique_id == unique_id);
    let at = match known {
        Some(at) => at,
        None if parsers.len() < MAX_PARSERS => {
            parsers.push(Parser {
                unique_id,
                postprocessor: Postprocessor::new(),
                decoded: false,
            });
            parsers.len() - 1
        }
        None => MAX_PARSERS - 1,
    };
    &mut parsers[at]
}
