//! From the tensors of one frame or object to objects.

use std::sync::{Arc, Mutex};

use nvds::TensorMeta;
use nvds_decode::select::Preset;
use nvds_decode::{Counts, DecodeError, Decoder, Family, Layout, MOST_COMPETING, Postprocessor};

use super::attach::{Attaching, Look};
use super::doubt::{doubtful, is_overflow, overflow};
use super::explain::Explaining;
use super::settings::{Settings, Snapshot};
use super::training::{self, Training};
use super::{Network, add_counts};
use crate::element::lock;
use crate::parser::labels::Labels;
use crate::parser::missing_tensors::WarningKind;
use crate::parser::task::{Context, Refusal, Task, Unit};
use crate::tensors::{Layers, Part, UntoldPadding, Views, geometry};

/// Decodes the tensors of one inference element.
struct Decoding {
    unique_id: u32,
    layers: Layers,
    postprocessor: Postprocessor,
}

/// More ids than any pipeline has inference elements: beyond, they are taken for garbage and share
/// the last decoding.
const MAX_IDS: usize = 64;

/// What is known of the tensors.
pub struct Known {
    pub network: Network,
    pub layout: Arc<Layout>,
    /// Which network it is, if that is stated.
    pub preset: Option<Preset>,
}

/// Decodes boxes, and attaches an object for each that is left.
pub struct Boxes {
    known: Known,
    /// The element's. They are ready for a change while the task lives.
    settings: Arc<Mutex<Settings>>,
    /// The settings, as they were when they were last looked at.
    snapshot: Snapshot,
    /// One for each inference element whose tensors were seen.
    decodings: Vec<Decoding>,
    attaching: Attaching,
    explaining: Explaining,
    /// Since they were last asked for.
    counts: Counts,
}

impl Boxes {
    /// The task of an element with these settings, which it makes ready to be changed while it runs.
    ///
    /// # Errors
    /// Names the property that cannot be used, and why.
    pub fn new(
        known: Known,
        settings: Arc<Mutex<Settings>>,
        labels: Option<Arc<Labels>>,
    ) -> Result<Self, String> {
        let snapshot = {
            let mut settings = lock(&settings);
            settings.start(labels)?;
            settings.snapshot()
        };
        Ok(Self {
            known,
            settings,
            snapshot,
            decodings: Vec::new(),
            attaching: Attaching::default(),
            explaining: Explaining::default(),
            counts: Counts::default(),
        })
    }
}

impl Drop for Boxes {
    fn drop(&mut self) {
        lock(&self.settings).ready = None;
    }
}

impl Task for Boxes {
    fn network(&self) -> &'static str {
        self.known.network.name
    }

    fn refusal(&self, error: &DecodeError) -> (String, String) {
        let text = format!(
            "{error}. {}, or unique-id if these tensors are another network's",
            (self.known.network.advice)(error)
        );
        (text, error.detail().unwrap_or_default())
    }

    fn update(&mut self) {
        self.snapshot = lock(&self.settings).snapshot();
    }

    fn read<'g>(
        &mut self,
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
        let snapshot = &self.snapshot;
        let part = unit.part();
        let geometry = geometry(meta, size, part, snapshot.padding)
            .map_err(|error| Refusal::Data(WarningKind::Geometry, error.to_string()))?;
        if snapshot.padding.is_none()
            && matches!(part, Part::Frame)
            && let Some(untold) = UntoldPadding::of(meta, size)
        {
            context.warn(WarningKind::Padding, || untold.to_string());
        }
        let unique_id = meta.unique_id();
        let Decoding {
            layers,
            postprocessor,
            ..
        } = decoding(
            &mut self.decodings,
            unique_id,
            self.known.network.family,
            &self.known.layout,
        );
        let mut views = Views::new();
        let unreadable = layers.read(meta, &mut views).map_err(bad_tensor)?;
        let before = postprocessor.decoder();
        let own = snapshot.params_of(unit.frame.source_id());
        let params = own.as_ref().unwrap_or(&snapshot.params);
        let tensors = &views[..];
        let explanation = &mut self.explaining.explanation;
        let run = match snapshot.explain {
            None => postprocessor.run(tensors, &geometry, params),
            Some(floor) => postprocessor.explain(tensors, &geometry, params, floor, explanation),
        };
        if let Err(error) = run {
            // A layer that is there but cannot be read is the better explanation.
            return Err(unreadable.map_or(Refusal::Layout(error), bad_tensor));
        }
        if let Some(decoder) = postprocessor.decoder()
            && before.is_none_or(|before| before.name != decoder.name)
        {
            let boxes = decoder.boxes(&self.known.layout);
            gst::info!(
                context.category,
                obj = context.element,
                "tensors of unique-id {unique_id} have the layout {}, boxes in the order {:?}, {:?}: {}",
                decoder.name,
                boxes.form,
                boxes.units,
                nvds_decode::error::describe(tensors)
            );
            self.known.tell_training(meta, snapshot, decoder, context);
        }
        let counts = *postprocessor.counts();
        self.counts += counts;
        if snapshot.explain.is_some() {
            self.explaining
                .tell(unit, unique_id, &counts, params, snapshot, context);
        }
        warn(postprocessor, snapshot, context);
        self.attaching
            .run(
                unit,
                unique_id,
                postprocessor,
                &Look {
                    snapshot,
                    mask_threshold: self.known.layout.mask_threshold(),
                    joints: self.known.layout.yolo().joints,
                    in_masks: (self.known.layout.yolo().points_in_mask).then_some(&geometry),
                },
                context,
            )
            .map_err(|error| Refusal::Data(WarningKind::ForeignMeta, error.to_string()))?;
        Ok(postprocessor.detections().len())
    }

    fn add_counts(&mut self, totals: &mut [u64]) {
        add_counts(totals, &std::mem::take(&mut self.counts));
    }

    fn take_messages(&mut self) -> Vec<gst::Structure> {
        self.explaining.take()
    }
}

impl Known {
    /// Logs how the network's pictures were made in training, and whether the tensors' are made so.
    fn tell_training(
        &self,
        meta: &TensorMeta<'_>,
        snapshot: &Snapshot,
        decoder: &Decoder,
        context: &Context<'_>,
    ) {
        let (category, element) = (context.category, context.element);
        let unique_id = meta.unique_id();
        let padding = training::padding(meta, snapshot.padding);
        let preset = self.preset.as_ref();
        match training::compare(self.network.family, preset, decoder.format, padding) {
            None => (),
            Some(Training::Fits(text)) => {
                gst::info!(category, obj = element, "unique-id {unique_id}: {text}");
            }
            Some(Training::Contradicts(text)) => {
                gst::warning!(category, obj = element, "unique-id {unique_id}: {text}");
            }
        }
    }
}

/// Notes what is strange about numbers that were read.
fn warn(read: &Postprocessor, snapshot: &Snapshot, context: &mut Context<'_>) {
    if let Some(decoder) = read.decoder() {
        for doubt in read.doubts() {
            context.warn(doubt.into(), || doubtful(doubt, decoder.name));
        }
    }
    if let Some(text) = read
        .class_beyond_limit()
        .and_then(|class| snapshot.missing_label(class))
    {
        context.warn(WarningKind::NoLabel, || text.clone());
    }
    let (numbers, candidates) = (read.counts().dropped.non_finite, read.counts().candidates);
    if is_overflow(numbers, candidates, read.decoder()) {
        context.warn(WarningKind::NonFinite, || overflow(numbers, candidates));
    }
    // With as many objects as are wanted, and where other numbers tell why, none is missed.
    let wanted = snapshot.params.top_k;
    let full = wanted > 0 && read.detections().len() >= wanted;
    if read.left_out() > 0 && !full && read.doubts().next().is_none() {
        context.warn(WarningKind::Crowd, || {
            format!(
                "{candidates} boxes passed the thresholds of one frame, of which the best {MOST_COMPETING} \
                 are looked at: set score-threshold higher, or format and score-activation to what \
                 the network has",
                candidates = read.left_out() + MOST_COMPETING
            )
        });
    }
    if read.counts().bad_count > 0 {
        context.warn(WarningKind::BadCount, || {
            "the number of detections is not a number; taken as none".to_owned()
        });
    }
}

/// What decodes the tensors of an inference element.
fn decoding<'d>(
    decodings: &'d mut Vec<Decoding>,
    unique_id: u32,
    family: &'static Family,
    layout: &Arc<Layout>,
) -> &'d mut Decoding {
    let known = decodings
        .iter()
        .position(|decoding| decoding.unique_id == unique_id);
    let at = match known {
        Some(at) => at,
        None if decodings.len() < MAX_IDS => {
            decodings.push(Decoding {
                unique_id,
                layers: Layers::default(),
                postprocessor: Postprocessor::of(family, layout.clone()),
            });
            decodings.len() - 1
        }
        None => MAX_IDS - 1,
    };
    &mut decodings[at]
}
