/* Several films in one picture, in the style of the sample deepstream-test3: each through uridecodebin, in one batch through
 * the detector, side by side by nvmultistreamtiler. A probe reads the objects before the tiler, in pixels of the batch's frames.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/test3.c -o out/test3 \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta -lm
 *   scripts/app.sh out/test3 pgie.txt file:///films/a.mp4 file:///films/b.mp4
 */
#include <math.h>
#include <stdlib.h>

#include "probe.h"

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  print_objects (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* A film's decoder has a pad: its video goes to the mux's pad. */
static void
on_pad (GstElement *decoder, GstPad *pad, gpointer to)
{
  (void) decoder;
  GstCaps *caps = gst_pad_get_current_caps (pad);
  if (caps == NULL)
    caps = gst_pad_query_caps (pad, NULL);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  if (g_str_has_prefix (gst_structure_get_name (structure), "video/") && !gst_pad_is_linked (to)
      && gst_pad_link (pad, to) != GST_PAD_LINK_OK)
    g_printerr ("error: the decoder's pad and the mux's cannot be linked\n");
  gst_caps_unref (caps);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: %s PGIE_CONFIG URI...\n", argv[0]);
    return 2;
  }
  guint sources = argc - 2;
  guint rows = (guint) sqrt (sources), columns = (sources + rows - 1) / rows;
  GstElement *pipeline = gst_pipeline_new ("test3");
  GstElement *mux = make (pipeline, "nvstreammux"), *detector = make (pipeline, "nvinfer");
  GstElement *tiler = make (pipeline, "nvmultistreamtiler"), *convert = make (pipeline, "nvvideoconvert");
  GstElement *osd = make (pipeline, "nvdsosd"), *sink = make (pipeline, "nveglglessink");
  g_object_set (mux, "batch-size", sources, "width", 768, "height", 576, "batched-push-timeout", 40000, NULL);
  g_object_set (detector, "config-file-path", argv[1], "batch-size", sources, NULL);
  g_object_set (tiler, "rows", rows, "columns", columns, "width", 1280, "height", 720, NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  for (guint i = 0; i < sources; i++) {
    char *name = g_strdup_printf ("sink_%u", i);
    GstPad *to = gst_element_request_pad_simple (mux, name);
    GstElement *film = make (pipeline, "uridecodebin");
    g_object_set (film, "uri", argv[2 + i], NULL);
    g_object_set_data_full (G_OBJECT (film), "to", to, gst_object_unref);
    g_signal_connect (film, "pad-added", G_CALLBACK (on_pad), to);
    g_free (name);
  }
  if (!gst_element_link_many (mux, detector, tiler, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  GstPad *pad = gst_element_get_static_pad (tiler, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
  gst_object_unref (pad);

  int failed = play (pipeline);
  gst_object_unref (pipeline);
  return failed;
}
