//! What nvdsosd draws behind a scaling nvvideoconvert.
//!
//! `data/convert/drawn/*.png` are cut out of frames that the real elements made (H200): the opaque box of a text of a
//! display meta, whose font keeps its size. The rest of the frames is a film, and what lies over it half transparent.

use std::path::Path;

use gstnvdscpu::surface::Surfaces;
use nvds::{Color, FontName, NewBatch, NewFrame, NewText};

use crate::fidelity::{self, Count};
use crate::osd_case::{largest, same_letters};
use crate::support::{harness, rgba_surfaces};

/// About what the film has there: a hint of it shines through.
const FILM: [u8; 4] = [122, 140, 140, 255];

/// A 768x576 picture with the text that rsosdannotate had attached.
fn annotated() -> gst::Buffer {
    let mut buffer = rgba_surfaces(&[(768, 576)]);
    for pixel in Surfaces::map(&buffer).unwrap().write(0).unwrap().planes()[0]
        .data
        .chunks_mut(4)
    {
        pixel.copy_from_slice(&FILM);
    }
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame {
        pad_index: 0,
        source_id: 0,
        batch_id: 0,
        frame_num: 25,
        buf_pts: 0,
        ntp_timestamp: 0,
        source_size: (768, 576),
        pipeline_size: (0, 0),
    });
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        locked.draw_on(&frame).unwrap().text(&NewText {
            text: "0 people, 0 on the path",
            x: 305.0,
            y: 115.0,
            font: FontName::SERIF,
            size: 12,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        });
    }
    new.attach(buffer.make_mut());
    buffer
}

/// Width, height and RGBA of a picture in `data/convert/drawn`.
fn load(file: &str) -> (usize, usize, Vec<u8>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/convert/drawn");
    let file = std::fs::File::open(folder.join(file)).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width as usize, info.height as usize, bytes)
}

/// The part of a picture that is not film.
fn cut(buffer: &gst::BufferRef, left: usize, top: usize, width: usize, height: usize) -> Vec<u8> {
    let surfaces = Surfaces::map(buffer).unwrap();
    let surface = surfaces.read(0).unwrap();
    let planes = surface.planes();
    let rows = planes[0].data.chunks(planes[0].pitch);
    rows.skip(top)
        .take(height)
        .flat_map(|row| &row[left * 4..(left + width) * 4])
        .copied()
        .collect()
}

#[test]
fn texts_keep_their_size_behind_a_scaling_converter() {
    let mut count = Count::default();
    // Where the upper left corner of the picture lies in the frame.
    let cases = [
        ("scale.png", 1280, 720, (509, 144)),
        ("half.png", 384, 288, (153, 58)),
    ];
    for (file, width, height, (left, top)) in cases {
        let caps = |width: i32, height: i32| {
            format!(
                "video/x-raw(memory:NVMM),format=RGBA,width={width},height={height},framerate=10/1"
            )
        };
        let caps_out = caps(width, height);
        let mut converter = harness(&caps(768, 576), &caps_out, &[]);
        let scaled = converter.push_and_pull(annotated()).unwrap();
        let osd = gst::ElementFactory::make("nvdsosd").build().unwrap();
        let mut osd = gst_check::Harness::with_element(&osd, Some("sink"), Some("src"));
        osd.set_src_caps_str(&caps_out);
        osd.set_sink_caps_str(&caps_out);
        let drawn = osd.push_and_pull(scaled).unwrap();

        let (width, height, expected) = load(file);
        let found = cut(&drawn, left, top, width, height);
        let pairs = found.chunks(4).zip(expected.chunks(4));
        let differing = pairs.filter(|(a, b)| a != b).count();
        let (limit, allowed) = match same_letters() {
            true => (1, 1),
            false => (255, width * height * 40 / 100),
        };
        let worst = largest(&found, &expected);
        assert!(
            differing <= allowed && worst <= limit,
            "{file}: {differing} pixels of {width}x{height} differ, by up to {worst}"
        );
        match differing {
            0 => count.exact += 1,
            _ => count.within += 1,
        }
    }
    if same_letters() {
        fidelity::record("nvvideoconvert", "texts drawn behind scaling", count);
    }
}
