//! `explain`: tells of each frame why its candidates were kept or dropped.

use nvds::Frame;
use nvds_decode::{Counts, DropReason, Explanation, Outcome, Params, Verdict};

use super::settings::Snapshot;
use crate::parser::task::{Context, Unit};

/// Most entries in one message, those with the highest scores. Raw layouts have hundreds of
/// thousands.
const MAX_ENTRIES: usize = 500;

/// Collects explanations; keeps its memory.
#[derive(Default)]
pub struct Explaining {
    /// Of the tensors in work.
    pub explanation: Explanation,
    order: Vec<usize>,
    messages: Vec<gst::Structure>,
}

impl Explaining {
    /// Notes the explanation in a message and in the log.
    pub fn tell(
        &mut self,
        unit: &Unit<'_>,
        unique_id: u32,
        counts: &Counts,
        params: &Params,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) {
        let verdicts = self.explanation.verdicts();
        for verdict in verdicts {
            let label = label(verdict, snapshot).unwrap_or_default();
            gst::debug!(
                context.category,
                obj = context.element,
                "{unit}, unique-id {unique_id}, {label}: {verdict}"
            );
        }
        // Best first, what is no number before all else.
        let score = |at: &usize| {
            verdicts
                .get(*at)
                .map_or(f32::NAN, |verdict| verdict.score.abs())
        };
        self.order.clear();
        self.order.extend(0..verdicts.len());
        self.order.sort_by(|a, b| score(b).total_cmp(&score(a)));
        let entries = self.order.iter().take(MAX_ENTRIES);
        let entries = entries
            .filter_map(|&at| verdicts.get(at))
            .map(|verdict| entry(verdict, params, snapshot));
        let mut message = place(context.category.name(), &unit.frame, unique_id);
        if let Some(object) = &unit.object {
            message.set("object-id", object.object_id());
        }
        message.set("candidates", counts.candidates);
        message.set("kept", counts.kept);
        message.set("entries", gst::Array::new(entries));
        message.set("omitted", verdicts.len().saturating_sub(MAX_ENTRIES) as u32);
        self.messages.push(message);
    }

    /// What is to be posted when no lock is held.
    pub fn take(&mut self) -> Vec<gst::Structure> {
        std::mem::take(&mut self.messages)
    }
}

fn place(element: &str, frame: &Frame<'_>, unique_id: u32) -> gst::Structure {
    gst::Structure::builder(format!("{element}-explanation"))
        .field("frame", frame.frame_num())
        .field("source", frame.source_id())
        .field("pad-index", frame.pad_index())
        .field("pts", frame.buf_pts())
        .field("unique-id", unique_id)
        .build()
}

fn entry(verdict: &Verdict, params: &Params, snapshot: &Snapshot) -> gst::Structure {
    let name = verdict
        .outcome
        .drop_reason()
        .map_or("kept", DropReason::name);
    let mut entry = gst::Structure::builder("entry")
        .field("entry", verdict.entry as u32)
        .field("score", verdict.score)
        .field("outcome", name)
        .build();
    if verdict.class.is_finite() {
        entry.set("class", verdict.class as i32);
    }
    if let Some(label) = label(verdict, snapshot) {
        entry.set("label", label);
    }
    if let Some(bbox) = verdict.bbox {
        entry.set("left", bbox.left);
        entry.set("top", bbox.top);
        entry.set("width", bbox.width);
        entry.set("height", bbox.height);
    }
    match verdict.outcome {
        Outcome::Suppressed { by, iou } => {
            entry.set("by", by as u32);
            entry.set("iou", iou);
        }
        Outcome::Dropped(DropReason::BelowThreshold) => {
            // Below a threshold, a class is one that has one.
            let class = verdict.class as u32;
            let threshold = params.classes.threshold(class, params.score_threshold);
            entry.set("threshold", threshold);
        }
        Outcome::Kept { .. } | Outcome::Dropped(_) => (),
    }
    entry
}

fn label<'s>(verdict: &Verdict, snapshot: &'s Snapshot) -> Option<&'s str> {
    if verdict.class.is_finite() {
        snapshot.label(verdict.class as i64)
    } else {
        None
    }
}
