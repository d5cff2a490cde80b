//! How long converting a frame takes. The marks to stay below: any conversion of a 768x576 frame in 1 ms,
//! RGBA 768x576 to 300x300 at the speed of memory.

use divan::Bencher;
use divan::counter::BytesCount;
use gstnvdscpu::convert::{
    Color, Converter, Flip, Format, Frame, Method, Options, Plane, PlaneMut,
};

fn main() {
    divan::main();
}

/// Planes with rows 512 bytes apart or a multiple, as on surfaces, filled with noise.
fn planes(frame: &Frame) -> Vec<(Vec<u8>, usize)> {
    let mut seed = 1u32;
    let layouts = frame.format.planes().iter();
    layouts
        .map(|layout| {
            let pitch = (layout.width(frame.width) * layout.bytes).next_multiple_of(512);
            let bytes = (0..pitch * layout.height(frame.height)).map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            });
            (bytes.collect(), pitch)
        })
        .collect()
}

fn run(
    bencher: Bencher,
    from: (Format, usize, usize),
    to: (Format, usize, usize),
    options: Options,
) {
    let frame = |(format, width, height)| Frame {
        format,
        color: Color::default(),
        width,
        height,
    };
    let (source, target) = (frame(from), frame(to));
    let input = planes(&source);
    let mut output = planes(&target);
    let mut converter = Converter::new(source, target, &options).expect("a possible conversion");
    let input: Vec<_> = input
        .iter()
        .map(|(data, pitch)| Plane {
            data,
            pitch: *pitch,
        })
        .collect();
    let written: usize = output.iter().map(|(data, _)| data.len()).sum();
    bencher.counter(BytesCount::new(written)).bench_local(|| {
        let mut output: Vec<_> = output
            .iter_mut()
            .map(|(data, pitch)| PlaneMut {
                data,
                pitch: *pitch,
            })
            .collect();
        converter.convert(&input, &mut output)
    });
}

#[divan::bench(args = [Format::Nv12, Format::I420, Format::Rgb, Format::Gray8])]
fn to_rgba(bencher: Bencher, format: Format) {
    run(
        bencher,
        (format, 768, 576),
        (Format::Rgba, 768, 576),
        Options::default(),
    );
}

#[divan::bench(args = [Format::Nv12, Format::I420, Format::Rgb, Format::Bgrx, Format::Gray8])]
fn from_rgba(bencher: Bencher, format: Format) {
    run(
        bencher,
        (Format::Rgba, 768, 576),
        (format, 768, 576),
        Options::default(),
    );
}

#[divan::bench(args = [
    Method::Default,
    Method::Bilinear,
    Method::Cubic,
    Method::Super,
    Method::Lanczos,
])]
fn rgba_768x576_to_300x300(bencher: Bencher, method: Method) {
    let options = Options {
        method,
        ..Options::default()
    };
    run(
        bencher,
        (Format::Rgba, 768, 576),
        (Format::Rgba, 300, 300),
        options,
    );
}

#[divan::bench]
fn nv12_768x576_to_rgba_300x300(bencher: Bencher) {
    run(
        bencher,
        (Format::Nv12, 768, 576),
        (Format::Rgba, 300, 300),
        Options::default(),
    );
}

#[divan::bench]
fn nv12_768x576_to_nv12_1920x1080(bencher: Bencher) {
    run(
        bencher,
        (Format::Nv12, 768, 576),
        (Format::Nv12, 1920, 1080),
        Options::default(),
    );
}

#[divan::bench(args = [Flip::Counterclockwise, Flip::Rotate180])]
fn turned(bencher: Bencher, flip: Flip) {
    let (width, height) = if flip.transposes() {
        (576, 768)
    } else {
        (768, 576)
    };
    let options = Options {
        flip,
        ..Options::default()
    };
    run(
        bencher,
        (Format::Rgba, 768, 576),
        (Format::Rgba, width, height),
        options,
    );
}
