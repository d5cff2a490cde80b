//! nvvideoconvert and its arithmetic.

#[path = "../convert_case/mod.rs"]
mod convert_case;
#[path = "../fidelity/mod.rs"]
mod fidelity;

mod captures;
mod element;
mod golden;
mod live;
mod metadata;
mod pictures;
mod shapes;
mod support;
mod surfaces;
