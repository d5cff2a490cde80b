//! Enums of the properties, under their stock type names, nicks and texts. `nvmultiurisrcbin` has the same ones under
//! names that end in 2.

/// The same enums in two modules.
macro_rules! twice {
    ($($name:ident = $one:literal, $two:literal $values:tt default $default:ident;)*) => {
        /// Of `nvurisrcbin`.
        pub(crate) mod one {
            crate::enums::choices! { pub(crate), $(
                /// See the element's documentation.
                $name = $one $values default $default;
            )* }
        }

        /// Of `nvmultiurisrcbin`.
        pub(crate) mod two {
            crate::enums::choices! { pub(crate), $(
                /// See the element's documentation.
                $name = $two $values default $default;
            )* }
        }
    };
}

twice! {
    Skip = "SkipFrames", "SkipFrames2" {
        All = 0, "decode_all", "Decode all frames";
        NonRef = 1, "decode_non_ref", "Decode non-ref frames";
        Key = 2, "decode_key", "decode key frames";
    } default All;
    Memory = "GstNvUriSrcBinCudaDecMemType", "GstNvUriSrcBinCudaDecMemType2" {
        Device = 0, "memtype_device", "Memory type Device";
        Pinned = 1, "memtype_pinned", "Memory type Host Pinned";
        Unified = 2, "memtype_unified", "Memory type Unified";
    } default Device;
    Buffering = "BufferMode", "BufferMode2" {
        Unknown = 0, "unknown", "Only use RTP timestamps";
        Slave = 1, "slave", "Slave receiver to sender clock";
        Buffer = 2, "buffer", "Do low/high watermark buffering";
        Auto = 3, "auto", "Choose mode depending on stream live";
        Synced = 4, "synced", "Synchronized sender and receiver clocks";
    } default Auto;
    Leaks = "Leaky", "Leaky2" {
        No = 0, "no-leak", "No Leak";
        Upstream = 1, "upstream-leak", "Upstream Leak";
        Downstream = 2, "downstream-leak", "Downstream Leak";
    } default No;
    Protocol = "RtpProtocol", "RtpProtocol2" {
        Unknown = 0, "rtp-unknown", "unknown";
        Udp = 1, "rtp-udp", "udp";
        Multicast = 2, "rtp-udp-mcast", "udp-mcast";
        Tcp = 4, "rtp-tcp", "tcp";
        Any = 7, "rtp-udp-udpmcast-tcp", "udp-udpmcast-tcp";
        Http = 10, "rtp-http", "http";
        Tls = 20, "rtp-tls", "tls";
    } default Any;
    Record = "SmartRecordType", "SmartRecordType2" {
        Off = 0, "smart-rec-disable", "Disable Smart Record";
        Cloud = 1, "smart-rec-cloud", "Trigger Smart Record through cloud messages only";
        Multi = 2, "smart-rec-multi", "Trigger Smart Record through cloud and local events";
    } default Off;
    Container = "SmartRecordContainerType", "SmartRecordContainerType2" {
        Mp4 = 0, "smart-rec-mp4", "MP4 container";
        Mkv = 1, "smart-rec-mkv", "MKV container";
    } default Mp4;
    Streams = "SmartRecordMode", "SmartRecordMode2" {
        Both = 0, "smart-rec-mode-av", "Record audio and video if available";
        Video = 1, "smart-rec-mode-video", "Record video only if available";
        Audio = 2, "smart-rec-mode-audio", "Record audio only if available";
    } default Both;
}

crate::enums::choices! {
    pub(crate),
    /// `type`.
    SourceType = "GstNvSourceType" {
        Auto = 0, "auto", "Select source type based on URI scheme";
        Uri = 1, "uri", "Supports any URI supported by GStreamer";
        Rtsp = 2, "rtsp", "Customize for RTSP, supports smart recording";
    } default Auto;
    /// `mode` of `nvmultiurisrcbin`.
    Mode = "GstNvMultiUriSrcBinModeType2" {
        Video = 0, "Video streams are muxed together; audio streams are ignored; Default", "Mode Video-Only";
        Audio = 1, "Audio streams are muxed together; video streams are ignored", "Mode Audio-Only";
    } default Video;
}
