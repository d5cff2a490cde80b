//! nvvideoconvert and its arithmetic.

#[path = "../convert_case/mod.rs"]
mod convert_case;
#[path = "../fidelity/mod.rs"]
mod fidelity;
#[path = "../osd_case/mod.rs"]
mod osd_case;
#[path = "../surface_layout/mod.rs"]
mod surface_layout;

mod captures;
mod drawn;
mod element;
mod golden;
mod live;
mod metadata;
mod pictures;
mod shapes;
mod support;
mod surfaces;
