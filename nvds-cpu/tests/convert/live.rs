//! Settings and caps that change while buffers flow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use nvds::Batch;

use crate::support::{NVMM_BATCH, attach, error_of, harness, rgba_surfaces};

/// Does `work` while other threads change the element as fast as they can.
fn while_changing(
    element: &gst::Element,
    threads: usize,
    change: impl Fn(&gst::Element, usize) + Sync,
    work: impl FnOnce(),
) {
    /// Ends the threads even if `work` panics: the scope waits for them.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for step in (0..).take_while(|_| !stop.load(Ordering::Relaxed)) {
                    change(element, step);
                }
            });
        }
        let _stop = Stop(&stop);
        work();
    });
}

fn nvmm(width: u32, height: u32) -> String {
    format!("video/x-raw(memory:NVMM),format=RGBA,width={width},height={height},framerate=30/1")
}

/// An RGBA surface with a value for each pixel, the same in all four bytes.
fn picture(width: u32, height: u32, value: impl Fn(usize, usize) -> u8) -> gst::Buffer {
    let buffer = rgba_surfaces(&[(width, height)]);
    let surfaces = Surfaces::map(&buffer).unwrap();
    let mut surface = surfaces.write(0).unwrap();
    for plane in surface.planes() {
        for (y, row) in plane.data.chunks_mut(plane.pitch).enumerate() {
            for (x, pixel) in row[..width as usize * 4].chunks_mut(4).enumerate() {
                pixel.fill(value(x, y));
            }
        }
    }
    drop(surface);
    buffer
}

/// Size of a picture and its corners: upper left, upper right, lower left, lower right.
fn corners(buffer: &gst::BufferRef) -> ((u32, u32), [u8; 4]) {
    let surfaces = Surfaces::map(buffer).unwrap();
    let surface = surfaces.read(0).unwrap();
    let (width, height) = (surface.desc().width, surface.desc().height);
    let planes = surface.planes();
    let at = |x: u32, y: u32| planes[0].data[y as usize * planes[0].pitch + x as usize * 4];
    let (right, bottom) = (width - 1, height - 1);
    let corners = [at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)];
    ((width, height), corners)
}

fn size_in_caps(harness: &gst_check::Harness) -> (u32, u32) {
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    let structure = caps.structure(0).unwrap();
    let side = |name| structure.get::<i32>(name).unwrap() as u32;
    (side("width"), side("height"))
}

#[test]
fn passthrough_changed_while_playing_never_shows_another_buffer() {
    let mut harness = harness(&nvmm(16, 16), &nvmm(16, 16), &[]);
    let element = harness.element().unwrap();
    let change = |element: &gst::Element, step: usize| {
        element.set_property("disable-passthrough", step.is_multiple_of(2));
    };
    while_changing(&element, 2, change, || {
        for number in 0..4000u32 {
            let value = number as u8;
            let out = harness
                .push_and_pull(picture(16, 16, |_, _| value))
                .unwrap();
            assert_eq!(corners(&out).1, [value; 4], "frame {number}");
        }
    });
}

/// Corners of the picture below, and what each turn makes of it.
const TURNS: [(&str, (u32, u32), [u8; 4]); 4] = [
    ("none", (64, 48), [10, 20, 30, 40]),
    ("counterclockwise", (48, 64), [20, 40, 10, 30]),
    ("rotate-180", (64, 48), [40, 30, 20, 10]),
    ("clockwise", (48, 64), [30, 10, 40, 20]),
];

fn quarters() -> gst::Buffer {
    picture(64, 48, |x, y| {
        10 + 10 * (x / 32) as u8 + 20 * (y / 24) as u8
    })
}

#[test]
fn a_turn_is_negotiated_for_the_next_buffer() {
    let mut harness = harness(&nvmm(64, 48), "video/x-raw(memory:NVMM),format=RGBA", &[]);
    for (turn, size, expected) in TURNS.into_iter().chain(TURNS) {
        let element = harness.element().unwrap();
        element.set_property_from_str("flip-method", turn);
        let out = harness.push_and_pull(quarters()).unwrap();
        assert_eq!(corners(&out), (size, expected), "{turn}");
        assert_eq!(size_in_caps(&harness), size, "{turn}");
    }
}

#[test]
fn turns_changed_while_playing_come_with_their_size() {
    let mut harness = harness(&nvmm(64, 48), "video/x-raw(memory:NVMM),format=RGBA", &[]);
    let element = harness.element().unwrap();
    let change = |element: &gst::Element, step: usize| {
        let (turn, ..) = TURNS[step % TURNS.len()];
        element.set_property_from_str("flip-method", turn);
    };
    while_changing(&element, 2, change, || {
        for number in 0..500 {
            let out = harness.push_and_pull(quarters()).unwrap();
            let found = corners(&out);
            let known = TURNS
                .iter()
                .any(|(_, size, corners)| found == (*size, *corners));
            assert!(known, "frame {number}: {found:?}");
            assert_eq!(size_in_caps(&harness), found.0, "frame {number}");
        }
    });
}

#[test]
fn crops_changed_while_playing_fit_picture_and_metadata() {
    let out_caps = "video/x-raw(memory:NVMM),format=RGBA,width=320,height=240";
    let mut harness = harness(NVMM_BATCH, out_caps, &[]);
    let element = harness.element().unwrap();
    let crops = ["0:0:0:0", "0:0:160:240", "160:0:160:240"];
    let change = |element: &gst::Element, step: usize| {
        element.set_property("src-crop", crops[step % 3]);
        element.set_property_from_str("interpolation-method", ["Nearest", "Algo-4"][step % 2]);
        element.set_property("output-buffers", 1 + step as u32 % 8);
        let place = ["0:0:0:0", "0:0:320:240"][step / 3 % 2];
        element.set_property("dest-crop", place);
    };
    while_changing(&element, 1, change, || {
        for number in 0..300 {
            let mut buffer = picture(320, 240, |x, _| 10 + 10 * (x / 160) as u8);
            attach(buffer.make_mut(), 1);
            let out = harness.push_and_pull(buffer).unwrap();
            let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
            let frame = batch.frames().next().unwrap();
            let left = frame.objects().next().unwrap().rect().left;
            let found = (corners(&out).1, left);
            let expected = [
                ([10, 20, 10, 20], 40.0),
                ([10, 10, 10, 10], 80.0),
                ([20, 20, 20, 20], -240.0),
            ];
            assert!(expected.contains(&found), "frame {number}: {found:?}");
        }
    });
}

#[test]
fn caps_that_change_in_mid_stream_are_followed() {
    let mut open = harness(&nvmm(64, 48), "video/x-raw(memory:NVMM),format=RGBA", &[]);
    let mut fixed = harness(&nvmm(64, 48), &nvmm(128, 96), &[]);
    for (width, height) in [(64, 48), (32, 20), (64, 48)] {
        let buffer = || picture(width, height, |x, _| x as u8);
        open.set_src_caps_str(&nvmm(width, height));
        let out = open.push_and_pull(buffer()).unwrap();
        let right = width as u8 - 1;
        assert_eq!(corners(&out), ((width, height), [0, right, 0, right]));
        assert_eq!(size_in_caps(&open), (width, height));

        fixed.set_src_caps_str(&nvmm(width, height));
        let out = fixed.push_and_pull(buffer()).unwrap();
        assert_eq!(corners(&out), ((128, 96), [0, right, 0, right]));
    }
}

#[test]
fn formats_that_change_in_mid_stream_are_followed() {
    let caps =
        |format: &str| format!("video/x-raw,format={format},width=16,height=16,framerate=30/1");
    let mut harness = harness(&caps("GRAY8"), "video/x-raw(memory:NVMM),format=RGBA", &[]);
    for (format, bytes) in [("GRAY8", 256), ("RGBA", 1024), ("GRAY8", 256)] {
        harness.set_src_caps_str(&caps(format));
        let out = harness
            .push_and_pull(gst::Buffer::from_slice(vec![77; bytes]))
            .unwrap();
        assert_eq!(corners(&out), ((16, 16), [77; 4]), "{format}");
    }
}

#[test]
fn a_crop_that_is_none_is_an_error_until_it_is_mended() {
    let mut harness = harness(&nvmm(16, 16), &nvmm(16, 16), &[]);
    let element = harness.element().unwrap();
    let buffer = || picture(16, 16, |x, _| x as u8);
    harness.push_and_pull(buffer()).unwrap();
    element.set_property("src-crop", "1:2:3");
    for _ in 0..2 {
        let text = error_of(&mut harness, buffer());
        assert!(text.contains("src-crop is \"1:2:3\""), "{text}");
    }
    element.set_property("src-crop", "8:0:8:16");
    let out = harness.push_and_pull(buffer()).unwrap();
    assert_eq!(corners(&out).1, [8, 15, 8, 15]);
}

#[test]
fn whoever_handles_an_error_may_ask_the_element() {
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut harness = harness(&nvmm(16, 16), &nvmm(16, 16), &[("src-crop", "9:9:9:9")]);
        let bus = gst::Bus::new();
        let element = harness.element().unwrap();
        element.set_bus(Some(&bus));
        let asked = element.clone();
        bus.set_sync_handler(move |_, _| {
            asked.set_property("src-crop", "0:0:0:0");
            let caps = nvmm(16, 16).parse::<gst::Caps>().unwrap();
            let mut query = gst::query::Allocation::new(Some(&caps), false);
            asked.static_pad("sink").unwrap().query(&mut query);
            gst::BusSyncReply::Drop
        });
        let result = harness.push(picture(16, 16, |_, _| 1));
        done.send(result).unwrap();
    });
    let result = ended.recv_timeout(Duration::from_secs(20));
    assert_eq!(result, Ok(Err(gst::FlowError::Error)));
}
