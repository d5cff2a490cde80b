//! The table in `docs/fidelity.md`. Each row is counted by the test that compares its captures.
//!
//! Run the tests with `RSNVDS_UPDATE_FIDELITY=1` to write what they count, and its sum into the README;
//! without it they fail where the numbers there are others. The text around the table is written by hand.
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

/// Start of the row that sums the others up.
const SUM: &str = "| all | |";

static FILES: Mutex<()> = Mutex::new(());

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn read(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn write(name: &str, lines: &[String]) {
    let path = path(name);
    std::fs::write(&path, lines.join("\n") + "\n")
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

fn cells(count: Count) -> String {
    format!(
        " {} | {} | {} | {} |",
        count.cases(),
        count.exact,
        count.within,
        count.not_modelled
    )
}

/// The numbers of a row, without their sum.
fn parse(row: &str) -> Option<Count> {
    let cells = row.split('|').map(|cell| cell.trim().parse().ok());
    let numbers: Vec<usize> = cells.flatten().collect();
    let [_, exact, within, not_modelled] = numbers[..] else {
        return None;
    };
    Some(Count {
        exact,
        within,
        not_modelled,
    })
}

fn is_row(line: &str) -> bool {
    line.starts_with("| `")
}

/// The sum of the document's rows.
///
/// # Panics
/// If a row has no numbers.
fn sum<'a>(lines: impl Iterator<Item = &'a str>) -> Count {
    let mut sum = Count::default();
    for row in lines.filter(|line| is_row(line)) {
        let count = parse(row).unwrap_or_else(|| panic!("docs/fidelity.md: four numbers in {row}"));
        sum.exact += count.exact;
        sum.within += count.within;
        sum.not_modelled += count.not_modelled;
    }
    sum
}

const README_START: &str = "| DeepStream's own elements, by captures";

fn readme_line(sum: Count) -> String {
    format!(
        "{README_START} on NVIDIA H100 and H200 and by tables of their properties | of {} cases the stand-ins meet {} exactly, {} \
         within [stated tolerances](docs/fidelity.md); not modelled: {} |",
        sum.cases(),
        sum.exact,
        sum.within,
        sum.not_modelled
    )
}

fn updating() -> bool {
    std::env::var("RSNVDS_UPDATE_FIDELITY").is_ok_and(|value| value == "1")
}

/// Puts the row that starts with `start` in its place: where it is, else behind the last one of
/// `element`, else behind all; and renews the sums.
fn update(element: &str, start: &str, count: Count) {
    let mut lines: Vec<String> = read("docs/fidelity.md")
        .lines()
        .map(str::to_owned)
        .collect();
    let row = format!("{start}{}", cells(count));
    match lines.iter().position(|line| line.starts_with(start)) {
        Some(index) => lines[index] = row,
        None => {
            let of_element = format!("| `{element}` |");
            let sum = lines.iter().position(|line| line.starts_with(SUM));
            let last = lines.iter().rposition(|line| line.starts_with(&of_element));
            let index = last.map(|last| last + 1).or(sum).expect("the row of sums");
            lines.insert(index, row);
        }
    }
    let sum = sum(lines.iter().map(String::as_str));
    for line in lines.iter_mut().filter(|line| line.starts_with(SUM)) {
        *line = format!("{SUM}{}", cells(sum));
    }
    write("docs/fidelity.md", &lines);
    let mut readme: Vec<String> = read("README.md").lines().map(str::to_owned).collect();
    for line in readme.iter_mut().filter(|l| l.starts_with(README_START)) {
        *line = readme_line(sum);
    }
    write("README.md", &readme);
}

/// Compares a row with what a test has counted; writes it when asked to. A new row needs nothing
/// else, but the document should say what one of its cases is.
///
/// # Panics
/// If the row has other numbers, or is not there.
pub fn record(element: &str, compared: &str, count: Count) {
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let start = format!("| `{element}` | {compared} |");
    if updating() {
        update(element, &start, count);
    }
    let text = read("docs/fidelity.md");
    let row = text.lines().find(|line| line.starts_with(&start));
    assert_eq!(
        row.and_then(parse),
        Some(count),
        "{element}, {compared}: docs/fidelity.md (left) is not what was counted (right); run the \
         tests with RSNVDS_UPDATE_FIDELITY=1 if that is meant"
    );
}

/// Whether the sums in document and README are those of the rows; the text of what is wrong. Not
/// while they are written: other tests may still have rows to write.
pub fn wrong() -> Option<String> {
    if updating() {
        return None;
    }
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read("docs/fidelity.md");
    let sum = sum(text.lines());
    let expected = [
        ("docs/fidelity.md", format!("{SUM}{}", cells(sum))),
        ("README.md", readme_line(sum)),
    ];
    let mut missing = expected.iter().filter(|(file, line)| {
        let text = read(file);
        !text.lines().any(|l| l == line)
    });
    missing
        .next()
        .map(|(file, line)| format!("{file} lacks: {line}"))
}
