//! Which objects are inferred with process-mode 2, and what is remembered of tracked ones.

use std::collections::HashMap;

use nvds::Object;

use crate::infer::postprocess::Classification;
use crate::infer::postprocess::settings::{NetworkType, ObjectInput};

/// Part by which a tracked object's area has to grow to be inferred again.
const GROWTH: f64 = 0.2;
/// What no interval counts as.
const NO_INTERVAL: u64 = i32::MAX as u64;
/// Frames of a source between two times that forgotten objects are looked for.
const CLEANUP: i64 = 1800;
/// Frames without which an object is forgotten.
const FORGOTTEN: u64 = 150;

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// It is inferred.
    Infer,
    /// What the classifier said of it before is attached again.
    Remember,
    /// Nothing.
    Pass,
}

/// What is known of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) component: i32,
    pub(super) class: i32,
    /// Track id, if a tracker ran.
    pub(super) track: Option<u64>,
    /// Size in pixels of the frame.
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Candidate {
    pub(super) fn of(object: &Object<'_>) -> Self {
        let rect = object.rect();
        Self {
            component: object.unique_component_id(),
            class: object.class_id(),
            track: object.track_id(),
            width: rect.width,
            height: rect.height,
        }
    }
}

/// A tracked object's past.
#[derive(Debug, Default)]
struct History {
    /// Frame of the last inference.
    inferred: u64,
    /// Frame in which it was last asked for.
    asked: u64,
    /// Size at the last inference.
    width: f32,
    height: f32,
    /// What a classifier said.
    said: Classification,
}

/// What is known of a source.
#[derive(Debug, Default)]
struct Source {
    histories: HashMap<u64, History>,
    last: i64,
    cleaned: i64,
}

/// The choice of objects, from start to stop.
#[derive(Debug)]
pub(super) struct Objects {
    rules: ObjectInput,
    kind: NetworkType,
    /// By the mux's pads.
    sources: HashMap<u32, Source>,
}

impl Objects {
    pub(super) fn new(rules: ObjectInput, kind: NetworkType) -> Self {
        Self {
            rules,
            kind,
            sources: HashMap::new(),
        }
    }

    /// Forgets a source's objects.
    pub(super) fn forget(&mut self, source: u32) {
        self.sources.remove(&source);
    }

    /// Takes over what another one knows, where it is of the same kind.
    pub(super) fn succeed(&mut self, old: &mut Self) {
        if self.kind == old.kind {
            self.sources = std::mem::take(&mut old.sources);
        }
    }

    /// To be told of each frame before its objects.
    pub(super) fn begin_frame(&mut self, source: u32, number: i32) {
        let source = self.sources.entry(source).or_default();
        source.last = number.into();
        if source.last - source.cleaned < CLEANUP {
            return;
        }
        source.cleaned = source.last;
        let last = source.last as u64;
        source
            .histories
            .retain(|_, history| last.wrapping_sub(history.asked) <= FORGOTTEN);
    }

    /// Decides about an object, and remembers that it was inferred.
    pub(super) fn choose(&mut self, source: u32, frame: i32, object: &Candidate) -> Choice {
        let frame = i64::from(frame) as u64;
        let (rules, kind) = (&self.rules, self.kind);
        let source = self.sources.entry(source).or_default();
        let past = object.track.and_then(|id| source.histories.get(&id));
        let due = past.is_none_or(|past| is_due(rules, kind, past, frame, object));
        if due && passes(rules, object) {
            if let Some(id) = object.track {
                let history = source.histories.entry(id).or_default();
                (history.inferred, history.asked) = (frame, frame);
                (history.width, history.height) = (object.width, object.height);
            }
            return Choice::Infer;
        }
        let past = object.track.and_then(|id| source.histories.get_mut(&id));
        match past {
            // A rule that the object no longer passes makes no difference here: so it is with gst-nvinfer.
            Some(past) if kind == NetworkType::Classifier => {
                past.asked = frame;
                Choice::Remember
            }
            _ => Choice::Pass,
        }
    }

    /// Remembers what a classifier said of a tracked object.
    pub(super) fn remember(&mut self, source: u32, track: u64, said: &Classification) {
        let source = self.sources.entry(source).or_default();
        if let Some(history) = source.histories.get_mut(&track) {
            history.said = said.clone();
        }
    }

    /// What a classifier said of a tracked object.
    pub(super) fn said(&self, source: u32, track: u64) -> Option<&Classification> {
        let history = self.sources.get(&source)?.histories.get(&track)?;
        Some(&history.said)
    }
}

/// Whether an object is one of those that are asked for.
fn passes(rules: &ObjectInput, object: &Candidate) -> bool {
    let component = rules.gie_id < 0 || object.component == rules.gie_id;
    let class = rules.class_ids.is_empty() || rules.class_ids.contains(&object.class);
    let side = |side: f32, least: u32, most: u32| {
        side >= least.max(1) as f32 && (most == 0 || side <= most as f32)
    };
    component
        && class
        && side(object.width, rules.min_width, rules.max_width)
        && side(object.height, rules.min_height, rules.max_height)
}

/// Whether an object that was inferred before is to be inferred again.
fn is_due(
    rules: &ObjectInput,
    kind: NetworkType,
    past: &History,
    frame: u64,
    object: &Candidate,
) -> bool {
    let interval = rules.reinfer_interval.map_or(NO_INTERVAL, u64::from);
    let waited = frame.wrapping_sub(past.inferred) > interval;
    match kind {
        NetworkType::Classifier => {
            let before = f64::from(past.width * past.height) * (1.0 + GROWTH);
            waited || before < f64::from(object.width * object.height)
        }
        NetworkType::Detector => waited || interval == NO_INTERVAL,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
