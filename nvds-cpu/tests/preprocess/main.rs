//! `nvdspreprocess`, `nvinfer` with `input-tensor-meta` and `nvsegvisual`, on the real metadata library and ONNX Runtime.

mod element;
mod inferred;
mod segvisual;
mod support;
