//! Blur: a box is sampled down to 32 x 32 points, smoothed and stretched back.

use super::band::Corners;
use super::blend::{rgb_to_yuv, yuv_to_rgb};
use super::image::{Image, Planes};
use super::model::Blur;

/// Sample points along each side of the box.
const SIDE: usize = 32;

/// How far the smoothing reaches around a point: 7 x 7 points.
const REACH: usize = 3;

/// Boxes with a side shorter than this stay sharp.
const SMALLEST: i32 = 3;

/// Blurs one box of the image.
pub(super) fn apply(image: &mut Image<'_>, blur: &Blur<'_>) {
    let corners = Corners::sorted(Corners::of(&blur.rect));
    let (width, height) = (corners.right - corners.left, corners.bottom - corners.top);
    if width < SMALLEST || height < SMALLEST || image.width == 0 || image.height == 0 {
        return;
    }
    let (columns, rows) = (image.width as i32, image.height as i32);
    let mut points = [[[0u8; 3]; SIDE]; SIDE];
    for (j, line) in points.iter_mut().enumerate() {
        for (i, point) in line.iter_mut().enumerate() {
            let at = |k: usize, size: i32, start: i32, end: i32| {
                let position = k as f32 / SIDE as f32 * size as f32 + 0.5 + start as f32;
                (position as i32).clamp(0, end - 1) as usize
            };
            *point = load(
                image,
                at(i, width, corners.left, columns),
                at(j, height, corners.top, rows),
            );
        }
    }
    let smooth = smoothed(&points);

    // The original hands each point a block of pixels; rounded up, so that 32 blocks may reach beyond the box.
    // Only what lies in the image is gone through: boxes may be far larger.
    let visible = |start: i32, size: i32, end: i32| {
        let reach = (size + SIDE as i32 - 1) / SIDE as i32 * SIDE as i32;
        (-start).max(0)..reach.min(end - start)
    };
    let point = |at: i32, size: i32| (at as f32 / size as f32 * SIDE as f32) as usize;
    for dy in visible(corners.top, height, rows) {
        let j = point(dy, height);
        if j >= SIDE {
            continue;
        }
        for dx in visible(corners.left, width, columns) {
            let i = point(dx, width);
            if i >= SIDE || !covered(blur, i, j) {
                continue;
            }
            let (x, y) = (corners.left + dx, corners.top + dy);
            save(image, x as usize, y as usize, smooth[j][i]);
        }
    }
}

/// Whether the mask, if there is one, has something at sample point (`i`, `j`).
fn covered(blur: &Blur<'_>, i: usize, j: usize) -> bool {
    let Some(shape) = &blur.shape else {
        return true;
    };
    let Some((width, height)) = shape.grid() else {
        return true;
    };
    shape.data[j * height / SIDE * width + i * width / SIDE] != 0.0
}

/// Each point becomes the mean of its neighbourhood, as far as that lies in the box.
fn smoothed(points: &[[[u8; 3]; SIDE]; SIDE]) -> [[[u8; 3]; SIDE]; SIDE] {
    let mut smooth = [[[0u8; 3]; SIDE]; SIDE];
    for (j, line) in smooth.iter_mut().enumerate() {
        for (i, point) in line.iter_mut().enumerate() {
            let (mut sum, mut count) = ([0u32; 3], 0);
            for near in &points[j.saturating_sub(REACH)..(j + REACH + 1).min(SIDE)] {
                for neighbour in &near[i.saturating_sub(REACH)..(i + REACH + 1).min(SIDE)] {
                    for (total, value) in sum.iter_mut().zip(neighbour) {
                        *total += u32::from(*value);
                    }
                    count += 1;
                }
            }
            *point = sum.map(|total| (total / count) as u8);
        }
    }
    smooth
}

fn load(image: &mut Image<'_>, x: usize, y: usize) -> [u8; 3] {
    match &mut image.planes {
        Planes::Rgba(plane) => {
            let row = plane.row(y, (x + 1) * 4);
            [row[x * 4], row[x * 4 + 1], row[x * 4 + 2]]
        }
        Planes::Nv12 { luma, chroma } => {
            let even = x & !1;
            let uv = &chroma.row(y / 2, even + 2)[even..];
            let (u, v) = (uv[0], uv[1]);
            yuv_to_rgb(luma.row(y, x + 1)[x], u, v)
        }
    }
}

fn save(image: &mut Image<'_>, x: usize, y: usize, rgb: [u8; 3]) {
    match &mut image.planes {
        Planes::Rgba(plane) => {
            let row = plane.row(y, (x + 1) * 4);
            row[x * 4..].copy_from_slice(&[rgb[0], rgb[1], rgb[2], 255]);
        }
        Planes::Nv12 { luma, chroma } => {
            let even = x & !1;
            let [l, u, v] = rgb_to_yuv(rgb);
            luma.row(y, x + 1)[x] = l;
            chroma.row(y / 2, even + 2)[even..].copy_from_slice(&[u, v]);
        }
    }
}
