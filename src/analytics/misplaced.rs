//! Rules of which nothing can come in frames of a size.

use nvds_analytics::Engine;

use crate::expected::shown;

/// Whether zones or lines lie outside the present frame.
pub fn is_any_outside(engine: &Engine) -> bool {
    engine.beside().next().is_some()
}

/// What to say of them.
pub fn outside(engine: &Engine, (width, height): (u32, u32)) -> String {
    let rules = engine.rules();
    let names = engine.beside().filter_map(|(i, is_line)| match is_line {
        true => Some(format!("line.{}", rules.lines.get(i)?.scope.name)),
        false => Some(format!("zone.{}", rules.zones.get(i)?.scope.name)),
    });
    format!(
        "nothing can be counted in {}: outside the frame of {width}x{height} pixels; numbers of points are \
         pixels, \"50%\" is the middle",
        shown(&names.collect::<Vec<_>>())
    )
}

/// Whether the stated hysteresis is half of the frame or leaves no room beside a line.
pub fn is_wide(engine: &Engine, (_, height): (u32, u32)) -> bool {
    let half = engine.hysteresis() * 2.0 >= height as f32;
    engine.rules().hysteresis.is_some() && (half || engine.shut().next().is_some())
}

/// What to say of that.
pub fn wide(engine: &Engine, (width, height): (u32, u32)) -> String {
    let rules = engine.rules();
    let lines = engine.shut().filter_map(|i| rules.lines.get(i));
    let lines: Vec<_> = lines
        .map(|line| format!("line.{}", line.scope.name))
        .collect();
    let what = match lines.is_empty() {
        true => "half of its height or more".to_owned(),
        false => format!(
            "nobody can cross {}, which it reaches from to the frame's edge",
            shown(&lines)
        ),
    };
    format!(
        "hysteresis is {} pixels in the frame of {width}x{height}: {what}; a 300th of the height is usual, \"0.33%\"",
        engine.hysteresis()
    )
}
