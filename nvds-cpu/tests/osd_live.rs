//! The element `nvdsosd` while others work on it: properties set from another thread, an application
//! that answers an error at once, and drawing of numbers that make no sense.

mod osd_case;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstnvdscpu::osd::{
    Arrow, ArrowHead, Blur, Circle, Color, Font, Image, Line, Mask, MaskShape, Mode, Primitive,
    Rect, Renderer, Text,
};
use osd_case::{Case, pipeline};

fn case(name: &str) -> Case {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/osd");
    Case::load(&data.join(name).with_extension("json")).expect("a case")
}

fn harness(case: &Case) -> gst_check::Harness {
    pipeline::init().expect("the plugin");
    let mut harness = gst_check::Harness::new("nvdsosd");
    let caps = pipeline::caps(case).expect("caps");
    harness.set_caps(caps.clone(), caps);
    harness
}

/// Each frame is drawn by the settings of one moment.
#[test]
fn properties_set_from_another_thread_change_whole_frames() {
    let case = case("rect-border-3");
    let mut harness = harness(&case);
    let osd = harness.element().expect("the element");
    let picture = |name: &str| case.picture(name).expect("a golden picture");
    let pictures = [
        picture("rect-border-3.gpu.png"),
        picture("rect-border-3.cpu.png"),
        case.background().expect("the background"),
    ];
    let done = AtomicBool::new(false);
    let mut seen = [0; 3];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0u32.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let mode = ["MODE_CPU", "MODE_GPU"][round as usize / 3 % 2];
                osd.set_property_from_str("process-mode", mode);
                osd.set_property("display-bbox", !round.is_multiple_of(3));
                osd.set_property("display-mask", round.is_multiple_of(2));
                osd.set_property("blur-on-gie-class-ids", "9,9;8,8");
                osd.set_property("clock-font", format!("Sans {round}"));
                osd.set_property("clock-color", round);
                let _: Option<String> = osd.property("clock-font");
                std::thread::yield_now();
            }
        });
        // Whatever fails below, the other thread must end.
        let frames = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..300 {
                let buffer = pipeline::buffer(&case).expect("a buffer");
                assert_eq!(harness.push(buffer), Ok(gst::FlowSuccess::Ok));
                let drawn = harness.try_pull().expect("a frame");
                let drawn = pipeline::read(&case, &drawn).expect("the surface");
                let picture = pictures.iter().position(|p| *p == drawn[0]);
                seen[picture.expect("the picture of one mode")] += 1;
            }
        }));
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = frames {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

/// The handler of a bus runs in the thread that posts: no lock of the element may be held there.
#[test]
fn an_application_may_answer_an_error_at_once() {
    let case = case("line-33");
    let mut harness = harness(&case);
    let osd = harness.element().expect("the element");
    let bus = gst::Bus::new();
    osd.set_bus(Some(&bus));
    let (tell, told) = std::sync::mpsc::channel();
    let weak = osd.downgrade();
    bus.set_sync_handler(move |_, message| {
        if let (gst::MessageView::Error(error), Some(osd)) = (message.view(), weak.upgrade()) {
            osd.set_property("display-bbox", false);
            osd.set_property_from_str("process-mode", "MODE_CPU");
            osd.set_property("blur-on-gie-class-ids", "1,2");
            let _ = osd.static_pad("sink").expect("a pad").query_caps(None);
            let _ = tell.send(error.error().message().to_owned());
        }
        gst::BusSyncReply::Drop
    });
    // GPU mode refuses a line of 33 pixels.
    let buffer = pipeline::buffer(&case).expect("a buffer");
    std::thread::spawn(move || harness.push(buffer));
    let text = told.recv_timeout(Duration::from_secs(10));
    assert_eq!(text.as_deref(), Ok("Unable to draw lines"));
}

/// Blurring goes through the frame, not through the box.
#[test]
fn a_blurred_box_far_larger_than_the_frame_takes_no_longer() {
    let mut pixels = vec![7; 320 * 240 * 4];
    let mut image = Image::rgba(320, 240, &mut pixels, 320 * 4).expect("an image");
    let rect = Rect {
        left: -4e6,
        top: -4e6,
        width: 8e6,
        height: 8e6,
        ..Rect::default()
    };
    let begin = Instant::now();
    let blur = Primitive::Blur(Blur { rect, shape: None });
    let drawn = Renderer::new().draw(&mut image, Mode::Gpu, [blur]);
    assert_eq!(drawn, Ok(()));
    let elapsed = begin.elapsed();
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

/// Numbers from nowhere, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }

    fn float(&mut self) -> f32 {
        let small = (self.next() % 640) as f32 - 160.0;
        self.pick(&[
            small,
            small,
            small / 3.0,
            0.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            f32::MIN_POSITIVE,
            -1e30,
            2_147_483_648.0,
            -2_147_483_649.0,
            4_294_967_296.0,
        ])
    }

    fn whole(&mut self) -> u32 {
        let small = (self.next() % 400) as u32;
        let any = self.next() as u32;
        self.pick(&[
            small,
            small,
            0,
            1,
            any,
            u32::MAX,
            1 << 31,
            (1 << 31) - 1,
            small.wrapping_neg(),
        ])
    }

    /// Mostly a width that is drawn.
    fn width(&mut self) -> u32 {
        let drawn = (self.next() % 33) as u32;
        if self.next().is_multiple_of(50) {
            self.whole()
        } else {
            drawn
        }
    }

    fn color(&mut self) -> Color {
        let mut part = || self.pick(&[0.0, 0.3, 1.0, 1.0, -1.0, 1e300, f64::NAN, f64::INFINITY]);
        Color {
            red: part(),
            green: part(),
            blue: part(),
            alpha: part(),
        }
    }

    fn rect(&mut self) -> Rect {
        let (border_color, background) = (self.color(), self.color());
        Rect {
            left: self.float(),
            top: self.float(),
            width: self.float(),
            height: self.float(),
            border_width: self.width(),
            border_color,
            background: self.next().is_multiple_of(2).then_some(background),
            rotation: self.float(),
        }
    }

    fn line(&mut self) -> Line {
        Line {
            x1: self.whole(),
            y1: self.whole(),
            x2: self.whole(),
            y2: self.whole(),
            width: self.width(),
            color: self.color(),
        }
    }

    fn shape<'a>(&mut self, data: &'a [f32]) -> MaskShape<'a> {
        MaskShape {
            data,
            width: self.pick(&[0, 1, 4, 8, u32::MAX, 1 << 16]),
            height: self.pick(&[0, 1, 2, 8, u32::MAX, 1 << 16]),
            threshold: self.float(),
        }
    }

    fn primitive<'a>(&mut self, data: &'a [f32], blur: bool) -> Primitive<'a> {
        const TEXTS: &[&[u8]] = &[
            b"Person 0.87",
            b"",
            b"\xff\xfe broken \x80",
            "\u{1f600} \u{202e}abc\u{fdfd}".as_bytes(),
            b"\n\n\t\r\x01",
            "e\u{301}\u{301}\u{301}\u{301}".as_bytes(),
        ];
        const FONTS: &[&str] = &[
            "Serif",
            "",
            "No Such Font",
            "Sans Bold Italic 4000",
            ",,,,",
            "-1",
            "\u{202e}\u{fffd}",
        ];
        match self.next() % if blur { 7 } else { 6 } {
            0 => Primitive::Rect(self.rect()),
            1 => Primitive::Mask(Mask {
                rect: self.rect(),
                shape: self.shape(data),
            }),
            2 => {
                let background = self.color();
                Primitive::Text(Text {
                    text: self.pick(TEXTS),
                    x: self.whole(),
                    y: self.whole(),
                    font: Font {
                        name: self.pick(FONTS),
                        size: self.pick(&[0, 1, 12, 60, 4000, u32::MAX, 1 << 31, (1 << 31) - 1]),
                        color: self.color(),
                    },
                    background: self.next().is_multiple_of(2).then_some(background),
                })
            }
            3 => Primitive::Line(self.line()),
            4 => Primitive::Arrow(Arrow {
                line: self.line(),
                head: self.pick(&[ArrowHead::Start, ArrowHead::End, ArrowHead::Both]),
            }),
            5 => {
                let background = self.color();
                Primitive::Circle(Circle {
                    x: self.whole(),
                    y: self.whole(),
                    radius: self.whole(),
                    width: self.whole(),
                    color: self.color(),
                    background: self.next().is_multiple_of(2).then_some(background),
                })
            }
            _ => Primitive::Blur(Blur {
                rect: self.rect(),
                shape: self.next().is_multiple_of(2).then(|| self.shape(data)),
            }),
        }
    }
}

/// Whatever the metadata holds, drawing ends soon, in time and within the image.
#[test]
fn metadata_from_nowhere_harms_nothing() {
    let mut chance = Chance(0x5eed_cafe);
    let mut renderer = Renderer::new();
    let data: Vec<f32> = (0..64).map(|_| chance.float()).collect();
    let (mut drawn, mut slowest) = (0, Duration::ZERO);
    for _ in 0..800 {
        let mode = chance.pick(&[Mode::Gpu, Mode::Cpu]);
        let (width, height) = (chance.pick(&[2, 63, 160]), chance.pick(&[1, 48, 97]));
        let pitch = width * 4 + 16;
        let mut pixels = vec![0xa5; pitch * height * 2];
        let nv12 = mode == Mode::Gpu && chance.next().is_multiple_of(2);
        let primitives: Vec<_> = (0..12)
            .map(|_| chance.primitive(&data, mode == Mode::Gpu))
            .collect();
        let begin = Instant::now();
        {
            let mut image = if nv12 {
                let (luma, chroma) = pixels.split_at_mut(pitch * height);
                Image::nv12(width, height, (luma, pitch), (chroma, pitch))
            } else {
                Image::rgba(width, height, &mut pixels, pitch)
            }
            .expect("an image");
            drawn += usize::from(renderer.draw(&mut image, mode, primitives).is_ok());
        }
        slowest = slowest.max(begin.elapsed());
        let row = if nv12 {
            width.next_multiple_of(2)
        } else {
            width * 4
        };
        assert!(
            pixels
                .chunks(pitch)
                .all(|line| line[row..].iter().all(|&b| b == 0xa5))
        );
    }
    assert!(drawn > 250, "only {drawn} frames were drawn");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}
