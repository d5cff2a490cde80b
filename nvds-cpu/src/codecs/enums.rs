//! Enums of the encoders' properties, under their stock type names, nicks and texts.

use crate::enums::choices;

choices! { pub(super),
    /// `control-rate`.
    RateControl = "GstV4l2VideoEncRateControlType" {
        Variable = 0, "variable_bitrate", "GST_V4L2_VIDENC_VARIABLE_BITRATE";
        Constant = 1, "constant_bitrate", "GST_V4L2_VIDENC_CONSTANT_BITRATE";
        ConstantQp = 2, "constantQP", "GST_V4L2_VIDENC_CONSTANT_QP";
    } default Constant;
    /// `tuning-info-id`.
    Tuning = "GstV4L2VideoEncTuingInfoPreset" {
        HighQuality = 1, "HighQualityPreset", "Tuning Preset for High Quality";
        LowLatency = 2, "LowLatencyPreset", "Tuning Preset for Low Latency";
        UltraLowLatency = 3, "UltraLowLatencyPreset", "Tuning Preset for Low Latency";
        Lossless = 4, "LosslessPreset", "Tuning Preset for Lossless";
    } default LowLatency;
    /// `preset-level` of Jetson.
    JetsonPreset = "GstV4L2VideoEncHwPreset" {
        Off = 0, "DisablePreset", "Disable HW-Preset";
        UltraFast = 1, "UltraFastPreset", "UltraFastPreset for high perf";
        Fast = 2, "FastPreset", "FastPreset";
        Medium = 3, "MediumPreset", "MediumPreset";
        Slow = 4, "SlowPreset", "SlowPreset";
    } default UltraFast;
    /// `cudaenc-memtype`.
    EncoderMemory = "CudaEncMemType" {
        Device = 0, "memtype_device", "Memory type Device";
        Pinned = 1, "memtype_pinned", "Memory type Host Pinned";
        Unified = 2, "memtype_unified", "Memory type Unified";
    } default Device;
    /// `profile` of H.264.
    H264Profile = "GstV4l2VideoEncProfileType" {
        Baseline = 0, "Baseline", "GST_V4L2_H264_VIDENC_BASELINE_PROFILE";
        ConstrainedBaseline = 1, "Constrained-Baseline", "GST_V4L2_H264_VIDENC_CONSTRAINED_BASELINE_PROFILE";
        Main = 2, "Main", "GST_V4L2_H264_VIDENC_MAIN_PROFILE";
        High = 4, "High", "GST_V4L2_H264_VIDENC_HIGH_PROFILE";
        High10 = 5, "High10", "GST_V4L2_H264_VIDENC_HIGH_10_PROFILE";
        High422 = 6, "High422", "GST_V4L2_H264_VIDENC_HIGH_422_PROFILE";
        High444 = 7, "High444", "GST_V4L2_H264_VIDENC_HIGH_444_PREDICTIVE_PROFILE";
        High10Intra = 8, "High10Intra", "GST_V4L2_H264_VIDENC_HIGH_10_INTRA_PROFILE";
        High422Intra = 9, "High422Intra", "GST_V4L2_H264_VIDENC_HIGH_422_INTRA_PROFILE";
        ConstrainedHigh = 17, "Constrained-High", "GST_V4L2_H264_VIDENC_CONSTRAINED_HIGH_PROFILE";
    } default Baseline;
    /// `profile` of H.265; the name differs in one letter's case.
    H265Profile = "GstV4L2VideoEncProfileType" {
        Main = 0, "Main", "GST_V4L2_H265_VIDENC_MAIN_PROFILE";
        Main10 = 1, "Main10", "GST_V4L2_H265_VIDENC_MAIN10_PROFILE";
        Frext = 3, "FREXT", "GST_V4L2_H265_VIDENC_FREXT_PROFILE";
    } default Main;
    /// `slice-mode` of H.264.
    H264Slices = "GstV4l2H264EncSliceLengthType" {
        Bits = 0, "Bits [Deprecated]", "GST_V4L2_H264_VIDENC_SLICE_LENGTH_TYPE_BITS [Deprecated]";
        Macroblocks = 1, "MBLK", "GST_V4L2_H264_VIDENC_SLICE_LENGTH_TYPE_MBLK";
        Rows = 2, "MB Row", "GST_V4L2_H264_VIDENC_SLICE_LENGTH_TYPE_MB_ROW";
        Number = 3, "Number of Slices", "GST_V4L2_H264_VIDENC_SLICE_LENGTH_TYPE_NUM_SLICES";
    } default Macroblocks;
    /// `slice-mode` of H.265.
    H265Slices = "GstV4l2H265EncSliceLengthType" {
        Bits = 0, "Bits [Deprecated]", "GST_V4L2_H265_VIDENC_SLICE_LENGTH_TYPE_BITS [Deprecated]";
        Macroblocks = 1, "MBLK", "GST_V4L2_H265_VIDENC_SLICE_LENGTH_TYPE_MBLK";
        Rows = 2, "MB Row", "GST_V4L2_H265_VIDENC_SLICE_LENGTH_TYPE_MB_ROW";
        Number = 3, "Number of Slices", "GST_V4L2_H265_VIDENC_SLICE_LENGTH_TYPE_NUM_SLICES";
    } default Macroblocks;
    /// `idct-method` of JPEG.
    Idct = "GstNvIDCTMethod" {
        Slow = 0, "islow", "Slow but accurate integer algorithm";
        Fast = 1, "ifast", "Faster, less accurate integer method";
        Float = 2, "float", "Floating-point: accurate, fast on fast HW";
    } default Fast;
}
