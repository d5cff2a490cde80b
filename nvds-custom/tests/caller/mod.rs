//! A program in C++ that calls the parsers as nvinfer does, built here with either size of objects.

#![allow(dead_code)] // each test uses some of it

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The size of an object that the caller's headers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// 24 bytes.
    Old,
    /// 28 bytes.
    New,
    /// 28 bytes; the caller and its list watched by AddressSanitizer.
    Sanitized,
}

impl Headers {
    fn program(self) -> &'static Path {
        static PROGRAMS: LazyLock<[PathBuf; 3]> = LazyLock::new(|| {
            [
                ("caller-old", &[][..]),
                ("caller-new", &["-DANGLE"]),
                (
                    "caller-sanitized",
                    &[
                        "-DANGLE",
                        "-fsanitize=address,undefined",
                        "-fno-sanitize-recover=all",
                    ],
                ),
            ]
            .map(|(name, flags)| {
                let mut arguments = vec!["-Wall", "-Wextra", "-Werror", "-pthread"];
                arguments.extend(flags);
                compile("caller.cpp", &arguments, &folder("programs").join(name))
            })
        });
        &PROGRAMS[self as usize]
    }
}

/// A folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    // Tests run in processes of their own, at the same time.
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("custom-{}", std::process::id()));
    let path = path.join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Compiles a file beside this one.
pub fn compile(source: &str, arguments: &[&str], output: &Path) -> PathBuf {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/caller")
        .join(source);
    let done = Command::new(compiler)
        .args(["-std=c++14", "-O1", "-g0"])
        .args(arguments)
        .arg(source)
        .arg("-o")
        .arg(output)
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    output.to_owned()
}

/// The library that is tested.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libnvdsinfer_custom_rsnvds.so")
}

/// A layer of a frame.
#[derive(Clone, Debug)]
pub struct Layer {
    pub name: String,
    /// `NvDsInferDataType`.
    pub data_type: u32,
    pub dims: Vec<u32>,
    /// How many elements the struct claims; as many as the dimensions say if `None`.
    pub elements: Option<u32>,
    pub is_input: bool,
    /// `None` for a NULL pointer.
    pub bytes: Option<Vec<u8>>,
}

impl Layer {
    pub fn floats(name: &str, dims: &[u32], numbers: &[f32]) -> Self {
        Self {
            name: name.into(),
            data_type: 0,
            dims: dims.to_vec(),
            elements: None,
            is_input: false,
            bytes: Some(numbers.iter().flat_map(|n| n.to_le_bytes()).collect()),
        }
    }
}

/// What a parser gets.
#[derive(Clone, Debug)]
pub struct Frame {
    pub network: [u32; 2],
    pub classes: u32,
    pub thresholds: Vec<f32>,
    pub layers: Vec<Layer>,
}

impl Frame {
    fn write(&self, to: &mut Vec<u8>) {
        let number = |to: &mut Vec<u8>, number: usize| to.extend((number as u32).to_le_bytes());
        for n in [self.network[0], self.network[1], self.classes] {
            number(to, n as usize);
        }
        number(to, self.thresholds.len());
        to.extend(self.thresholds.iter().flat_map(|t| t.to_le_bytes()));
        number(to, self.layers.len());
        for layer in &self.layers {
            number(to, layer.name.len());
            to.extend(layer.name.bytes());
            number(to, layer.data_type as usize);
            number(to, layer.dims.len());
            for &size in layer.dims.iter().take(8) {
                number(to, size as usize);
            }
            let product: u32 = layer
                .dims
                .iter()
                .fold(1, |product, size| product.wrapping_mul(*size));
            number(to, layer.elements.unwrap_or(product) as usize);
            number(to, usize::from(layer.is_input));
            number(to, usize::from(layer.bytes.is_some()));
            let bytes = layer.bytes.as_deref().unwrap_or_default();
            number(to, bytes.len());
            to.extend(bytes);
        }
    }
}

/// An object that a parser gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    pub class: u32,
    /// Left, top, width, height.
    pub sides: [f64; 4],
    pub confidence: f64,
    pub angle: f64,
}

/// What came of a run.
#[derive(Debug)]
pub struct Answer {
    /// For each frame of the last round, what the function returned and the objects.
    pub frames: Vec<(bool, Vec<Object>)>,
    /// What was said.
    pub messages: String,
}

/// A run of the caller.
pub struct Run<'a> {
    pub headers: Headers,
    pub library: PathBuf,
    pub function: &'a str,
    pub frames: Vec<Frame>,
    pub threads: u32,
    pub rounds: u32,
    /// How many objects the list has room for at first.
    pub reserve: u32,
    /// `RSNVDS_DEEPSTREAM_VERSION`.
    pub version: Option<&'a str>,
    /// `RSNVDS_PARSER_OPTIONS`.
    pub options: Option<String>,
    /// Libraries that are loaded before the parser.
    pub loaded: Vec<PathBuf>,
}

impl<'a> Run<'a> {
    pub fn new(function: &'a str, frames: Vec<Frame>) -> Self {
        Self {
            headers: Headers::New,
            library: library(),
            function,
            frames,
            threads: 1,
            rounds: 1,
            reserve: 0,
            version: Some("9.1"),
            options: None,
            loaded: Vec::new(),
        }
    }

    pub fn options(mut self, options: impl Into<String>) -> Self {
        self.options = Some(options.into());
        self
    }

    pub fn old(mut self) -> Self {
        self.headers = Headers::Old;
        self.version = Some("8.0");
        self
    }

    pub fn run(self) -> Answer {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = folder("frames").join(number.to_string());
        let mut bytes = Vec::new();
        for n in [
            self.threads,
            self.rounds,
            self.reserve,
            self.frames.len() as u32,
        ] {
            bytes.extend(n.to_le_bytes());
        }
        self.frames.iter().for_each(|frame| frame.write(&mut bytes));
        std::fs::write(&file, bytes).unwrap();
        // Such as `valgrind --quiet --error-exitcode=9`, which sees into the parsers too.
        let under = std::env::var("RSNVDS_TEST_UNDER").unwrap_or_default();
        let mut words = under.split_whitespace();
        let mut command = match (words.next(), self.headers) {
            (None, headers) => Command::new(headers.program()),
            (Some(tool), headers) => {
                let mut command = Command::new(tool);
                // Two of them cannot watch at once.
                let headers = match headers {
                    Headers::Sanitized => Headers::New,
                    other => other,
                };
                command.args(words).arg(headers.program());
                command
            }
        };
        command
            .args([
                file.as_os_str(),
                self.library.as_os_str(),
                OsStr::new(self.function),
            ])
            .args(&self.loaded)
            // What nobody wrote is no zero.
            .env("MALLOC_PERTURB_", "165")
            .env(
                "ASAN_OPTIONS",
                "max_malloc_fill_size=1000000:malloc_fill_byte=165",
            )
            .env_remove("RSNVDS_DEEPSTREAM_VERSION")
            .env_remove("RSNVDS_PARSER_OPTIONS");
        if let Some(version) = self.version {
            command.env("RSNVDS_DEEPSTREAM_VERSION", version);
        }
        if let Some(options) = &self.options {
            command.env("RSNVDS_PARSER_OPTIONS", options);
        }
        let done = command.output().unwrap();
        std::fs::remove_file(&file).unwrap();
        let messages = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{}: {messages}", done.status);
        let mut frames: Vec<(bool, Vec<Object>)> = Vec::new();
        for line in String::from_utf8(done.stdout).unwrap().lines() {
            match line {
                "true" | "false" => frames.push((line == "true", Vec::new())),
                row => {
                    let all: Vec<f64> = row
                        .split(' ')
                        .map(|number| number.parse().unwrap())
                        .collect();
                    let [class, a, b, c, d, confidence, angle] = all[..] else {
                        panic!("{row}");
                    };
                    frames.last_mut().unwrap().1.push(Object {
                        class: class as u32,
                        sides: [a, b, c, d],
                        confidence,
                        angle,
                    });
                }
            }
        }
        assert_eq!(frames.len(), self.frames.len(), "{messages}");
        Answer { frames, messages }
    }

    /// The objects of the only frame.
    pub fn objects(self) -> Vec<Object> {
        let answer = self.run();
        let [(true, objects)] = &answer.frames[..] else {
            panic!("{answer:?}");
        };
        assert!(!answer.messages.contains("error: "), "{}", answer.messages);
        objects.clone()
    }
}
