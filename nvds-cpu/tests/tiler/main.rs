//! The tiler stand-in behind the mux stand-in: pictures, objects, layout, events.

#[path = "../mux_support/mod.rs"]
mod mux_support;
mod support;

use gst::prelude::*;
use mux_support::*;
use nvds::{Batch, Color, NewObject, RectStyle};
use support::*;

#[test]
fn sources_are_side_by_side_with_all_that_hangs_on_them() {
    for format in [NV12, RGBA] {
        let slow = MUX.replace("=1000", "=-1");
        let (bench, _, record) = bench(&slow, "rows=1 columns=2 width=258 height=98");
        let feeders = two(&bench, format);
        push_pair(&feeders, 0);
        feeders.iter().for_each(Feeder::eos);
        let (_, messages) = bench.finish();
        assert_eq!(errors(&messages), [""; 0]);
        let buffers = record.buffers();
        assert_eq!(buffers.len(), 1);
        // 258 and 98 rounded up; tiles of 130 x 100.
        let caps = record.caps();
        let caps = caps.structure(0).unwrap();
        let number = |name: &str| caps.get::<i32>(name).unwrap();
        assert_eq!((number("width"), number("height")), (260, 100));
        assert_eq!((number("batch-size"), number("gpu-id")), (1, 0));
        let memory: &str = caps.get("nvbuf-memory-type").unwrap();
        assert_eq!(memory, "nvbuf-mem-cuda-device");
        for (x, y, value) in [(0, 0, 60), (129, 99, 60), (130, 0, 180), (259, 99, 180)] {
            let found = sample(&buffers[0], x, y);
            assert!(is_near(found, value), "{format} {x} {y}: {found}");
        }
        assert_eq!(surface_json(&buffers[0])["batchSize"], 1);
        let meta = batch(&buffers[0]);
        assert_eq!((meta.max_frames, meta.frames.len()), (1, 1));
        let frame = &meta.frames[0];
        assert_eq!(
            (frame.pad_index, frame.source_id, frame.batch_id),
            (0, 0, 0)
        );
        assert_eq!((frame.buf_pts, frame.num_surfaces), (0, 1));
        assert_eq!(frame.zeros[3], 4);
        let (objects, displays) = described(&buffers[0]);
        // sx = 130 / 64, sy = 100 / 48. Parents get lost in the copy, as in stock.
        assert_eq!(
            objects,
            [
                "0 of 0 (16.25, 12.5, 32.5, 25.0) (18, 6, 11) None was 8 16",
                "1 of 1 (146.25, 12.5, 32.5, 25.0) (148, 6, 11) None was 8 16",
                "100 of 0 (16.25, 12.5, 32.5, 25.0) (18, 6, 11) None was 8 16",
                "100 of 1 (146.25, 12.5, 32.5, 25.0) (148, 6, 11) None was 8 16",
            ]
        );
        assert_eq!(
            displays,
            [
                "[(148, 6)] [(132.03125, 4.1666665, 6.09375)] [((132, 4), (197, 91), 2)] \
                 [((140, 12), (144, 16))] [((150, 22), 10)]",
                "[(18, 6)] [(2.03125, 4.1666665, 6.09375)] [((2, 4), (67, 91), 2)] \
                 [((10, 12), (14, 16))] [((20, 22), 10)]",
            ]
        );
    }
}

#[test]
fn who_is_missing_from_a_batch_keeps_picture_and_objects_until_the_end() {
    let (bench, _, record) = bench(MUX, "rows=1 columns=2 width=256 height=96");
    let feeders = two(&bench, NV12);
    push_pair(&feeders, 0);
    let both = |buffer: &gst::BufferRef| described(buffer).0.len() == 4;
    let start = std::time::Instant::now();
    while !record.buffers().last().is_some_and(|b| both(b)) {
        assert!(start.elapsed().as_secs() < 20);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let before = record.buffers().len();
    push(&feeders[0], 1, 90);
    wait_for(&record, before + 1);
    let buffers = record.buffers();
    let last = buffers.last().unwrap();
    assert!(is_near(sample(last, 10, 10), 90) && is_near(sample(last, 200, 10), 180));
    assert!(both(last));
    feeders[1].eos();
    push(&feeders[0], 2, 90);
    wait_for(&record, before + 2);
    feeders[0].eos();
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let buffers = record.buffers();
    let last = buffers.last().unwrap();
    assert_eq!((sample(last, 200, 10), sample(last, 200, 95)), (0, 0));
    assert_eq!(described(last).0.len(), 2);
    let numbers: Vec<_> = buffers
        .iter()
        .map(|b| batch(b).frames[0].frame_num)
        .collect();
    assert_eq!(numbers, (0..buffers.len() as i32).collect::<Vec<_>>());
}

#[test]
fn one_source_is_shown_alone_and_all_again_while_playing() {
    let slow = MUX.replace("=1000", "=-1");
    let (bench, tiler, record) = bench(&slow, "rows=1 columns=2 width=128 height=48");
    let feeders = two(&bench, NV12);
    let mut shown = Vec::new();
    for (n, source) in (0..).zip([-1, 1, 0, -1]) {
        tiler.set_property("show-source", source);
        push_pair(&feeders, n);
        wait_for(&record, n as usize + 1);
        let last = record.buffers().pop().unwrap();
        let seen = [sample(&last, 4, 4), sample(&last, 100, 40)];
        let (objects, _) = described(&last);
        shown.push((seen.map(|s| is_near(s, 60)), objects.len()));
    }
    assert_eq!(
        shown,
        [
            ([true, false], 4),
            ([false, false], 2),
            ([true, true], 2),
            ([true, false], 4)
        ]
    );
    // Boxes are as large as the source's frame is on the whole picture.
    let alone = &described(&record.buffers()[2]).0[0];
    assert!(
        alone.starts_with("0 of 0 (16.0, 6.0, 32.0, 12.0)"),
        "{alone}"
    );
    // There is no third tile: what was shown stays.
    tiler.set_property("show-source", 2);
    push_pair(&feeders, 4);
    let (_, messages) = bench.finish();
    assert!(errors(&messages)[0].contains("show-source=2"));
    assert_eq!(tiler.property::<i32>("show-source"), -1);
}

#[test]
fn more_sources_than_tiles_make_the_grid_larger() {
    let (bench, tiler, record) = bench(MUX, "width=256 height=96");
    let feeders = two(&bench, NV12);
    push_pair(&feeders, 0);
    feeders.iter().for_each(Feeder::eos);
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let size = |name| tiler.property::<u32>(name);
    assert_eq!((size("rows"), size("columns")), (1, 2));
    let told = messages.iter().any(|m| match m.view() {
        gst::MessageView::Info(info) => info.debug().is_some_and(|d| d.contains("2 columns")),
        _ => false,
    });
    assert!(told);
    let places: Vec<_> = record
        .buffers()
        .iter()
        .flat_map(|b| described(b).0)
        .collect();
    assert!(
        places.iter().any(|p| p.starts_with("1 of 1 (144.0, 12.0")),
        "{places:?}"
    );
}

#[test]
fn a_square_leaves_no_gaps() {
    let slow = MUX.replace("=1000", "=-1");
    let (bench, _, record) = bench(&slow, "square-seq-grid=true width=128 height=96");
    let feeders = [3, 7].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    push_pair(&feeders, 0);
    feeders.iter().for_each(Feeder::eos);
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let last = record.buffers().pop().unwrap();
    // Two by two tiles of 64 x 48.
    assert!(is_near(sample(&last, 4, 4), 60) && is_near(sample(&last, 70, 4), 180));
    assert_eq!((sample(&last, 4, 50), sample(&last, 70, 50)), (0, 0));
}

#[test]
fn without_batch_meta_it_says_so() {
    let (_, messages) = play(
        "nvvideotestsrc num-buffers=2 ! nvmultistreamtiler name=t width=64 height=48 ! fakesink",
        "t",
    );
    let errors = errors(&messages);
    assert!(errors[0].contains("put nvstreammux upstream"), "{errors:?}");
}

/// As deepstream-test3 builds it, without the network: tiler, converter, OSD.
#[test]
fn boxes_are_drawn_in_their_tiles() {
    let slow = MUX.replace("=1000", "=-1");
    let bench = Bench::with_sink(
        &slow,
        "nvmultistreamtiler rows=2 columns=1 width=128 height=192 ! nvvideoconvert \
         ! video/x-raw(memory:NVMM),format=RGBA ! nvdsosd name=o ! fakesink sync=false",
    );
    let osd = bench.pipeline.by_name("o").unwrap();
    let record = Record::of(&osd.static_pad("src").unwrap());
    let src = bench.mux.static_pad("src").unwrap();
    src.add_probe(gst::PadProbeType::BUFFER, |_, info| {
        let batch = Batch::from_buffer(info.buffer().unwrap()).unwrap().unwrap();
        let locked = batch.lock();
        for frame in locked.frames() {
            let object = NewObject {
                unique_component_id: 1,
                class_id: 0,
                confidence: 0.5,
                rect: rect(8.0, 6.0, 16.0, 12.0),
                style: RectStyle {
                    fill: Some(Color::WHITE),
                    ..RectStyle::default()
                },
                label: "",
                text: None,
            };
            locked.add_object(&frame, &object, None).unwrap();
        }
        gst::PadProbeReturn::Ok
    });
    let feeders = two(&bench, RGBA);
    push_pair(&feeders, 0);
    feeders.iter().for_each(Feeder::eos);
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let picture = record.buffers().pop().unwrap();
    // Tiles of 128 x 96: boxes from 16, 12 on, 32 x 24 large, white; around them the sources' grey.
    for (top, grey) in [(0, 60), (96, 180)] {
        assert_eq!(sample(&picture, 32, top + 24), 255);
        assert_eq!(sample(&picture, 45, top + 33), 255);
        assert_eq!(sample(&picture, 12, top + 24), grey);
        assert_eq!(sample(&picture, 52, top + 24), grey);
        assert_eq!(sample(&picture, 32, top + 40), grey);
    }
}
