//! Boxes as they were before they were cut at the frame's edges.

use nvds::Rect;

/// Of rounding, and of trackers that cut at the last pixel.
const SLACK: f32 = 1.5;

/// Left, top, right, bottom.
fn sides(rect: &Rect) -> [f32; 4] {
    [
        rect.left,
        rect.top,
        rect.left + rect.width,
        rect.top + rect.height,
    ]
}

/// A box before it was cut at the edges of a frame of this size, if one of `others`, which are asked for only then, is
/// that.
#[inline]
pub fn uncut(rect: &Rect, others: impl FnOnce() -> [Rect; 2], size: (u32, u32)) -> Rect {
    let (width, height) = (size.0 as f32, size.1 as f32);
    let [left, top, right, bottom] = sides(rect);
    let is_inside = left > SLACK && top > SLACK && right < width - SLACK && bottom < height - SLACK;
    match is_inside {
        true => *rect,
        false => whole(rect, &others(), (width, height)),
    }
}

fn whole(rect: &Rect, others: &[Rect], (width, height): (f32, f32)) -> Rect {
    let is_whole = |other: &&Rect| {
        let [l, t, r, b] = sides(other);
        let reaches_out = l < 0.0 || t < 0.0 || r > width || b > height;
        let cut = [
            l.clamp(0.0, width),
            t.clamp(0.0, height),
            r.clamp(0.0, width),
            b.clamp(0.0, height),
        ];
        reaches_out
            && cut
                .iter()
                .zip(sides(rect))
                .all(|(a, b)| (a - b).abs() <= SLACK)
    };
    *others.iter().find(is_whole).unwrap_or(rect)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
        Rect {
            left,
            top,
            width,
            height,
        }
    }

    #[test]
    fn the_box_that_was_cut_is_found() {
        let none = Rect::default();
        let (whole, cut) = (
            rect(-64.0, 100.0, 104.0, 50.0),
            rect(0.0, 100.0, 40.0, 50.0),
        );
        let size = (640, 480);
        assert_eq!(uncut(&cut, || [whole, none], size), whole);
        assert_eq!(uncut(&cut, || [cut, whole], size), whole, "the tracker's");
        // Another box, nothing, and what is no number.
        let other = rect(-64.0, 100.0, 104.0, 90.0);
        let nan = rect(f32::NAN, 100.0, 104.0, 50.0);
        for others in [[none, none], [other, none], [nan, other], [cut, cut]] {
            assert_eq!(uncut(&cut, || others, size), cut, "{others:?}");
        }
        let within = rect(100.0, 100.0, 40.0, 50.0);
        assert_eq!(uncut(&within, || [whole, whole], size), within);
        let below = rect(10.0, 400.0, 40.0, 200.0);
        assert_eq!(
            uncut(&rect(10.0, 400.0, 40.0, 80.0), || [below, none], size),
            below
        );
        assert_eq!(uncut(&below, || [none, none], size), below, "never cut");
    }
}
