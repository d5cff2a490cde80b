//! What an element does with the tensors of one frame or object.

use nvds::{Frame, Locked, Object, Roi, TensorMeta};
use nvds_decode::DecodeError;

use super::missing_tensors::WarningKind;
use super::stats::Totals;
use crate::element::Running;
use crate::tensors::Part;

/// Reads tensors and attaches what is in them.
///
/// One is made when the element starts, and is used by the streaming thread alone.
pub trait Task: Send {
    /// What the tensors should be those of, as in "an SSD detector".
    fn network(&self) -> &'static str;

    /// Why tensors are not read, in two texts: a line that ends with the properties that help, and all that there is to
    /// know.
    fn refusal(&self, error: &DecodeError) -> (String, String);

    /// Looks at the element's properties again, of which one was set.
    fn update(&mut self);

    /// Reads the tensors that one inference element attached, and attaches what was found to the same frame. Returns
    /// how much that was.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was attached then.
    fn read<'g>(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
    ) -> Result<usize, Refusal>;

    /// Adds what was counted since the last call to `totals`, in the order of [`counters`](super::subclass::Kind).
    fn add_counts(&mut self, totals: &mut [u64]);

    /// Adds how many pixels had each class since the last call, of tasks that find classes of pixels.
    fn add_coverage(&mut self, _totals: &mut Vec<u64>) {}

    /// Element messages since the last call, to be posted when no lock is held.
    fn take_messages(&mut self) -> Vec<gst::Structure> {
        Vec::new()
    }
}

/// Why the tensors of one frame or object were not read.
pub enum Refusal {
    /// Their data cannot be used, the next frame's may be.
    Data(WarningKind, String),
    /// They are not those of such a network.
    Layout(DecodeError),
}

/// What one inference looked at.
pub struct Unit<'g> {
    /// The batch.
    pub locked: &'g Locked<'g>,
    pub frame: Frame<'g>,
    /// Of the frame, in pixels.
    pub size: Option<(u32, u32)>,
    /// The object, of secondary inference, or that the region is.
    pub object: Option<Object<'g>>,
    /// The region of nvdspreprocess, of inference that looks at such.
    pub region: Option<Roi<'g>>,
}

impl<'g> Unit<'g> {
    /// What was looked at.
    pub fn part(&self) -> Part<'g> {
        match (self.region, self.object) {
            (Some(region), _) => Part::Region(region),
            (None, Some(object)) => Part::Object(object.rect()),
            (None, None) => Part::Frame,
        }
    }
}

impl std::fmt::Display for Unit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.object, self.region) {
            (Some(_), _) => f.write_str("an object of ")?,
            (None, Some(_)) => f.write_str("a region of ")?,
            (None, None) => (),
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
    pub run: &'a mut Running,
    pub totals: &'a mut Totals,
    /// The property `unique-id`.
    pub unique_id: u32,
    /// For logs.
    pub element: &'a gst::Element,
    pub category: gst::DebugCategory,
}

impl Context<'_> {
    /// Notes a warning, which is posted once for each kind.
    pub fn warn(&mut self, kind: WarningKind, text: impl Fn() -> String) {
        self.run.warn(kind as u32, text);
    }
}
