//! The element `nvtracker` on NVIDIA's metadata library: what it writes into the metadata of a frame, and when.

mod mux_support;

use gst_check::Harness;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc};
use nvds::event::SourceEvent;
use nvds::sys as c;
use nvds::{
    Batch, Color, FontName, Locked, NewBatch, NewFrame, NewObject, NewText, Object, Rect, RectStyle,
};

const SIZE: (u32, u32) = (640, 480);
const STYLE: RectStyle = RectStyle {
    border_width: 2,
    border_color: Color::WHITE,
    fill: None,
};

/// An object of a test: class, left and top edge, text. It is 40 x 100 pixels large.
#[derive(Clone, Copy)]
struct Seen(i32, f32, f32, Option<&'static str>);

impl Seen {
    fn rect(&self) -> Rect {
        Rect {
            left: self.1,
            top: self.2,
            width: 40.0,
            height: 100.0,
        }
    }
}

/// A frame of a test: its source, whether a detector looked at it, and what is there.
struct Picture<'a>(u32, bool, &'a [Seen]);

fn buffer(pictures: &[Picture<'_>]) -> gst::Buffer {
    let desc = SurfaceDesc {
        width: SIZE.0,
        height: SIZE.1,
        format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12),
    };
    let mut buffer = surface::alloc(&vec![desc; pictures.len()], MemoryKind::Nvds).unwrap();
    let mut new = NewBatch::new(pictures.len() as u32).unwrap();
    for (batch_id, Picture(source, ..)) in (0..).zip(pictures) {
        new.add_frame(&NewFrame {
            pad_index: *source,
            source_id: *source,
            batch_id,
            frame_num: 0,
            buf_pts: 0,
            ntp_timestamp: 0,
            source_size: SIZE,
            pipeline_size: SIZE,
        });
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        for (frame, Picture(_, inferred, seen)) in locked.frames().zip(pictures) {
            if *inferred {
                locked.set_infer_done(&frame);
            }
            for object in *seen {
                let text = object.3.map(|text| NewText {
                    text,
                    x: 1.0,
                    y: 1.0,
                    font: FontName::intern("Sans"),
                    size: 30,
                    color: Color::RED,
                    background: None,
                });
                let new = NewObject {
                    unique_component_id: 7,
                    class_id: object.0,
                    confidence: 0.9,
                    rect: object.rect(),
                    style: STYLE,
                    label: "person",
                    text,
                };
                locked.add_object(&frame, &new, None).unwrap();
            }
        }
    }
    new.attach(buffer.make_mut());
    buffer
}

/// The element between a source and a sink.
struct Bench(Harness);

impl Bench {
    fn new(properties: &str) -> Self {
        mux_support::init();
        let mut harness = Harness::new_parse(&format!("nvtracker {properties}"));
        harness.set_src_caps_str(&format!(
            "video/x-raw(memory:NVMM),format=NV12,width={},height={},framerate=30/1",
            SIZE.0, SIZE.1
        ));
        harness.play();
        Self(harness)
    }

    fn push(&mut self, pictures: &[Picture<'_>]) -> gst::Buffer {
        let buffer = buffer(pictures);
        let address = buffer.as_ptr();
        let out = self.0.push_and_pull(buffer).unwrap();
        assert_eq!(out.as_ptr(), address, "handed on as it is");
        out
    }

    /// The ids on a frame of source 0, in the order in which the objects were attached.
    fn ids(&mut self, inferred: bool, seen: &[Seen]) -> Vec<Option<u64>> {
        let out = self.push(&[Picture(0, inferred, seen)]);
        all(&out, |_, object| object.track_id())
    }

    fn send(&mut self, kind: SourceEvent, source: u32) {
        let structure = gst::Structure::builder("some").field("source-id", source);
        assert!(self.0.push_event(kind.event(structure.build())));
    }
}

/// What `read` finds in every object of a buffer, in the order in which they were attached.
fn all<T>(buffer: &gst::BufferRef, read: impl Fn(&Locked<'_>, &Object<'_>) -> T) -> Vec<T> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let objects = locked.frames().flat_map(|frame| frame.objects().rev());
    objects.map(|object| read(&locked, &object)).collect()
}

#[test]
fn an_object_has_id_boxes_and_text() {
    let mut bench = Bench::new("");
    let seen = [
        Seen(1, 100.0, 200.0, Some("person 0.9")),
        Seen(1, -10.0, -5.0, None),
        Seen(1, 620.0, 430.0, Some("")),
    ];
    let out = bench.push(&[Picture(0, true, &seen)]);
    let written = all(&out, |_, object| {
        let text = object.text();
        assert_eq!(object.tracker_confidence(), 1.0);
        assert_eq!((object.confidence(), object.rect_style()), (0.9, STYLE));
        assert_eq!((text.font_name(), text.font_size()), (Some(c"Serif"), 10));
        assert_eq!(
            (text.color(), text.background()),
            (Color::WHITE, Some(Color::BLACK))
        );
        let place = (text.x_offset(), text.y_offset());
        (
            object.track_id().unwrap(),
            object.rect(),
            object.tracker_rect(),
            text.display_text().unwrap().to_str().unwrap().to_owned(),
            place,
        )
    });
    let rect = |left, top, width, height| Rect {
        left,
        top,
        width,
        height,
    };
    let expected = [
        (seen[0].rect(), "person 0.9 0", (100, 180)),
        (rect(0.0, 0.0, 30.0, 95.0), "(null) 1", (0, 0)),
        (rect(620.0, 430.0, 20.0, 50.0), " 2", (620, 410)),
    ];
    for (id, (found, (rect, text, place))) in (0..).zip(written.into_iter().zip(expected)) {
        let whole = seen[id as usize].rect();
        assert_eq!(found, (id, rect, whole, text.to_owned(), place));
    }
}

#[test]
fn texts_have_at_most_127_bytes_and_end_in_the_id_when_asked() {
    let long = "é".repeat(100).leak() as &'static str;
    let seen = [Seen(1, 0.0, 0.0, Some(long)), Seen(1, 300.0, 0.0, None)];
    let texts = |properties: &str| {
        let out = Bench::new(properties).push(&[Picture(0, true, &seen)]);
        all(&out, |_, object| {
            let text = object.text().display_text();
            text.map(|text| text.to_str().unwrap().to_owned())
        })
    };
    assert_eq!(
        texts(""),
        [Some("é".repeat(63)), Some("(null) 1".to_owned())]
    );
    assert_eq!(
        texts("display-tracking-id=false"),
        [Some(long.to_owned()), None]
    );
}

#[test]
fn ids_stay_from_frame_to_frame_and_are_each_source_s_own() {
    let mut bench = Bench::new("");
    for step in 0..20 {
        let x = 3.0 * step as f32;
        let (left, right) = (Seen(1, x, 10.0, None), Seen(1, 500.0 - x, 10.0, None));
        // The order of sources and objects changes; two frames of source 0 are in the batch.
        let next = [
            Seen(1, x + 1.5, 10.0, None),
            Seen(1, 500.0 - x - 1.5, 10.0, None),
        ];
        let (pair, other) = ([left, right], [right]);
        let pictures = if step % 2 == 0 {
            [
                Picture(0, true, &pair),
                Picture(5, true, &other),
                Picture(0, true, &next),
            ]
        } else {
            [
                Picture(5, true, &other),
                Picture(0, true, &pair),
                Picture(0, true, &next),
            ]
        };
        let out = bench.push(&pictures);
        let ids = all(&out, |_, object| object.track_id().unwrap());
        let expected = if step % 2 == 0 {
            [0, 1, 0, 0, 1]
        } else {
            [0, 0, 1, 0, 1]
        };
        assert_eq!(ids, expected, "{step}");
    }
}

#[test]
fn skipped_frames_have_the_targets_where_they_should_be() {
    let mut bench = Bench::new("");
    for step in 0..10 {
        let x = 4.0 * step as f32;
        let text = ["first", "later"][usize::from(step > 0)];
        bench.ids(true, &[Seen(3, x, -50.0, Some(text))]);
    }
    for step in 10..20 {
        let out = bench.push(&[Picture(0, false, &[])]);
        let added = all(&out, |_, object| {
            assert_eq!((object.class_id(), object.unique_component_id()), (3, 7));
            assert_eq!(
                (object.label(), object.rect_style()),
                ("person".into(), STYLE)
            );
            assert_eq!(
                (object.confidence(), object.tracker_confidence()),
                (-0.1, 1.0)
            );
            assert_eq!(object.detector_rect(), Rect::default());
            assert_eq!(object.text().display_text(), Some(c"first 0"));
            assert_eq!(object.text().font_name(), Some(c"Serif"));
            assert_eq!((object.rect().top, object.rect().height), (0.0, 50.0));
            assert_eq!(object.tracker_rect().top, -50.0);
            assert_eq!(object.tracker_rect().left, object.rect().left);
            (object.track_id(), object.rect().left)
        });
        let [(Some(0), left)] = added[..] else {
            panic!("{step}: {added:?}")
        };
        assert!((left - 4.0 * step as f32).abs() < 1.0, "{step}: {left}");
    }
    assert_eq!(bench.ids(false, &[]), [], "for ten frames");
    // The detector finds it where it is by now.
    assert_eq!(bench.ids(true, &[Seen(3, 84.0, -50.0, None)]), [Some(0)]);
}

#[test]
fn objects_on_skipped_frames_are_tracked_and_not_added_twice() {
    let mut bench = Bench::new("");
    let pair = [Seen(1, 0.0, 0.0, None), Seen(1, 300.0, 0.0, None)];
    assert_eq!(bench.ids(true, &pair), [Some(0), Some(1)]);
    assert_eq!(bench.ids(false, &pair[1..]), [Some(1), Some(0)]);
    // A detector that looks and finds nobody is right.
    assert_eq!(bench.ids(true, &[]), []);
    assert_eq!(bench.ids(false, &[]), []);
}

#[test]
fn only_the_classes_asked_for_are_tracked() {
    let mut bench = Bench::new("operate-on-class-ids=0;2");
    let seen = [0, 1, 2, -1].map(|class| Seen(class, 100.0 * class as f32, 0.0, Some("text")));
    let out = bench.push(&[Picture(0, true, &seen)]);
    let found = all(&out, |_, object| {
        let text = object.text().display_text().unwrap().to_str().unwrap();
        (
            object.track_id(),
            text.to_owned(),
            object.text().font_size(),
        )
    });
    let alone = (None, "text".to_owned(), 30);
    let tracked = |id| (Some(id), format!("text {id}"), 10);
    assert_eq!(found, [tracked(0), alone.clone(), tracked(1), alone]);
}

#[test]
fn a_list_that_is_no_list_of_classes_is_refused() {
    mux_support::init();
    let element = gst::ElementFactory::make("nvtracker")
        .property("operate-on-class-ids", "person")
        .build()
        .unwrap();
    use gst::prelude::*;
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!()
    };
    let text = error.error().message().to_owned();
    assert!(
        text.contains("0;2") && text.contains("\"person\""),
        "{text}"
    );
    element.set_state(gst::State::Null).unwrap();
}

#[test]
fn ids_that_are_there_and_boxes_that_cannot_be_are_left_alone() {
    let mut bench = Bench::new("");
    let seen = [
        Seen(1, 0.0, 0.0, None),
        Seen(1, f32::NAN, 0.0, None),
        Seen(1, f32::MAX, 0.0, None),
        Seen(1, 640.0, 0.0, None),
        Seen(1, 100.0, 0.0, None),
    ];
    let buffer = buffer(&[Picture(0, true, &seen)]);
    {
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let first = frame.objects().next_back().unwrap();
        locked.set_track(&first, 99, 0.5);
    }
    let out = bench.0.push_and_pull(buffer).unwrap();
    let found = all(&out, |_, object| {
        (object.track_id(), object.text().display_text().is_some())
    });
    assert_eq!(
        found,
        [
            (Some(99), false),
            (None, false),
            (None, false),
            (None, false),
            (Some(0), true)
        ]
    );
}

#[test]
fn what_is_over_is_forgotten() {
    let here = [Seen(1, 0.0, 0.0, None)];
    let flush = |bench: &mut Bench| {
        assert!(bench.0.push_event(gst::event::FlushStart::new()));
        assert!(bench.0.push_event(gst::event::FlushStop::new(true)));
        // What a source sends after a seek.
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        assert!(bench.0.push_event(gst::event::Segment::new(&segment)));
    };
    type Happens<'a> = &'a dyn Fn(&mut Bench);
    let cases: [(&str, u32, Happens<'_>, u64); 10] = [
        ("nothing", 3, &|_| {}, 0),
        ("a flush", 0, &flush, 1),
        ("its pad", 0, &|b| b.send(SourceEvent::PadDeleted, 0), 0),
        ("another's", 3, &|b| b.send(SourceEvent::PadDeleted, 1), 0),
        ("its end", 1, &|b| b.send(SourceEvent::StreamEos, 0), 1),
        (
            "its end, mode 2",
            2,
            &|b| b.send(SourceEvent::StreamEos, 0),
            0,
        ),
        ("a reset", 1, &|b| b.send(SourceEvent::StreamReset, 0), 1),
        (
            "a reset, mode 2",
            2,
            &|b| b.send(SourceEvent::StreamReset, 0),
            0,
        ),
        ("a start", 3, &|b| b.send(SourceEvent::StreamStart, 0), 0),
        (
            "another's end",
            3,
            &|b| b.send(SourceEvent::StreamEos, 1),
            0,
        ),
    ];
    for (name, mode, happens, id) in cases {
        let mut bench = Bench::new(&format!("tracking-id-reset-mode={mode}"));
        assert_eq!(bench.ids(true, &here), [Some(0)]);
        happens(&mut bench);
        // Targets that were dropped are not added.
        let dropped = bench.ids(false, &[]).is_empty();
        let drops = matches!(
            name,
            "a flush" | "its pad" | "its end" | "its end, mode 2" | "a reset"
        );
        assert_eq!(dropped, drops, "{name}");
        assert_eq!(bench.ids(true, &here), [Some(id)], "{name}");
    }
}

#[test]
fn a_buffer_without_a_batch_is_an_error() {
    let mut bench = Bench::new("");
    let result = bench.0.push(gst::Buffer::new());
    assert_eq!(result, Err(gst::FlowError::Error));
}

#[test]
fn files_of_a_low_level_library_need_not_be_there() {
    let mut bench = Bench::new("ll-lib-file=/no/such/lib.so ll-config-file=/no/such.yml");
    assert_eq!(bench.ids(true, &[Seen(1, 0.0, 0.0, None)]), [Some(0)]);
}
