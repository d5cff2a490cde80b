//! From the tensors of a batch to objects on its frames.
//!
//! A frame is read and its objects are attached in one pass, with the batch locked: the tensors that
//! are read belong to the batch, and no element in another branch may put objects between.

use std::sync::Arc;

use nvds::{Frame, FrameSizes, Locked, Object, TensorMeta};
use nvds_decode::{DecodeError, Layout, Postprocessor};

use super::SsdParser;
use super::attach::Attaching;
use super::explain::Explaining;
use super::imp::CAT;
use super::layout::{doubtful, refusal};
use super::missing_tensors::{MissingTensors, SILENT_BUFFERS, WarningKind};
use super::settings::Snapshot;
use super::stats::Totals;
use crate::element::Running;
use crate::tensors::{Layers, geometry};

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
    Data(WarningKind, String),
    /// Its layers are not those of an SSD.
    Layout(DecodeError),
}

/// What one inference looked at.
pub struct Unit<'a> {
    pub frame: Frame<'a>,
    size: Option<(u32, u32)>,
    /// The object, of secondary inference.
    pub object: Option<Object<'a>>,
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
    fn warn(&mut self, kind: WarningKind, text: impl Fn() -> String) {
        self.run.warn(kind as u32, text);
    }
}

/// Decodes the tensors of one buffer after the other.
#[derive(Default)]
pub struct Decoding {
    /// What is known of the tensors.
    layout: Arc<Layout>,
    /// One for each inference element whose tensors were seen.
    parsers: Vec<Parser>,
    /// unique-ids of the tensors that were parsed on the frame in work.
    parsed: Vec<u32>,
    attaching: Attaching,
    missing: MissingTensors,
    explaining: Explaining,
    /// Buffers whose tensors were those of no SSD, before the first of an SSD.
    refused_buffers: u32,
    /// Why the last of them were not parsed.
    refused: Option<DecodeError>,
}

impl Decoding {
    /// One for tensors of this layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self {
            layout,
            ..Self::default()
        }
    }

    /// Decodes all tensors of the batch and attaches the objects.
    ///
    /// # Errors
    /// When tensors are nearly those of an SSD, or `unique-id` asks for them, or there were none of an
    /// SSD on 100 buffers.
    pub fn run(
        &mut self,
        locked: &Locked<'_>,
        sizes: &FrameSizes<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let mut not_ssd = None;
        for frame in locked.frames() {
            context.totals.frames += 1;
            self.missing.frame(&frame);
            self.parsed.clear();
            // Objects are attached before the first one of the list: these are not met.
            let objects = frame.objects();
            let mut unit = Unit {
                frame,
                size: sizes.of(&frame),
                object: None,
            };
            for meta in frame.tensors() {
                self.unit(locked, &meta, &unit, context, &mut not_ssd);
            }
            for object in objects.clone() {
                unit.object = Some(object);
                for meta in object.tensors() {
                    self.unit(locked, &meta, &unit, context, &mut not_ssd);
                }
            }
            if !self.parsed.is_empty() {
                locked.set_infer_done(&frame);
            }
            let tee = context.run.tee();
            if let Some(text) = self.missing.doubles(objects, &self.parsed, tee) {
                context.warn(WarningKind::Doubles, || text.clone());
            }
        }
        if let Some(text) = self.missing.buffer(context.snapshot.unique_id) {
            context.warn(WarningKind::NoTensors, || text.clone());
        }
        let Some((unique_id, error)) = not_ssd else {
            return Ok(());
        };
        // Other networks may have their tensors on the same frames, also before an SSD that skips
        // frames or looks at objects has its first, and one frame's tensors may be broken. But when
        // nothing is an SSD for long, or what was asked for or looks like one is none, the pipeline
        // is built wrongly.
        if !self.parsers.iter().any(|parser| parser.decoded) {
            let waits = context.snapshot.unique_id == 0 && error.is_unrelated();
            if !waits || self.refused_buffers == SILENT_BUFFERS {
                return Err(error);
            }
            self.refused_buffers += 1;
            self.refused = Some(error.clone());
        }
        context.warn(WarningKind::NotSsd, || {
            let (text, _) = refusal(&error);
            format!("tensors of unique-id {unique_id} are not parsed: {text}")
        });
        Ok(())
    }

    /// Explanations since the last call, to be posted when no lock is held.
    pub fn take_explanations(&mut self) -> Vec<gst::Structure> {
        self.explaining.take()
    }

    /// What is to be said when no further buffer comes.
    ///
    /// # Errors
    /// When there were tensors, but none of an SSD.
    pub fn end(&mut self, unique_id: u32, run: &mut Running) -> Result<(), DecodeError> {
        if let Some(text) = self.missing.end(unique_id) {
            run.warn(WarningKind::NoTensors as u32, || text.clone());
        }
        match self.refused.take() {
            Some(error) if !self.parsers.iter().any(|parser| parser.decoded) => Err(error),
            _ => Ok(()),
        }
    }

    /// Decodes one tensor meta, if it is wanted, or says why not.
    fn unit<'g>(
        &mut self,
        locked: &'g Locked<'_>,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
        not_ssd: &mut Option<(u32, DecodeError)>,
    ) {
        let unique_id = meta.unique_id();
        let wanted = context.snapshot.unique_id;
        if wanted != 0 && unique_id != wanted {
            self.missing.other(unique_id);
            return;
        }
        self.missing.tensors();
        context.totals.tensors += 1;
        match self.decode(locked, meta, unit, context) {
            Ok(objects) => {
                gst::log!(
                    CAT,
                    obj = context.element,
                    "{unit}, unique-id {unique_id}: {objects} objects",
                );
                self.parsed.push(unique_id);
            }
            Err(Refusal::Data(kind, text)) => {
                context.totals.bad_tensors += 1;
                context.warn(kind, || {
                    format!("tensors of unique-id {unique_id} on {unit}: {text}")
                });
            }
            Err(Refusal::Layout(error)) => {
                context.totals.bad_tensors += 1;
                not_ssd.get_or_insert((unique_id, error));
            }
        }
    }

    /// Decodes one tensor meta and attaches what is found. Returns how many objects.
    fn decode<'g>(
        &mut self,
        locked: &'g Locked<'_>,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
    ) -> Result<usize, Refusal> {
        let size = unit.size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the \
                        frame meta and no size in the caps";
            Refusal::Data(WarningKind::NoFrameSize, text.to_owned())
        })?;
        let bad_tensor =
            |e: nvds::TensorError| Refusal::Data(WarningKind::BadTensor, e.to_string());
        let snapshot = context.snapshot;
        let object = unit.object.map(|object| object.rect());
        let geometry = geometry(meta, size, object, snapshot.padding)
            .map_err(|error| Refusal::Data(WarningKind::Geometry, error.to_string()))?;
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
        context.totals.counts += counts;
        if snapshot.explain.is_some() {
            let unique_id = meta.unique_id();
            self.explaining
                .tell(unit, unique_id, &counts, params, snapshot, context.element);
        }
        if let Some(decoder) = parser.postprocessor.decoder() {
            for doubt in parser.postprocessor.doubts() {
                context.warn(doubt.into(), || doubtful(doubt, decoder.name));
            }
        }
        if let Some(text) = parser
            .postprocessor
            .class_beyond_limit()
            .and_then(|class| snapshot.missing_label(class))
        {
            context.warn(WarningKind::NoLabel, || text.clone());
        }
        if counts.bad_count > 0 {
            context.warn(WarningKind::BadCount, || {
                "the number of detections is not a number; taken as none".to_owned()
            });
        }
        let (unique_id, element) = (meta.unique_id(), context.element);
        self.attaching
            .run(
                locked,
                unit,
                unique_id,
                &parser.postprocessor,
                snapshot,
                element,
            )
            .map_err(|error| Refusal::Data(WarningKind::ForeignMeta, error.to_string()))?;
        Ok(parser.postprocessor.detections().len())
    }
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
