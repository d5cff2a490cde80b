use super::*;

fn area(left: usize, top: usize, width: usize, height: usize) -> convert::Rect {
    convert::Rect {
        left,
        top,
        width,
        height,
    }
}

fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

fn text(x: u32, y: u32, font_size: u32) -> TextPlace {
    TextPlace { x, y, font_size }
}

/// A crop, turned and scaled, or none of it.
fn movement(source: convert::Rect, target: (usize, usize), flip: Flip) -> Movement {
    Movement::new(source, area(0, 0, target.0, target.1), flip)
}

#[test]
fn every_turn_keeps_a_box_on_the_same_pixels() {
    let expected = [
        (Flip::None, 40.0, 30.0, text(44, 25, 10)),
        (Flip::Counterclockwise, 30.0, 160.0, text(30, 150, 10)),
        (Flip::Rotate180, 160.0, 130.0, text(160, 120, 10)),
        (Flip::Clockwise, 130.0, 40.0, text(130, 30, 10)),
        (Flip::Horizontal, 160.0, 30.0, text(160, 25, 10)),
        (Flip::UpperRightDiagonal, 130.0, 160.0, text(130, 150, 10)),
        (Flip::Vertical, 40.0, 130.0, text(44, 120, 10)),
        (Flip::UpperLeftDiagonal, 30.0, 40.0, text(30, 30, 10)),
    ];
    for (flip, left, top, expected_text) in expected {
        let (target, sides) = if flip.transposes() {
            ((240, 320), (80.0, 120.0))
        } else {
            ((320, 240), (120.0, 80.0))
        };
        let movement = movement(area(0, 0, 320, 240), target, flip);
        let (moved, moved_text) = movement.object(rect(40.0, 30.0, 120.0, 80.0), text(44, 25, 10));
        assert_eq!(moved, rect(left, top, sides.0, sides.1), "{flip:?}");
        assert_eq!(moved_text, expected_text, "{flip:?}");
        // Display metas stay.
        assert_eq!(movement.rect(moved), moved, "{flip:?}");
        assert_eq!(movement.point((7, 9)), (7, 9), "{flip:?}");
    }
}

#[test]
fn boxes_left_of_a_crop_are_negative_and_their_texts_wrap() {
    let crop = area(120, 90, 400, 300);
    let one = rect(100.5, 80.25, 60.0, 120.0);
    let (same_size, place) = movement(crop, (400, 300), Flip::None).object(one, text(130, 60, 11));
    assert_eq!(same_size, rect(-19.5, -9.75, 60.0, 120.0));
    assert_eq!(place, text(10, 0, 11));
    // 60 - 90 is stored as 4294967266, which is 2^32 as a float.
    let (_, place) = movement(crop, (768, 576), Flip::None).object(one, text(130, 60, 11));
    assert_eq!(place, text(19, 3_951_369_728, 21));
}

#[test]
fn a_text_far_outside_a_crop_keeps_what_a_float_holds() {
    let crop = movement(area(0, 400, 320, 240), (320, 240), Flip::None);
    let (_, place) = crop.object(rect(0.0, 0.0, 1.0, 1.0), text(0, 200, 11));
    // 200 - 400 is stored as 4294967096; the nearest float is 256 below 2^32.
    assert_eq!(place.y, 0u32.wrapping_sub(256));
}

#[test]
fn a_turned_box_at_the_top_has_its_text_wrapped() {
    let flip = movement(area(0, 0, 320, 240), (240, 320), Flip::Clockwise);
    let (moved, place) = flip.object(rect(0.0, 30.0, 10.0, 10.0), text(0, 20, 10));
    assert_eq!(moved, rect(200.0, 0.0, 10.0, 10.0));
    assert_eq!((place.x, place.y), (200, 0));
}

#[test]
fn numbers_of_a_float_are_stored_as_c_does() {
    for (value, expected) in [
        (12.9, 12),
        (-0.5, 0),
        (-1.5, u32::MAX),
        (4_294_967_296.0, 0),
        (8_246_337_024.0, 3_951_369_728),
    ] {
        assert_eq!(to_unsigned(value), expected, "{value}");
    }
}
