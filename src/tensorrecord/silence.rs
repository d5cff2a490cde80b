//! Inference that attaches no tensors, so that there is nothing to record.

/// So many buffers without any tensor are no longer taken for frames that the inference element
/// skipped by its `interval`: four seconds at 25 frames a second.
pub const SILENT_BUFFERS: u32 = 100;

/// Counts buffers until tensors come.
#[derive(Debug, Default)]
pub struct Silence {
    /// Tensors were recorded.
    ended: bool,
    /// Buffers with frames before that.
    silent: u32,
    /// unique-id of tensors that are not asked for.
    other: Option<u32>,
}

impl Silence {
    /// Takes note of tensors that are to be recorded.
    pub fn tensors(&mut self) {
        self.ended = true;
    }

    /// Takes note of tensors that are not asked for.
    pub fn other(&mut self, unique_id: u32) {
        self.other = Some(unique_id);
    }

    /// After a buffer of so many frames, what is wrong when tensors should have come by now.
    /// `unique_id` is the one asked for.
    pub fn buffer(&mut self, frames: usize, unique_id: u32) -> Option<String> {
        if self.ended || frames == 0 || self.silent >= SILENT_BUFFERS {
            return None;
        }
        self.silent += 1;
        (self.silent == SILENT_BUFFERS).then(|| self.text(unique_id))
    }

    /// At the end, the same for fewer buffers.
    pub fn end(&self, unique_id: u32) -> Option<String> {
        let missed = !self.ended && (1..SILENT_BUFFERS).contains(&self.silent);
        missed.then(|| self.text(unique_id))
    }

    fn text(&self, unique_id: u32) -> String {
        let silent = self.silent;
        match self.other {
            Some(other) => format!(
                "{silent} buffers had no tensors of unique-id {unique_id}, but some of unique-id {other}: set this \
                 element's unique-id to what gie-unique-id is in nvinfer's configuration or unique_id in nvinferserver's"
            ),
            None => format!(
                "{silent} buffers had no tensors, and their files are empty: set output-tensor-meta=1 in nvinfer's \
                 configuration, or output_control {{ output_tensor_meta: true }} in nvinferserver's, and place this \
                 element behind it"
            ),
        }
    }
}
