//! Masks as ultralytics makes them: of the whole input, in cells of the prototypes or in pixels.

use nvds_decode::masks::Prototypes;
use nvds_decode::{Detection, Extras, Size, TensorView};

/// A mask: rows of 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Bits {
    pub size: Size,
    pub bits: Vec<bool>,
}

impl Bits {
    #[allow(dead_code)] // not all who read cases do
    pub fn area(&self) -> usize {
        self.bits.iter().filter(|&&bit| bit).count()
    }

    /// Lengths of runs, row by row, the first one of zeros.
    #[allow(dead_code)] // not all who read cases do
    pub fn runs(&self) -> String {
        let mut runs = vec![0_usize];
        let mut last = false;
        for &bit in &self.bits {
            if bit != last {
                runs.push(0);
                last = bit;
            }
            *runs.last_mut().unwrap() += 1;
        }
        let words: Vec<String> = runs.iter().map(ToString::to_string).collect();
        words.join(" ")
    }
}

/// The masks of all detections, in cells and in pixels of the network's input; none where the network has no prototypes.
pub fn of_prototypes(
    tensors: &[TensorView<'_>],
    network: Size,
    detections: &[Detection],
    extras: &Extras,
) -> (Vec<Bits>, Vec<Bits>) {
    let Some(prototypes) = Prototypes::find(tensors, network) else {
        return Default::default();
    };
    let map = prototypes.size();
    let mut logits = Vec::new();
    let all = extras.coefficients.chunks_exact(prototypes.count());
    detections
        .iter()
        .zip(all)
        .map(|(found, coefficients)| {
            let (columns, rows) = (0..map.width as usize, 0..map.height as usize);
            prototypes.logits(coefficients, columns, rows, &mut logits);
            (
                inside(found, network, map, &logits),
                inside(found, network, network, &enlarged(&logits, map, network)),
            )
        })
        .unzip()
}

/// The cells above 0 that are in the box: whose left and upper sides are.
fn inside(found: &Detection, network: Size, map: Size, logits: &[f32]) -> Bits {
    let side = |at: f32, of: u32, cells: u32| at * (cells as f32 / of as f32);
    let b = found.bbox;
    let columns =
        side(b.left, network.width, map.width)..side(b.left + b.width, network.width, map.width);
    let rows =
        side(b.top, network.height, map.height)..side(b.top + b.height, network.height, map.height);
    let width = map.width as usize;
    let bits = logits.iter().enumerate().map(|(at, &logit)| {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        logit > 0.0 && columns.contains(&x) && rows.contains(&y)
    });
    Bits {
        size: map,
        bits: bits.collect(),
    }
}

/// A map stretched to a larger size, between the middles of cells.
fn enlarged(logits: &[f32], map: Size, size: Size) -> Vec<f32> {
    let place = |at: u32, cells: u32, of: u32| {
        let place = ((at as f32 + 0.5) * cells as f32 / of as f32 - 0.5).max(0.0);
        let first = place as usize;
        (
            first,
            (first + 1).min(cells as usize - 1),
            place - first as f32,
        )
    };
    let width = map.width as usize;
    let row = |y: u32| {
        let (upper, lower, down) = place(y, map.height, size.height);
        (0..size.width).map(move |x| {
            let (left, right, across) = place(x, map.width, size.width);
            let mix = |row: usize| {
                let (a, b) = (logits[row * width + left], logits[row * width + right]);
                a * (1.0 - across) + b * across
            };
            mix(upper) * (1.0 - down) + mix(lower) * down
        })
    };
    (0..size.height).flat_map(row).collect()
}
