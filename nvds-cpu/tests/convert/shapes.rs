//! Conversions that were not captured: every pair of formats, odd sizes, crops, turns, bad input.

use gstnvdscpu::convert::{
    Color, Converter, Error, Flip, Format, Frame, Matrix, Method, Options, Plane, PlaneMut, Rect,
};

const FORMATS: [Format; 10] = [
    Format::Nv12,
    Format::I420,
    Format::Y444,
    Format::Uyvy,
    Format::Gray8,
    Format::Rgba,
    Format::Bgrx,
    Format::Rgb,
    Format::Bgr,
    Format::Gbr,
];
const METHODS: [Method; 7] = [
    Method::Nearest,
    Method::Bilinear,
    Method::Cubic,
    Method::Super,
    Method::Lanczos,
    Method::NearestCentre,
    Method::Default,
];
const FLIPS: [Flip; 8] = [
    Flip::None,
    Flip::Counterclockwise,
    Flip::Rotate180,
    Flip::Clockwise,
    Flip::Horizontal,
    Flip::UpperRightDiagonal,
    Flip::Vertical,
    Flip::UpperLeftDiagonal,
];

fn frame(format: Format, width: usize, height: usize) -> Frame {
    Frame {
        format,
        color: Color::default(),
        width,
        height,
    }
}

/// Tightly packed planes.
#[derive(Clone)]
struct Picture {
    frame: Frame,
    planes: Vec<Vec<u8>>,
}

impl Picture {
    fn new(frame: Frame, fill: u8) -> Self {
        let layouts = frame.format.planes().iter();
        let planes = layouts
            .map(|l| vec![fill; l.width(frame.width) * l.bytes * l.height(frame.height)])
            .collect();
        Self { frame, planes }
    }

    fn rgba(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 4]) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self {
            frame: frame(Format::Rgba, width, height),
            planes: vec![pixels.flat_map(|(x, y)| pixel(x, y)).collect()],
        }
    }

    fn convert(&self, target: Frame, options: &Options) -> Result<Self, Error> {
        let mut converter = Converter::new(self.frame, target, options)?;
        let mut result = Self::new(target, 0xee);
        let source: Vec<_> = self
            .planes
            .iter()
            .zip(self.frame.format.planes())
            .map(|(data, layout)| Plane {
                data,
                pitch: layout.width(self.frame.width) * layout.bytes,
            })
            .collect();
        let mut planes: Vec<_> = result
            .planes
            .iter_mut()
            .zip(target.format.planes())
            .map(|(data, layout)| PlaneMut {
                data,
                pitch: layout.width(target.width) * layout.bytes,
            })
            .collect();
        converter.convert(&source, &mut planes)?;
        Ok(result)
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        assert_eq!(self.frame.format, Format::Rgba);
        self.planes[0].as_chunks::<4>().0[y * self.frame.width + x]
    }
}

#[test]
fn one_colour_survives_every_pair_of_formats_and_sizes() {
    let plain = Picture::rgba(7, 5, |_, _| [200, 60, 120, 255]);
    let gray = Picture::rgba(7, 5, |_, _| [90, 90, 90, 255]);
    for first in FORMATS {
        for second in FORMATS {
            let to_gray = first == Format::Gray8 || second == Format::Gray8;
            let start = if to_gray { &gray } else { &plain };
            for (width, height) in [(7, 5), (1, 1), (2, 3), (16, 9)] {
                let options = Options::default();
                let a = start.convert(frame(first, 7, 5), &options).unwrap();
                let b = a.convert(frame(second, width, height), &options).unwrap();
                let c = b
                    .convert(frame(Format::Rgba, width, height), &options)
                    .unwrap();
                for y in 0..height {
                    for x in 0..width {
                        let far = c
                            .pixel(x, y)
                            .iter()
                            .zip(start.pixel(0, 0))
                            .any(|(a, b)| a.abs_diff(b) > 7);
                        assert!(
                            !far,
                            "{first:?} {second:?} {width}x{height} at {x},{y}: {:?}",
                            c.pixel(x, y)
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn every_shape_is_either_converted_or_refused() {
    let mut seed = 7u32;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let (mut done, mut refused) = (0, 0);
    for _ in 0..4000 {
        let source = frame(FORMATS[next(10)], 1 + next(40), 1 + next(40));
        let target = frame(FORMATS[next(10)], 1 + next(40), 1 + next(40));
        let mut rect = |size: Frame| {
            if next(2) == 0 {
                Rect::default()
            } else {
                Rect {
                    left: next(size.width + 1),
                    top: next(size.height + 1),
                    width: next(size.width + 1),
                    height: next(size.height + 1),
                }
            }
        };
        let options = Options {
            src_crop: rect(source),
            dst_crop: rect(target),
            method: METHODS[next(7)],
            flip: FLIPS[next(8)],
        };
        match Picture::new(source, 77).convert(target, &options) {
            Ok(_) => done += 1,
            Err(Error::Crop { .. } | Error::Enlarge { .. }) => refused += 1,
            Err(error) => panic!("{source:?} {target:?} {options:?}: {error}"),
        }
    }
    assert!(done > 1000 && refused > 500, "{done} {refused}");
}

#[test]
fn turning_agrees_between_formats() {
    let picture = Picture::rgba(12, 8, |x, y| {
        let (x, y) = (x / 2 * 2, y / 2 * 2);
        [(x * 20) as u8, (y * 30) as u8, 100, 255]
    });
    for format in [Format::Nv12, Format::I420, Format::Y444, Format::Uyvy] {
        let yuv = picture
            .convert(frame(format, 12, 8), &Options::default())
            .unwrap();
        let straight = yuv
            .convert(frame(Format::Rgba, 12, 8), &Options::default())
            .unwrap();
        for flip in FLIPS {
            let (width, height) = if flip.transposes() { (8, 12) } else { (12, 8) };
            let options = Options {
                flip,
                ..Options::default()
            };
            let target = frame(Format::Rgba, width, height);
            let turned = yuv.convert(target, &options).unwrap();
            assert_eq!(
                turned.planes,
                straight.convert(target, &options).unwrap().planes,
                "{format:?} {flip:?}"
            );
            // Turned first, converted afterwards.
            let kept = yuv.convert(frame(format, width, height), &options).unwrap();
            let kept = kept.convert(target, &Options::default()).unwrap();
            if format != Format::Uyvy {
                assert_eq!(kept.planes, turned.planes, "{format:?} {flip:?}");
            }
        }
    }
}

#[test]
fn uyvy_bytes_lie_as_documented() {
    let picture = Picture::rgba(3, 1, |x, _| [[255, 0, 0, 255], [0; 4], [0, 0, 255, 255]][x]);
    let uyvy = picture
        .convert(frame(Format::Uyvy, 3, 1), &Options::default())
        .unwrap();
    // Chroma of pixels 0 and 2; the missing fourth pixel repeats the third.
    assert_eq!(uyvy.planes[0], [90, 81, 240, 16, 240, 40, 109, 40]);
}

#[test]
fn outside_of_dest_crop_is_zero_in_every_format() {
    let picture = Picture::rgba(8, 8, |_, _| [255; 4]);
    let options = Options {
        dst_crop: Rect {
            left: 2,
            top: 4,
            width: 4,
            height: 2,
        },
        ..Options::default()
    };
    for format in FORMATS {
        let result = picture.convert(frame(format, 8, 8), &options).unwrap();
        for (plane, layout) in result.planes.iter().zip(format.planes()) {
            let pitch = layout.width(8) * layout.bytes;
            for (y, row) in plane.chunks(pitch).enumerate() {
                for (i, byte) in row.iter().enumerate() {
                    let x = (i / layout.bytes) << layout.shift_x;
                    let y = y << layout.shift_y;
                    let inside = (2..6).contains(&x) && (4..6).contains(&y);
                    assert_eq!(*byte != 0, inside, "{format:?} {x},{y}");
                }
            }
        }
    }
}

#[test]
fn bad_input_is_named() {
    let source = frame(Format::Rgba, 8, 8);
    let refuse = |target: Frame, options: Options| {
        Converter::new(source, target, &options)
            .unwrap_err()
            .to_string()
    };
    let crop = Rect {
        left: 4,
        top: 0,
        width: 5,
        height: 8,
    };
    let message = refuse(
        source,
        Options {
            src_crop: crop,
            ..Options::default()
        },
    );
    assert!(message.contains("src-crop 4:0:5:8"), "{message}");
    assert!(message.contains("8x8"), "{message}");
    let message = refuse(
        source,
        Options {
            dst_crop: crop,
            ..Options::default()
        },
    );
    assert!(message.contains("dest-crop"), "{message}");
    let message = refuse(frame(Format::Rgba, 0, 8), Options::default());
    assert!(message.contains("0x8"), "{message}");

    let mut converter = Converter::new(source, source, &Options::default()).unwrap();
    let mut out = vec![0; 256];
    let error = converter
        .convert(
            &[Plane {
                data: &[0; 255],
                pitch: 32,
            }],
            &mut [PlaneMut {
                data: &mut out,
                pitch: 32,
            }],
        )
        .unwrap_err();
    assert!(error.to_string().contains("255 bytes"), "{error}");
    assert!(matches!(
        converter.convert(&[], &mut []),
        Err(Error::Plane { plane: 0, .. })
    ));
}

#[test]
fn matrix_and_range_matter() {
    let picture = Picture::new(frame(Format::Y444, 2, 2), 60);
    let with = |matrix, full_range| {
        let mut picture = picture.clone();
        picture.frame.color = Color { matrix, full_range };
        picture
            .convert(frame(Format::Rgba, 2, 2), &Options::default())
            .unwrap()
            .pixel(0, 0)
    };
    assert_eq!(with(Matrix::Bt601, false), [0, 133, 0, 255]);
    assert_eq!(with(Matrix::Bt709, false), [0, 101, 0, 255]);
    assert_eq!(with(Matrix::Bt601, true), [0, 132, 0, 255]);
}
