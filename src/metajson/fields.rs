/// Parts of a line that property `fields` chooses. Numbers that tell which frame it is are always
/// there.
#[glib::flags(name = "GstRsMetaJsonFields")]
pub enum Fields {
    /// `pts` and `ntp`.
    #[flags_value(name = "Times: pts, ntp", nick = "times")]
    TIMES = 1,
    /// `width` and `height`.
    #[flags_value(name = "Size of the frame: width, height", nick = "size")]
    SIZE = 1 << 1,
    /// `infer_done`.
    #[flags_value(name = "Whether a detector ran: infer_done", nick = "infer-done")]
    INFER_DONE = 1 << 2,
    /// `objects`.
    #[flags_value(name = "Objects", nick = "objects")]
    OBJECTS = 1 << 3,
    /// `border`, `text` and `text_at` of objects.
    #[flags_value(
        name = "How objects are drawn: border, text, text_at of objects",
        nick = "style"
    )]
    STYLE = 1 << 4,
    /// `classifiers` of objects.
    #[flags_value(name = "Classifiers of objects", nick = "classifiers")]
    CLASSIFIERS = 1 << 5,
    /// `displays`.
    #[flags_value(name = "Texts and shapes to be drawn: displays", nick = "displays")]
    DISPLAYS = 1 << 6,
    /// `tensors`.
    #[flags_value(name = "Names, shapes and types of tensors", nick = "tensors")]
    TENSORS = 1 << 7,
    /// `user_metas`.
    #[flags_value(name = "Types of user metas", nick = "user-metas")]
    USER_METAS = 1 << 8,
    /// `key_points` of objects.
    #[flags_value(name = "Key points of objects that have some", nick = "key-points")]
    KEY_POINTS = 1 << 9,
    /// `rotation` and `corners` of objects.
    #[flags_value(
        name = "Rotation and corners of objects whose boxes are turned",
        nick = "rotation"
    )]
    ROTATION = 1 << 10,
    /// `mask` of objects.
    #[flags_value(name = "Masks of objects that have some", nick = "masks")]
    MASKS = 1 << 11,
    /// `segmentations` of frames and objects.
    #[flags_value(
        name = "How many pixels of segmentations have each class",
        nick = "segmentations"
    )]
    SEGMENTATIONS = 1 << 12,
    /// `key_point_names` of objects.
    #[flags_value(
        name = "Names of key points of usual numbers, beside key-points",
        nick = "key-point-names"
    )]
    KEY_POINT_NAMES = 1 << 13,
    /// `analytics` of frames and objects.
    #[flags_value(
        name = "What rsanalytics found out: analytics of frames and objects",
        nick = "analytics"
    )]
    ANALYTICS = 1 << 14,
    /// `embeddings` of frames and objects. A bit with room before it, for what is written of each object.
    #[flags_value(
        name = "Embeddings of frames and objects, all their numbers",
        nick = "embeddings"
    )]
    EMBEDDINGS = 1 << 16,
}
