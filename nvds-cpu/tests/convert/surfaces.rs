//! Surfaces and caps that the element makes. `data/convert/surfaces.json` is what pad probes recorded on the real one.

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use nvds::Batch;
use serde::Deserialize;

use crate::fidelity::{self, Count};
use crate::support::{NVMM_BATCH, attach, harness, play, read_data, rgba_surfaces};
use crate::surface_layout;

#[derive(Deserialize)]
struct SurfaceRuns {
    runs: Vec<SurfaceRun>,
}

#[derive(Deserialize)]
struct SurfaceRun {
    name: String,
    pipeline: String,
    status: String,
    #[serde(default)]
    caps: String,
    #[serde(default)]
    timestamps: Vec<(u64, u64)>,
    #[serde(default)]
    size: usize,
    #[serde(default)]
    mem_type: String,
    surface: Option<CapturedSurface>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedSurface {
    batchSize: u32,
    numFilled: u32,
    memType: u32,
    isContiguous: bool,
    gpuId: u32,
    isImportedBuf: bool,
    surfaces: Vec<CapturedParams>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedParams {
    width: u32,
    height: u32,
    pitch: u32,
    colorFormat: u32,
    layout: u32,
    dataSize: u32,
    planes: CapturedPlanes,
}

#[derive(Deserialize, Debug, PartialEq)]
#[allow(non_snake_case)]
struct CapturedPlanes {
    num_planes: u32,
    width: [u32; 4],
    height: [u32; 4],
    pitch: [u32; 4],
    offset: [u32; 4],
    psize: [u32; 4],
    bytesPerPix: [u32; 4],
}

fn surface_of(buffer: &gst::BufferRef) -> CapturedSurface {
    let surface_layout::Surface { head, list, .. } = surface_layout::read(buffer);
    CapturedSurface {
        batchSize: head.batchSize,
        numFilled: head.numFilled,
        memType: head.memType,
        isContiguous: head.isContiguous,
        gpuId: head.gpuId,
        isImportedBuf: head.isImportedBuf,
        surfaces: list
            .iter()
            .map(|p| CapturedParams {
                width: p.width,
                height: p.height,
                pitch: p.pitch,
                colorFormat: p.colorFormat,
                layout: p.layout,
                dataSize: p.dataSize,
                planes: CapturedPlanes {
                    num_planes: p.planeParams.num_planes,
                    width: p.planeParams.width,
                    height: p.planeParams.height,
                    pitch: p.planeParams.pitch,
                    offset: p.planeParams.offset,
                    psize: p.planeParams.psize,
                    bytesPerPix: p.planeParams.bytesPerPix,
                },
            })
            .collect(),
    }
}

#[test]
fn surfaces_and_caps_are_as_captured() {
    let runs: SurfaceRuns = read_data("surfaces.json");
    let (mut same, mut refused) = (0, 0);
    for run in &runs.runs {
        let played = play(&run.pipeline, |_| ());
        if run.status == "error" {
            assert!(played.is_err(), "{} must fail", run.name);
            refused += 1;
            continue;
        }
        let (buffers, caps) = played.unwrap_or_else(|error| panic!("{}: {error}", run.name));
        let expected: gst::Caps = run.caps.parse().unwrap();
        assert_eq!(caps, expected, "{}", run.name);
        let times: Vec<_> = buffers
            .iter()
            .map(|b| {
                (
                    b.pts().unwrap().nseconds(),
                    b.duration().unwrap().nseconds(),
                )
            })
            .collect();
        assert_eq!(times, run.timestamps, "{}", run.name);
        for buffer in &buffers {
            assert_eq!(buffer.n_memory(), 1, "{}", run.name);
            let size = surface_layout::size_here(run.size as u64);
            assert_eq!(buffer.size() as u64, size, "{}", run.name);
            let memory = buffer.peek_memory(0);
            assert!(memory.is_type(&run.mem_type), "{}", run.name);
            if let Some(surface) = &run.surface {
                assert_eq!(surface_of(buffer), *surface, "{}", run.name);
            }
        }
        same += 1;
    }
    assert!(same > 30 && refused > 5, "{same} {refused}");
    let count = Count::exact(same + refused);
    fidelity::record("nvvideoconvert", "surfaces and caps", count);
}

#[test]
fn a_batch_is_converted_surface_by_surface() {
    let mut harness = harness(
        NVMM_BATCH,
        "video/x-raw(memory:NVMM),format=RGBA,width=160,height=120",
        &[],
    );
    let mut buffer = rgba_surfaces(&[(320, 240), (640, 480)]);
    attach(buffer.get_mut().unwrap(), 2);
    let out = harness.push_and_pull(buffer).unwrap();
    let surface = surface_of(&out);
    assert_eq!((surface.batchSize, surface.numFilled), (2, 2));
    let surfaces = Surfaces::map(&out).unwrap();
    for i in 0..2 {
        let read = surfaces.read(i).unwrap();
        assert_eq!((read.desc().width, read.desc().height), (160, 120));
        let planes = read.planes();
        assert!(planes[0].data[..640].iter().all(|b| *b == 40 + i as u8));
    }
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let lefts: Vec<_> = batch
        .frames()
        .map(|f| f.objects().next().unwrap().rect().left)
        .collect();
    // Each by its own surface's size.
    assert_eq!(lefts, [20.0, 10.0]);
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    assert_eq!(caps.structure(0).unwrap().get::<i32>("batch-size"), Ok(2));
}

#[test]
fn a_batch_in_system_memory_is_its_first_frame() {
    let mut harness = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let mut buffer = rgba_surfaces(&[(320, 240), (320, 240)]);
    attach(buffer.get_mut().unwrap(), 2);
    let out = harness.push_and_pull(buffer).unwrap();
    assert_eq!(out.size(), 320 * 240 * 4);
    assert!(out.map_readable().unwrap().iter().all(|b| *b == 40));
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    assert_eq!(batch.frames().count(), 2);
}

#[test]
fn memory_type_is_written_where_it_is_read() {
    let mut harness = harness(
        "video/x-raw,format=RGBA,width=4,height=4,framerate=30/1",
        "video/x-raw(memory:NVMM)",
        &[
            ("nvbuf-memory-type", "nvbuf-mem-cuda-unified"),
            ("gpu-id", "3"),
        ],
    );
    let out = harness
        .push_and_pull(gst::Buffer::from_slice([9; 64]))
        .unwrap();
    assert_eq!(surface_of(&out).memType, 3);
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(
        structure.get::<&str>("nvbuf-memory-type"),
        Ok("nvbuf-mem-cuda-unified")
    );
    assert_eq!(structure.get::<i32>("gpu-id"), Ok(3));
}
