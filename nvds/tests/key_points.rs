//! Key points on objects, on the loaded metadata library.

use std::path::Path;
use std::process::Command;

use nvds::*;

fn point(x: f32) -> KeyPoint {
    KeyPoint {
        x,
        y: x + 0.5,
        confidence: 0.25,
    }
}

fn object() -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label: "face",
        text: None,
    }
}

/// A buffer with an object for each of these numbers of points.
fn buffer(counts: &[usize]) -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame::default());
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        for &count in counts {
            let object = locked.add_object(&frame, &object(), None).unwrap();
            let points: Vec<_> = (0..count).map(|i| point(i as f32)).collect();
            locked.add_key_points(&object, &points).unwrap();
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

/// The points of each object, the first attached first.
fn points(buffer: &gst::BufferRef) -> Vec<Vec<KeyPoint>> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let objects = frame.objects().rev();
    objects.map(|object| object.key_points().to_vec()).collect()
}

#[test]
fn points_come_back_in_their_order() {
    let buffer = buffer(&[5, 0, 1, MOST_KEY_POINTS + 1]);
    let found = points(&buffer);
    assert_eq!(found[0], [0.0, 1.0, 2.0, 3.0, 4.0].map(point));
    assert_eq!(found[1], []);
    assert_eq!(found[2], [point(0.0)]);
    assert_eq!(found[3].len(), MOST_KEY_POINTS);
}

#[test]
fn an_object_without_any_has_none() {
    let buffer = buffer(&[]);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let added = locked.add_object(&frame, &object(), None).unwrap();
    assert_eq!(added.key_points(), []);
    locked.add_key_points(&added, &[point(1.0)]).unwrap();
    locked
        .add_key_points(&added, &[point(2.0), point(3.0)])
        .unwrap();
    // The last ones hold.
    assert_eq!(added.key_points(), [point(2.0), point(3.0)]);
    assert_eq!(added.user_metas().count(), 2);
}

/// Copies have points of their own, and outlive what they were copied of.
#[test]
fn copies_keep_their_points() {
    let original = buffer(&[3, 2]);
    let shared = original.clone();
    let copy = with_own_metadata(shared).unwrap();
    assert_eq!(copy.lost, None);
    let expected = points(&original);
    assert_eq!(points(&copy.buffer), expected);
    drop(original);
    assert_eq!(points(&copy.buffer), expected);
}

/// Pools give metas out again.
#[test]
fn metas_are_used_again() {
    for round in 0..3 {
        let mut buffer = buffer(&[4; 10]);
        assert_eq!(points(&buffer).len(), 10, "{round}");
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
        let mut locked = batch.lock();
        // SAFETY: no view is alive.
        let removed = unsafe { locked.retain_objects(|_, _| false) };
        assert_eq!(removed, 10);
        let frame = locked.frames().next().unwrap();
        for _ in 0..10 {
            let added = locked.add_object(&frame, &object(), None).unwrap();
            assert_eq!(added.key_points(), []);
            locked.add_key_points(&added, &[point(7.0)]).unwrap();
            assert_eq!(added.key_points(), [point(7.0)]);
        }
        drop(locked);
        assert!(buffer.get_mut().is_some());
    }
}

/// What the header says is what is in memory.
#[test]
fn the_header_compiles_and_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("rsnvds-header-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, program) = (folder.join("header.c"), folder.join("header"));
    std::fs::write(
        &source,
        "#include <stddef.h>\n#include <stdio.h>\n#include \"rsnvds.h\"\n\
         int main (void) {\n\
         printf (\"%s %d %s %d %zu %zu %zu %zu %zu\", RSNVDS_KEY_POINTS_TYPE, RSNVDS_MOST_KEY_POINTS,\n\
         RSNVDS_EMBEDDING_TYPE, RSNVDS_MOST_NUMBERS, offsetof (RsNvdsEmbedding, values),\n\
         sizeof (RsNvdsKeyPoint), offsetof (RsNvdsKeyPoints, points),\n\
         offsetof (RsNvdsKeyPoint, y), offsetof (RsNvdsKeyPoint, confidence));\n\
         return 0; }\n",
    )
    .unwrap();
    for language in [&["-std=c99"][..], &["-x", "c++"]] {
        let built = Command::new("cc")
            .args(language)
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
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
            "{} {MOST_KEY_POINTS} {} {} 12 {} 4 {} {}",
            KEY_POINTS_TYPE.to_str().unwrap(),
            nvds::EMBEDDING_TYPE.to_str().unwrap(),
            nvds::MOST_NUMBERS,
            size_of::<KeyPoint>(),
            std::mem::offset_of!(KeyPoint, y),
            std::mem::offset_of!(KeyPoint, confidence),
        );
        assert_eq!(String::from_utf8_lossy(&said), expected);
    }
    std::fs::remove_dir_all(folder).unwrap();
}
