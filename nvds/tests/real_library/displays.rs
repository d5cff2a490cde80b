//! Display metas, which hold sixteen of each kind.

use super::*;

/// Kinds that take turns share the metas; beyond those that the writer comes back to, all are kept.
#[test]
fn kinds_fill_the_same_display_metas() {
    for (count, metas) in [(40, 3), (64 * 16, 64), (80 * 16 + 1, 81)] {
        let buffer = buffer_with(1, |batch| {
            let locked = batch.lock();
            let frame = locked.frames().next().unwrap();
            let mut writer = locked.draw_on(&frame).unwrap();
            let at = |i: u32| Rect {
                left: i as f32,
                ..Rect::default()
            };
            for i in 0..count {
                writer.rect(at(i), &RectStyle::default());
            }
            for i in 0..count {
                writer.line(&Line {
                    from: (i, 0),
                    to: (i, 9),
                    width: 1,
                    color: Color::RED,
                });
            }
            writer.rect(at(count), &RectStyle::default());
        });
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frame = batch.frames().next().unwrap();
        let displays: Vec<_> = frame.displays().rev().collect();
        let boxes: Vec<f32> = displays
            .iter()
            .flat_map(|d| d.rects().map(|shape| shape.rect.left))
            .collect();
        let lines: Vec<u32> = displays
            .iter()
            .flat_map(|d| d.lines().map(|line| line.from.0))
            .collect();
        let all: Vec<f32> = (0..=count).map(|i| i as f32).collect();
        assert_eq!(boxes, all);
        assert_eq!(lines, (0..count).collect::<Vec<_>>());
        if count < 64 * 16 {
            assert_eq!(displays.len(), metas);
        } else {
            assert!(displays.len() >= metas, "{}", displays.len());
        }
    }
}

#[test]
fn more_than_sixteen_texts_get_a_second_display_meta() {
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        for i in 0..40 {
            let text = i.to_string();
            writer.text(&NewText {
                text: &text,
                ..object(0, "").text.unwrap()
            });
        }
        writer.rect(Rect::default(), &RectStyle::default());
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let counts: Vec<_> = frame.displays().map(|d| d.texts().len()).collect();
    assert_eq!(counts, [8, 16, 16]);
    let first = frame.displays().next_back().unwrap();
    // There is room for boxes where there is none for texts.
    assert_eq!(first.rects().len(), 1);
    let first = first.texts().next().unwrap();
    assert_eq!(first.display_text().unwrap(), c"0");
}

/// Each kind fills on its own, in whatever order they come, and nothing is lost or doubled.
#[test]
fn more_than_sixteen_of_every_kind_chain() {
    const COUNT: u32 = 50;
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        for i in 0..COUNT {
            let at = (i, 2 * i);
            for _ in 0..1 + i % 2 {
                writer.line(&Line {
                    from: at,
                    to: at,
                    width: 1,
                    color: Color::RED,
                });
            }
            writer.circle(&Circle {
                center: at,
                radius: i,
                width: 1,
                color: Color::RED,
                fill: None,
            });
            writer.arrow(&Arrow {
                from: at,
                to: at,
                width: 1,
                head: ArrowHead::Start,
                color: Color::RED,
            });
            let rect = Rect {
                left: i as f32,
                ..Rect::default()
            };
            writer.rect(rect, &RectStyle::default());
        }
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let displays: Vec<_> = frame.displays().rev().collect();
    assert!(displays.len() <= 5, "{}", displays.len());
    let lines: Vec<_> = displays
        .iter()
        .flat_map(|d| d.lines())
        .map(|l| l.from.0)
        .collect();
    let expected: Vec<_> = (0..COUNT)
        .flat_map(|i| std::iter::repeat_n(i, 1 + i as usize % 2))
        .collect();
    assert_eq!(lines, expected);
    let each: Vec<_> = (0..COUNT).collect();
    let circles: Vec<_> = displays
        .iter()
        .flat_map(|d| d.circles())
        .map(|c| c.radius)
        .collect();
    assert_eq!(circles, each);
    let arrows: Vec<_> = displays
        .iter()
        .flat_map(|d| d.arrows())
        .map(|a| a.from.1 / 2)
        .collect();
    assert_eq!(arrows, each);
    let rects: Vec<_> = displays
        .iter()
        .flat_map(|d| d.rects())
        .map(|r| r.rect.left as u32)
        .collect();
    assert_eq!(rects, each);
}
