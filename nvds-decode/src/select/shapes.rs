//! What dimensions say.

use crate::tensor::TensorView;

/// The length of a tensor that is a plain list: all dimensions but one are 1
/// (a batch of one, a trailing axis). `None` if it is not. A length of zero is
/// what networks with as many outputs as detections put out for an empty frame.
pub fn list_length(tensor: &TensorView<'_>) -> Option<usize> {
    let long = tensor.dims().iter().filter(|&&size| size != 1).count();
    (long <= 1).then(|| tensor.len())
}

/// The number of rows of a tensor `[N, columns]` or `[N, 1, columns]`, a batch of one before it or
/// not. `None` if it is no such tensor; zero rows are possible as in [`list_length`].
pub fn row_count(tensor: &TensorView<'_>, columns: usize) -> Option<usize> {
    match tensor.dims() {
        [leading @ .., rows, 1, last] | [leading @ .., rows, last]
            if *last == columns && leading.iter().all(|&size| size == 1) =>
        {
            Some(*rows)
        }
        _ => None,
    }
}

/// Rows and columns of a table: two dimensions, any number of 1 before them.
pub fn table(tensor: &TensorView<'_>) -> Option<(usize, usize)> {
    match *tensor.dims() {
        [ref leading @ .., rows, columns] if leading.iter().all(|&size| size == 1) => {
            Some((rows, columns))
        }
        _ => None,
    }
}
