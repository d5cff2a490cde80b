//! What is warned of, and when.

use nvds::Frame;

use super::State;
use crate::expected::FRAMES;
use crate::osdannotate::canvas::MAX_SHAPES;
use crate::osdannotate::objects::Found;

/// Objects that nvdsosd draws in one go. Of what comes after, the order is another.
pub(super) const OSD_PORTION: u32 = 1024;

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
pub enum WarningKind {
    WideBorder,
    NotDrawable,
    ManyObjects,
    BatchAtOsd,
    ManyShapes,
    Exposed,
    CoversNotDrawn,
    ForeignMeta,
    NobodyDraws,
    BehindOsd,
    BeforeDetector,
    OtherCase,
    NamesUnmet,
    NoTrackIds,
    OutsideFrame,
    CoveredWhole,
    UntypedResults,
}

/// Names of the kinds in the property `stats`, in the same order.
pub const WARNINGS: [&str; 17] = [
    "wide-border",
    "not-drawable",
    "many-objects",
    "batch-at-osd",
    "many-shapes",
    "exposed",
    "covers-not-drawn",
    "foreign-meta",
    "nobody-draws",
    "behind-osd",
    "before-detector",
    "other-case",
    "names-unmet",
    "no-track-ids",
    "outside-frame",
    "covered-whole",
    "untyped-results",
];
const _: () = assert!(WARNINGS.len() == WarningKind::UntypedResults as usize + 1);

impl State {
    /// Keeps count of what may show that the element stands at the wrong place.
    pub(super) fn note_objects(&mut self, frame: &Frame<'_>, objects: u32) {
        if objects > 0 {
            self.any_objects = true;
            self.kinds.expected.frame();
            return;
        }
        if self.any_objects {
            return;
        }
        self.empty = self.empty.saturating_add(1);
        let has_tensors = frame.tensors().next().is_some();
        if has_tensors && !frame.infer_done() {
            self.unparsed = self.unparsed.saturating_add(1);
        }
        if has_tensors && let Some(parser) = &self.neighbours.parser_behind {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                format!(
                    "there is no object, and the tensors of a frame are parsed behind this element, by {parser}: put \
                     {parser} before it"
                )
            });
        }
    }

    /// The stream ends, or the element stops: what did not come will not come any more.
    pub fn end(&mut self) {
        self.warn_of_missing(true);
    }

    /// What is still missing when it should have come.
    pub(super) fn warn_of_names(&mut self) {
        if let Some(told) = self.kinds.expected.other_case() {
            self.run
                .warn(WarningKind::OtherCase as u32, || told.clone());
        }
        self.warn_of_missing(false);
    }

    fn warn_of_missing(&mut self, ended: bool) {
        let expected = &self.kinds.expected;
        if ended || expected.is_due() {
            if let Some(told) = expected.unmet() {
                self.run
                    .warn(WarningKind::NamesUnmet as u32, || told.clone());
            }
            if let Some(told) = expected.no_track_ids("rsosdannotate") {
                self.run
                    .warn(WarningKind::NoTrackIds as u32, || told.clone());
            }
        }
        if self.any_objects {
            return;
        }
        let due = |frames: u32| frames == FRAMES || ended && frames > 0;
        if due(self.empty)
            && let Some(detector) = &self.neighbours.detector_behind
        {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                format!(
                    "there was no object, and what finds objects is behind this element, {detector}: put {detector} \
                     before it"
                )
            });
        } else if due(self.unparsed) {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                "there was no object, and the frames have tensors that nobody parsed: put rsssdparser, or what else \
                 parses them, before this element"
                    .into()
            });
        }
    }

    /// Of elements around this one with which what it says is not drawn.
    pub(super) fn warn_of_neighbours(&mut self, redacts: bool) {
        let around = &self.neighbours;
        if redacts && around.no_boxes {
            self.run.warn(WarningKind::CoversNotDrawn as u32, || {
                "what is to be redacted is seen: nvdsosd draws no boxes; set its property \
                 display-bbox to true"
                    .into()
            });
        }
        if around.nobody_draws && around.osd_before {
            let seen = if redacts {
                "what is to be redacted is seen: "
            } else {
                ""
            };
            self.run.warn(WarningKind::BehindOsd as u32, || {
                format!(
                    "{seen}nvdsosd has drawn before this element says what to draw: put rsosdannotate before nvdsosd"
                )
            });
        } else if redacts && around.nobody_draws {
            self.run.warn(WarningKind::NobodyDraws as u32, || {
                "what is to be redacted is seen: no nvdsosd behind this element draws the covers; put one behind it"
                    .into()
            });
        }
    }

    /// What is to be redacted may be seen on a frame of a source; `hold` is how many frames covers last.
    pub(super) fn warn_of_exposed(&mut self, source: u32, hold: u32) {
        self.run.warn(WarningKind::Exposed as u32, || {
            format!(
                "what is to be redacted may be seen: inference has not looked at this frame \
                 of source {source} (bInferDone), nor at one of the {hold} before it; with \
                 redact-when-unknown = \"frame\" the whole frame would be covered"
            )
        });
    }

    /// A frame has more objects than nvdsosd draws at a time.
    pub(super) fn warn_of_many(&mut self, objects: u32) {
        self.run.warn(WarningKind::ManyObjects as u32, || {
            format!(
                "a frame has {objects} objects: nvdsosd draws {OSD_PORTION} at a time, so \
                 that later boxes lie above the texts of earlier ones"
            )
        });
    }

    /// Of what was found in a batch.
    pub(super) fn warn(&mut self, found: Found) {
        if found.wide_border {
            self.run.warn(WarningKind::WideBorder as u32, || {
                "an object came with a border of more than 32 pixels, with which nvdsosd would end \
                 the pipeline: it is drawn with 32"
                    .into()
            });
        }
        if found.left_out > 0 {
            self.run.warn(WarningKind::ManyShapes as u32, || {
                format!(
                    "a frame has more than {MAX_SHAPES} lines, circles, bars of corners or texts, which is what \
                     nvdsosd draws at a time: {} were left out",
                    found.left_out
                )
            });
        }
        if found.no_eyes {
            self.run.warn(WarningKind::CoveredWhole as u32, || {
                "an object with redact-area = \"eyes\" or \"face\" has no key points of a face (5 or 6) or a person \
                 (17), and is covered whole: put a parser that attaches them before this element, such as rsfaceparser"
                    .into()
            });
        }
        if found.untyped {
            self.run.warn(WarningKind::UntypedResults as u32, || {
                "a label asks for classifiers of a type, as {class:plate} does, and those of an object have none: \
                 NVIDIA's library loses it when metadata is copied, as nvvideoconvert does to convert and \
                 nvstreamdemux does; put rsosdannotate before them, or write {attr:GIE} with the classifier's unique-id"
                    .into()
            });
        }
        if found.batch_at_osd {
            self.run.warn(WarningKind::BatchAtOsd as u32, || {
                "batches of several frames go to nvdsosd, which draws the annotations of all of \
                 them on the first: put nvmultistreamtiler or nvstreamdemux between"
                    .into()
            });
        }
        if found.not_drawable {
            self.run.warn(WarningKind::NotDrawable as u32, || {
                "a text has letters that nvdsosd cannot draw, such as emoji: \u{fffd} stands in \
                 their place"
                    .into()
            });
        }
    }
}
