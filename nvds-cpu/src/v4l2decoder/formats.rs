//! Which pictures of a software decoder get into surfaces, and what to say of the others.

use gst_video::{VideoFormat, VideoInfo};

/// Formats that are taken, the ones without a detour first.
const FORMATS: &[VideoFormat] = &[
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::I42010le,
    VideoFormat::P01010le,
    VideoFormat::Y42b,
    VideoFormat::Y444,
    VideoFormat::Gray8,
    VideoFormat::I42210le,
    VideoFormat::Y44410le,
    VideoFormat::Yv12,
    VideoFormat::Nv21,
    VideoFormat::Yuy2,
    VideoFormat::Uyvy,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
];

/// Caps of the pictures that are taken.
pub(super) fn raw_caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format_list(FORMATS.iter().copied())
        .build()
}

/// Format of the surfaces for pictures as `info` says: up to 8 bits a sample NV12, more P010_10LE.
pub(super) fn surface_format(info: &VideoInfo) -> VideoFormat {
    if info.format_info().depth()[0] > 8 {
        VideoFormat::P01010le
    } else {
        VideoFormat::Nv12
    }
}

/// Reads the fixed caps of pictures.
///
/// # Errors
/// What to say when they cannot be used.
pub(super) fn read(raw: &gst::CapsRef) -> Result<VideoInfo, String> {
    match VideoInfo::from_caps(raw) {
        Ok(info) if FORMATS.contains(&info.format()) => Ok(info),
        _ => {
            let format = raw.structure(0).and_then(|s| s.get::<&str>("format").ok());
            Err(unusable(format.unwrap_or("without a name")))
        }
    }
}

/// What to say of pictures that cannot be used.
fn unusable(found: &str) -> String {
    format!(
        "cannot use the decoder's format {found}; taken are YUV 4:2:0, 4:2:2 and 4:4:4 with 8 or 10 \
         bits, gray and packed RGB with 8 (I420, NV12, I420_10LE, ...); encode the film again, for \
         example: ffmpeg -i FILM -pix_fmt yuv420p NEW.mp4"
    )
}

/// What the caps of a compressed stream tell of its pictures, as parsers write them.
#[derive(Clone, Debug)]
pub(super) struct StreamFormat {
    chroma: Option<String>,
    bits: Option<u32>,
    profile: Option<String>,
}

impl StreamFormat {
    pub(super) fn of(stream: &gst::CapsRef) -> Self {
        let stream = stream.structure(0);
        let text = |name: &str| Some(stream?.get::<&str>(name).ok()?.to_owned());
        Self {
            chroma: text("chroma-format"),
            bits: stream.and_then(|s| s.get("bit-depth-luma").ok()),
            profile: text("profile"),
        }
    }

    /// Whether GStreamer has no name for its pictures, so that no decoder can hand them out.
    pub(super) fn is_nameless(&self) -> bool {
        let depths: &[u32] = match self.chroma.as_deref() {
            Some("4:2:0" | "4:2:2" | "4:4:4") | None => &[8, 10, 12, 16],
            Some("4:0:0") => &[8, 16],
            Some(_) => &[],
        };
        depths.is_empty() || self.bits.is_some_and(|bits| !depths.contains(&bits))
    }

    /// What to say when they cannot be used.
    pub(super) fn unusable(&self) -> String {
        let bits = self.bits.map(|bits| format!("{bits} bits"));
        let known = [&self.chroma, &bits, &self.profile].map(|part| part.as_deref());
        let known: Vec<_> = known.into_iter().flatten().collect();
        if known.is_empty() {
            unusable("without a name")
        } else {
            unusable(&known.join(" "))
        }
    }
}
