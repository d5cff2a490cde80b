/* One film, a detector, boxes and a text drawn, in the style of the sample deepstream-test1: a probe reads the objects and
 * adds the text.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/test1.c -o out/test1 \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/test1 film.h264 pgie.txt
 *
 * With DeepStream, -I and -L are its own folders.
 */
#include <stdlib.h>

#include "probe.h"

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (buffer);
  print_objects (buffer);
  for (GList *f = batch != NULL ? batch->frame_meta_list : NULL; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    NvDsDisplayMeta *display = nvds_acquire_display_meta_from_pool (batch);
    NvOSD_TextParams *text = &display->text_params[0];
    display->num_labels = 1;
    text->display_text = g_strdup_printf ("%u objects", frame->num_obj_meta);
    text->x_offset = 10;
    text->y_offset = 12;
    text->font_params.font_name = (char *) "Serif";
    text->font_params.font_size = 10;
    text->font_params.font_color = (NvOSD_ColorParams) { 1, 1, 1, 1 };
    text->set_bg_clr = 1;
    text->text_bg_clr = (NvOSD_ColorParams) { 0, 0, 0, 1 };
    nvds_add_display_meta_to_frame (frame, display);
  }
  return GST_PAD_PROBE_OK;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("usage: %s FILM.h264 PGIE_CONFIG\n", argv[0]);
    return 2;
  }
  GstElement *pipeline = gst_pipeline_new ("test1");
  GstElement *source = make (pipeline, "filesrc"), *parser = make (pipeline, "h264parse");
  GstElement *decoder = make (pipeline, "nvv4l2decoder"), *mux = make (pipeline, "nvstreammux");
  GstElement *detector = make (pipeline, "nvinfer"), *convert = make (pipeline, "nvvideoconvert");
  GstElement *osd = make (pipeline, "nvdsosd"), *sink = make (pipeline, "nveglglessink");
  g_object_set (source, "location", argv[1], NULL);
  g_object_set (mux, "batch-size", 1, "width", 768, "height", 576, "batched-push-timeout", 40000, NULL);
  g_object_set (detector, "config-file-path", argv[2], NULL);
  g_object_set (sink, "sync", FALSE, NULL);

  GstPad *from = gst_element_get_static_pad (decoder, "src"), *to = gst_element_request_pad_simple (mux, "sink_0");
  if (!gst_element_link_many (source, parser, decoder, NULL) || gst_pad_link (from, to) != GST_PAD_LINK_OK
      || !gst_element_link_many (mux, detector, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  gst_object_unref (from);
  gst_object_unref (to);
  GstPad *pad = gst_element_get_static_pad (osd, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
  gst_object_unref (pad);

  int failed = play (pipeline);
  gst_object_unref (pipeline);
  return failed;
}
