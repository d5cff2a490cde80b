//! Maps of a frame.

use maud::{Markup, html};

use super::data_uri;
use crate::charts::color_text;
use crate::film::Picture;
use crate::places::{COLUMNS, Places, ROWS};
use crate::tracks::Track;

/// Size of a map in its own units; its height follows the frame.
const WIDTH: f64 = 640.0;

/// A frame under what is drawn on it.
pub struct Ground<'a> {
    /// Pixels.
    pub size: (f64, f64),
    /// The frame itself.
    pub picture: Option<&'a Picture>,
}

impl Ground<'_> {
    fn height(&self) -> f64 {
        WIDTH * self.size.1 / self.size.0
    }

    fn map(&self, drawn: &Markup) -> Markup {
        let height = self.height();
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" {
                rect width=(WIDTH) height=(format!("{height:.0}")) fill="#20262b" {}
                @if let Some(picture) = self.picture {
                    image width=(WIDTH) height=(format!("{height:.0}")) preserveAspectRatio="none" opacity="0.6"
                        href=(data_uri(&picture.bytes)) {}
                }
                (drawn)
            }
        }
    }

    /// Where objects stood, from blue (seldom) over yellow to red.
    pub fn warm(&self, places: &Places) -> Markup {
        let (width, height) = (WIDTH / COLUMNS as f64, self.height() / ROWS as f64);
        self.map(&html! {
            @for (column, row, heat) in places.warm() {
                rect x=(format!("{:.1}", column as f64 * width)) y=(format!("{:.1}", row as f64 * height))
                    width=(format!("{width:.1}")) height=(format!("{height:.1}")) fill=(heat_color(heat))
                    fill-opacity=(format!("{:.2}", 0.25 + 0.6 * heat)) {}
            }
        })
    }

    /// The ways of tracks, with a point where each ended.
    pub fn ways(&self, tracks: &[(u64, &Track)]) -> Markup {
        let height = self.height();
        let at = |(x, y): (f32, f32)| (f64::from(x) * WIDTH, f64::from(y) * height);
        let points = |track: &Track| {
            let points = track.way.iter().map(|&point| at(point));
            let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            points.join(" ")
        };
        self.map(&html! {
            @for (k, (id, track)) in tracks.iter().enumerate() {
                polyline points=(points(track)) fill="none" stroke=(color_text(k)) stroke-width="1.6" {
                    title { (track.class) " " (id) }
                }
                @if let Some(&last) = track.way.last() {
                    circle cx=(format!("{:.1}", at(last).0)) cy=(format!("{:.1}", at(last).1)) r="3" fill=(color_text(k)) {}
                }
            }
        })
    }
}

fn heat_color(heat: f64) -> String {
    // 240 degrees are blue, 60 yellow, 0 red.
    format!("hsl({:.0},90%,55%)", 240.0 * (1.0 - heat))
}
