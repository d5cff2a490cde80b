//! The structs of `include/rsnvds.h`. All of them are plain numbers, and sizes are multiples of 8 bytes.

/// Bytes of a name, with a zero at the end.
pub const ANALYTICS_NAME: usize = 64;
/// Bytes of a label, with a zero at the end.
pub const ANALYTICS_LABEL: usize = 128;

/// A text of at most `N - 1` bytes, the rest zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct FixedText<const N: usize>([u8; N]);

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> FixedText<N> {
    /// A text, cut at a letter's end where it is too long.
    pub fn new(text: &str) -> Self {
        let text = crate::truncate_utf8(text, N - 1);
        let mut this = Self::default();
        this.0[..text.len()].copy_from_slice(text.as_bytes());
        this
    }

    /// Its bytes, up to the first zero.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(N);
        &self.0[..end]
    }
}

/// What is counted of a zone, so far unless told otherwise. Times are nanoseconds.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsZone {
    /// Of the zone.
    pub name: FixedText<ANALYTICS_NAME>,
    /// Tracks that came in.
    pub entered: u64,
    /// Tracks that went out.
    pub left: u64,
    /// The longest stay of the tracks in the frame, so far.
    pub dwell_now: u64,
    /// The mean of the stays that ended.
    pub dwell_mean: u64,
    /// The longest stay of all.
    pub dwell_max: u64,
    /// Objects in it, with a track id or not.
    pub objects: u32,
    /// Tracks in it.
    pub tracks: u32,
    /// 1 while it is too full, else 0.
    pub crowded: u32,
    /// 0.
    pub reserved: u32,
}

/// What is counted of a line.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsLine {
    /// Of the line.
    pub name: FixedText<ANALYTICS_NAME>,
    /// Crossings inwards so far.
    pub into: u64,
    /// Crossings outwards so far.
    pub out: u64,
    /// Crossings inwards in this frame.
    pub into_now: u32,
    /// Crossings outwards in this frame.
    pub out_now: u32,
}

/// Crossings of a line by objects of one class.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsClass {
    /// Of the class, empty for none.
    pub label: FixedText<ANALYTICS_LABEL>,
    /// Crossings inwards so far.
    pub into: u64,
    /// Crossings outwards so far.
    pub out: u64,
    /// Index of the line.
    pub line: u32,
    /// Of the objects.
    pub class_id: i32,
}

/// A rule about movement.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsRule {
    /// Of the rule.
    pub name: FixedText<ANALYTICS_NAME>,
    /// [`AnalyticsRule::DIRECTION`] or [`AnalyticsRule::STATIONARY`].
    pub kind: u32,
    /// Objects of this frame that go the way, or stay where they are.
    pub objects: u32,
}

impl AnalyticsRule {
    /// A way that objects go.
    pub const DIRECTION: u32 = 1;
    /// Objects that stay where they are.
    pub const STATIONARY: u32 = 2;
}

/// Something that happened in this frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsEvent {
    /// Of the zone, line or rule.
    pub name: FixedText<ANALYTICS_NAME>,
    /// Of the object's class, empty for none.
    pub label: FixedText<ANALYTICS_LABEL>,
    /// Track id, all ones without an object.
    pub object_id: u64,
    /// How long a stay or a crowd lasted, in nanoseconds.
    pub lasted: u64,
    /// What happened: one of the constants of this type.
    pub kind: u32,
    /// [`AnalyticsEvent::FLAG`] where the object appeared in the zone, or vanished from it.
    pub flags: u32,
    /// Of the object, -1 without one.
    pub class_id: i32,
    /// Objects in a zone that becomes too full, or no longer is.
    pub objects: u32,
    /// Where the object was, in pixels.
    pub x: f32,
    /// See `x`.
    pub y: f32,
    /// Metres per second.
    pub speed: f32,
    /// 0.
    pub reserved: u32,
}

#[allow(missing_docs)] // what the names say
impl AnalyticsEvent {
    pub const ENTERED: u32 = 1;
    pub const LEFT: u32 = 2;
    pub const CROSSED_IN: u32 = 3;
    pub const CROSSED_OUT: u32 = 4;
    pub const DWELL_EXCEEDED: u32 = 5;
    pub const CROWDED: u32 = 6;
    pub const CROWD_ENDED: u32 = 7;
    pub const STATIONARY: u32 = 8;
    pub const MOVED: u32 = 9;
    pub const DIRECTION: u32 = 10;
    pub const SPEED_EXCEEDED: u32 = 11;
    pub const FLAG: u32 = 1;
}

/// Something that holds for an object in this frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AnalyticsMark {
    /// For how long, in nanoseconds, where that is told.
    pub lasted: u64,
    /// One of the constants of this type.
    pub kind: u32,
    /// Index in the frame's zones, lines or rules.
    pub rule: u32,
}

#[allow(missing_docs)] // what the names say
impl AnalyticsMark {
    pub const ZONE: u32 = 1;
    pub const LINE_IN: u32 = 2;
    pub const LINE_OUT: u32 = 3;
    pub const DIRECTION: u32 = 4;
    pub const STATIONARY: u32 = 5;
}

/// What one element found out about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsFrame<'a> {
    /// Name of the element.
    pub element: FixedText<ANALYTICS_NAME>,
    /// Number of the element's run in this process, 0 for none: its objects' results have the same.
    pub run: u32,
    /// Zones of the frame's source.
    pub zones: &'a [AnalyticsZone],
    /// Lines of the frame's source.
    pub lines: &'a [AnalyticsLine],
    /// Crossings by class, in the order of the lines.
    pub classes: &'a [AnalyticsClass],
    /// Ways and standstills.
    pub rules: &'a [AnalyticsRule],
    /// What happened.
    pub events: &'a [AnalyticsEvent],
}

/// What one element found out about an object.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AnalyticsObject<'a> {
    /// As in the [`AnalyticsFrame`] of the same element.
    pub run: u32,
    /// What holds for it.
    pub marks: &'a [AnalyticsMark],
    /// Metres per second, if that can be told.
    pub speed: Option<f32>,
    /// Pixels per second along x and y, if that can be told.
    pub velocity: Option<(f32, f32)>,
}
