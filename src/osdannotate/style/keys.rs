//! The keys of sections about objects.

use std::sync::Arc;

use nvds::{Color, FontName};

use super::label::Label;
use super::model::{
    BoxStyle, CircleSize, LabelPosition, MAX_BORDER, MAX_FONT_SIZE, MAX_TRACE, ObjectShapes,
    ObjectStyle, Paint, PaletteBy, Redact, RedactArea,
};
use crate::config::{Row, Value};
use crate::osdannotate::skeleton::Skeleton;

/// Declares the keys: name in the text, field, type and how the value is read.
macro_rules! object_keys {
    ($($name:literal $field:ident: $type:ty = $read:expr;)*) => {
        /// What one section says of objects. Keys that it does not have are `None`.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct ObjectKeys {
            $($field: Option<$type>,)*
        }

        impl ObjectKeys {
            /// The keys, as a section has them.
            pub const ROWS: &'static [Row<Self>] = &[
                $(($name, |keys, value| {
                    let read: fn(&Value<'_>) -> Result<$type, String> = $read;
                    keys.$field = Some(read(value)?);
                    Ok(())
                }),)*
            ];

            /// Takes the keys that `later` has in place of its own.
            pub fn refine(&mut self, later: &Self) {
                $(if later.$field.is_some() {
                    self.$field.clone_from(&later.$field);
                })*
            }
        }
    };
}

object_keys! {
    "hide" hide: bool = |v| v.boolean();
    "min-confidence" min_confidence: f32 = |v| v.number(0.0..=1.0);
    "palette" palette: PaletteBy = |v| v.choice(&[
        ("class", PaletteBy::Class),
        ("track", PaletteBy::Track),
        ("none", PaletteBy::None),
    ]);
    "box" box_style: BoxStyle = |v| v.choice(&[
        ("full", BoxStyle::Full),
        ("corners", BoxStyle::Corners),
        ("none", BoxStyle::None),
    ]);
    "border-width" border_width: u32 = |v| v.limited(0, MAX_BORDER);
    "border-color" border_color: Paint = |v| v.paint();
    "fill" fill: Paint = |v| v.paint();
    "corner-length" corner_length: f32 = |v| v.number(0.0..=0.5);
    "label" label: Arc<Label> = |v| {
        Label::parse(v.text()?).map(Arc::new).map_err(|error| error.to_string())
    };
    "label-position" label_position: LabelPosition = |v| v.choice(&[
        ("above", LabelPosition::Above),
        ("inside", LabelPosition::Inside),
        ("below", LabelPosition::Below),
    ]);
    "font" font: FontName = |v| v.font();
    "font-size" font_size: u32 = |v| v.limited(0, MAX_FONT_SIZE);
    "text-color" text_color: Paint = |v| v.text_paint();
    "text-background" text_background: Paint = |v| v.paint();
    "dot" dot: u32 = |v| v.size(4, 1000);
    "key-points" key_points: u32 = |v| v.size(3, 1000);
    "skeleton" skeleton: Skeleton = |v| v.skeleton();
    "limb-colors" limb_colors: bool = |v| v.boolean();
    "centre-cross" centre_cross: u32 = |v| v.size(8, 1000);
    "foot-circle" foot_circle: Option<CircleSize> = |v| match v.get().as_bool() {
        Some(true) => Ok(Some(CircleSize::Box)),
        _ => v.size(0, 1000).map(|r| (r > 0).then_some(CircleSize::Radius(r))),
    };
    "motion-arrow" motion_arrow: u32 = |v| v.size(10, 1000);
    "trace" trace: u32 = |v| v.size(32, MAX_TRACE);
    "shape-color" shape_color: Paint = |v| v.paint();
    "shape-width" shape_width: u32 = |v| v.limited(1, MAX_BORDER);
    "redact" redact: bool = |v| v.boolean();
    "redact-area" redact_area: RedactArea = |v| v.choice(&[
        ("box", RedactArea::Box),
        ("eyes", RedactArea::Eyes),
        ("face", RedactArea::Face),
        ("mask", RedactArea::Mask),
    ]);
    "redact-margin" redact_margin: f32 = |v| v.number(0.0..=2.0);
    "redact-color" redact_color: Color = |v| v.opaque();
}

impl ObjectKeys {
    /// The style with the defaults of keys that are nowhere.
    pub fn style(&self) -> ObjectStyle {
        ObjectStyle {
            hide: self.hide.unwrap_or(false),
            min_confidence: self.min_confidence.unwrap_or(0.0),
            palette: self.palette.unwrap_or_default(),
            box_style: self.box_style,
            border_width: self.border_width,
            border_color: self.border_color,
            fill: self.fill,
            corner_length: self.corner_length.unwrap_or(0.25),
            label: self.label.clone(),
            label_position: self.label_position,
            font: self.font,
            font_size: self.font_size,
            text_color: self.text_color,
            text_background: self.text_background,
            shapes: ObjectShapes {
                dot: self.dot.unwrap_or(0),
                key_points: self.key_points.unwrap_or(0),
                skeleton: self.skeleton.clone().unwrap_or_default(),
                limb_colors: self.limb_colors.unwrap_or(false),
                centre_cross: self.centre_cross.unwrap_or(0),
                foot_circle: self.foot_circle.flatten(),
                motion_arrow: self.motion_arrow.unwrap_or(0),
                trace: self.trace.unwrap_or(0),
                color: self.shape_color.unwrap_or(Paint::Palette { alpha: 1.0 }),
                width: self.shape_width.unwrap_or(2),
            },
            redact: self.redact.unwrap_or(false).then(|| Redact {
                area: self.redact_area.unwrap_or_default(),
                margin: self.redact_margin.unwrap_or(0.1),
                color: self.redact_color.unwrap_or(Color::BLACK),
            }),
        }
    }

    /// What of this section needs track ids.
    pub fn tracked(&self) -> impl Iterator<Item = &'static str> {
        [
            ("trace", self.trace > Some(0)),
            ("motion-arrow", self.motion_arrow > Some(0)),
            (
                "palette = \"track\"",
                self.palette == Some(PaletteBy::Track),
            ),
        ]
        .into_iter()
        .filter_map(|(key, is_set)| is_set.then_some(key))
    }

    /// A key that says how to redact.
    pub fn redaction_key(&self) -> Option<&'static str> {
        let keys = [
            ("redact-area", self.redact_area.is_some()),
            ("redact-margin", self.redact_margin.is_some()),
            ("redact-color", self.redact_color.is_some()),
        ];
        keys.into_iter()
            .find_map(|(key, is_set)| is_set.then_some(key))
    }

    /// Whether this section says if objects are redacted.
    pub fn says_whether_to_redact(&self) -> bool {
        self.redact.is_some()
    }

    /// Whether objects may be redacted by this section.
    pub fn redacts(&self) -> bool {
        self.redact == Some(true)
    }
}
