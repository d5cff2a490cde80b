//! Inference that is configured so that there is nothing to parse, or everything twice.

use nvds::{Frame, ListIter, Object};
use nvds_decode::Doubt;

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    NoFrameSize,
    Geometry,
    BadTensor,
    Unknown,
    BadCount,
    NoTensors,
    Doubles,
    Units,
    ForeignMeta,
    Scores,
    Background,
    NoLabel,
    Padding,
    NonFinite,
    Crowd,
    Format,
    KeyPoints,
    Nothing,
    Labels,
}

/// Names of the kinds in the property `stats`, in the same order.
pub const WARNINGS: [&str; 19] = [
    "no-frame-size",
    "geometry",
    "bad-tensor",
    "other-network",
    "bad-count",
    "no-tensors",
    "doubles",
    "units",
    "foreign-meta",
    "scores",
    "background",
    "no-label",
    "padding",
    "non-finite",
    "crowd",
    "format",
    "key-points",
    "nothing-attached",
    "labels",
];
const _: () = assert!(WARNINGS.len() == WarningKind::Labels as usize + 1);

impl From<Doubt> for WarningKind {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Units { .. } => Self::Units,
            Doubt::Background(_) => Self::Background,
            Doubt::Format { .. } => Self::Format,
            Doubt::KeyPointPlace(..) | Doubt::KeyPointConfidence(_) => Self::KeyPoints,
            _ => Self::Scores,
        }
    }
}

/// So many buffers without any tensor are no longer taken for frames that the inference element
/// skipped by its `interval`: four seconds at 25 frames a second.
pub const SILENT_BUFFERS: u32 = 100;

/// Looks for what the inference elements' configurations have wrong, where metadata can tell it.
///
/// `disable-output-host-copy` is not among it: with that key, the host pointers lead to memory that
/// is never written.
#[derive(Debug, Default)]
pub struct MissingTensors {
    /// Tensors were seen, so they are switched on.
    tensors: bool,
    /// Buffers with frames before that.
    silent: u32,
    /// Frames of the buffer in work.
    frames: u32,
    /// A frame was marked as inferred.
    inferred: bool,
    /// unique-id of tensors that are not asked for.
    other: Option<u32>,
    /// What nvdspreprocess prepared was seen.
    regions: bool,
    /// Batches had metas of which cannot be told whether nvdspreprocess prepared them.
    unknown: bool,
    /// A frame told of a region that was looked at.
    places: bool,
    doubled: bool,
}

impl MissingTensors {
    /// Takes note of a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.frames += 1;
        if !self.tensors {
            self.inferred |= frame.infer_done();
            self.places |= frame.user_metas().any(|meta| meta.as_roi().is_some());
        }
    }

    /// Takes note of whether nvdspreprocess prepared something of the batch.
    pub fn regions(&mut self, any: bool) {
        self.regions |= any;
    }

    /// Takes note of metas that may be nvdspreprocess's, where the release is not known well enough to tell.
    pub fn unknown(&mut self, any: bool) {
        self.unknown |= any;
    }

    /// Takes note of tensors.
    pub fn tensors(&mut self) {
        self.tensors = true;
    }

    /// Takes note of tensors that are not asked for.
    pub fn other(&mut self, unique_id: u32) {
        self.other = Some(unique_id);
    }

    /// After a buffer, what is wrong when tensors should have come by now.
    pub fn buffer(&mut self, unique_id: u32) -> Option<String> {
        let frames = std::mem::take(&mut self.frames);
        if self.tensors || frames == 0 || self.silent >= SILENT_BUFFERS {
            return None;
        }
        self.silent += 1;
        (self.silent == SILENT_BUFFERS).then(|| self.no_tensors(unique_id))
    }

    /// At the end, the same for fewer buffers.
    pub fn end(&mut self, unique_id: u32) -> Option<String> {
        let missed = !self.tensors && (1..SILENT_BUFFERS).contains(&self.silent);
        missed.then(|| self.no_tensors(unique_id))
    }

    fn no_tensors(&self, unique_id: u32) -> String {
        let silent = self.silent;
        if let Some(other) = self.other {
            return format!(
                "{silent} buffers had no tensors of unique-id {unique_id}, but some of unique-id \
                 {other}: unique-id must be what gie-unique-id is in nvinfer's configuration or \
                 unique_id in nvinferserver's"
            );
        }
        if self.regions {
            return format!(
                "{silent} buffers had regions of nvdspreprocess, but no tensors on these: set \
                 output-tensor-meta=1 beside input-tensor-from-meta=1 in nvinfer's configuration, or \
                 output_control {{ output_tensor_meta: true }} in nvinferserver's, and place this element \
                 behind it"
            );
        }
        if self.places {
            return format!(
                "{silent} buffers had frames of which regions of nvdspreprocess were looked at, but no \
                 tensors: they hang on the batch, and on no copy of it. Place this element right behind \
                 the inference element, without own-metadata, before nvvideoconvert, tee and nvstreamdemux"
            );
        }
        if self.unknown {
            return format!(
                "{silent} buffers had no tensors, but metas that may be regions of nvdspreprocess: these differ \
                 between the releases that the metadata library may be of. Set RSNVDS_DEEPSTREAM_VERSION, as in \
                 RSNVDS_DEEPSTREAM_VERSION=6.3, or, without regions, output-tensor-meta=1 in nvinfer's configuration"
            );
        }
        let found = match self.inferred {
            true => "had frames that an inference element worked on, but no tensors",
            false => "had no tensors",
        };
        format!(
            "{silent} buffers {found}: set output-tensor-meta=1 in nvinfer's configuration, or \
             output_control {{ output_tensor_meta: true }} in nvinferserver's, and place this element \
             behind it"
        )
    }

    /// Whether objects of an inference element were among those that were on a frame before its
    /// tensors were parsed. `tee` is the one that the element is behind, if any.
    pub fn doubles<'g>(
        &mut self,
        mut objects: ListIter<'g, Object<'g>>,
        parsed: &[u32],
        tee: Option<&str>,
    ) -> Option<String> {
        if self.doubled || parsed.is_empty() {
            return None;
        }
        let double = objects.find_map(|object| {
            let unique_id = u32::try_from(object.unique_component_id()).ok()?;
            parsed.contains(&unique_id).then_some(unique_id)
        })?;
        self.doubled = true;
        Some(match tee {
            Some(tee) => format!(
                "objects of unique-id {double} are already attached: the branches behind {tee} share \
                 the metadata, and another one has parsed its tensors. Set own-metadata=true on this \
                 element in each branch, or place it before {tee}"
            ),
            None => format!(
                "objects of unique-id {double} are already attached, and its tensors give them again: \
                 you get doubles. Set network-type=100 in nvinfer's configuration, or postprocess {{ \
                 other {{}} }} in nvinferserver's, and have the tensors parsed only once"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_a_release_that_is_not_known_are_a_reason() {
        let told = |unknown| {
            let mut missing = MissingTensors {
                frames: 1,
                ..MissingTensors::default()
            };
            missing.unknown(unknown);
            assert_eq!(missing.buffer(1), None);
            missing.end(1).unwrap()
        };
        let text = told(true);
        for part in ["1 buffers had no tensors", "RSNVDS_DEEPSTREAM_VERSION=6.3"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!told(false).contains("RSNVDS"), "{}", told(false));
    }
}
