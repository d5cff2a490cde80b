//! Sections of zones and lines.

use nvds::{Color, FontName};

use super::document::template;
use super::model::{Anchor, Filter, Line, MAX_BORDER, MAX_FONT_SIZE, Mark, Point, Zone};
use crate::config::{Row, Value, check_name, check_needed, points, put_over};
use crate::osdannotate::braces::escape;
use crate::osdannotate::template::Template;

/// A zone or a line as a section has it.
#[derive(Debug, Clone)]
pub struct NewMark {
    pub place: String,
    /// Its label is not bound yet.
    pub mark: Mark,
    /// Corners of a zone.
    points: Vec<Point>,
    /// Ends of a line.
    ends: [Option<Point>; 2],
}

/// Declares the rows of a section that has what zones and lines have in common.
macro_rules! rows_of_marks {
    ($($row:expr,)*) => {
        &[
            $($row,)*
            ("color", |this, value| {
                this.mark.color = value.color()?;
                Ok(())
            }),
            ("width", |this, value| {
                this.mark.width = value.limited(1, MAX_BORDER)?;
                Ok(())
            }),
            ("label", |this, value| {
                this.mark.label = template(value)?;
                Ok(())
            }),
            ("font", |this, value| {
                this.mark.font = value.font()?;
                Ok(())
            }),
            ("font-size", |this, value| {
                this.mark.font_size = value.limited(0, MAX_FONT_SIZE)?;
                Ok(())
            }),
            ("anchor", |this, value| {
                this.mark.anchor = value.anchor()?;
                Ok(())
            }),
            ("classes", |this, value| {
                this.mark.filter.classes = value.classes()?;
                Ok(())
            }),
            ("sources", |this, value| {
                this.mark.filter.sources = value.sources()?;
                Ok(())
            }),
        ]
    };
}

pub const ZONE_ROWS: &[Row<NewMark>] = rows_of_marks![("points", |this, value| {
    this.points = value.polygon()?;
    Ok(())
}),];

pub const LINE_ROWS: &[Row<NewMark>] = rows_of_marks![
    ("a", |this, value| {
        this.ends[0] = Some(value.point()?);
        Ok(())
    }),
    ("b", |this, value| {
        this.ends[1] = Some(value.point()?);
        Ok(())
    }),
];

/// Reads sections such as `[zone.NAME]`.
pub fn read(
    value: &Value<'_>,
    rows: &[Row<NewMark>],
    needed: &[&str],
    marks: &mut Vec<NewMark>,
) -> Result<(), String> {
    let reader = value.reader;
    reader.each_table(value, |section| {
        let name = section.name;
        let fields = match value.path {
            "zone" => format!("{{zone:{name}}}"),
            _ => format!("{{line:{name}:in}}/{{line:{name}:out}}"),
        };
        // No template could name one with braces.
        check_name(name)?;
        let label = Template::parse(&format!("{} {fields}", escape(name)))
            .map_err(|_| "expected a name that a template can have")?;
        let mut mark = NewMark {
            place: reader.place(section.offset, section.path),
            mark: Mark {
                name: name.to_owned(),
                filter: Filter::default(),
                anchor: Anchor::Foot,
                color: Some(Color::WHITE),
                width: 2,
                label,
                font: FontName::SERIF,
                font_size: 10,
            },
            points: Vec::new(),
            ends: [None; 2],
        };
        reader.table(section.path, section.table, rows, &mut mark);
        check_needed(section.table, needed)?;
        if let [Some(a), Some(b)] = mark.ends {
            points::check_units(&[a, b])?;
            if a == b {
                return Err("a and b are the same point".into());
            }
        }
        marks.push(mark);
        Ok(())
    })
}

/// Puts marks over those of the same name.
pub fn refine(marks: &mut Vec<NewMark>, later: Vec<NewMark>) {
    put_over(marks, later, |mark| &mark.mark.name);
}

impl NewMark {
    pub fn zone(self) -> Zone {
        Zone {
            mark: self.mark,
            points: self.points,
        }
    }

    /// `None` without its ends, which reading has refused.
    pub fn line(self) -> Option<Line> {
        let [a, b] = self.ends;
        Some(Line {
            mark: self.mark,
            a: a?,
            b: b?,
        })
    }
}
