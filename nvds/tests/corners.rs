//! Corners of objects whose boxes are turned, on the loaded metadata library.

use std::path::Path;
use std::process::Command;

use nvds::*;

const RECT: Rect = Rect {
    left: 10.0,
    top: 20.0,
    width: 40.0,
    height: 20.0,
};

fn object() -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.5,
        rect: RECT,
        style: RectStyle::default(),
        label: "ship",
        text: None,
    }
}

fn corners(points: [[f32; 2]; 4]) -> Corners {
    Corners {
        points: points.map(|[x, y]| Corner { x, y }),
    }
}

/// A buffer with an object for each of these corners.
fn buffer(all: &[Option<Corners>]) -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame::default());
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        for corners in all {
            let object = locked.add_object(&frame, &object(), None).unwrap();
            if let Some(corners) = corners {
                locked.add_corners(&object, *corners).unwrap();
            }
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

/// The corners of each object, the first attached first.
fn seen(buffer: &gst::BufferRef) -> Vec<Option<Corners>> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    frame
        .objects()
        .rev()
        .map(|object| object.corners())
        .collect()
}

#[test]
fn corners_go_clockwise_from_the_boxs_own_upper_left() {
    let upright = corners([[10.0, 20.0], [50.0, 20.0], [50.0, 40.0], [10.0, 40.0]]);
    assert_eq!(Corners::of(&RECT, 0.0), upright);
    assert_eq!(upright.upright(), RECT);
    // The centre is at 30, 30; clockwise on the screen, the left side goes up.
    let found = Corners::of(&RECT, 90.0);
    let expected = [[40.0, 10.0], [40.0, 50.0], [20.0, 50.0], [20.0, 10.0]];
    for (found, [x, y]) in found.points.iter().zip(expected) {
        assert!(
            (found.x - x).abs() < 1e-4 && (found.y - y).abs() < 1e-4,
            "{found:?}"
        );
    }
    let around = Corners::of(&RECT, 30.0).upright();
    let (sin, cos) = 30f32.to_radians().sin_cos();
    assert!((around.width - (40.0 * cos + 20.0 * sin)).abs() < 1e-4);
    assert!((around.height - (40.0 * sin + 20.0 * cos)).abs() < 1e-4);
    assert!((around.left + around.width / 2.0 - 30.0).abs() < 1e-4);
    assert!((around.top + around.height / 2.0 - 30.0).abs() < 1e-4);
}

#[test]
fn corners_come_back_and_copies_keep_them() {
    let turned = Corners::of(&RECT, 30.0);
    let bad = corners([[f32::NAN, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
    let original = buffer(&[Some(turned), None, Some(bad)]);
    // Readers need not test for numbers that are none.
    let expected = [Some(turned), None, None];
    assert_eq!(seen(&original), expected);
    let copy = with_own_metadata(original.clone()).unwrap();
    assert_eq!(copy.lost, None);
    drop(original);
    assert_eq!(seen(&copy.buffer), expected);
}

#[test]
fn the_last_ones_hold_beside_key_points() {
    let buffer = buffer(&[]);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let added = locked.add_object(&frame, &object(), None).unwrap();
    locked
        .add_corners(&added, Corners::of(&RECT, 10.0))
        .unwrap();
    locked
        .add_corners(&added, Corners::of(&RECT, 20.0))
        .unwrap();
    locked
        .add_key_points(&added, &[KeyPoint::default()])
        .unwrap();
    assert_eq!(added.corners(), Some(Corners::of(&RECT, 20.0)));
    assert_eq!(added.key_points(), [KeyPoint::default()]);
}

#[test]
fn boxes_turn_from_9_0_on() {
    let buffer = buffer(&[None]);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let turns = batch.lock().turns_boxes();
    assert_eq!(
        release().unwrap().is_at_least(Version::new(9, 0)),
        Some(turns)
    );
}

/// What the header says is what is in memory.
#[test]
fn the_header_compiles_and_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("rsnvds-corners-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, program) = (folder.join("header.c"), folder.join("header"));
    std::fs::write(
        &source,
        "#include <stddef.h>\n#include <stdio.h>\n#include \"rsnvds.h\"\n\
         int main (void) {\n\
         printf (\"%s %zu %zu %zu\", RSNVDS_CORNERS_TYPE, sizeof (RsNvdsCorners),\n\
         offsetof (RsNvdsCorners, points[1]), offsetof (RsNvdsCorner, y));\n\
         return 0; }\n",
    )
    .unwrap();
    let built = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(root.join("include"))
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let said = Command::new(&program).output().unwrap().stdout;
    let expected = format!(
        "{} {} {} {}",
        CORNERS_TYPE.to_str().unwrap(),
        size_of::<Corners>(),
        size_of::<Corner>(),
        std::mem::offset_of!(Corner, y),
    );
    assert_eq!(String::from_utf8_lossy(&said), expected);
    std::fs::remove_dir_all(folder).unwrap();
}
