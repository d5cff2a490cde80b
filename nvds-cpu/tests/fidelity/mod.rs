//! The table in `docs/fidelity.md`. Each row is counted by the test that compares its captures.
//!
//! Run the tests with `RSNVDS_UPDATE_FIDELITY=1` to write what they count, into the README as well;
//! without it they fail where the numbers there are others.
#![allow(dead_code)] // each test file uses its part

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What became of a row's cases. A case that differs by more than its tolerance fails its test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Nothing differs.
    pub exact: usize,
    /// Something differs, as little as stated.
    pub within: usize,
    /// Captured, but not what the stand-in does.
    pub not_modelled: usize,
}

impl Count {
    /// All cases are exact.
    pub fn exact(exact: usize) -> Self {
        Self {
            exact,
            ..Self::default()
        }
    }

    fn cases(self) -> usize {
        self.exact + self.within + self.not_modelled
    }
}

/// Element and what is compared: the rows, in order.
const ROWS: &[[&str; 2]] = &[
    ["nvdsosd", "frames drawn in GPU mode"],
    ["nvdsosd", "frames drawn in CPU mode"],
    ["nvdsosd", "properties and pads"],
    ["nvvideoconvert", "pictures"],
    ["nvvideoconvert", "surfaces and caps"],
    ["nvvideoconvert", "metadata"],
    ["nvvideoconvert", "batches"],
    ["nvvideoconvert", "properties and pads"],
    ["nvstreammux", "runs"],
    ["nvstreammux", "properties and pads"],
    ["nvstreamdemux", "pads of a run"],
    ["nvstreamdemux", "properties and pads"],
    ["nvv4l2decoder", "pictures"],
    ["nvv4l2decoder", "runs"],
    ["nvv4l2decoder", "properties and pads"],
    ["nvvideotestsrc", "runs"],
    ["nvvideotestsrc", "properties and pads"],
];

const HEAD: &str = "\
# How close the stand-ins are

The elements of `nvds-cpu` were compared with captures of DeepStream's own (9.0.2 and 9.1, on an
NVIDIA H100). The tests count what is below and fail when it changes; `RSNVDS_UPDATE_FIDELITY=1 cargo
test -p nvds-cpu` writes it anew.

| element | compared | cases | exact | within tolerance | not modelled |
| --- | --- | ---: | ---: | ---: | ---: |
";

const TAIL: &str = "
## What a case is

- **Frames drawn**: a metadata set on a picture, through a pipeline, on NVIDIA's metadata library. All
  bytes of the drawn surfaces count, alpha included; where the stock element fails, domain, code and
  text of the error.
- **Pictures** of the converter: all bytes, from system memory and from surface to surface; of the
  decoder: the hash of a frame.
- **Surfaces and caps**: every field of `NvBufSurface` that is not an address, caps, times, kind of
  memory, or the refusal.
- **Metadata**: boxes, text offsets, font size, display rectangles and lines behind scaling, cropping,
  turning.
- **Batches** through the converter: caps, surfaces, batch and frame metas of every buffer.
- **Runs**: every buffer's surface, batch meta, frame metas, pools, times and flags; caps; events with
  their places; messages. Which of several sources comes first is a race there and here, so the order
  is compared for each source.
- **Properties and pads**: a property (type, nick, default, value on a new instance, range, enum values,
  flags) or a pad template.

## Tolerances

- Letters are exact with Debian 12's Pango, Cairo, FreeType and DejaVu fonts, which the numbers are
  of. With other versions up to 40 % of the drawn pixels of a case that has text may differ.
- nvvideoconvert's interpolation methods that sum in floating point may round one unit the other way:
  at most 3 bytes of 1000 with methods 2 and 4, 1 of 1000 with method 3.
- nvstreammux: `batched-push-timeout` may be -1, as in the default mux. Of the runs with live sources,
  whose times come from a clock, only the distances of the times are equal, and that a synchronised
  batch has the time of its latest frame.

## Not modelled

- nvvideoconvert: a colorimetry that GStreamer's own parser refused in the capture.
- nvstreammux: the default mux was not available for capture. That way of working follows its manual,
  and its properties are beyond the captured ones.
- nvstreamdemux: audio, several surfaces in a frame, latency metas, GstMetas hidden in user metas.
- nvv4l2decoder: it is a bin, not a `GstVideoDecoder`; a clip in 1920x1080 whose film is not at hand.
- nvvideotestsrc: formats other than NV12, I420 and RGBA, files, jitter. Its pixels were not captured;
  the patterns follow the public source.
";

static FILES: Mutex<()> = Mutex::new(());

type Table = Vec<Option<Count>>;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
}

fn parse(text: &str) -> Table {
    let row = |[element, compared]: &[&str; 2]| {
        let start = format!("| `{element}` | {compared} |");
        let rest = text.lines().find_map(|line| line.strip_prefix(&start))?;
        let numbers: Vec<usize> = rest
            .split('|')
            .filter_map(|cell| cell.trim().parse().ok())
            .collect();
        let [_, exact, within, not_modelled] = numbers[..] else {
            return None;
        };
        Some(Count {
            exact,
            within,
            not_modelled,
        })
    };
    ROWS.iter().map(row).collect()
}

fn sum(table: &Table) -> Count {
    let mut sum = Count::default();
    for count in table.iter().flatten() {
        sum.exact += count.exact;
        sum.within += count.within;
        sum.not_modelled += count.not_modelled;
    }
    sum
}

fn cells(count: Count) -> String {
    format!(
        "{} | {} | {} | {} |\n",
        count.cases(),
        count.exact,
        count.within,
        count.not_modelled
    )
}

fn render(table: &Table) -> String {
    let mut text = HEAD.to_owned();
    for ([element, compared], count) in ROWS.iter().zip(table) {
        let cells = cells(count.unwrap_or_default());
        text.push_str(&format!("| `{element}` | {compared} | {cells}"));
    }
    text.push_str(&format!("| all | | {}", cells(sum(table))));
    text + TAIL
}

const README_START: &str = "| Captures of DeepStream's own elements";

fn readme_line(table: &Table) -> String {
    let sum = sum(table);
    format!(
        "{README_START} on an NVIDIA H100 | of {} cases the stand-ins meet {} exactly, {} within \
         [stated tolerances](docs/fidelity.md); not modelled: {} |",
        sum.cases(),
        sum.exact,
        sum.within,
        sum.not_modelled
    )
}

fn updating() -> bool {
    std::env::var("RSNVDS_UPDATE_FIDELITY").is_ok_and(|value| value == "1")
}

/// Compares a row with what a test has counted.
pub fn record(element: &str, compared: &str, count: Count) {
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let index = ROWS
        .iter()
        .position(|row| *row == [element, compared])
        .expect("a row of the table");
    let mut table = parse(&read("docs/fidelity.md"));
    if updating() {
        table[index] = Some(count);
        std::fs::write(path("docs/fidelity.md"), render(&table)).expect("docs/fidelity.md");
        let readme: Vec<_> = read("README.md")
            .lines()
            .map(|line| match line.starts_with(README_START) {
                true => readme_line(&table),
                false => line.to_owned(),
            })
            .collect();
        std::fs::write(path("README.md"), readme.join("\n") + "\n").expect("README.md");
    }
    assert_eq!(
        table[index],
        Some(count),
        "{element}, {compared}: docs/fidelity.md (left) is not what was counted (right); run the \
         tests with RSNVDS_UPDATE_FIDELITY=1 if that is meant"
    );
}

/// Whether document and README are what the rows make of them; the text of what is wrong. Not while
/// they are written: other tests may still have rows to write.
pub fn wrong() -> Option<String> {
    if updating() {
        return None;
    }
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read("docs/fidelity.md");
    let table = parse(&text);
    for (row, count) in ROWS.iter().zip(&table) {
        if count.is_none_or(|count| count.cases() == 0) {
            return Some(format!("docs/fidelity.md has no row {row:?}"));
        }
    }
    if text != render(&table) {
        return Some("docs/fidelity.md is not what its rows make".to_owned());
    }
    let line = readme_line(&table);
    (!read("README.md").lines().any(|l| l == line)).then(|| format!("README.md lacks: {line}"))
}
