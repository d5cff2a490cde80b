//! From the tensors of one frame or object to a classifier's result.

use std::ffi::CStr;
use std::sync::{Arc, Mutex};

use nvds::TensorMeta;
use nvds_decode::DecodeError;

use super::attach::{Manner, attach};
use super::imp::Settings;
use super::{Found, Reader};
use crate::element::lock;
use crate::parser::missing_tensors::WarningKind;
use crate::parser::task::{Context, Refusal, Task, Unit};
use crate::tensors::{Layers, Views};

/// More ids than any pipeline has inference elements: beyond, they are taken for garbage and share the last reading.
const MOST_IDS: usize = 64;

/// So many frames or objects of which nothing is said, before any of which something is, are no chance.
const SILENT_UNITS: u32 = 100;

/// Reads the tensors of one inference element.
struct Reading<R> {
    unique_id: u32,
    layers: Layers,
    reader: R,
}

/// Reads what tensors say, and attaches it.
pub struct Attributes<R> {
    reader: R,
    readings: Vec<Reading<R>>,
    /// The element's.
    settings: Arc<Mutex<Settings>>,
    threshold: f32,
    manner: Manner,
    found: Found,
    text: String,
    /// In the order of the counters.
    counts: [u64; 4],
    silence: Silence,
}

/// Looks for a threshold that nothing reaches.
#[derive(Default)]
struct Silence {
    units: u32,
    best: Option<f32>,
    broken: bool,
}

impl Silence {
    /// What to say after one more frame or object.
    fn after(&mut self, found: &Found, threshold: f32) -> Option<String> {
        self.broken |= found.silent || !found.is_empty();
        if self.broken || self.units >= SILENT_UNITS {
            return None;
        }
        self.units += 1;
        let seen = [self.best, found.best].into_iter().flatten();
        self.best = seen.reduce(f32::max);
        if self.units < SILENT_UNITS {
            return None;
        }
        let why = match self.best {
            None => "their tensors gave no score".to_owned(),
            Some(best) if best >= threshold => {
                format!(
                    "scores reached {best:.3}, but all results were refused: see refused in stats"
                )
            }
            Some(best) => format!(
                "no score was above {best:.3}: set score-threshold, which is {threshold}, below it"
            ),
        };
        Some(format!(
            "nothing is attached to the first {SILENT_UNITS} frames or objects with tensors: {why}"
        ))
    }
}

impl<R: Reader> Attributes<R> {
    pub fn new(reader: R, settings: Arc<Mutex<Settings>>) -> Self {
        let mut task = Self {
            reader,
            readings: Vec::new(),
            settings,
            threshold: 0.0,
            manner: Manner::default(),
            found: Found::default(),
            text: String::new(),
            counts: [0; 4],
            silence: Silence::default(),
        };
        task.update();
        task
    }

    fn reading(&mut self, unique_id: u32) -> usize {
        let known = self
            .readings
            .iter()
            .position(|reading| reading.unique_id == unique_id);
        known.unwrap_or_else(|| {
            if self.readings.len() < MOST_IDS {
                self.readings.push(Reading {
                    unique_id,
                    layers: Layers::default(),
                    reader: self.reader.clone(),
                });
            }
            self.readings.len() - 1
        })
    }
}

/// Whether the object has this result of this inference element already. Results of two types are two results: age and
/// gender of one network's layers, which two elements read.
fn is_classified(unit: &Unit<'_>, unique_id: u32, kind: Option<&CStr>) -> bool {
    let kind = kind.map(CStr::to_string_lossy);
    unit.object.is_some_and(|object| {
        object.classifiers().into_iter().any(|classifier| {
            let another = match (classifier.classifier_type(), &kind) {
                (Some(theirs), Some(ours)) => theirs != *ours,
                _ => false,
            };
            u32::try_from(classifier.unique_component_id()) == Ok(unique_id) && !another
        })
    })
}

fn classified_already(unique_id: u32) -> String {
    format!(
        "objects have a classifier's result of unique-id {unique_id} already, and its tensors give it again, which is \
         left out: set network-type=100 in nvinfer's configuration, or postprocess {{ other {{}} }} in nvinferserver's; \
         where it is another layer's result, give each a classifier-type of its own; behind a tee, own-metadata=true on this element in each branch"
    )
}

impl<R: Reader> Task for Attributes<R> {
    fn network(&self) -> &'static str {
        R::NETWORK
    }

    fn refusal(&self, error: &DecodeError) -> (String, String) {
        let text = format!(
            "{error}. {}, or unique-id if these tensors are another network's",
            R::ADVICE
        );
        (text, error.detail().unwrap_or_default())
    }

    fn update(&mut self) {
        let settings = lock(&self.settings);
        self.threshold = settings.score_threshold;
        self.manner = settings.manner();
    }

    fn read<'g>(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
    ) -> Result<usize, Refusal> {
        let size = unit.size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the frame meta and no size \
                        in the caps";
            Refusal::Data(WarningKind::NoFrameSize, text.to_owned())
        })?;
        let bad_tensor =
            |e: nvds::TensorError| Refusal::Data(WarningKind::BadTensor, e.to_string());
        let foreign = |e: nvds::Error| Refusal::Data(WarningKind::ForeignMeta, e.to_string());
        let unique_id = meta.unique_id();
        let kind = self.manner.classifier_type.as_deref();
        if self.reader.classifies() && is_classified(unit, unique_id, kind) {
            context.warn(WarningKind::Doubles, || classified_already(unique_id));
            return Ok(0);
        }
        let at = self.reading(unique_id);
        let Reading { layers, reader, .. } = &mut self.readings[at];
        let mut views = Views::new();
        let unreadable = layers.read(meta, &mut views).map_err(bad_tensor)?;
        let found = &mut self.found;
        found.clear();
        if let Err(error) = reader.read(&views, self.threshold, found, context) {
            // A layer that is there but cannot be read is the better explanation.
            return Err(unreadable.map_or(Refusal::Layout(error), bad_tensor));
        }
        reader.attach(unit, unique_id).map_err(foreign)?;
        attach(found, unit, size, unique_id, &self.manner, &mut self.text).map_err(foreign)?;
        for (label, attribute) in found.iter() {
            let (category, element) = (context.category, context.element);
            gst::trace!(
                category,
                obj = element,
                "{unit}: {label} {}",
                attribute.probability
            );
        }
        let attributes = found.iter().count();
        self.counts[0] += attributes as u64;
        self.counts[1] += u64::from(attributes == 0);
        self.counts[2] += found.refused;
        self.counts[3] += found.non_finite;
        if let Some(text) = self.silence.after(found, self.threshold) {
            context.warn(WarningKind::Nothing, || text.clone());
        }
        Ok(attributes)
    }

    fn add_counts(&mut self, totals: &mut [u64]) {
        for (total, count) in totals.iter_mut().zip(std::mem::take(&mut self.counts)) {
            *total += count;
        }
    }
}
