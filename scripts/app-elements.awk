# Passes on GStreamer's log, unless `quiet` is 1. Where it tells of an element that is not there, one line says what provides it instead.

function provider(element) {
    if (element in provides) return provides[element]
    for (pattern in family) if (element ~ pattern) return family[pattern]
    if (element ~ /^nv/) return "it is not among the stand-ins, see docs/stand-ins.md"
    return "see 'apt-cache search gstreamer1.0' for what has it"
}

function several(elements, text,    list, n) {
    split(elements, list, " ")
    for (n in list) provides[list[n]] = text
}

BEGIN {
    docs = "docs/run-without-gpu.md"
    several("nvmsgconv nvmsgbroker nvdsmetainsert nvdsmetaextract", "NVIDIA's public source builds and runs beside the stand-ins: " docs)
    several("nvdspostprocess nvdsvideotemplate nvdewarper nvof nvofvisual nvvideotemplate nvdsxfer", \
            "it needs a GPU and no stand-in exists: " docs)
    several("nvarguscamerasrc nvv4l2camerasrc nvcompositor nvvidconv nvjpegparse", "an element of Jetson's, for which no stand-in exists: " docs)
    several("nvunixfdsink nvunixfdsrc nvdsdynamicsrcbin nvaudiostreammux nvinferaudio nvdsasr nvds_text_to_speech nvv4l2av1enc", \
            "no stand-in exists: " docs)
    several("x264enc mpeg2dec a52dec", "Debian's gstreamer1.0-plugins-ugly")
    several("h264parse h265parse openh264enc x265enc mpegtsmux tsdemux rtmpsink srtsink fdkaacenc jpegparse voaacenc", "Debian's gstreamer1.0-plugins-bad")
    several("qtmux mp4mux qtdemux matroskamux matroskademux jpegenc jpegdec pngenc v4l2src rtspsrc udpsink udpsrc rtph264pay rtph264depay rtph265pay rtph265depay multifilesink vp9dec flvmux", \
            "Debian's gstreamer1.0-plugins-good")
    several("videotestsrc videoconvert videoscale uridecodebin uridecodebin3 decodebin playbin appsink appsrc audioconvert theoradec", "Debian's gstreamer1.0-plugins-base")
    family["^avenc_|^avdec_|^avmux_|^avdemux_"] = "Debian's gstreamer1.0-libav, as far as its FFmpeg has it"
    family["^rs(ssdparser|yoloparser|detrparser|faceparser|maskparser|classparser|textparser|embedparser|segparser|poseparser|osdannotate|analytics|metajson|metapublish|tensorrecord|tensorreplay)$"] = "the plugin rsnvds: is it built, and on GST_PLUGIN_PATH?"
    family["^nv(streammux|streamdemux|infer|inferserver|dsosd|dsanalytics|dspreprocess|segvisual|tracker|videoconvert|v4l2decoder|multistreamtiler|eglglessink|3dsink|urisrcbin|multiurisrcbin|dslogger)$"] = "the plugin nvdscpu: is it built, and on GST_PLUGIN_PATH?"
}

# gst_element_factory_make() has the first form, gst_parse_launch() the second.
match($0, /no (such element factory|element) "[^"]*"/) {
    split(substr($0, RSTART, RLENGTH), parts, "\"")
    element = parts[2]
    if (!(element in named)) {
        print "app: there is no element " element ": " provider(element)
        fflush()
    }
    named[element] = 1
    next
}

!quiet { print; fflush() }
