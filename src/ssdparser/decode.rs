//! From the tensors of a batch to detections, without changing the batch.

use std::ops::Range;
use std::sync::Arc;

use nvds::{Batch, Frame, FrameSizes, Object, TensorMeta};
use nvds_decode::{BoxUnits, DecodeError, Detection, Layout, Postprocessor};

use super::SsdParser;
use super::explain::Explaining;
use super::imp::CAT;
use super::settings::Snapshot;
use super::stats::Totals;
use super::traps::{Trouble, Watch};
use crate::element::Running;
use crate::tensors::{Layers, geometry};

/// Where tensors hang.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Which frame of the batch.
    pub frame: usize,
    /// Which object of the frame, in the order of its list, for those of secondary inference.
    pub object: Option<usize>,
}

/// The objects found in one tensor meta.
#[derive(Debug)]
pub struct Found {
    pub place: Place,
    pub unique_id: u32,
    /// Which of [`Decoding::detections`].
    detections: Range<usize>,
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

/// What one inference looked at.
pub struct Unit<'a> {
    pub frame: Frame<'a>,
    size: Option<(u32, u32)>,
    /// The object, of secondary inference.
    pub object: Option<Object<'a>>,
    place: Place,
}

impl std::fmt::Display for Unit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.object.is_some() {
            f.write_str("an object of ")?;
        }
        let frame = &self.frame;
        write!(
            f,
            "frame {} of source {}",
            frame.frame_num(),
            frame.source_id()
        )
    }
}

/// What is at hand while a buffer is in work.
pub struct Context<'a> {
    pub snapshot: &'a Snapshot,
    pub run: &'a mut Running,
    pub totals: &'a mut Totals,
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
    /// What is known of the tensors.
    layout: Arc<Layout>,
    /// One for each inference element whose tensors were seen.
    parsers: Vec<Parser>,
    detections: Vec<Detection>,
    found: Vec<Found>,
    watch: Watch,
    explaining: Explaining,
}

impl Decoding {
    /// One for tensors of this layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self {
            layout,
            ..Self::default()
        }
    }

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
        self.found.clear();
        self.detections.clear();
        let mut not_ssd = None;
        for (index, frame) in batch.frames().enumerate() {
            context.totals.frames += 1;
            self.watch.frame(&frame);
            let first = self.found.len();
            let mut unit = Unit {
                frame,
                size: sizes.of(&frame),
                object: None,
                place: Place {
                    frame: index,
                    object: None,
                },
            };
            for meta in frame.tensors() {
                self.unit(&meta, &unit, context, &mut not_ssd);
            }
            for (position, object) in frame.objects().enumerate() {
                (unit.object, unit.place.object) = (Some(object), Some(position));
                for meta in object.tensors() {
                    self.unit(&meta, &unit, context, &mut not_ssd);
                }
            }
            if let Some(text) = self.watch.doubles(&frame, &self.found[first..]) {
                context.warn(Trouble::Doubles, || text.clone());
            }
        }
        if let Some(text) = self.watch.buffer(context.snapshot.unique_id) {
            context.warn(Trouble::NoTensors, || text.clone());
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

    /// Explanations since the last call, to be posted when no lock is held.
    pub fn take_explanations(&mut self) -> Vec<gst::Structure> {
        self.explaining.take()
    }

    /// What is to be said when no further buffer comes.
    pub fn end(&mut self, unique_id: u32, run: &mut Running) {
        if let Some(text) = self.watch.end(unique_id) {
            run.warn(Trouble::NoTensors as u32, || text.clone());
        }
    }

    /// Decodes one tensor meta, if it is wanted, or says why not.
    fn unit(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'_>,
        context: &mut Context<'_>,
        not_ssd: &mut Option<(u32, DecodeError)>,
    ) {
        let unique_id = meta.unique_id();
        let wanted = context.snapshot.unique_id;
        if wanted != 0 && unique_id != wanted {
            self.watch.other(unique_id);
            return;
        }
        self.watch.tensors();
        context.totals.tensors += 1;
        match self.decode(meta, unit, context) {
            Ok(detections) => {
                gst::log!(
                    CAT,
                    obj = context.element,
                    "{unit}, unique-id {unique_id}: {} objects",
                    detections.len(),
                );
                self.found.push(Found {
                    place: unit.place,
                    unique_id,
                    detections,
                });
            }
            Err(Refusal::Data(trouble, text)) => {
                context.totals.bad_tensors += 1;
                context.warn(trouble, || {
                    format!("tensors of unique-id {unique_id} on {unit}: {text}")
                });
            }
            Err(Refusal::Layout(error)) => {
                context.totals.bad_tensors += 1;
                not_ssd.get_or_insert((unique_id, error));
            }
        }
    }

    /// Decodes one tensor meta. Returns which of the detections are its own.
    fn decode(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'_>,
        context: &mut Context<'_>,
    ) -> Result<Range<usize>, Refusal> {
        let size = unit.size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the \
                        frame meta and no size in the caps";
            Refusal::Data(Trouble::NoFrameSize, text.to_owned())
        })?;
        let bad_tensor = |e: nvds::TensorError| Refusal::Data(Trouble::BadTensor, e.to_string());
        let snapshot = context.snapshot;
        let object = unit.object.map(|object| object.rect());
        let geometry = geometry(meta, size, object, snapshot.padding)
            .map_err(|error| Refusal::Data(Trouble::Geometry, error.to_string()))?;
        let mut layers = Layers::default();
        layers.read(meta).map_err(bad_tensor)?;
        let parser = parser(&mut self.parsers, meta.unique_id(), &self.layout);
        let before = parser.postprocessor.decoder();
        let own = snapshot.params_of(unit.frame.source_id());
        let params = own.as_ref().unwrap_or(&snapshot.params);
        let (tensors, postprocessor) = (layers.as_slice(), &mut parser.postprocessor);
        let explanation = &mut self.explaining.explanation;
        let run = match snapshot.explain {
            None => postprocessor.run(tensors, &geometry, params),
            Some(floor) => postprocessor.explain(tensors, &geometry, params, floor, explanation),
        };
        if let Err(error) = run {
            // A layer that is there but cannot be read is the better explanation.
            return Err(layers.unreadable.map_or(Refusal::Layout(error), bad_tensor));
        }
        if let Some(decoder) = parser.postprocessor.decoder()
            && before.is_none_or(|before| before.name != decoder.name)
        {
            let boxes = decoder.boxes(&self.layout);
            gst::info!(
                CAT,
                obj = context.element,
                "tensors of unique-id {} have the layout {}, boxes in the order {:?}, {:?}: {}",
                meta.unique_id(),
                decoder.name,
                boxes.order,
                boxes.units,
                nvds_decode::error::describe(layers.as_slice())
            );
        }
        parser.decoded = true;
        let counts = *parser.postprocessor.counts();
        let start = self.detections.len();
        self.detections
            .extend_from_slice(parser.postprocessor.detections());
        context.totals.counts += counts;
        if snapshot.explain.is_some() {
            let unique_id = meta.unique_id();
            self.explaining
                .tell(unit, unique_id, &counts, params, snapshot, context.element);
        }
        if parser.postprocessor.units_are_doubtful()
            && let Some(decoder) = parser.postprocessor.decoder()
        {
            let (name, units) = (decoder.name, decoder.boxes(&self.layout).units);
            context.warn(Trouble::Units, || doubtful(name, units));
        }
        if counts.bad_count > 0 {
            context.warn(Trouble::BadCount, || {
                "the number of detections is not a number; taken as none".to_owned()
            });
        }
        Ok(start..self.detections.len())
    }
}

/// What to say of boxes that hardly can be in the units that a layout usually has.
fn doubtful(decoder: &str, units: BoxUnits) -> String {
    let (looks, usual, other) = match units {
        BoxUnits::Normalised => ("far beyond 1", "normalised to 0..1", "pixels"),
        BoxUnits::NetworkPixels => ("all within 0..2", "in pixels", "normalised"),
    };
    format!(
        "the boxes are {looks}, but those of {decoder} are read as {usual}: set box-units={other}, \
         or to what they are to silence this"
    )
}

/// The parser of an inference element.
fn parser<'p>(
    parsers: &'p mut Vec<Parser>,
    unique_id: u32,
    layout: &Arc<Layout>,
) -> &'p mut Parser {
    let known = parsers
        .iter()
        .position(|parser| parser.unique_id == unique_id);
    let at = match known {
        Some(at) => at,
        None if parsers.len() < MAX_PARSERS => {
            parsers.push(Parser {
                unique_id,
                postprocessor: Postprocessor::with_layout(layout.clone()),
                decoded: false,
            });
            parsers.len() - 1
        }
        None => MAX_PARSERS - 1,
    };
    &mut parsers[at]
}
