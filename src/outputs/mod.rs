//! What elements write to: one writer for each file, and pipes whose readers come late or leave.

mod claim;
mod pipe;

pub use claim::{Claim, lock};
pub use pipe::{open, without_signal, write};
