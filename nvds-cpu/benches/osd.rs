//! How long the renderer takes per frame. The mark to stay below: 20 boxes with labels on 1280x720 RGBA in 1.5 ms.

use divan::Bencher;
use gstnvdscpu::osd::{Color, Font, Image, Line, Mode, Primitive, Rect, Renderer, Text};

fn main() {
    divan::main();
}

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
const WHITE: Color = Color {
    red: 1.0,
    green: 1.0,
    blue: 1.0,
    alpha: 1.0,
};
const BLACK: Color = Color {
    red: 0.0,
    green: 0.0,
    blue: 0.0,
    alpha: 1.0,
};
const RED: Color = Color {
    red: 1.0,
    green: 0.0,
    blue: 0.0,
    alpha: 1.0,
};

/// Boxes in four rows of five, each with a label as a detector leaves it.
fn boxes(background: Option<Color>) -> Vec<Primitive<'static>> {
    let place = |i: usize| (20 + i % 5 * 250, 20 + i / 5 * 170);
    let rects = (0..20).map(|i| {
        let (x, y) = place(i);
        Primitive::Rect(Rect {
            left: x as f32,
            top: y as f32,
            width: 200.0,
            height: 140.0,
            border_width: 3,
            border_color: RED,
            background,
            rotation: 0.0,
        })
    });
    let labels = (0..20).map(|i| {
        let (x, y) = place(i);
        Primitive::Text(Text {
            text: b"person 0.970",
            x: x as u32,
            y: y as u32 - 10,
            font: Font {
                name: "Serif",
                size: 10,
                color: WHITE,
            },
            background: Some(BLACK),
        })
    });
    rects.chain(labels).collect()
}

fn draw_rgba(bencher: Bencher, mode: Mode, scene: &[Primitive<'_>]) {
    let mut pixels = vec![128; WIDTH * HEIGHT * 4];
    let mut renderer = Renderer::new();
    bencher.bench_local(|| {
        let mut image = Image::rgba(WIDTH, HEIGHT, &mut pixels, WIDTH * 4).expect("an image");
        renderer.draw(&mut image, mode, scene.iter().copied())
    });
}

#[divan::bench]
fn boxes_with_labels_rgba(bencher: Bencher) {
    draw_rgba(bencher, Mode::Gpu, &boxes(None));
}

#[divan::bench]
fn filled_boxes_with_labels_rgba(bencher: Bencher) {
    draw_rgba(
        bencher,
        Mode::Gpu,
        &boxes(Some(Color { alpha: 0.4, ..RED })),
    );
}

#[divan::bench]
fn boxes_with_labels_rgba_cpu_mode(bencher: Bencher) {
    draw_rgba(bencher, Mode::Cpu, &boxes(None));
}

#[divan::bench]
fn boxes_with_labels_nv12(bencher: Bencher) {
    let (mut luma, mut chroma) = (vec![128; WIDTH * HEIGHT], vec![128; WIDTH * HEIGHT / 2]);
    let mut renderer = Renderer::new();
    let scene = boxes(None);
    bencher.bench_local(|| {
        let image = Image::nv12(WIDTH, HEIGHT, (&mut luma, WIDTH), (&mut chroma, WIDTH));
        renderer.draw(
            &mut image.expect("an image"),
            Mode::Gpu,
            scene.iter().copied(),
        )
    });
}

#[divan::bench]
fn long_slanted_lines_rgba(bencher: Bencher) {
    let line = |x1, y1, x2, y2| {
        Primitive::Line(Line {
            x1,
            y1,
            x2,
            y2,
            width: 4,
            color: RED,
        })
    };
    draw_rgba(
        bencher,
        Mode::Gpu,
        &[line(0, 0, 1279, 719), line(0, 719, 1279, 0)],
    );
}
