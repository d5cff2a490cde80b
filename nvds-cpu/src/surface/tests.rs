use nvds::layout;

use super::*;

#[path = "../../tests/surface_layout/mod.rs"]
mod surface_layout;

fn desc(width: u32, height: u32, format: u32) -> SurfaceDesc {
    SurfaceDesc {
        width,
        height,
        format: ColorFormat(format),
    }
}

/// What is mapped is the description, with pointers that readers follow.
#[test]
fn the_description_cannot_be_written() {
    gst::init().unwrap();
    let format = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;
    for kind in [MemoryKind::Nvds, MemoryKind::V4l2] {
        let mut buffer = alloc(&[desc(64, 64, format)], kind).unwrap();
        assert!(buffer.map_readable().is_ok());
        assert!(buffer.get_mut().unwrap().map_writable().is_err());
    }
}

#[test]
fn odd_i420_is_laid_out_as_captured() {
    gst::init().unwrap();
    let buffer = alloc(
        &[desc(
            321,
            241,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420,
        )],
        MemoryKind::Nvds,
    )
    .unwrap();
    assert_eq!(buffer.n_memory(), 1);
    let surface = surface_layout::read(&buffer);
    let head = surface.head;
    assert_eq!((head.batchSize, head.numFilled, head.memType), (1, 1, 2));
    assert!(surface.has_more[0]);
    let params = surface.list[0];
    assert_eq!((params.width, params.height, params.pitch), (321, 241, 512));
    assert_eq!(params.dataSize, 185_856);
    let planes = params.planeParams;
    assert_eq!(planes.num_planes, 3);
    assert_eq!(planes.width, [322, 161, 161, 0]);
    assert_eq!(planes.height, [242, 121, 121, 0]);
    assert_eq!(planes.pitch, [512, 256, 256, 0]);
    assert_eq!(planes.offset, [0, 123_904, 154_880, 0]);
    assert_eq!(planes.psize, [123_904, 30_976, 30_976, 0]);
    assert_eq!(planes.bytesPerPix, [1, 1, 1, 0]);
    assert_eq!(params.dataPtr as usize % 512, 0);
    assert_ne!(params.bufferDesc, 0);
}

#[test]
fn shared_surfaces_outlive_their_first_buffer() {
    gst::init().unwrap();
    let rgba = desc(4, 2, c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA);
    let first = alloc(&[rgba], MemoryKind::Nvds).unwrap();
    Surfaces::map(&first).unwrap().write(0).unwrap().planes()[0]
        .data
        .fill(7);
    let second = share(&[(&first, 0), (&first, 0)], 4).unwrap();
    drop(first);
    let surfaces = Surfaces::map(&second).unwrap();
    assert_eq!(surfaces.len(), 2);
    let surface = surface_layout::read(&second);
    assert_eq!((surface.head.batchSize, surface.head.numFilled), (4, 2));
    assert_eq!(surface.has_more, [true, true, false, false]);
    assert_eq!(surfaces.read(1).unwrap().planes()[0].data[..8], [7; 8]);
    assert!(matches!(
        surfaces.read(2),
        Err(Error::Index { index: 2, count: 2 })
    ));
    assert!(second.map_readable().is_ok());
    assert!(
        second
            .peek_memory(0)
            .flags()
            .contains(gst::MemoryFlags::READONLY)
    );
}

#[test]
fn deep_copies_have_pixels_of_their_own() {
    gst::init().unwrap();
    let rgba = desc(4, 2, c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA);
    let first = alloc(&[rgba], MemoryKind::Nvds).unwrap();
    Surfaces::map(&first).unwrap().write(0).unwrap().planes()[0]
        .data
        .fill(7);
    let copy = first.copy_deep().unwrap();
    Surfaces::map(&first).unwrap().write(0).unwrap().planes()[0]
        .data
        .fill(9);
    drop(first);
    let surfaces = Surfaces::map(&copy).unwrap();
    assert_eq!(surfaces.read(0).unwrap().planes()[0].data[..8], [7; 8]);
}

#[test]
fn other_buffers_are_refused() {
    gst::init().unwrap();
    let buffer = gst::Buffer::with_size(72).unwrap();
    assert!(matches!(Surfaces::map(&buffer), Err(Error::Foreign(_))));
    assert!(matches!(
        Surfaces::map(&gst::Buffer::new()),
        Err(Error::Foreign(_))
    ));
}

#[test]
fn absurd_sizes_are_refused() {
    for (width, height) in [(0, 4), (4, 0), (MAX_SIDE + 1, 4)] {
        let error = alloc(
            &[desc(
                width,
                height,
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA,
            )],
            MemoryKind::Nvds,
        )
        .unwrap_err();
        assert_eq!(error, Error::Size(width, height));
    }
}

/// Elements of each release find sizes and pixels where they look for them.
#[test]
fn surfaces_have_the_layout_of_their_release() {
    gst::init().unwrap();
    let rgba = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;
    let mut frames = nvds::NewBatch::new(3).unwrap();
    for batch_id in 0..3 {
        frames.add_frame(&nvds::NewFrame {
            batch_id,
            ..nvds::NewFrame::default()
        });
    }
    for layout in layout::ALL {
        let blocks = [desc(4, 2, rgba), desc(6, 8, rgba), desc(10, 12, rgba)]
            .map(|desc| Arc::new(Block::new(&desc).unwrap()));
        let content = Content::with_layout(blocks.into(), 5, 3, layout);
        let buffer = memory::buffer(content, MemoryKind::Nvds, false);
        let copy = buffer.copy_deep().unwrap();
        for buffer in [&buffer, &copy] {
            assert_eq!(buffer.size(), layout.surface);
            let surface = surface_layout::read_as(buffer, layout);
            assert_eq!((surface.head.batchSize, surface.head.memType), (5, 3));
            let sizes: Vec<_> = surface.list.iter().map(|p| (p.width, p.height)).collect();
            assert_eq!(sizes, [(4, 2), (6, 8), (10, 12), (0, 0), (0, 0)]);
            assert_eq!(surface.has_more, [true, true, true, false, false]);
            assert!(surface.list[..3].iter().all(|p| !p.dataPtr.is_null()));
            let found = nvds::FrameSizes::of_surface(buffer, None).unwrap();
            let batch = frames.batch();
            let locked = batch.lock();
            let found: Vec<_> = locked.frames().map(|frame| found.of(&frame)).collect();
            assert_eq!(found, [(4, 2), (6, 8), (10, 12)].map(Some));
        }
    }
}
