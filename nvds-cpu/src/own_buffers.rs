//! What elements have in common that write into buffers of their own, made anew for each buffer that comes.

use gst_base::subclass::base_transform::InputBuffer;

/// `decide_allocation`: leaves no pool that the base class would take buffers from.
pub fn remove_pools(query: &mut gst::query::Allocation) {
    while query.allocation_pools().len() > 0 {
        query.remove_nth_allocation_pool(0);
    }
}

/// The buffer for which `prepare_output_buffer` is to make one.
pub fn input<'a>(inbuf: &'a InputBuffer<'_>) -> &'a gst::BufferRef {
    match inbuf {
        InputBuffer::Writable(buffer) => buffer,
        InputBuffer::Readable(buffer) => buffer,
    }
}

/// Gives a new buffer flags and times of the one that it is made of, and with `metas` the metas too.
pub fn adopt(out: &mut gst::Buffer, inbuf: &gst::BufferRef, metas: bool) {
    let Some(out) = out.get_mut() else {
        return; // not new: somebody has it
    };
    let mut parts = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS;
    parts.set(gst::BufferCopyFlags::META, metas);
    // Without memory it cannot fail.
    let _ = inbuf.copy_into(out, parts, ..);
    // Says that memory was exchanged, which is no business of downstream.
    out.unset_flags(gst::BufferFlags::TAG_MEMORY);
}
