//! Caps on both sides: everything passes but size, batch and memory.

use crate::caps::{is_nvmm, to_int};

/// Fields that are of one side.
const OWN: [&str; 2] = ["nvbuf-memory-type", "gpu-id"];

/// What may come out for `caps` that come in. `size`: width and height in pixels.
pub(super) fn output(caps: &gst::Caps, size: (i32, i32)) -> gst::Caps {
    each(caps, |structure| {
        structure.set("width", size.0);
        structure.set("height", size.1);
        if structure.has_field("batch-size") {
            structure.set("batch-size", 1);
        }
    })
}

/// What may come in for `caps` that shall come out.
pub(super) fn input(caps: &gst::Caps) -> gst::Caps {
    each(caps, |structure| {
        let any = gst::IntRange::new(1, i32::MAX);
        structure.set("width", any);
        structure.set("height", any);
        structure.remove_field("batch-size");
    })
}

fn each(caps: &gst::Caps, change: impl Fn(&mut gst::StructureRef)) -> gst::Caps {
    let mut out = gst::Caps::new_empty();
    for (structure, features) in caps.iter_with_features() {
        let mut structure = structure.to_owned();
        structure.remove_fields(OWN);
        change(&mut structure);
        out.make_mut()
            .append_structure_full(structure, Some(features.to_owned()));
    }
    out
}

/// Chooses among caps that may come out; what downstream does not say of the memory is `memory_type` and `gpu_id`.
pub(super) fn fixate(mut caps: gst::Caps, memory_type: &str, gpu_id: u32) -> gst::Caps {
    caps.fixate();
    if !is_nvmm(&caps) {
        return caps;
    }
    for structure in caps.make_mut().iter_mut() {
        if !structure.has_field("nvbuf-memory-type") {
            structure.set("nvbuf-memory-type", memory_type);
        }
        if !structure.has_field("gpu-id") {
            structure.set("gpu-id", to_int(gpu_id));
        }
    }
    caps
}
