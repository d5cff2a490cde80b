use super::*;

const COLORS: [(Matrix, bool); 6] = [
    (Matrix::Bt601, false),
    (Matrix::Bt601, true),
    (Matrix::Bt709, false),
    (Matrix::Bt709, true),
    (Matrix::Bt2020, false),
    (Matrix::Bt2020, true),
];

/// The documented formula in f64.
fn rgb(color: Color, y: u8, u: u8, v: u8) -> [f64; 3] {
    let (kr, kb) = color.matrix.weights();
    let kg = 1.0 - kr - kb;
    let (y, u, v) = (f64::from(y), f64::from(u) - 128.0, f64::from(v) - 128.0);
    let (y, u, v) = if color.full_range {
        let gain = FULL_RANGE_GAIN;
        (y * gain, u * gain, v * gain)
    } else {
        (
            (y - 16.0) * 255.0 / 219.0,
            u * 255.0 / 224.0,
            v * 255.0 / 224.0,
        )
    };
    [
        y + 2.0 * (1.0 - kr) * v,
        y - 2.0 * (1.0 - kb) * kb / kg * u - 2.0 * (1.0 - kr) * kr / kg * v,
        y + 2.0 * (1.0 - kb) * u,
    ]
}

#[test]
fn tables_truncate_like_the_formula() {
    let mut compared = 0;
    for (matrix, full_range) in COLORS {
        let color = Color { matrix, full_range };
        let tables = YuvToRgb::new(color);
        let mut terms = Terms::new(256);
        let mut rgba = [0; 1024];
        for y in (0..=255).step_by(5) {
            for u in (0..=255).step_by(3) {
                let chroma = (0..=255).map(|v| (u, v));
                tables.fill::<1>(chroma, &mut terms);
                tables.row(&[y; 256], &terms, &mut rgba);
                for (v, pixel) in (0..=255).zip(rgba.chunks_exact(4)) {
                    for (found, exact) in pixel.iter().zip(rgb(color, y, u, v)) {
                        // f64 itself is unsure this close to an integer.
                        if (exact - exact.round()).abs() > 2e-6 {
                            assert_eq!(*found, exact as u8, "{color:?} {y} {u} {v}: {exact}");
                            compared += 1;
                        }
                    }
                    assert_eq!(pixel[3], 255);
                }
            }
        }
    }
    assert!(compared > 20_000_000);
}

#[test]
fn gray_stays_gray_and_reaches_the_ends() {
    let tables = YuvToRgb::new(Color::default());
    let mut terms = Terms::new(4);
    tables.fill::<1>([(128, 128); 4].into_iter(), &mut terms);
    let mut rgba = [0; 16];
    tables.row(&[16, 89, 235, 255], &terms, &mut rgba);
    assert_eq!(
        rgba,
        [
            0, 0, 0, 255, 85, 85, 85, 255, 255, 255, 255, 255, 255, 255, 255, 255
        ]
    );
}

/// Vectorised sums and the fused chain agree wherever the sums are trusted, on every gray and
/// on a walk through the cube.
#[test]
fn doubtful_sums_are_worked_out_again() {
    for (matrix, full_range) in COLORS {
        let yuv = RgbToYuv::new(Color { matrix, full_range });
        let mut seed = 1u32;
        let mut pixels: Vec<u8> = (0..=255).flat_map(|g| [g, g, g, 255]).collect();
        for _ in 0..40_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            pixels.extend(seed.to_be_bytes());
        }
        let mut out = vec![0; pixels.len() / 4];
        for row in [&yuv.y, &yuv.u, &yuv.v] {
            apply(row, &pixels, &mut out);
            for (pixel, found) in pixels.as_chunks::<4>().0.iter().zip(&out) {
                assert_eq!(*found, exact(row, pixel), "{pixel:?}");
            }
        }
    }
}

/// Captured: white's V is 127 although the true value is 128.
#[test]
fn integers_round_like_the_gpu() {
    let row = |matrix, yuv: fn(&RgbToYuv) -> [f32; 4], gray| {
        let yuv = yuv(&RgbToYuv::new(Color {
            matrix,
            full_range: false,
        }));
        exact(&yuv, &[gray, gray, gray, 255])
    };
    assert_eq!(row(Matrix::Bt601, |m| m.y, 255), 235);
    assert_eq!(row(Matrix::Bt601, |m| m.u, 255), 128);
    assert_eq!(row(Matrix::Bt601, |m| m.v, 255), 127);
    assert_eq!(row(Matrix::Bt601, |m| m.v, 128), 128);
    assert_eq!(row(Matrix::Bt709, |m| m.u, 255), 127);
    assert_eq!(row(Matrix::Bt709, |m| m.v, 128), 127);
}
