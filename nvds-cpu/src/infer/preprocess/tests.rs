use super::*;
use crate::convert::Method;

fn config() -> PreprocessConfig {
    PreprocessConfig::default()
}

/// An RGBA picture whose pixel (x, y) is (x, y, x + y, 255).
fn rgba(width: usize, height: usize, pitch: usize) -> Vec<u8> {
    let mut data = vec![0xEE; pitch * height];
    for y in 0..height {
        for x in 0..width {
            data[y * pitch + x * 4..][..4].copy_from_slice(&[x as u8, y as u8, (x + y) as u8, 255]);
        }
    }
    data
}

fn frame(format: Format, width: usize, height: usize) -> Frame {
    Frame {
        format,
        color: convert::Color::default(),
        width,
        height,
    }
}

/// One unit of a picture in RGBA.
fn run<T: InputElement>(
    p: &mut Preprocessor<T>,
    data: &[u8],
    (width, height, pitch): (usize, usize, usize),
    out: &mut [T],
) -> Result<Placement, PreprocessError> {
    let image = Image {
        frame: frame(Format::Rgba, width, height),
        planes: &[Plane { data, pitch }],
    };
    p.run(&image, out)
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 12345_u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

#[test]
fn nearest_takes_the_floor_and_ignores_the_pitch() {
    let data = rgba(8, 6, 40);
    let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, 3, 4);
    let mut out = vec![0; p.unit_len()];
    run(&mut p, &data, (8, 6, 40), &mut out).unwrap();
    let columns = [0, 2, 5];
    let rows = [0, 1, 3, 4];
    for (i, pixel) in out.chunks(3).enumerate() {
        let (x, y) = (columns[i % 3], rows[i / 3]);
        assert_eq!(pixel, [x, y, x + y], "pixel {i}");
    }
}

#[test]
fn normalisation_color_order_and_layout() {
    let data = rgba(2, 2, 8);
    let base = PreprocessConfig {
        scale: 0.5,
        offsets: vec![10.0, 20.0, 30.0],
        ..config()
    };
    let mut out = vec![0.0; 12];
    let mut p = Preprocessor::<f32>::new(&base, Scaler::Nvinfer, Layout::Nchw, 2, 2);
    run(&mut p, &data, (2, 2, 8), &mut out).unwrap();
    assert_eq!(
        out,
        [
            -5.0, -4.5, -5.0, -4.5, // red is x
            -10.0, -10.0, -9.5, -9.5, // green is y
            -15.0, -14.5, -14.5, -14.0
        ]
    );
    let bgr = PreprocessConfig {
        color: Color::Bgr,
        ..base
    };
    let mut p = Preprocessor::<f32>::new(&bgr, Scaler::Nvinfer, Layout::Nhwc, 2, 2);
    run(&mut p, &data, (2, 2, 8), &mut out).unwrap();
    // Offsets follow the network's order: 10 for blue.
    assert_eq!(out[3..6], [-4.5, -10.0, -14.5]);
}

#[test]
fn what_the_picture_leaves_free_is_black() {
    let data = vec![255; 4 * 4 * 2];
    let config = PreprocessConfig {
        maintain_aspect_ratio: true,
        symmetric_padding: true,
        offsets: vec![1.0, 2.0, 3.0],
        ..config()
    };
    for layout in [Layout::Nchw, Layout::Nhwc] {
        let mut p = Preprocessor::<f32>::new(&config, Scaler::Nvinfer, layout, 4, 4);
        let mut out = vec![9.0; p.unit_len()];
        for _ in 0..2 {
            out.fill(9.0);
            run(&mut p, &data, (4, 2, 16), &mut out).unwrap();
            let at = |x: usize, y: usize, c: usize| match layout {
                Layout::Nchw => out[c * 16 + y * 4 + x],
                Layout::Nhwc => out[(y * 4 + x) * 3 + c],
            };
            for x in 0..4 {
                for c in 0..3 {
                    let offset = (c + 1) as f32;
                    assert_eq!(at(x, 0, c), -offset);
                    assert_eq!(at(x, 1, c), 255.0 - offset);
                    assert_eq!(at(x, 2, c), 255.0 - offset);
                    assert_eq!(at(x, 3, c), -offset);
                }
            }
        }
    }
}

#[test]
fn what_nvinferserver_leaves_free_when_stretching_is_black() {
    let data = vec![255; 6 * 6 * 4];
    let config = PreprocessConfig {
        offsets: vec![1.0, 2.0, 3.0],
        ..config()
    };
    for layout in [Layout::Nchw, Layout::Nhwc] {
        let mut p = Preprocessor::<f32>::new(&config, Scaler::NvinferServer, layout, 5, 3);
        let mut out = vec![9.0; p.unit_len()];
        run(&mut p, &data, (6, 6, 24), &mut out).unwrap();
        for (x, y) in (0..3).flat_map(|y| (0..5).map(move |x| (x, y))) {
            let sample = if x < 4 && y < 2 { 255.0 } else { 0.0 };
            for c in 0..3 {
                let at = match layout {
                    Layout::Nchw => c * 15 + y * 5 + x,
                    Layout::Nhwc => (y * 5 + x) * 3 + c,
                };
                assert_eq!(out[at], sample - (c + 1) as f32, "{layout} {x},{y}");
            }
        }
    }
}

#[test]
fn gray_networks() {
    let gray = PreprocessConfig {
        color: Color::Gray,
        ..config()
    };
    let y = noise(64);
    let uv = noise(32);
    let mut out = vec![0_u8; 64];
    let mut p = Preprocessor::new(&gray, Scaler::Nvinfer, Layout::Nchw, 8, 8);
    let planes = [&y, &uv].map(|data| Plane { data, pitch: 8 });
    let image = Image {
        frame: frame(Format::Nv12, 8, 8),
        planes: &planes,
    };
    p.run(&image, &mut out).unwrap();
    assert_eq!(out, y);
    let white = vec![255; 8 * 8 * 4];
    run(&mut p, &white, (8, 8, 32), &mut out).unwrap();
    assert!(out.iter().all(|&v| v == 255));
}

/// Stock names the rectangle it fills, so its rows are counted as they are: 225 of 576, not 226.
#[test]
fn an_odd_rectangle_is_filled_as_it_is() {
    let config = PreprocessConfig {
        maintain_aspect_ratio: true,
        ..config()
    };
    let rows: Vec<u8> = (0..576_usize).map(|y| (y % 251) as u8).collect();
    let data: Vec<u8> = rows.iter().flat_map(|&y| [y; 768 * 4]).collect();
    let mut p = Preprocessor::<u8>::new(&config, Scaler::Nvinfer, Layout::Nhwc, 300, 300);
    let mut out = vec![9; p.unit_len()];
    let placement = run(&mut p, &data, (768, 576, 768 * 4), &mut out).unwrap();
    assert_eq!((placement.width, placement.height), (300, 225));
    for (y, row) in out.chunks(900).enumerate() {
        let expected = if y < 225 { rows[y * 576 / 225] } else { 0 };
        assert!(row.iter().all(|&v| v == expected), "row {y}");
    }
}

#[test]
fn every_filter_stays_inside_every_size() {
    use Method::{Bilinear, Cubic, Lanczos, Nearest, NearestCentre};

    for (width, height) in [(1, 1), (3, 5), (7, 2), (21, 13)] {
        for filter in [Nearest, Bilinear, Cubic, Lanczos, NearestCentre] {
            for (network, color) in [
                ((1, 1), Color::Rgb),
                ((5, 3), Color::Gray),
                ((32, 17), Color::Bgr),
            ] {
                let pitch = width + 3;
                let y = noise(pitch * (height - 1) + width);
                let uv = noise(pitch * (height.div_ceil(2) - 1) + width.div_ceil(2) * 2);
                let config = PreprocessConfig {
                    filter,
                    color,
                    maintain_aspect_ratio: network.0 == 5,
                    ..config()
                };
                let mut p = Preprocessor::<f32>::new(
                    &config,
                    Scaler::Nvinfer,
                    Layout::Nchw,
                    network.0,
                    network.1,
                );
                let mut out = vec![-1.0; p.unit_len()];
                let planes = [&y, &uv].map(|data| Plane { data, pitch });
                let image = Image {
                    frame: frame(Format::Nv12, width, height),
                    planes: &planes,
                };
                p.run(&image, &mut out).unwrap();
                assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
            }
        }
    }
}

#[test]
fn the_area_average_only_shrinks() {
    let config = PreprocessConfig {
        filter: Method::Super,
        ..config()
    };
    let data = rgba(4, 4, 16);
    let mut p = Preprocessor::<u8>::new(&config, Scaler::Nvinfer, Layout::Nhwc, 8, 4);
    let mut out = vec![0; p.unit_len()];
    let error = run(&mut p, &data, (4, 4, 16), &mut out).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("scaling filter 3 cannot enlarge 4x4 pixels to 8x4")
    );
}

/// What is kept for one format and size does not serve another.
#[test]
fn frames_may_change_in_the_stream() {
    let data = rgba(8, 8, 32);
    let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, 2, 2);
    let mut out = vec![0; 12];
    run(&mut p, &data, (8, 8, 32), &mut out).unwrap();
    assert_eq!(out[9..], [4, 4, 8]);
    run(&mut p, &data, (4, 4, 32), &mut out).unwrap();
    assert_eq!(out[9..], [2, 2, 4]);
    let image = Image {
        frame: frame(Format::Bgrx, 4, 4),
        planes: &[Plane {
            data: &data,
            pitch: 32,
        }],
    };
    p.run(&image, &mut out).unwrap();
    assert_eq!(out[9..], [4, 2, 2]);
}

#[test]
fn frames_that_lie_about_their_size_are_refused() {
    let data = rgba(4, 4, 16);
    let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, 2, 2);
    let mut out = vec![0; p.unit_len()];
    for size in [(4, 6, 16), (6, 4, 16), (0, 4, 16), (4, 0, 16)] {
        let error = run(&mut p, &data, size, &mut out).unwrap_err();
        assert!(
            matches!(error, PreprocessError::Frame(_)),
            "{size:?}: {error}"
        );
    }
    assert_eq!(
        run(&mut p, &data, (4, 4, 16), &mut out[1..]),
        Err(PreprocessError::Output {
            expected: 12,
            found: 11
        })
    );
}
