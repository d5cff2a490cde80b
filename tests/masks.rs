//! Key points, masks and maps through the elements that read them, on NVIDIA's metadata library, drawn and written.

mod common;
mod heads;

use common::*;
use gst::prelude::*;
use heads::*;
use nvds::{Batch, KeyPoint, Line, NetworkInfo, NewTensorMeta, Producer};

fn tensors(heads: &[Head]) -> NewTensorMeta {
    let network = NetworkInfo {
        width: SIDE as u32,
        height: SIDE as u32,
        channels: 3,
    };
    let layers = heads.iter();
    let layers = layers.map(|head| layer(&head.name, &head.dims, &head.values));
    NewTensorMeta::new(5, network, Producer::NvInfer, layers.collect()).unwrap()
}

/// Values and size of a mask.
type Values = (Vec<f32>, u32, u32, f32);

/// Class, points and mask of the objects, in the order of attachment.
fn found(buffer: &gst::BufferRef) -> Vec<(i32, Vec<KeyPoint>, Option<Values>)> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let objects = frame.objects().rev();
    objects
        .map(|object| {
            let mask = object.mask();
            let mask =
                mask.map(|mask| (mask.data.to_vec(), mask.width, mask.height, mask.threshold));
            (object.class_id(), object.key_points().to_vec(), mask)
        })
        .collect()
}

#[track_caller]
fn read(properties: &str, heads: &[Head]) -> Vec<(i32, Vec<KeyPoint>, Option<Values>)> {
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    let out = rig.process(frame_with(&tensors(heads)));
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
    found(&out)
}

/// Frames are 1920x1080, to which 320x320 was stretched: by 6 and 3.375.
const SCALE: (f32, f32) = (6.0, 3.375);

#[test]
fn poses_have_their_points_in_the_frame() {
    for (properties, heads) in [
        ("num-classes=1", yolo_pose()),
        ("format=yolo11-pose", yolo_pose()),
        (
            "format=deepstream-yolo-pose",
            yolo(nvds_decode::Format::DeepstreamYoloPose),
        ),
    ] {
        let objects = read(properties, &heads);
        assert_eq!(objects.len(), 2, "{properties}");
        for (index, (class, found, mask)) in objects.iter().enumerate() {
            assert_eq!((*class, found.len()), (0, 17), "{properties}");
            assert_eq!(*mask, None);
            for (point, numbers) in found.iter().zip(points(index).chunks(3)) {
                let (x, y) = (SCALE.0 * numbers[0], SCALE.1 * numbers[1]);
                let near = (point.x - x).abs() < 0.01 && (point.y - y).abs() < 0.01;
                assert!(near, "{properties}: {point:?} at {x}, {y}");
                assert_eq!(point.confidence, 0.8);
            }
        }
    }
    // The same numbers as pairs: 51 is none of them.
    assert_eq!(
        read("format=yolo11-pose key-point-numbers=2", &yolo_pose())[0].1,
        []
    );
}

/// The events that nvmsgconv is told of, oldest first.
fn pose_events(buffer: &gst::BufferRef) -> Vec<nvds::PoseEvent> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let events = frame.user_metas().rev();
    events.filter_map(|meta| meta.as_pose_event()).collect()
}

#[test]
fn nvmsgconv_is_told_of_joints() {
    init();
    if !release_has(6, 2) {
        for element in ["rsyoloparser", "rsposeparser"] {
            let error = start_error(&format!("{element} joints=true"));
            let expected = "joints: events for nvmsgconv have joints in DeepStream 6.2 and newer, this is DeepStream";
            assert!(error.contains(expected), "{error}");
        }
        return;
    }
    let mut rig = Rig::new("rsyoloparser num-classes=1 joints=true");
    let out = rig.process(frame_with(&tensors(&yolo_pose())));
    let events = pose_events(&out);
    let objects = objects(&out).remove(0);
    assert_eq!((events.len(), objects.len()), (2, 2));
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    for ((event, object), seen) in events.iter().zip(frame.objects().rev()).zip(&objects) {
        assert_eq!(event.joints, object.key_points());
        assert_eq!(
            (event.rect, event.object_id.as_str()),
            (seen.rect, seen.label.as_str())
        );
        assert_eq!(
            (event.class_id, event.sensor_id, event.frame_id),
            (0, 0, 100)
        );
        assert_eq!(event.tracking_id, nvds::UNTRACKED_OBJECT_ID);
        assert!(
            event.time.starts_with("20") && event.time.ends_with('Z'),
            "{}",
            event.time
        );
    }
    drop(batch);
    let mut rig = Rig::new("rsyoloparser num-classes=1");
    let out = rig.process(frame_with(&tensors(&yolo_pose())));
    assert_eq!(pose_events(&out), []);
    let mut rig = Rig::new("rsposeparser joints=true");
    let out = rig.process(frame_with(&tensors(&movenet_multi())));
    let events = pose_events(&out);
    assert_eq!(events.len(), 1);
    assert!(events[0].is_person);
    assert_eq!(events[0].object_id, "person");
    assert_eq!((events[0].joints.len(), events[0].joints[0].x), (17, 960.0));
}

/// From the folder of the style that names it; a mistake is told with its file and line.
#[test]
fn a_skeleton_of_ones_own_is_found_beside_the_style() {
    let folder = std::env::temp_dir().join(format!("rsnvds-skeleton-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let style = folder.join("style.toml");
    write("style.toml", "[class.person]\nskeleton = 'pony.toml'\n");
    let launch = format!("rsosdannotate style-file={}", style.display());
    let error = start_error(&launch);
    let expected = format!(
        "line 2: class.person.skeleton: the skeleton {}",
        folder.join("pony.toml").display()
    );
    assert!(error.contains(&expected), "{error}");
    write(
        "pony.toml",
        "points = ['head', 'tail']\n[limb.back]\nlines = [['head', 'tial']]",
    );
    let error = start_error(&launch);
    let expected =
        "pony.toml: line 3: limb.back.lines: no point is called \"tial\", did you mean \"tail\"?";
    assert!(error.contains(expected), "{error}");
    write(
        "pony.toml",
        "points = ['head', 'tail']\n[limb.back]\nlines = [['head', 'tail']]",
    );
    let mut rig = Rig::new(&launch);
    rig.process(buffer(1, |_, _| ()));
    // The property's own, while it runs: a mistake leaves the style as it is.
    rig.element
        .set_property("style", "default.skeleton = 'none.toml'");
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("the skeleton none.toml cannot be read"),
        "{warnings:?}"
    );
    assert_eq!(rig.element.property::<Option<String>>("style"), None);
    let error = start_error("rsosdannotate style=default.skeleton='coco18'");
    let expected =
        "expected \"none\", \"coco17\", \"face5\", \"hand21\" or a file such as \"horse.toml\"";
    assert!(error.contains(expected), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_style_joins_points() {
    let lines = |style: &str| -> Vec<Line> {
        let mut rig = Rig::new(&format!(
            "rsyoloparser num-classes=1 ! rsosdannotate style=\"{style}\""
        ));
        let out = rig.process(frame_with(&tensors(&yolo_pose())));
        let batch = Batch::from_buffer(&out).unwrap().unwrap();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let displays = frame.displays();
        displays
            .flat_map(|display| display.lines().collect::<Vec<_>>())
            .collect()
    };
    assert_eq!(lines("default.key-points = 3"), []);
    assert_eq!(lines("default.skeleton = 'hand21'"), []);
    let drawn = lines("default.skeleton = 'coco17'\ndefault.shape-width = 5");
    assert_eq!(drawn.len(), 2 * 19);
    assert!(drawn.iter().all(|line| line.width == 5));
    assert!(drawn.iter().all(|line| line.color == drawn[0].color));
    let limbs = lines(
        "default.skeleton = 'coco17'\ndefault.limb-colors = true\ndefault.shape-color = '#fff8'",
    );
    let mut colors: Vec<_> = limbs
        .iter()
        .map(|line| format!("{:?}", line.color))
        .collect();
    colors.sort();
    colors.dedup();
    assert_eq!(colors.len(), 6);
    assert!(limbs.iter().all(|line| line.color.alpha < 0.6));
    // As a file says; its path is relative to the working directory here.
    let own = "default.skeleton = 'pipelines/config/skeleton-animal.toml'";
    assert_eq!(lines(own).len(), 2 * 17);
    let limbs = lines(&format!("{own}\ndefault.limb-colors = true"));
    let yellow = nvds::Color::new(
        f64::from(0xf0) / 255.0,
        f64::from(0xe4) / 255.0,
        f64::from(0x42) / 255.0,
        1.0,
    );
    let of_head = limbs.iter().filter(|line| line.color == yellow);
    assert_eq!(of_head.count(), 2 * 4);
    // From an ankle to its knee, of the first person.
    let at = |point: f32| (384, (SCALE.1 * (112.0 + point) + 0.5) as u32);
    let joined =
        |line: &Line| [(line.from, line.to), (line.to, line.from)].contains(&(at(15.0), at(13.0)));
    assert!(drawn.iter().any(joined), "{drawn:?}");
}

#[test]
fn masks_cover_the_boxes() {
    for (properties, threshold) in [("", 0.5), ("mask-threshold=0.25", 0.25)] {
        let objects = read(properties, &yolo_seg());
        assert_eq!(objects.len(), 2);
        for (index, (class, points, mask)) in objects.into_iter().enumerate() {
            assert_eq!((class, points), (CLASSES[index] as i32, vec![]));
            let (values, width, height, limit) = mask.unwrap();
            assert_eq!(limit, threshold);
            // A value for each cell of four pixels.
            let [left, top, right, bottom] = BOXES[index];
            let size = [right - left, bottom - top].map(|side| (side / 4.0) as u32);
            assert_eq!([width, height], size);
            assert_eq!(values.len(), (width * height) as usize);
            // The first is on the left half, the second on the right one: all of both is inside.
            assert!(values.iter().all(|value| *value > 0.9), "{values:?}");
        }
    }
    let objects = read("", &yolo(nvds_decode::Format::DeepstreamYoloSeg));
    let (_, _, mask) = &objects[1];
    assert_eq!(
        *mask,
        Some((vec![0.0, 0.25, 1.0, 0.75, 0.5, 1.0], 3, 2, 0.5))
    );
}

/// nvosd stretches a mask over its object's box: of a box that the frame cuts, it is the part that is left.
#[test]
fn masks_of_boxes_at_the_edge_are_cut_with_them() {
    let mut heads = yolo(nvds_decode::Format::DeepstreamYoloSeg);
    let boxes = heads.iter_mut().find(|head| head.name == "boxes").unwrap();
    // The left half is outside.
    boxes.values[0] = -boxes.values[2];
    let objects = read("", &heads);
    let (values, width, height, _) = objects[0].2.clone().unwrap();
    assert_eq!((width, height), (2, 2));
    // Two parts of 0.75 columns each, from the middle of the second one on.
    let expected = [0.53125, 1.0, 0.3125, 0.0];
    let near = |(value, expected): (&f32, &f32)| (value - expected).abs() < 1e-4;
    assert!(values.iter().zip(&expected).all(near), "{values:?}");
}

/// Only what survives has a mask, and a tee's copies have their own: the leaks of either would be seen here by valgrind.
#[test]
fn masks_live_with_their_objects() {
    let mut rig = Rig::new("rsyoloparser top-k=1");
    for _ in 0..3 {
        let out = rig.process(frame_with(&tensors(&yolo_seg())));
        let copy = out.copy_deep().unwrap();
        let first = found(&out);
        assert_eq!(first.len(), 1);
        drop(out);
        let copied = found(&copy);
        assert_eq!(copied, first);
    }
}

#[test]
fn masks_that_are_no_numbers_are_warned_of() {
    let mut heads = yolo_seg();
    heads[1].values[0] = f32::NAN;
    heads[1].values[80 * 20 + 10] = f32::NAN;
    let mut rig = Rig::new("rsyoloparser");
    let out = rig.process(frame_with(&tensors(&heads)));
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("a mask has the value NaN"),
        "{warnings:?}"
    );
    let (values, ..) = found(&out)[0].2.clone().unwrap();
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    assert!(values.contains(&0.0));
}

#[test]
fn masks_are_written_as_runs() {
    let scratch = TempFile::new("masks.jsonl", "");
    let mut rig = Rig::new(&format!(
        "rsyoloparser format=deepstream-yolo-seg ! rsmetajson location={} fields=objects+masks",
        scratch.path()
    ));
    rig.process(frame_with(&tensors(&yolo(
        nvds_decode::Format::DeepstreamYoloSeg,
    ))));
    drop(rig);
    let text = std::fs::read_to_string(scratch.path()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let mask = &line["objects"][1]["mask"];
    assert_eq!(mask["size"], serde_json::json!([2, 3]));
    // Rows 0 0 1, 1 0 1 by columns: runs of 1, 1, 2, 2, the last less the second.
    assert_eq!(mask["counts"], "1121");
}

/// The objects of [`yolo_seg`] as a Mask R-CNN of TAO has them, with 2x4 values for each of three classes.
fn tao_masks() -> Vec<Head> {
    let row = |at: usize| {
        let [left, top, right, bottom] = BOXES[at];
        [top, left, bottom, right, 1.0 + at as f32, SCORES[at]]
    };
    let of_class = |at: usize, class: usize| [f32::from(class == 1 + at) * 2.0 - 1.0; 8];
    let masks = (0..2).flat_map(|at| (0..3).flat_map(move |class| of_class(at, class)));
    vec![
        head("generate_detections", &[2, 6], [row(0), row(1)].concat()),
        head(
            "mask_head/mask_fcn_logits/BiasAdd",
            &[2, 3, 2, 4],
            masks.collect(),
        ),
    ]
}

fn torchvision_masks() -> Vec<Head> {
    let rising: Vec<f32> = (0..16).map(|n| n as f32 / 16.0).collect();
    vec![
        head("boxes", &[2, 4], [BOXES[0], BOXES[1]].concat()),
        head("labels", &[2], vec![1.0, 2.0]),
        head("scores", &[2], SCORES[..2].to_vec()),
        head("masks", &[2, 1, 2, 4], rising),
    ]
}

#[test]
fn masks_of_two_stages_cover_the_boxes() {
    let near = 1.0 / (1.0 + (-1.0_f32).exp());
    for (properties, heads, first) in [
        ("", tao_masks(), vec![near; 8]),
        (
            "format=peoplesegnet mask-threshold=0.25",
            tao_masks(),
            vec![near; 8],
        ),
        (
            "",
            torchvision_masks(),
            (0..8).map(|n| n as f32 / 16.0).collect(),
        ),
    ] {
        let mut rig = Rig::new(&format!("rsmaskparser {properties}"));
        let out = rig.process(frame_with(&tensors(&heads)));
        assert_eq!(rig.warnings(), [""; 0], "{properties}");
        let copy = out.copy_deep().unwrap();
        let threshold = if properties.is_empty() { 0.5 } else { 0.25 };
        let objects = found(&out);
        let classes: Vec<i32> = objects.iter().map(|(class, ..)| *class).collect();
        assert_eq!(classes, [1, 2]);
        assert_eq!(objects[0].2, Some((first, 4, 2, threshold)), "{properties}");
        drop(out);
        let copied: Vec<_> = found(&copy).into_iter().rev().collect();
        assert_eq!(copied, objects); // the library copies them in the other order
    }
}

#[test]
fn a_masks_layer_may_have_another_name() {
    let mut heads = torchvision_masks();
    heads[3].name = "out_masks".into();
    let mut rig = Rig::new("rsmaskparser unique-id=5");
    assert!(rig.push(frame_with(&tensors(&heads))).is_err());
    let error = rig.error();
    assert!(error.contains("Set masks-layer if"), "{error}");
    let mut rig = Rig::new("rsmaskparser masks-layer=out_masks");
    assert_eq!(found(&rig.process(frame_with(&tensors(&heads)))).len(), 2);
    assert_eq!(rig.warnings(), [""; 0]);
}

/// Logits that are taken for probabilities, and a class without masks.
#[test]
fn masks_that_cannot_be_are_warned_of() {
    let mut heads = torchvision_masks();
    heads[3].values[3] = -7.5;
    let mut rig = Rig::new("rsmaskparser");
    rig.process(frame_with(&tensors(&heads)));
    let warnings = rig.warnings();
    assert!(warnings[0].contains("mask-logits=yes"), "{warnings:?}");
    let mut rig = Rig::new("rsmaskparser mask-logits=yes");
    rig.process(frame_with(&tensors(&heads)));
    assert_eq!(rig.warnings(), [""; 0]);

    let mut heads = tao_masks();
    heads[0].values[4] = 7.0;
    let mut rig = Rig::new("rsmaskparser");
    let out = rig.process(frame_with(&tensors(&heads)));
    let warnings = rig.warnings();
    assert!(warnings[0].contains("class 7 has no mask"), "{warnings:?}");
    let masks: Vec<bool> = found(&out)
        .iter()
        .map(|(.., mask)| mask.is_some())
        .collect();
    assert_eq!(masks, [false, true]);
}

/// Two rows are all there are: one that is no number is told of.
#[test]
fn boxes_with_masks_that_are_no_numbers_are_warned_of() {
    for value in [f32::NAN, f32::INFINITY] {
        for (mut heads, layer, number) in [(torchvision_masks(), 0, 1), (tao_masks(), 0, 2)] {
            heads[layer].values[number] = value;
            let mut rig = Rig::new("rsmaskparser");
            let out = rig.process(frame_with(&tensors(&heads)));
            let warnings = rig.warnings();
            assert!(
                warnings[0].starts_with("non-finite: 1 of 2 "),
                "{warnings:?}"
            );
            assert_eq!(found(&out).len(), 1);
        }
    }
}

#[test]
fn the_docs_name_every_network_of_masks_and_their_lines_start() {
    let docs = include_str!("../docs/rsmaskparser.md");
    for preset in nvds_decode::maskrcnn::FAMILY.presets {
        let line = docs.lines().find(|line| line.contains(preset.nvinfer));
        assert!(line.unwrap().contains(&format!("`{}`", preset.name)));
    }
    let labels = TempFile::new("labels.txt", "nothing\nperson\n");
    let lines = docs.split("```launch\n").skip(1);
    let lines: Vec<_> = lines
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        Rig::new(&line.trim().replace("labels.txt", labels.path()));
    }
}

/// A map of 2x4 pixels of three classes.
fn map_layers() -> Vec<Head> {
    let numbers = [
        [0.9, 0.1, 0.2, 0.3, 0.0, 0.0, f32::NAN, 0.4],
        [0.1, 0.8, 0.2, 0.3, 0.0, 0.7, f32::NAN, 0.4],
        [0.0, 0.1, 0.6, 0.4, 0.0, 0.7, f32::NAN, 0.4],
    ];
    vec![head("output", &[3, 2, 4], numbers.concat())]
}

#[test]
fn maps_are_attached_as_nvinfer_does() {
    let mut rig = Rig::new("rssegparser channel-order=chw threshold=0.35");
    let of_network = |heads: &[Head]| tensors(heads);
    let out = rig.process(frame_with(&of_network(&map_layers())));
    let copy = out.copy_deep().unwrap();
    let check = |buffer: &gst::BufferRef| {
        let batch = Batch::from_buffer(buffer).unwrap().unwrap();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let mut metas = frame.user_metas().filter_map(|meta| meta.as_segmentation());
        let found = metas.next().unwrap();
        assert!(metas.next().is_none());
        assert_eq!((found.width, found.height, found.classes), (4, 2, 3));
        assert_eq!(found.class_map, [0, 1, 2, 2, -1, 1, -1, 0]);
        assert_eq!(found.probabilities.len(), 24);
        assert_eq!(found.probabilities[9], 0.8);
    };
    check(&out);
    drop(out);
    check(&copy);
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("maps"), Ok(1));
    assert_eq!(stats.get::<u64>("pixels"), Ok(8));
    assert_eq!(stats.get::<u64>("pixels-without"), Ok(2));
    let coverage = stats.get::<gst::Structure>("coverage").unwrap();
    assert_eq!(
        ["0", "1", "2"].map(|class| coverage.get::<u64>(class)),
        [Ok(2), Ok(2), Ok(2)]
    );
    assert_eq!(rig.warnings(), [""; 0]);
    // The copy has its map already.
    rig.process(copy);
    assert!(rig.warnings()[0].contains("already"));
}

#[test]
fn maps_that_cannot_be_told_are_refused() {
    let mut rig = Rig::new("rssegparser unique-id=5");
    let numbers = vec![0.5; 16];
    let heads = [head("output", &[2, 4, 2], numbers)];
    assert!(rig.push(frame_with(&tensors(&heads))).is_err());
    let error = rig.error();
    assert!(error.contains("set channel-order"), "{error}");
}

#[test]
fn pixels_of_each_class_are_written() {
    let scratch = TempFile::new("maps.jsonl", "");
    let mut rig = Rig::new(&format!(
        "rssegparser channel-order=chw ! rsmetajson location={} fields=segmentations",
        scratch.path()
    ));
    rig.process(frame_with(&tensors(&map_layers())));
    drop(rig);
    let text = std::fs::read_to_string(scratch.path()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    // Segmentations of old releases do not say whose they are.
    let id = match &line["segmentations"][0]["unique_id"] {
        serde_json::Value::Null => serde_json::Value::Null,
        _ => 5.into(),
    };
    let expected =
        serde_json::json!([{"unique_id": id, "size": [2, 4], "pixels": [3, 2, 2], "without": 1}]);
    assert_eq!(line["segmentations"], expected);
}

/// Two people of MoveNet, and room for a third; 320 pixels a side.
fn movenet_multi() -> Vec<Head> {
    let mut rows = vec![[0.0_f32; 56]; 3];
    for (index, row) in rows[..2].iter_mut().enumerate() {
        for (at, point) in row[..51].chunks_mut(3).enumerate() {
            point.copy_from_slice(&[0.25 + at as f32 / 64.0, 0.5, 0.75]);
        }
        row[51..].copy_from_slice(&[0.25, 0.25, 0.75, 0.5, 0.9 - 0.65 * index as f32]);
    }
    vec![head("Identity:0", &[3, 56], rows.concat())]
}

#[test]
fn people_of_movenet_are_objects() {
    for (properties, count) in [("", 1), ("score-threshold=0.2 label=dancer", 2)] {
        let mut rig = Rig::new(&format!("rsposeparser {properties}"));
        let out = rig.process(frame_with(&tensors(&movenet_multi())));
        assert_eq!(rig.warnings(), [""; 0]);
        let people = found(&out);
        assert_eq!(people.len(), count, "{properties}");
        let (_, points, _) = &people[0];
        assert_eq!(points.len(), 17);
        assert_eq!(
            (points[4].x, points[4].y, points[4].confidence),
            (960.0, 337.5, 0.75)
        );
        let seen = objects(&out)[0].to_vec();
        assert_eq!(seen[0].rect, [480.0, 270.0, 480.0, 540.0]);
    }
}

/// In pixels of the network's input, whose size stands in the place of the mask's: what programs made for
/// DeepStream-Yolo-Pose scale by.
#[test]
fn key_points_may_be_where_deepstream_yolo_poses_programs_look() {
    let side = SIDE as u32;
    let mut rig = Rig::new("rsyoloparser format=deepstream-yolo-pose keypoints-in-mask=true");
    let heads = yolo(nvds_decode::Format::DeepstreamYoloPose);
    let out = rig.process(frame_with(&tensors(&heads)));
    let copy = out.copy_deep().unwrap();
    let people = found(&out);
    for (index, (_, in_meta, mask)) in people.iter().enumerate() {
        let (values, width, height, _) = mask.clone().unwrap();
        assert_eq!((width, height, in_meta.len()), (side, side, 17));
        let expected = points(index);
        assert_eq!(values.len(), expected.len());
        let near = |(one, other): (&f32, &f32)| (one - other).abs() < 1e-2;
        assert!(values.iter().zip(&expected).all(near), "{values:?}");
    }
    drop(out);
    assert_eq!(found(&copy).len(), people.len());
    assert_eq!(rig.warnings(), [""; 0]);

    let mut rig = Rig::new("rsposeparser keypoints-in-mask=true");
    let out = rig.process(frame_with(&tensors(&movenet_multi())));
    let (values, width, ..) = found(&out)[0].2.clone().unwrap();
    assert_eq!((width, values.len()), (side, 51));
    assert!((values[0] - 160.0).abs() < 1e-2 && (values[1] - 80.0).abs() < 1e-2);
    // Objects without points have no mask.
    let mut rig = Rig::new("rsyoloparser keypoints-in-mask=true format=deepstream-yolo");
    let out = rig.process(frame_with(&tensors(&deepstream_yolo())));
    assert!(found(&out).iter().all(|(.., mask)| mask.is_none()));
}

/// Bins of RTMPose: an object's points are on the object.
#[test]
fn points_of_an_object_are_on_the_object() {
    let (mut x, mut y) = (vec![0.0; 2 * 640], vec![0.0; 2 * 640]);
    (x[320], x[640 + 160]) = (0.75, 0.5);
    (y[64], y[640 + 639]) = (0.25, 0.5);
    let heads = [head("simcc_x", &[2, 640], x), head("simcc_y", &[2, 640], y)];
    let tensors = tensors(&heads);
    let incoming = buffer(1, |locked, frames| {
        let object = nvds::NewObject {
            unique_component_id: 1,
            class_id: 0,
            confidence: 0.75,
            rect: nvds::Rect {
                left: 100.0,
                top: 200.0,
                width: 320.0,
                height: 640.0,
            },
            style: nvds::RectStyle::default(),
            label: "person",
            text: None,
        };
        let person = locked.add_object(&frames[0], &object, None).unwrap();
        locked.add_tensor_to_object(&person, &tensors).unwrap();
    });
    let mut rig = Rig::new("rsposeparser");
    let out = rig.process(incoming);
    assert_eq!(rig.warnings(), [""; 0]);
    let people = found(&out);
    assert_eq!(people.len(), 1);
    let points: Vec<_> = people[0]
        .1
        .iter()
        .map(|p| [p.x, p.y, p.confidence])
        .collect();
    assert_eq!(points, [[260.0, 264.0, 0.5], [180.0, 839.0, 0.5]]);
}

#[test]
fn layers_that_are_no_pose_are_refused() {
    let mut rig = Rig::new("rsposeparser unique-id=5");
    assert!(rig.push(frame_with(&tensors(&deepstream_yolo()))).is_err());
    let error = rig.error();
    assert!(error.contains("Set format"), "{error}");
}

/// An engine whose numbers overflow in half precision, and a layer that has no classes.
#[test]
fn maps_and_poses_without_a_number_are_warned_of() {
    for (element, name, dims) in [
        ("rssegparser", "output", &[3, 8, 8][..]),
        ("rssegparser", "output", &[1, 8, 8]),
        ("rssegparser probabilities=false", "output", &[3, 8, 8]),
        ("rsposeparser format=movenet", "output", &[1, 17, 3]),
        ("rsposeparser format=heatmaps", "output", &[17, 16, 16]),
    ] {
        let numbers = dims.iter().product();
        let mut rig = Rig::new(element);
        let heads = [head(name, dims, vec![f32::NAN; numbers])];
        rig.process(frame_with(&tensors(&heads)));
        let warnings = rig.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].starts_with("non-finite: "),
            "{element} {dims:?}: {warnings:?}"
        );
    }
    let classes: Vec<u8> = [-5_i32, 70_000, 1, 70_000]
        .repeat(4)
        .iter()
        .flat_map(|n| n.to_ne_bytes())
        .collect();
    let mut rig = Rig::new("rssegparser layer=classes");
    let layers = vec![raw_layer(
        "classes",
        nvds::DataType::Int32,
        &[4, 4],
        &classes,
    )];
    rig.process(frame_with(&tensor(1, layers)));
    let warnings = rig.warnings();
    assert!(
        warnings[0].starts_with("12 of 16 pixels have a number that is no class"),
        "{warnings:?}"
    );
    // No pixel is above a threshold: that is no mistake, and nor is a pose that is not sure.
    for (element, dims) in [
        ("rssegparser threshold=0.9", &[3, 8, 8][..]),
        ("rssegparser", &[1, 8, 8]),
        ("rsposeparser format=movenet", &[1, 17, 3]),
    ] {
        let mut rig = Rig::new(element);
        let numbers = dims.iter().product();
        rig.process(frame_with(&tensors(&[head(
            "output",
            dims,
            vec![0.0; numbers],
        )])));
        assert_eq!(rig.warnings(), [""; 0], "{element}");
    }
}
