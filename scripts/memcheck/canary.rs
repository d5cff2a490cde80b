//! A program with the fault that its argument names, to prove that the tools of `memcheck.sh` see it.

use std::hint::black_box;

fn main() {
    let block = vec![1_u8; 1000];
    let size = block.len();
    match std::env::args().nth(1).as_deref() {
        Some("leak") => std::mem::forget(black_box(block)),
        Some("overrun") => {
            // SAFETY: there is none, the byte behind the block is read. That is what this program is for.
            black_box(unsafe { black_box(block).as_ptr().add(size).read_volatile() });
        }
        _ => drop(black_box(block)),
    }
}
