//! Pictures out of a video file, by GStreamer.

use gst::prelude::*;

use crate::Error;

/// One frame of the film as JPEG.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Seconds from the beginning of the film.
    pub time: f64,
    /// The JPEG file.
    pub bytes: Vec<u8>,
}

/// Width of a picture in pixels.
const WIDTH: i32 = 480;

/// Timeout for one picture.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(20);

/// Takes `count` pictures: the first at the beginning, the others evenly spread over the film.
///
/// # Errors
/// When GStreamer cannot play the film, or find its length.
pub fn pictures(path: &str, count: usize) -> Result<Vec<Picture>, Error> {
    let failed = |why: String| Error::Film {
        path: path.to_owned(),
        why,
    };
    gst::init().map_err(|error| failed(error.to_string()))?;
    leave_out_hardware();
    let player = Player::of(path).map_err(failed)?;
    let length = player.length();
    let mut pictures = Vec::new();
    for at in 0..count {
        let time = length * at as f64 / count as f64;
        match player.picture(time) {
            Ok(picture) => pictures.push(picture),
            // A film whose parts cannot be reached shows its first picture.
            Err(error) if pictures.is_empty() => return Err(failed(error)),
            Err(_) => break,
        }
        if length == 0.0 {
            break;
        }
    }
    Ok(pictures)
}

/// Makes decodebin choose decoders that write to system memory: NVIDIA's, and the stand-ins for them, write to NVMM
/// surfaces.
fn leave_out_hardware() {
    let decoders = gst::ElementFactory::factories_with_type(
        gst::ElementFactoryType::DECODER,
        gst::Rank::MARGINAL,
    );
    for decoder in decoders
        .iter()
        .filter(|decoder| decoder.name().starts_with("nv"))
    {
        decoder.set_rank(gst::Rank::NONE);
    }
}

struct Player {
    pipeline: gst::Pipeline,
    sink: gst::Element,
}

impl Player {
    fn of(path: &str) -> Result<Self, String> {
        let uri = match path.contains("://") {
            true => path.to_owned(),
            false => {
                let path = std::path::absolute(path).map_err(|error| error.to_string())?;
                if !path.is_file() {
                    return Err("there is no such file".to_owned());
                }
                glib_uri(&path)?
            }
        };
        let text = format!(
            "uridecodebin name=film ! videoconvert ! videoscale ! \
             video/x-raw,width={WIDTH},pixel-aspect-ratio=1/1 ! jpegenc quality=80 ! fakesink name=sink sync=false"
        );
        let pipeline = gst::parse::launch(&text).map_err(|error| error.to_string())?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .map_err(|_| "no pipeline".to_owned())?;
        let by_name = |name| pipeline.by_name(name).ok_or_else(|| format!("no {name}"));
        by_name("film")?.set_property("uri", uri);
        let sink = by_name("sink")?;
        sink.set_property("enable-last-sample", true);
        let player = Self { pipeline, sink };
        player
            .pipeline
            .set_state(gst::State::Paused)
            .map_err(|error| error.to_string())?;
        player.wait()?;
        Ok(player)
    }

    /// Length in seconds, 0 if unknown.
    fn length(&self) -> f64 {
        let length = self.pipeline.query_duration::<gst::ClockTime>();
        length.map_or(0.0, |length| length.nseconds() as f64 / 1e9)
    }

    fn picture(&self, time: f64) -> Result<Picture, String> {
        if time > 0.0 {
            let to = gst::ClockTime::from_nseconds((time * 1e9) as u64);
            let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
            self.pipeline
                .seek_simple(flags, to)
                .map_err(|error| error.to_string())?;
            self.wait()?;
        }
        let sample: Option<gst::Sample> = self.sink.property("last-sample");
        let sample = sample.ok_or("it has no picture")?;
        let buffer = sample.buffer().ok_or("it has no picture")?;
        let map = buffer.map_readable().map_err(|error| error.to_string())?;
        Ok(Picture {
            time,
            bytes: map.to_vec(),
        })
    }

    /// Waits for a picture, an error, or the end.
    fn wait(&self) -> Result<(), String> {
        let bus = self.pipeline.bus().ok_or("no bus")?;
        let types = [
            gst::MessageType::Error,
            gst::MessageType::AsyncDone,
            gst::MessageType::Eos,
        ];
        let Some(message) = bus.timed_pop_filtered(PATIENCE, &types) else {
            return Err(format!("no picture within {} s", PATIENCE.seconds()));
        };
        match message.view() {
            gst::MessageView::Error(error) => Err(error.error().to_string()),
            _ => Ok(()),
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn glib_uri(path: &std::path::Path) -> Result<String, String> {
    let uri = gst::glib::filename_to_uri(path, None).map_err(|error| error.to_string())?;
    Ok(uri.to_string())
}
