/* Several films in one batch through the detector, and each in its own window again, in the style of the sample
 * deepstream-demux-multi-in-multi-out. Behind nvstreamdemux a probe prints each stream's objects.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/demux.c -o out/demux \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/demux pgie.txt file:///films/a.mp4 file:///films/b.mp4
 *
 * A source that fails is named, and the others go on.
 */
#include "probe.h"

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  print_objects (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* What shows the frames of one source: its own converter, boxes and window, behind a queue. */
static void
add_branch (GstElement *pipeline, GstElement *demux, guint number)
{
  char *pad = g_strdup_printf ("src_%u", number), *name = g_strdup_printf ("picture_%u", number);
  GstElement *queue = make (pipeline, "queue"), *convert = make (pipeline, "nvvideoconvert");
  GstElement *osd = make (pipeline, "nvdsosd"), *sink = make_named (pipeline, "nveglglessink", name);
  g_object_set (sink, "sync", FALSE, NULL);
  link_pads (demux, pad, queue, "sink");
  if (!gst_element_link_many (queue, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements of %s cannot be linked\n", name);
    exit (1);
  }
  add_probe (osd, "sink", on_buffer, NULL);
  g_free (pad);
  g_free (name);
}

/* Plays until all sources have ended or failed; 1 after another error. */
static int
play_sources (GstElement *pipeline, GstElement *mux, GstElement **sources, gint count)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gint left = count;
  int failed = 0;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (left > 0 && !failed) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
      left = 0;
    } else {
      gint number = failed_source (pipeline, sources, count, message);
      failed = number == -1;
      if (number >= 0) {
        remove_source (pipeline, mux, sources[number]);
        sources[number] = NULL;
        left--;
      }
    }
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return failed;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: %s PGIE_CONFIG URI...\n", argv[0]);
    return 2;
  }
  gint count = argc - 2;
  GstElement *pipeline = gst_pipeline_new ("demux"), *mux = make (pipeline, "nvstreammux");
  GstElement *detector = make (pipeline, "nvinfer"), *demux = make (pipeline, "nvstreamdemux");
  GstElement **sources = g_new (GstElement *, count);
  g_object_set (mux, "batch-size", count, "width", 640, "height", 480, "batched-push-timeout", 40000, NULL);
  g_object_set (detector, "config-file-path", argv[1], "batch-size", count, NULL);
  if (!gst_element_link_many (mux, detector, demux, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  for (gint i = 0; i < count; i++) {
    sources[i] = make_source (pipeline, mux, i, argv[2 + i]);
    add_branch (pipeline, demux, i);
  }
  int failed = play_sources (pipeline, mux, sources, count);
  gst_object_unref (pipeline);
  g_free (sources);
  return failed;
}
