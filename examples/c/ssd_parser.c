/* One film through an SSD, whose tensors a probe parses, in the style of the sample deepstream-ssd-parser: nvinferserver hands
 * on the four tensors of TensorFlow's object detection API, the probe attaches an object for each box, nvdsosd draws them.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/ssd_parser.c -o out/ssd_parser \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/ssd_parser film.h264 server.txt labels.txt
 *
 * Labels are one a line, the first that of class 0. rsssdparser does the same, and suppresses boxes that overlap.
 */
#include <string.h>

#include "probe.h"
#include "gstnvdsinfer.h"

#define THRESHOLD 0.5

/* The numbers of an output layer; NULL if there is none of this name, or if it has fewer numbers. */
static const float *
find_layer (const NvDsInferTensorMeta *tensors, const char *name, guint least)
{
  for (guint i = 0; i < tensors->num_output_layers; i++) {
    const NvDsInferLayerInfo *layer = &tensors->output_layers_info[i];
    if (g_strcmp0 (layer->layerName, name) == 0 && layer->dataType == FLOAT && layer->inferDims.numElements >= least)
      return tensors->out_buf_ptrs_host[i];
  }
  return NULL;
}

/* Attaches one object. The box is ymin, xmin, ymax, xmax, as parts of the picture. */
static void
add_object (NvDsBatchMeta *batch, NvDsFrameMeta *frame, gint class_id, const char *label, float score, const float *box)
{
  NvDsObjectMeta *object = nvds_acquire_obj_meta_from_pool (batch);
  NvOSD_RectParams *rect = &object->rect_params;
  float width = frame->pipeline_width, height = frame->pipeline_height;
  object->class_id = class_id;
  object->confidence = score;
  object->object_id = G_MAXUINT64;
  g_strlcpy (object->obj_label, label, sizeof object->obj_label);
  rect->left = box[1] * width;
  rect->top = box[0] * height;
  rect->width = (box[3] - box[1]) * width;
  rect->height = (box[2] - box[0]) * height;
  rect->border_width = 3;
  rect->border_color = (NvOSD_ColorParams) { 1, 0, 0, 1 };
  nvds_add_obj_meta_to_frame (frame, object, NULL);
}

static void
parse_frame (NvDsBatchMeta *batch, NvDsFrameMeta *frame, const NvDsInferTensorMeta *tensors, char **labels)
{
  const float *number = find_layer (tensors, "num_detections", 1);
  if (number == NULL || !(number[0] >= 0 && number[0] <= 10000))
    return;
  guint count = (guint) number[0];
  const float *scores = find_layer (tensors, "detection_scores", count);
  const float *classes = find_layer (tensors, "detection_classes", count);
  const float *boxes = find_layer (tensors, "detection_boxes", 4 * count);
  if (scores == NULL || classes == NULL || boxes == NULL)
    return;
  for (guint i = 0; i < count; i++) {
    if (scores[i] >= THRESHOLD && classes[i] >= 0 && classes[i] < g_strv_length (labels))
      add_object (batch, frame, (gint) classes[i], labels[(guint) classes[i]], scores[i], &boxes[4 * i]);
  }
  frame->bInferDone = TRUE;
}

/* Behind the network: tensors become objects. */
static GstPadProbeReturn
on_tensors (GstPad *pad, GstPadProbeInfo *info, gpointer labels)
{
  (void) pad;
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  for (GList *f = batch != NULL ? batch->frame_meta_list : NULL; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    for (GList *u = frame->frame_user_meta_list; u != NULL; u = u->next) {
      NvDsUserMeta *user = u->data;
      if (user->base_meta.meta_type == (NvDsMetaType) NVDSINFER_TENSOR_OUTPUT_META)
        parse_frame (batch, frame, user->user_meta_data, labels);
    }
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_objects (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  print_objects (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  char *text = NULL;
  GError *error = NULL;
  if (argc != 4) {
    g_printerr ("usage: %s FILM.h264 NVINFERSERVER_CONFIG LABELS\n", argv[0]);
    return 2;
  }
  if (!g_file_get_contents (argv[3], &text, NULL, &error)) {
    g_printerr ("error: %s\n", error->message);
    return 1;
  }
  char **labels = g_strsplit (g_strchomp (text), "\n", -1);
  GstElement *pipeline = gst_pipeline_new ("ssd-parser");
  GstElement *source = make (pipeline, "filesrc"), *parser = make (pipeline, "h264parse");
  GstElement *decoder = make (pipeline, "nvv4l2decoder"), *mux = make (pipeline, "nvstreammux");
  GstElement *network = make (pipeline, "nvinferserver"), *convert = make (pipeline, "nvvideoconvert");
  GstElement *osd = make (pipeline, "nvdsosd"), *sink = make_named (pipeline, "nveglglessink", "picture");
  g_object_set (source, "location", argv[1], NULL);
  g_object_set (mux, "batch-size", 1, "width", 640, "height", 480, "batched-push-timeout", 40000, NULL);
  g_object_set (network, "config-file-path", argv[2], NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  link_pads (decoder, "src", mux, "sink_0");
  if (!gst_element_link_many (source, parser, decoder, NULL)
      || !gst_element_link_many (mux, network, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  add_probe (network, "src", on_tensors, labels);
  add_probe (osd, "sink", on_objects, NULL);

  int failed = play (pipeline);
  gst_object_unref (pipeline);
  g_strfreev (labels);
  g_free (text);
  return failed;
}
