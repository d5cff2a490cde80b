//! Frames of many objects that overlap, for benches.

/// A small generator of even numbers in 0..1, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// One frame's outputs of the layout `tf-od`, 100 entries.
pub struct Frame {
    pub scores: Vec<f32>,
    pub classes: Vec<f32>,
    pub boxes: Vec<f32>,
}

/// 64 frames of 40 objects in six classes on a grid, seen once or several times
/// each: 100 entries, sorted by score as networks deliver them.
pub fn crowd() -> Vec<Frame> {
    let mut random = Random(42);
    (0..64)
        .map(|_| {
            let mut entries: Vec<(f32, f32, [f32; 4])> = (0..100)
                .map(|i| {
                    let object = if i < 40 {
                        i
                    } else {
                        (random.next() * 40.0) as usize
                    };
                    let (column, row) = ((object % 8) as f32, (object / 8) as f32);
                    let class = 1.0 + (object % 6) as f32;
                    let score = 0.5 + 0.5 * random.next();
                    let mut jitter = |side: f32| side + 0.01 * (random.next() - 0.5);
                    let left = jitter(column * 0.12 + 0.02);
                    let top = jitter(row * 0.19 + 0.02);
                    (class, score, [top, left, top + 0.16, left + 0.09])
                })
                .collect();
            entries.sort_by(|a, b| b.1.total_cmp(&a.1));
            Frame {
                scores: entries.iter().map(|e| e.1).collect(),
                classes: entries.iter().map(|e| e.0).collect(),
                boxes: entries.iter().flat_map(|e| e.2).collect(),
            }
        })
        .collect()
}
