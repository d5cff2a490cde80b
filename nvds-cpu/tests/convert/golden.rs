//! Compares every conversion captured from the real nvvideoconvert (9.0.2, discrete GPU).
//!
//! Pictures and manifest are described in [`crate::captures`].

use crate::captures::{Entry, Run, load, manifest};
use gstnvdscpu::convert::{
    Color, Converter, Error, Flip, Format, Frame, Matrix, Method, Options, Plane, PlaneMut, Rect,
};

fn format(name: &str) -> Format {
    match name {
        "NV12" => Format::Nv12,
        "I420" => Format::I420,
        "RGBA" => Format::Rgba,
        other => panic!("format {other}"),
    }
}

fn color(surface: &str) -> Color {
    Color {
        matrix: if surface.contains("_709") {
            Matrix::Bt709
        } else {
            Matrix::Bt601
        },
        full_range: surface.ends_with("_ER"),
    }
}

fn rect(text: &str) -> Rect {
    let n: Vec<usize> = text.split(':').map(|n| n.parse().unwrap()).collect();
    Rect {
        left: n[0],
        top: n[1],
        width: n[2],
        height: n[3],
    }
}

fn options(properties: &str) -> Options {
    let mut options = Options::default();
    for property in properties.split_whitespace() {
        let (key, value) = property.split_once('=').unwrap();
        match key {
            "interpolation-method" => {
                options.method = [
                    Method::Nearest,
                    Method::Bilinear,
                    Method::Cubic,
                    Method::Super,
                    Method::Lanczos,
                    Method::NearestCentre,
                    Method::Default,
                ][value.parse::<usize>().unwrap()];
            }
            "flip-method" => {
                options.flip = [
                    Flip::None,
                    Flip::Counterclockwise,
                    Flip::Rotate180,
                    Flip::Clockwise,
                    Flip::Horizontal,
                    Flip::UpperRightDiagonal,
                    Flip::Vertical,
                    Flip::UpperLeftDiagonal,
                ][value.parse::<usize>().unwrap()];
            }
            "src-crop" => options.src_crop = rect(value),
            "dest-crop" => options.dst_crop = rect(value),
            other => panic!("property {other}"),
        }
    }
    options
}

/// Splits packed planes; the pitch is the row length.
fn split<'a>(frame: &Frame, mut bytes: &'a [u8]) -> Vec<Plane<'a>> {
    frame
        .format
        .planes()
        .iter()
        .map(|layout| {
            let pitch = layout.width(frame.width) * layout.bytes;
            let (data, rest) = bytes.split_at(pitch * layout.height(frame.height));
            bytes = rest;
            Plane { data, pitch }
        })
        .collect()
}

/// A plane whose rows lie apart, as in real surfaces; what lies between must stay untouched.
struct Padded {
    data: Vec<u8>,
    row: usize,
    rows: usize,
}

impl Padded {
    const GAP: usize = 13;
    const MARK: u8 = 0x5a;

    fn planes(frame: &Frame) -> Vec<Self> {
        let layouts = frame.format.planes().iter();
        layouts
            .map(|layout| {
                let row = layout.width(frame.width) * layout.bytes;
                let rows = layout.height(frame.height);
                Self {
                    data: vec![Self::MARK; (row + Self::GAP) * rows],
                    row,
                    rows,
                }
            })
            .collect()
    }

    fn borrow(planes: &mut [Self]) -> Vec<PlaneMut<'_>> {
        let planes = planes.iter_mut();
        planes
            .map(|plane| PlaneMut {
                data: &mut plane.data,
                pitch: plane.row + Self::GAP,
            })
            .collect()
    }

    fn pack(planes: &[Self]) -> Vec<u8> {
        let mut packed = Vec::new();
        for plane in planes {
            assert_eq!(plane.data.len(), plane.rows * (plane.row + Self::GAP));
            for row in plane.data.chunks(plane.row + Self::GAP) {
                let (row, gap) = row.split_at(plane.row);
                assert!(gap.iter().all(|b| *b == Self::MARK), "padding written");
                packed.extend_from_slice(row);
            }
        }
        packed
    }
}

fn convert(run: &Run) -> Result<Vec<u8>, Error> {
    let surface = |i: usize| run.surface_color_formats.get(i).map_or("", String::as_str);
    let frame = |name: &str, size: [usize; 2], surface: &str| Frame {
        format: format(name),
        color: color(surface),
        width: size[0],
        height: size[1],
    };
    let source = frame(&run.input_format, run.input_size, surface(0));
    let target = frame(&run.output_format, run.output_size, surface(1));
    let mut converter = Converter::new(source, target, &options(&run.properties))?;
    let input = load(&run.input);
    let mut planes = Padded::planes(&target);
    converter.convert(&split(&source, &input), &mut Padded::borrow(&mut planes))?;
    let first = Padded::pack(&planes);
    // A second picture through the same plan must not see the first.
    converter.convert(&split(&source, &input), &mut Padded::borrow(&mut planes))?;
    assert_eq!(first, Padded::pack(&planes), "{}: second run", run.name);
    Ok(first)
}

#[test]
fn every_captured_conversion() {
    let entries = manifest();
    let mut failures = Vec::new();
    let mut done = std::collections::HashSet::new();
    for entry in &entries {
        let Entry::Run(run) = entry else { continue };
        done.insert(run.name.as_str());
        if run.status == "error" {
            continue;
        }
        let found = convert(run).unwrap_or_else(|error| panic!("{}: {error}", run.name));
        failures.extend(run.compare(&found));
    }
    for entry in &entries {
        if let Entry::Same { name, same_as } = entry {
            assert!(
                done.contains(same_as.as_str()),
                "{name} refers to {same_as}"
            );
        }
    }
    assert!(done.len() >= 45, "{} entries", done.len());
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn area_average_refuses_to_enlarge() {
    let entries = manifest();
    let run = entries
        .iter()
        .find_map(|entry| match entry {
            Entry::Run(run) if run.name == "scale-rgba-40x30-100x76-3" => Some(run),
            _ => None,
        })
        .unwrap();
    assert_eq!(run.status, "error");
    let error = convert(run).unwrap_err();
    assert_eq!(
        error,
        Error::Enlarge {
            from_width: 40,
            from_height: 30,
            to_width: 100,
            to_height: 76
        }
    );
    assert!(error.to_string().contains("interpolation-method"));
}
