//! Scripts: lines of a step's name and four numbers, which the driver takes modulo what there is. Any script is valid,
//! so that proptest may shorten it as it likes.

use std::fmt;

use proptest::prelude::*;

/// One step.
#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    pub numbers: [u32; 4],
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.numbers;
        write!(f, "{} {a} {b} {c} {d}", self.name)
    }
}

/// The script as the driver reads it.
pub fn text(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("{step:?}\n")).collect()
}

/// Steps on batches and what hangs on them, with how often each is drawn.
pub const METAS: &[(&str, u32)] = &[
    ("create", 3),
    ("destroy", 2),
    ("copy", 4),
    ("lone", 3),
    ("add_frame", 12),
    ("add_object", 20),
    ("add_objects", 2),
    ("add_display", 8),
    ("add_classifier", 10),
    ("add_label", 10),
    ("add_user", 20),
    ("remove_frame", 3),
    ("remove_object", 6),
    ("remove_display", 4),
    ("remove_classifier", 4),
    ("remove_label", 4),
    ("remove_user", 6),
    ("clear", 5),
    ("clear_any", 3),
    ("copy_one", 8),
    ("copy_list", 10),
    ("region", 5),
    ("nth", 2),
    ("type", 1),
];

/// Steps on batches of audio.
pub const AUDIO: &[(&str, u32)] = &[
    ("create_audio", 3),
    ("destroy", 2),
    ("copy", 4),
    ("lone", 3),
    ("add_audio_frame", 10),
    ("add_audio_classifier", 8),
    ("add_label", 6),
    ("add_audio_user", 12),
    ("remove_audio", 6),
    ("clear_audio", 3),
    ("copy_audio", 8),
    ("nth", 1),
];

/// Steps on buffers, beside those on what hangs on their batches.
pub const BUFFERS: &[(&str, u32)] = &[
    ("buffer", 3),
    ("buffer_batch", 6),
    ("buffer_audio", 1),
    ("buffer_custom", 5),
    ("buffer_foreign", 3),
    ("buffer_copy", 8),
    ("buffer_drop", 2),
    ("buffer_to_frame", 6),
    ("buffer_to_audio", 2),
    ("reference", 2),
    ("latency_in", 4),
    ("latency_out", 4),
    ("latency_measure", 3),
    ("add_frame", 6),
    ("add_object", 6),
    ("add_user", 8),
    ("add_audio_frame", 2),
    ("remove_user", 2),
];

/// Scripts of up to `most` of these steps.
pub fn scripts(
    steps: &'static [(&'static str, u32)],
    most: usize,
) -> impl Strategy<Value = Vec<Step>> {
    let total: u32 = steps.iter().map(|(_, weight)| weight).sum();
    let step = (0..total, prop::array::uniform4(0..12_u32)).prop_map(|(mut draw, numbers)| {
        let name = steps.iter().find(|(_, weight)| {
            let hit = draw < *weight;
            draw = draw.wrapping_sub(*weight);
            hit
        });
        Step {
            name: name.map_or(steps[0].0, |(name, _)| name),
            numbers,
        }
    });
    prop::collection::vec(step, 1..most)
}
