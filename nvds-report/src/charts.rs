//! Charts as SVG, by plotters.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Error;

const SIZE: (u32, u32) = (720, 300);
const FONT: (&str, u32) = ("sans-serif", 13);

/// Colours that most people can tell apart, in the order of use.
pub const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 94, 60),
    RGBColor(90, 90, 90),
];

/// Colour of curve `at`, counted from 0; colours repeat after the eighth.
pub fn color(at: usize) -> RGBColor {
    COLORS[at % COLORS.len()]
}

/// The colour of [`color`] as HTML text, `#rrggbb`.
pub fn color_text(at: usize) -> String {
    let RGBColor(red, green, blue) = color(at);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Labels of the two axes.
pub struct Axes<'a> {
    /// Label of the horizontal axis.
    pub x: &'a str,
    /// Label of the vertical axis.
    pub y: &'a str,
}

/// A number without zeros behind its point.
fn short(number: &f64) -> String {
    let rounded = (number * 1000.0).round() / 1000.0;
    // -0 is 0.
    format!("{}", rounded + 0.0)
}

/// Axes with their words, fine lines, and no more labels than are read.
macro_rules! mesh {
    ($chart:expr, $axes:expr) => {
        $chart
            .configure_mesh()
            .x_desc($axes.x)
            .y_desc($axes.y)
            .label_style(FONT)
            .axis_desc_style(FONT)
            .x_label_formatter(&short)
            .y_label_formatter(&short)
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .draw()
    };
}

/// A chart of curves as SVG text. Each has a name and its points (x, y), sorted by x.
///
/// # Errors
/// When plotters cannot draw.
pub fn curves(axes: &Axes<'_>, curves: &[(&str, Vec<(f64, f64)>)]) -> Result<String, Error> {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let low = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
    let high = points()
        .map(|point| point.0)
        .fold(f64::NEG_INFINITY, f64::max);
    let most = points().map(|point| point.1).fold(0.0, f64::max);
    let (low, high) = match low < high {
        true => (low, high),
        false if low.is_finite() => (low - 0.5, low + 0.5),
        false => (0.0, 1.0),
    };
    drawn(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(36)
            .y_label_area_size(52)
            .build_cartesian_2d(low..high, 0.0..above(most))?;
        mesh!(chart, axes)?;
        for (at, (_, points)) in curves.iter().enumerate() {
            chart.draw_series(LineSeries::new(
                points.iter().copied(),
                color(at).stroke_width(2),
            ))?;
            if let [only] = &points[..] {
                chart.draw_series([Circle::new(*only, 3, color(at).filled())])?;
            }
        }
        Ok(())
    })
}

/// A histogram as SVG text: `counts.len()` columns of equal width from `low` to `high`.
///
/// # Errors
/// When plotters cannot draw.
pub fn columns(axes: &Axes<'_>, (low, high): (f64, f64), counts: &[u64]) -> Result<String, Error> {
    let most = counts.iter().copied().max().unwrap_or(0);
    let width = (high - low) / counts.len().max(1) as f64;
    drawn(|area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(36)
            .y_label_area_size(52)
            .build_cartesian_2d(low..high, 0.0..above(most as f64))?;
        mesh!(chart, axes)?;
        let column = |(at, &count): (usize, &u64)| {
            let left = low + at as f64 * width;
            let corners = [
                (left + 0.05 * width, 0.0),
                (left + 0.95 * width, count as f64),
            ];
            Rectangle::new(corners, color(0).filled())
        };
        chart.draw_series(counts.iter().enumerate().map(column))?;
        Ok(())
    })
}

fn above(most: f64) -> f64 {
    if most > 0.0 { most * 1.08 } else { 1.0 }
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn drawn(draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Drawn) -> Result<String, Error> {
    let mut svg = String::new();
    let failed = |error: Box<dyn std::error::Error>| Error::Chart(error.to_string());
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&area).map_err(failed)?;
        area.present()
            .map_err(|error| Error::Chart(error.to_string()))?;
    }
    Ok(svg)
}
