//! Surfaces of the stand-ins and of an application's own, in the layout of the loaded library.

use std::ptr::null_mut;

use nvds_stubs::create::*;
use nvds_stubs::surface::*;
use nvds_stubs::transform::*;
use nvds_sys as c;

/// A batch of two surfaces of two planes each, and the pixels, in the loaded library's layout.
fn surface(pixels: &mut [[u8; 96]; 2]) -> (c::NvBufSurface, Vec<u64>) {
    let stride = nvds::release().unwrap().layout().surface_params;
    let mut list = vec![0_u64; 2 * stride / 8];
    for (i, pixels) in pixels.iter_mut().enumerate() {
        // SAFETY: there is room for two; all zeros is valid for these C structs.
        unsafe {
            let params = list
                .as_mut_ptr()
                .byte_add(i * stride)
                .cast::<c::NvBufSurfaceParams>();
            (*params).dataPtr = pixels.as_mut_ptr().cast();
            let planes = &raw mut (*params).planeParams;
            (*planes).num_planes = 2;
            (*planes).width = [6, 3, 0, 0];
            (*planes).height = [4, 2, 0, 0];
            (*planes).pitch = [16, 16, 0, 0];
            (*planes).offset = [0, 64, 0, 0];
            (*planes).bytesPerPix = [1, 2, 0, 0];
        }
    }
    // SAFETY: as above.
    let mut surface: c::NvBufSurface = unsafe { std::mem::zeroed() };
    surface.batchSize = 2;
    surface.numFilled = 2;
    surface.surfaceList = list.as_mut_ptr().cast();
    (surface, list)
}

#[test]
fn surfaces_are_mapped_filled_and_copied_within_their_lines() {
    let (mut a, mut b) = ([[1_u8; 96]; 2], [[2_u8; 96]; 2]);
    let (mut from, _from_list) = surface(&mut a);
    let (mut to, _to_list) = surface(&mut b);
    // SAFETY: surfaces of this test, whose memory lives on.
    unsafe {
        let second = |surface: &c::NvBufSurface| {
            let stride = nvds::release().unwrap().layout().surface_params;
            &*surface.surfaceList.byte_add(stride)
        };
        assert_eq!(NvBufSurfaceMap(&mut from, 1, -1, 0), 0);
        assert!((*from.surfaceList).mappedAddr.addr[0].is_null());
        let mapped = second(&from).mappedAddr.addr;
        let start = second(&from).dataPtr;
        assert_eq!(mapped[..2], [start, start.byte_add(64)]);
        assert_eq!(NvBufSurfaceSyncForCpu(&mut from, -1, -1), 0);
        assert_eq!(NvBufSurfaceUnMap(&mut from, -1, -1), 0);
        assert!(second(&from).mappedAddr.addr[0].is_null());

        assert_eq!(NvBufSurfaceMemSet(&mut from, 1, 1, 9), 0);
        assert_eq!(NvBufSurfaceCopy(&mut from, &mut to), 0);
        for wrong in [
            NvBufSurfaceMap(&mut from, 2, 0, 0),
            NvBufSurfaceMap(&mut from, 0, 2, 0),
            NvBufSurfaceMap(&mut from, -2, 0, 0),
            NvBufSurfaceCopy(&mut from, null_mut()),
        ] {
            assert_eq!(wrong, -1);
        }
        to.numFilled = 1;
        assert_eq!(NvBufSurfaceCopy(&mut from, &mut to), -1);
        assert_eq!(NvBufSurfaceGetDeviceInfo(null_mut()), -1);
    }
    // Behind each line, and between the planes, nothing was written.
    assert_eq!(b[0][..18], [[1; 6].as_slice(), &[2; 10], &[1; 2]].concat());
    assert_eq!(
        b[1][64..82],
        [[9; 6].as_slice(), &[2; 10], &[9; 2]].concat()
    );
}

/// A batch of two grey pictures in the loaded library's layout, all bytes of the second twice as bright.
fn grey(width: u32, value: u8) -> *mut c::NvBufSurface {
    let params = CreateParams {
        gpu_id: 0,
        width,
        height: 4,
        size: 0,
        is_contiguous: false,
        color_format: c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_GRAY8_ER,
        layout: c::NvBufSurfaceLayout_NVBUF_LAYOUT_PITCH,
        mem_type: c::NvBufSurfaceMemType_NVBUF_MEM_SYSTEM,
    };
    let mut surface = null_mut();
    // SAFETY: a place and parameters of this test, and the surface that was made.
    unsafe {
        assert_eq!(NvBufSurfaceCreate(&mut surface, 2, &params), 0);
        assert_eq!(NvBufSurfaceMemSet(surface, 0, 0, value), 0);
        assert_eq!(NvBufSurfaceMemSet(surface, 1, 0, 2 * value), 0);
        (*surface).numFilled = 2;
    }
    surface
}

/// Rectangles have the length of the loaded library's release.
#[test]
fn each_surface_of_a_batch_goes_to_its_rectangle() {
    let (from, to) = (grey(4, 50), grey(8, 0));
    let is_short = nvds::release().unwrap().class() == "A";
    let words = if is_short { 4 } else { 12 };
    let mut places = vec![0_u32; 2 * words];
    // Top, left, width, height.
    places[..4].copy_from_slice(&[0, 0, 2, 4]);
    places[words..words + 4].copy_from_slice(&[2, 4, 4, 2]);
    let params = TransformParams {
        transform_flag: 2,
        transform_flip: 0,
        transform_filter: 0,
        src_rect: std::ptr::null(),
        dst_rect: places.as_ptr().cast(),
    };
    // SAFETY: surfaces, rectangles and memory of this test.
    let pictures = unsafe {
        assert_eq!(NvBufSurfTransform(from, to, &params), 0);
        [0, 1].map(|index| {
            let mut bytes = [0_u8; 32];
            assert_eq!(NvBufSurface2Raw(to, index, 0, 8, 4, bytes.as_mut_ptr()), 0);
            bytes
        })
    };
    let line = |bytes: &[u8; 32], y: usize| bytes[8 * y..8 * y + 8].to_vec();
    assert_eq!(line(&pictures[0], 3), [50, 50, 0, 0, 0, 0, 0, 0]);
    assert_eq!(line(&pictures[1], 1), [0; 8]);
    assert_eq!(line(&pictures[1], 2), [0, 0, 0, 0, 100, 100, 100, 100]);
    assert_eq!((NvBufSurfaceDestroy(from), NvBufSurfaceDestroy(to)), (0, 0));
}
