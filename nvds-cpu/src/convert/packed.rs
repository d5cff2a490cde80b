//! Rows of packed pixels: taken apart, put together, thinned out.

/// Pixels 0, 2, 4… of a row of RGBA, `count` of them.
pub(super) fn even_pixels<'a>(rgba: &[u8], count: usize, buffer: &'a mut [u8]) -> &'a [u8] {
    let buffer = &mut buffer[..count * 4];
    for (to, pair) in buffer.chunks_exact_mut(4).zip(rgba.chunks_exact(8)) {
        to.copy_from_slice(&pair[..4]);
    }
    buffer
}

/// Packed pixels of `N` bytes to opaque RGBA; `order` says where red, green and blue are.
pub(super) fn swizzle<const N: usize>(source: &[u8], order: [usize; 3], rgba: &mut [u8]) {
    for (to, from) in rgba.chunks_exact_mut(4).zip(source.chunks_exact(N)) {
        to.copy_from_slice(&[from[order[0]], from[order[1]], from[order[2]], 255]);
    }
}

/// RGBA to packed pixels of `N` bytes; `order` says which part each byte takes. A fourth byte
/// becomes 255.
pub(super) fn pack<const N: usize>(rgba: &[u8], order: [usize; 3], target: &mut [u8]) {
    for (to, from) in target.chunks_exact_mut(N).zip(rgba.chunks_exact(4)) {
        let bytes = [from[order[0]], from[order[1]], from[order[2]], 255];
        to.copy_from_slice(&bytes[..N]);
    }
}

/// Three planes' rows to opaque RGBA.
pub(super) fn interleave(red: &[u8], green: &[u8], blue: &[u8], rgba: &mut [u8]) {
    for (((to, red), green), blue) in rgba.chunks_exact_mut(4).zip(red).zip(green).zip(blue) {
        to.copy_from_slice(&[*red, *green, *blue, 255]);
    }
}
