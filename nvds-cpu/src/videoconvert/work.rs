//! One buffer's way through the element.

use gst_video::prelude::*;
use gst_video::{VideoFrameRef, VideoInfo};

use super::metadata::Movement;
use super::picture::{self, Conversion, Shape, planes, planes_mut};
use crate::caps::is_nvmm;
use crate::convert::{Options, Plane, PlaneMut};
use crate::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};

/// Why a buffer cannot be converted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("wrong input buffer: {0}")]
    Input(surface::Error),
    #[error("wrong input buffer: {size} bytes do not hold a picture of {width}x{height} {format}")]
    Map {
        size: usize,
        width: u32,
        height: u32,
        format: gst_video::VideoFormat,
    },
    #[error("cannot make an output buffer: {0}")]
    Output(surface::Error),
    #[error("cannot write {0} pictures into the output buffer")]
    MapOutput(gst_video::VideoFormat),
    #[error("no output buffer: {0}")]
    Pool(gst::FlowError),
    #[error("cannot convert: {0}")]
    Convert(#[from] picture::Error),
    #[error("cannot read the batch meta: {0}")]
    Batch(#[from] nvds::Error),
    #[error(
        "cannot copy the batch meta: max_frames_in_batch is 0 though there are frames; whoever \
         makes the batch must set it"
    )]
    MaxFrames,
}

/// One pad's negotiated video.
#[derive(Debug, Clone)]
pub(super) struct Side {
    nvmm: bool,
    info: VideoInfo,
    memory_type: Option<String>,
}

impl Side {
    /// # Errors
    /// Says which caps or format it cannot deal with.
    pub(super) fn new(caps: &gst::Caps) -> Result<Self, String> {
        let info =
            VideoInfo::from_caps(caps).map_err(|_| format!("{caps} does not describe video"))?;
        let nvmm = is_nvmm(caps);
        if nvmm && ColorFormat::of(&info).is_none() {
            return Err(format!(
                "the CPU stand-ins cannot store {} in NVMM memory, choose another format than in \
                 {caps}",
                info.format()
            ));
        }
        let memory_type = caps
            .structure(0)
            .filter(|_| nvmm)
            .and_then(|s| s.get("nvbuf-memory-type").ok());
        Ok(Self {
            nvmm,
            info,
            memory_type,
        })
    }

    pub(super) fn is_nvmm(&self) -> bool {
        self.nvmm
    }

    /// Whether a buffer for the one serves as a buffer for the other.
    fn serves_as(&self, other: &Self) -> bool {
        self.nvmm == other.nvmm
            && Shape::of_info(&self.info) == Shape::of_info(&other.info)
            && (self.memory_type.is_none() || self.memory_type == other.memory_type)
    }
}

/// What is known while caps stay the same.
pub(super) struct State {
    input: Side,
    output: Side,
    /// Output buffers in system memory.
    pool: Option<gst::BufferPool>,
    /// One per shape of input surface.
    conversions: Vec<Conversion>,
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            // Buffers still out are freed when they come back.
            let _ = pool.set_active(false);
        }
    }
}

impl State {
    /// # Errors
    /// Says which caps it cannot deal with.
    pub(super) fn new(incaps: &gst::Caps, outcaps: &gst::Caps) -> Result<Self, String> {
        let (input, output) = (Side::new(incaps)?, Side::new(outcaps)?);
        let pool = if output.nvmm {
            None
        } else {
            let size = u32::try_from(output.info.size())
                .map_err(|_| format!("pictures of {outcaps} are too large"))?;
            let pool = gst::BufferPool::new();
            let mut config = pool.config();
            config.set_params(Some(outcaps), size, 0, 0);
            pool.set_config(config)
                .and_then(|()| pool.set_active(true))
                .map_err(|error| format!("no buffers for {outcaps}: {error}"))?;
            Some(pool)
        };
        Ok(Self {
            input,
            output,
            pool,
            conversions: Vec::new(),
        })
    }

    pub(super) fn input(&self) -> &Side {
        &self.input
    }

    /// Whether input buffers serve as output buffers.
    pub(super) fn is_same(&self) -> bool {
        self.input.serves_as(&self.output)
    }

    /// A buffer for what becomes of `inbuf`: a surface for each of its surfaces, or one picture in
    /// system memory.
    pub(super) fn make_buffer(
        &self,
        inbuf: &gst::BufferRef,
        memory_type: u32,
    ) -> Result<gst::Buffer, Error> {
        if let Some(pool) = &self.pool {
            return pool.acquire_buffer(None).map_err(Error::Pool);
        }
        let count = if self.input.nvmm {
            Surfaces::map(inbuf).map_err(Error::Input)?.len()
        } else {
            1
        };
        let info = &self.output.info;
        let desc = SurfaceDesc {
            width: info.width(),
            height: info.height(),
            // `Side::new` refused formats without one.
            format: ColorFormat::of(info).unwrap_or(ColorFormat(0)),
        };
        surface::alloc_with(&vec![desc; count], MemoryKind::Nvds, memory_type)
            .map_err(Error::Output)
    }

    /// Fills `outbuf` with the pixels of `inbuf`.
    pub(super) fn convert(
        &mut self,
        options: Options,
        inbuf: &gst::BufferRef,
        outbuf: &mut gst::BufferRef,
    ) -> Result<(), Error> {
        // Crops change while playing; what was planned for others goes.
        self.conversions.retain(|c| c.fits_options(&options));
        if !self.output.nvmm {
            let info = &self.output.info;
            let mut frame = VideoFrameRef::from_buffer_ref_writable(outbuf, info)
                .map_err(|_| Error::MapOutput(info.format()))?;
            let strides: Vec<i32> = frame.plane_stride().to_vec();
            let mut planes = planes_mut(frame.planes_data_mut(), &strides);
            // Of a batch, one frame fits into system memory: the first.
            let shape = Shape::of_info(info);
            return self.convert_one(options, inbuf, 0, shape, &mut planes);
        }
        let surfaces = Surfaces::map(outbuf).map_err(Error::Output)?;
        for index in 0..surfaces.len() {
            let mut surface = surfaces.write(index).map_err(Error::Output)?;
            let shape = Shape::of_surface(surface.desc())?;
            let planes = surface.planes().into_iter();
            let mut planes: Vec<_> = planes
                .map(|plane| PlaneMut {
                    data: plane.data,
                    pitch: plane.pitch,
                })
                .collect();
            self.convert_one(options, inbuf, index, shape, &mut planes)?;
        }
        Ok(())
    }

    /// Converts picture `index` of `inbuf`.
    fn convert_one(
        &mut self,
        options: Options,
        inbuf: &gst::BufferRef,
        index: usize,
        target: Shape,
        to: &mut [PlaneMut<'_>],
    ) -> Result<(), Error> {
        let info = &self.input.info;
        if self.input.nvmm {
            let surfaces = Surfaces::map(inbuf).map_err(Error::Input)?;
            let surface = surfaces.read(index).map_err(Error::Input)?;
            let shape = Shape::of_surface(surface.desc())?;
            let planes = surface.planes().into_iter();
            let planes: Vec<_> = planes
                .map(|plane| Plane {
                    data: plane.data,
                    pitch: plane.pitch,
                })
                .collect();
            self.conversion(shape, target, options)?.run(&planes, to)?;
        } else {
            let frame =
                VideoFrameRef::from_buffer_ref_readable(inbuf, info).map_err(|_| Error::Map {
                    size: inbuf.size(),
                    width: info.width(),
                    height: info.height(),
                    format: info.format(),
                })?;
            let shape = Shape::of_info(info);
            let planes = planes(frame.planes_data(), frame.plane_stride());
            self.conversion(shape, target, options)?.run(&planes, to)?;
        }
        Ok(())
    }

    fn conversion(
        &mut self,
        source: Shape,
        target: Shape,
        options: Options,
    ) -> Result<&mut Conversion, Error> {
        let mut known = self.conversions.iter();
        let index = match known.position(|c| c.fits(&source, &target)) {
            Some(index) => index,
            None => {
                let conversion = Conversion::new(source, target, options)?;
                self.conversions.push(conversion);
                self.conversions.len() - 1
            }
        };
        Ok(&mut self.conversions[index])
    }

    /// Moves the copied batch's boxes and texts to where their pixels went.
    pub(super) fn move_metadata(
        &self,
        options: Options,
        inbuf: &gst::BufferRef,
        outbuf: &gst::BufferRef,
    ) -> Result<(), Error> {
        if !has_batch_meta(outbuf) {
            return Ok(());
        }
        let Some(batch) = nvds::Batch::from_buffer(outbuf)? else {
            return Ok(());
        };
        let surfaces = if self.input.nvmm {
            Some(Surfaces::map(inbuf).map_err(Error::Input)?)
        } else {
            None
        };
        let output = &self.output.info;
        let target = options
            .dst_crop
            .or_whole(output.width() as usize, output.height() as usize);
        let locked = batch.lock();
        for frame in locked.frames() {
            let (width, height) = match &surfaces {
                // A frame without a surface has no place that could move.
                Some(surfaces) => match surfaces.desc(frame.batch_id() as usize) {
                    Ok(desc) => (desc.width, desc.height),
                    Err(_) => continue,
                },
                None => (self.input.info.width(), self.input.info.height()),
            };
            let source = options.src_crop.or_whole(width as usize, height as usize);
            let movement = Movement::new(source, target, options.flip);
            if movement.is_none() {
                continue;
            }
            for object in frame.objects() {
                locked.move_object(&object, &movement);
            }
            for display in frame.displays() {
                locked.move_display(&display, &movement);
            }
        }
        Ok(())
    }
}

/// Whether the metadata can be copied: a copy of a batch with frames whose maximum of frames is 0
/// crashes in the library.
pub(super) fn check_batch(inbuf: &gst::BufferRef) -> Result<(), Error> {
    if !has_batch_meta(inbuf) {
        return Ok(());
    }
    match nvds::Batch::from_buffer(inbuf)?.map(|batch| batch.lock()) {
        Some(batch) if batch.max_frames() == 0 && batch.frames().next().is_some() => {
            Err(Error::MaxFrames)
        }
        _ => Ok(()),
    }
}

/// Whether DeepStream metadata is on the buffer. Answers without the metadata library, which plain
/// conversions do not need.
fn has_batch_meta(buffer: &gst::BufferRef) -> bool {
    buffer
        .iter_meta::<gst::Meta>()
        .any(|meta| is_deepstream(&meta))
}

pub(super) fn is_deepstream(meta: &gst::MetaRef<'_, gst::Meta>) -> bool {
    meta.api().name() == "NvDsMetaAPI"
}
