//! What nvinfer's network gets from a frame, by the stand-in's own configuration reader and preprocessing.
//!
//! Shared by the test of the captures and by the example `network-input`; each uses a part of it.
#![allow(dead_code)]

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use gstnvdscpu::convert::{Color, Format, Frame, Plane};
use gstnvdscpu::infer::nvinfer_config::NvinferConfig;
use gstnvdscpu::infer::preprocess::{Image, Preprocessor};
use gstnvdscpu::infer::types::{Layout, Scaler};

/// Channels, height and width of a picture in a PNG.
type Samples = (usize, usize, usize, Vec<u8>);

/// A frame as a surface has it.
pub struct Picture {
    frame: Frame,
    /// Packed planes.
    data: Vec<u8>,
}

/// A unit of the input tensor.
pub struct Tensor {
    /// Elements in the tensor's order.
    pub elements: Vec<f32>,
    /// Order of the dimensions.
    pub layout: Layout,
    /// 3, or 1 for gray.
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// The samples of a PNG of 8 bits.
pub fn read_png(path: &Path) -> Result<Samples, String> {
    let failed = |why: String| format!("{}: {why}", path.display());
    let file = File::open(path).map_err(|e| failed(e.to_string()))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|e| failed(e.to_string()))?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| failed("the picture is too large".to_owned()))?;
    let mut data = vec![0; size];
    let info = reader
        .next_frame(&mut data)
        .map_err(|e| failed(e.to_string()))?;
    let channels = info.color_type.samples();
    Ok((channels, info.height as usize, info.width as usize, data))
}

impl Picture {
    /// A frame from a PNG: colours are RGBA, a grey one is luma, or with `nv12` luma with the chroma rows below.
    /// Colours are made NV12 with `nv12`.
    pub fn load(path: &Path, nv12: bool) -> Result<Self, String> {
        let (channels, height, width, mut data) = read_png(path)?;
        let mut format = Format::Gray8;
        let mut height = height;
        match channels {
            1 if nv12 => {
                if !height.is_multiple_of(3) || !width.is_multiple_of(2) {
                    return Err(format!(
                        "{}: expected a grey picture of an even width and rows of luma, then half as many of chroma, found {width}x{height}",
                        path.display()
                    ));
                }
                format = Format::Nv12;
                height = height / 3 * 2;
            }
            1 => {}
            // Gray with alpha.
            2 => data = data.chunks_exact(2).map(|pixel| pixel[0]).collect(),
            3 => {
                format = Format::Rgba;
                data = data
                    .chunks_exact(3)
                    .flat_map(|p| [p[0], p[1], p[2], 255])
                    .collect();
            }
            _ => format = Format::Rgba,
        }
        let frame = Frame {
            format,
            color: Color::default(),
            width,
            height,
        };
        let picture = Self { frame, data };
        if nv12 && format != Format::Nv12 {
            return picture.to_nv12();
        }
        Ok(picture)
    }

    /// As nvvideoconvert would make it.
    fn to_nv12(&self) -> Result<Self, String> {
        use gstnvdscpu::convert::{Converter, Options, PlaneMut};

        let frame = Frame {
            format: Format::Nv12,
            ..self.frame
        };
        let pitch = frame.width.next_multiple_of(2);
        let mut luma = vec![0; pitch * frame.height];
        let mut chroma = vec![0; pitch * frame.height.div_ceil(2)];
        let mut planes = [&mut luma, &mut chroma].map(|data| PlaneMut { data, pitch });
        Converter::new(self.frame, frame, &Options::default())
            .and_then(|mut converter| converter.convert(&self.planes(), &mut planes))
            .map_err(|e| e.to_string())?;
        luma = luma
            .chunks_exact(pitch)
            .flat_map(|row| &row[..frame.width])
            .copied()
            .collect();
        luma.extend(chroma);
        Ok(Self { frame, data: luma })
    }

    fn planes(&self) -> Vec<Plane<'_>> {
        let mut rest = self.data.as_slice();
        let layouts = self.frame.format.planes().iter();
        layouts
            .map(|layout| {
                let pitch = layout.width(self.frame.width) * layout.bytes;
                let (data, behind) = rest.split_at(pitch * layout.height(self.frame.height));
                rest = behind;
                Plane { data, pitch }
            })
            .collect()
    }

    /// What the network of a configuration with these keys in `[property]` gets.
    pub fn network_input(&self, keys: &[(String, String)]) -> Result<Tensor, String> {
        let mut text = "[property]\n".to_owned();
        for (key, default) in [
            ("onnx-file", "model.onnx"),
            ("network-type", "100"),
            ("gie-unique-id", "1"),
        ] {
            if !keys.iter().any(|(name, _)| name == key) {
                text.push_str(&format!("{key}={default}\n"));
            }
        }
        for (name, value) in keys {
            text.push_str(&format!("{name}={value}\n"));
        }
        let config =
            NvinferConfig::parse(&text, Path::new("[property]")).map_err(|e| e.to_string())?;
        if config.on_objects == Some(true) {
            return Err("process-mode=2: this frame has no objects".to_owned());
        }
        let [_, height, width] = config
            .infer_dims
            .ok_or("expected the key infer-dims=channels;height;width, found none")?;
        let layout = config.preprocess.layout.unwrap_or(Layout::Nchw);
        let (height, width) = (height as usize, width as usize);
        let mut preprocessor =
            Preprocessor::<f32>::new(&config.preprocess, Scaler::Nvinfer, layout, width, height);
        let mut elements = vec![0.0; preprocessor.unit_len()];
        let planes = self.planes();
        let image = Image {
            frame: self.frame,
            planes: &planes,
        };
        preprocessor
            .run(&image, &mut elements)
            .map_err(|e| e.to_string())?;
        Ok(Tensor {
            elements,
            layout,
            channels: config.preprocess.color.channels(),
            height,
            width,
        })
    }
}

impl Tensor {
    /// The elements pixel by pixel, channels in the network's order.
    pub fn pixels(&self) -> Vec<f32> {
        let plane = self.height * self.width;
        match self.layout {
            Layout::Nhwc => self.elements.clone(),
            Layout::Nchw => (0..plane)
                .flat_map(|i| (0..self.channels).map(move |c| self.elements[c * plane + i]))
                .collect(),
        }
    }

    /// Writes a picture where all elements are samples, or the tensor as `.npy` or `.npz`.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        match path.extension().and_then(|e| e.to_str()) {
            Some("npy") => std::fs::write(path, self.npy()).map_err(|e| failed(&e)),
            Some("npz") => {
                let file = File::create(path).map_err(|e| failed(&e))?;
                let mut zip = zip::ZipWriter::new(BufWriter::new(file));
                let stored = zip::write::SimpleFileOptions::default()
                    .compression_method(zip::CompressionMethod::Stored);
                zip.start_file("arr_0.npy", stored)
                    .map_err(|e| failed(&e))?;
                zip.write_all(&self.npy()).map_err(|e| failed(&e))?;
                zip.finish().map(|_| ()).map_err(|e| failed(&e))
            }
            _ => self.save_png(path),
        }
    }

    fn save_png(&self, path: &Path) -> Result<(), String> {
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let pixels = self.pixels();
        if let Some(odd) = pixels.iter().find(|&&v| f32::from(v as u8) != v) {
            return Err(failed(&format!(
                "an element is {odd}, which no sample of a picture can be: write a .npy or .npz file"
            )));
        }
        let samples: Vec<u8> = pixels.iter().map(|&v| v as u8).collect();
        let file = File::create(path).map_err(|e| failed(&e))?;
        let mut encoder =
            png::Encoder::new(BufWriter::new(file), self.width as u32, self.height as u32);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_color(if self.channels == 1 {
            png::ColorType::Grayscale
        } else {
            png::ColorType::Rgb
        });
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&samples))
            .map_err(|e| failed(&e))
    }

    /// The tensor in NumPy's format, version 1.0.
    fn npy(&self) -> Vec<u8> {
        let (c, h, w) = (self.channels, self.height, self.width);
        let shape = match self.layout {
            Layout::Nchw => [c, h, w],
            Layout::Nhwc => [h, w, c],
        };
        let [a, b, c] = shape;
        let mut header =
            format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({a}, {b}, {c}), }}");
        // Magic, version and length are 10 bytes; the data begins at a multiple of 64.
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(self.elements.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }
}
