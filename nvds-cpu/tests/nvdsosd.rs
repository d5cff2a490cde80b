//! The element `nvdsosd`: what the stock element drew, through a pipeline and the real metadata library, and how
//! the element behaves around it.

mod fidelity;
mod inspect;
mod osd_case;
mod surface_layout;

use std::path::{Path, PathBuf};

use fidelity::Count;
use gst::prelude::*;
use gstnvdscpu::osd::Mode;
use gstnvdscpu::surface::Surfaces;
use osd_case::{Case, Format, Int, Output, pipeline};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/osd")
}

fn case(name: &str) -> Case {
    Case::load(&data().join(name).with_extension("json")).expect("a case")
}

/// Whether the loaded library's release has all that a case draws.
fn can_be_drawn(case: &Case) -> bool {
    let displays = || case.frames.iter().flat_map(|frame| &frame.display_metas);
    let objects = case.frames.iter().flat_map(|frame| &frame.objects);
    let rects = displays().flat_map(|display| &display.rect_params);
    let mut rects = rects.chain(objects.map(|object| &object.rect_params));
    let mut circles = displays().flat_map(|display| &display.circle_params);
    (surface_layout::has(surface_layout::ROTATION) || rects.all(|rect| rect.rotation_angle == 0.0))
        && (surface_layout::has(surface_layout::CIRCLE_WIDTH)
            || circles.all(|circle| matches!(circle.circle_width.u32(), 0 | 2)))
}

/// Counts go into docs/fidelity.md, of versions that drew the letters and a release that can draw all.
fn record(compared: &str, count: Count) {
    let all = surface_layout::has(surface_layout::ROTATION);
    if osd_case::same_letters() && all {
        fidelity::record("nvdsosd", compared, count);
    }
}

/// Draws all cases of a mode; returns one line per case that is wrong, and the count of the others.
fn compare(mode: Mode, key: &str) -> (Vec<String>, Count) {
    let mut paths: Vec<_> = std::fs::read_dir(data())
        .expect("the folder with the cases")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    let mut wrong = Vec::new();
    let mut tally = Count::default();
    let mut left_out = 0;
    for path in paths {
        let case = Case::load(&path).expect("a case");
        let Some(output) = case.outputs.get(key) else {
            continue;
        };
        if !can_be_drawn(&case) {
            left_out += 1;
            continue;
        }
        match (output, pipeline::draw(&case, mode)) {
            (
                Output::Ok {
                    files,
                    changed_pixels,
                },
                Ok(surfaces),
            ) => {
                assert_eq!(files.len(), surfaces.len(), "{}", case.name);
                let mut most = 0;
                for ((file, changed), drawn) in files.iter().zip(changed_pixels).zip(&surfaces) {
                    let expected = case.picture(file).expect("a golden picture");
                    let count = osd_case::differing(case.surface_format, drawn, &expected);
                    most = most.max(count);
                    if count > case.allowed(*changed) {
                        wrong.push(format!("{file}: {count} differ"));
                    }
                }
                match most {
                    0 => tally.exact += 1,
                    _ => tally.within += 1,
                }
            }
            (
                Output::Error {
                    error_domain,
                    error_code,
                    error_text,
                },
                Err(error),
            ) if (error_domain, *error_code, error_text)
                == (&error.domain, error.code, &error.text) =>
            {
                tally.exact += 1;
            }
            (expected, drawn) => {
                wrong.push(format!(
                    "{}: expected {expected:?}, found {:?}",
                    case.name,
                    drawn.map(|s| s.len())
                ));
            }
        }
    }
    assert!(left_out < 20, "{left_out}");
    assert!(
        tally.exact + left_out > 90 || !osd_case::same_letters(),
        "{tally:?}"
    );
    (wrong, tally)
}

#[test]
fn gpu_mode_draws_the_golden_frames_through_a_pipeline() {
    let (wrong, count) = compare(Mode::Gpu, "gpu");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    record("frames drawn in GPU mode", count);
}

#[test]
fn cpu_mode_draws_the_golden_frames_through_a_pipeline() {
    let (wrong, count) = compare(Mode::Cpu, "cpu");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    record("frames drawn in CPU mode", count);
}

#[test]
fn pads_and_properties_are_the_stock_elements() {
    pipeline::init().expect("the plugin");
    let wrong = inspect::differences("nvdsosd");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_clock_reads_back_what_was_set() {
    pipeline::init().expect("the plugin");
    let osd = gst::ElementFactory::make("nvdsosd")
        .property("clock-font", "Sans")
        .property("clock-font-size", 20u32)
        .property("clock-color", 0x0000_ff80u32)
        .build()
        .expect("the element");
    assert_eq!(
        osd.property::<Option<String>>("clock-font").as_deref(),
        Some("Sans")
    );
    assert_eq!(osd.property::<u32>("clock-font-size"), 20);
    assert_eq!(osd.property::<u32>("clock-color"), 0x0000_ff80);
}

/// Drawing changes the pixels of a buffer that somebody else holds too, and copies nothing.
#[test]
fn a_shared_buffer_is_drawn_on_in_place() {
    pipeline::init().expect("the plugin");
    let case = case("rect-border-3");
    let buffer = pipeline::buffer(&case).expect("a buffer");
    let osd = gst::ElementFactory::make("nvdsosd")
        .build()
        .expect("the element");
    let sample =
        pipeline::push_through(&osd, &pipeline::caps(&case).expect("caps"), buffer.clone())
            .expect("a frame");
    let same = std::ptr::eq(sample.buffer().expect("a buffer"), buffer.as_ref());
    assert!(same, "the buffer was copied");
    let drawn = pipeline::read(&case, &buffer).expect("the surface");
    assert_eq!(
        drawn[0],
        case.picture("rect-border-3.gpu.png")
            .expect("a golden picture")
    );
}

/// Caps fields that nobody asked about survive, and CPU mode takes RGBA only.
#[test]
fn caps_are_kept_and_narrowed_in_cpu_mode() {
    pipeline::init().expect("the plugin");
    let osd = gst::ElementFactory::make("nvdsosd")
        .build()
        .expect("the element");
    let sink = osd.static_pad("sink").expect("a sink pad");
    let caps = |format: &str| -> gst::Caps {
        format!("video/x-raw(memory:NVMM), format={format}, width=64, height=48, framerate=30/1, batch-size=4")
            .parse()
            .expect("caps")
    };
    assert!(sink.query_accept_caps(&caps("NV12")) && sink.query_accept_caps(&caps("RGBA")));
    assert_eq!(sink.query_caps(Some(&caps("NV12"))), caps("NV12"));
    osd.set_property_from_str("process-mode", "MODE_CPU");
    assert!(!sink.query_accept_caps(&caps("NV12")) && sink.query_accept_caps(&caps("RGBA")));
    assert!(sink.query_caps(Some(&caps("NV12"))).is_empty());
}

/// The application's event changes the mode between two buffers and travels on.
#[test]
fn an_event_switches_the_mode_while_playing() {
    pipeline::init().expect("the plugin");
    let case = case("line-33");
    let mut harness = gst_check::Harness::new("nvdsosd");
    harness.set_caps(
        pipeline::caps(&case).expect("caps"),
        pipeline::caps(&case).expect("caps"),
    );
    // CPU mode draws a line of 33 pixels, GPU mode refuses it.
    assert!(harness.push_event(nvds::event::osd_process_mode_update("0", 0)));
    // Not `push_and_pull`, which waits a minute for a frame that was refused.
    let buffer = pipeline::buffer(&case).expect("a buffer");
    assert_eq!(harness.push(buffer), Ok(gst::FlowSuccess::Ok));
    let drawn = harness.try_pull().expect("a frame");
    let drawn = pipeline::read(&case, &drawn).expect("the surface");
    assert_eq!(
        drawn[0],
        case.picture("line-33.cpu.png").expect("a golden picture")
    );
    let passed = std::iter::from_fn(|| harness.try_pull_event())
        .filter_map(|event| nvds::event::parse_osd_process_mode_update(&event));
    assert_eq!(passed.collect::<Vec<_>>(), [0]);

    assert!(harness.push_event(nvds::event::osd_process_mode_update("0", 1)));
    assert_eq!(
        harness
            .element()
            .expect("the element")
            .property_value("process-mode")
            .get::<gstnvdscpu::dsosd::ProcessMode>(),
        Ok(gstnvdscpu::dsosd::ProcessMode::Gpu)
    );
    assert_eq!(
        harness.push(pipeline::buffer(&case).expect("a buffer")),
        Err(gst::FlowError::Error)
    );
}

/// A case with one label.
fn labelled(text: &str, font: &str) -> Case {
    let mut case = case("text-serif-10-bg");
    let label = &mut case.frames[0].objects[0].text_params;
    label.display_text = Some(text.to_owned());
    label.font_name = Some(font.to_owned());
    case
}

#[test]
fn a_font_that_is_not_installed_is_substituted() {
    let drawn = pipeline::draw(&labelled("Person 0.87", "No Such Font At All"), Mode::Gpu)
        .expect("a frame");
    let sans = pipeline::draw(&labelled("Person 0.87", "Sans"), Mode::Gpu).expect("a frame");
    assert_eq!(drawn, sans);
}

#[test]
fn hostile_labels_harm_nothing() {
    let background = case("text-serif-10-bg")
        .background()
        .expect("the background");
    for text in ["\u{1f600}", ""] {
        let drawn = pipeline::draw(&labelled(text, "Serif"), Mode::Gpu).expect("a frame");
        assert!(drawn[0] == background, "{text:?} left a trace");
    }
    let endless = "\n".repeat(100_000) + &"W\u{301}".repeat(10_000);
    for text in [
        endless.as_str(),
        "\u{202e}abc\u{2028}d\te\r\u{7f}",
        "\u{fdfd}\u{fdfd}",
    ] {
        for mode in [Mode::Gpu, Mode::Cpu] {
            pipeline::draw(&labelled(text, "Serif"), mode).expect("a frame");
        }
    }
}

#[test]
fn absurd_numbers_harm_nothing() {
    let mut case = case("mix");
    let numbers = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1e30];
    for (object, number) in case.frames[0]
        .objects
        .iter_mut()
        .zip(numbers.iter().cycle())
    {
        let rect = &mut object.rect_params;
        (rect.left, rect.top, rect.width, rect.height) = (*number, -*number, *number, *number);
        rect.rotation_angle = *number;
        (object.text_params.x_offset, object.text_params.font_size) =
            (Int(i64::from(i32::MAX)), Int(-1));
    }
    for display in &mut case.frames[0].display_metas {
        for line in &mut display.line_params {
            (line.x1, line.y2) = (Int(i64::from(i32::MIN)), Int(i64::from(i32::MAX)));
        }
        for arrow in &mut display.arrow_params {
            (arrow.x1, arrow.y2) = (Int(i64::from(i32::MIN)), Int(i64::from(i32::MAX)));
        }
        for circle in &mut display.circle_params {
            (circle.xc, circle.radius, circle.circle_width) =
                (Int(i64::from(i32::MAX)), Int(i64::from(i32::MAX)), Int(-1));
        }
    }
    for mode in [Mode::Gpu, Mode::Cpu] {
        pipeline::draw(&case, mode).expect("a frame");
    }
}

/// Memory that is not a surface of the stand-ins ends the pipeline with words, not with a crash.
#[test]
fn foreign_memory_is_an_error() {
    pipeline::init().expect("the plugin");
    let osd = gst::ElementFactory::make("nvdsosd")
        .build()
        .expect("the element");
    let caps = pipeline::caps(&case("empty")).expect("caps");
    let error = pipeline::push_through(&osd, &caps, gst::Buffer::with_size(72).expect("a buffer"))
        .expect_err("an error");
    assert_eq!(error.text, "Unable to map info from buffer");
    assert!(error.debug.contains("stand-ins"), "{error:?}");
}

/// Caps that promise more than the surface has are an error, not a write beyond the pixels.
#[test]
fn caps_larger_than_the_surface_are_an_error() {
    pipeline::init().expect("the plugin");
    let case = case("rect-border-3");
    let mut caps = pipeline::caps(&case).expect("caps");
    caps.make_mut().set("height", 4000);
    let osd = gst::ElementFactory::make("nvdsosd")
        .build()
        .expect("the element");
    let error = pipeline::push_through(&osd, &caps, pipeline::buffer(&case).expect("a buffer"))
        .expect_err("an error");
    assert!(
        error.debug.contains("320x4000") && error.debug.contains("320x240"),
        "{error:?}"
    );
}

/// Masks count for blur only with a list of classes, unless they are drawn as well: so the stock element.
#[test]
fn blur_covers_the_mask_only_for_listed_classes() {
    let draw = |properties: &[(&str, serde_json::Value)]| {
        let mut case = case("mask-on");
        case.osd_properties = properties
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect();
        pipeline::draw(&case, Mode::Gpu)
            .expect("a frame")
            .swap_remove(0)
    };
    let sharp = draw(&[]);
    let boxes = draw(&[("blur-bbox", 1.into())]);
    assert_eq!(draw(&[("blur-bbox", 2.into())]), boxes);
    let listed = draw(&[
        ("blur-bbox", 2.into()),
        ("blur-on-gie-class-ids", "0,0".into()),
    ]);
    let blurred = |frame: &[u8]| osd_case::differing(Format::RGBA, frame, &sharp);
    assert!(0 < blurred(&listed) && blurred(&listed) < blurred(&boxes));
    assert_eq!(
        draw(&[
            ("blur-bbox", 2.into()),
            ("blur-on-gie-class-ids", "0,1".into())
        ]),
        sharp
    );
}

/// The element leaves the surfaces of a batch but the first alone, whatever the frames say.
#[test]
fn only_the_first_surface_is_drawn_on() {
    pipeline::init().expect("the plugin");
    let case = case("batch2");
    let buffer = pipeline::buffer(&case).expect("a buffer");
    assert_eq!(Surfaces::map(&buffer).expect("surfaces").len(), 2);
    let drawn = pipeline::draw(&case, Mode::Gpu).expect("frames");
    assert_eq!(drawn[1], case.background().expect("the background"));
    assert_ne!(drawn[0], drawn[1]);
}

/// The launch line in the element's documentation.
#[test]
fn the_documented_line_runs() {
    pipeline::init().expect("the plugin");
    let line = include_str!("../../pipelines/clock.txt");
    let launched = gst::parse::launch(line).expect("a valid line");
    let bus = launched.bus().expect("a bus");
    launched.set_state(gst::State::Playing).expect("a start");
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(20), &ends);
    launched.set_state(gst::State::Null).expect("a stop");
    assert!(matches!(
        end.expect("an end").view(),
        gst::MessageView::Eos(_)
    ));
}
