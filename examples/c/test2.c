/* One film, a detector, a tracker and a network that looks at each object, in the style of the sample deepstream-test2: a probe
 * prints each object's label, id and class.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/test2.c -o out/test2 \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/test2 film.h264 pgie.txt sgie.txt
 */
#include "probe.h"

/* Prints what the second network found in an object, each label in parentheses. */
static void
print_classes (const NvDsObjectMeta *object)
{
  for (GList *c = object->classifier_meta_list; c != NULL; c = c->next) {
    NvDsClassifierMeta *classifier = c->data;
    for (GList *l = classifier->label_info_list; l != NULL; l = l->next) {
      NvDsLabelInfo *label = l->data;
      g_print ("(%s)", label->pResult_label != NULL ? label->pResult_label : label->result_label);
    }
  }
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  for (GList *f = batch != NULL ? batch->frame_meta_list : NULL; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    g_print ("source %u frame %d:", frame->source_id, frame->frame_num);
    for (GList *o = frame->obj_meta_list; o != NULL; o = o->next) {
      NvDsObjectMeta *object = o->data;
      g_print (" %s#%" G_GUINT64_FORMAT, object->obj_label, object->object_id);
      print_classes (object);
    }
    g_print ("\n");
  }
  return GST_PAD_PROBE_OK;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc != 4) {
    g_printerr ("usage: %s FILM.h264 PGIE_CONFIG SGIE_CONFIG\n", argv[0]);
    return 2;
  }
  GstElement *pipeline = gst_pipeline_new ("test2");
  GstElement *source = make (pipeline, "filesrc"), *parser = make (pipeline, "h264parse");
  GstElement *decoder = make (pipeline, "nvv4l2decoder"), *mux = make (pipeline, "nvstreammux");
  GstElement *detector = make (pipeline, "nvinfer"), *tracker = make (pipeline, "nvtracker");
  GstElement *classifier = make (pipeline, "nvinfer"), *convert = make (pipeline, "nvvideoconvert");
  GstElement *osd = make (pipeline, "nvdsosd"), *sink = make_named (pipeline, "nveglglessink", "picture");
  g_object_set (source, "location", argv[1], NULL);
  g_object_set (mux, "batch-size", 1, "width", 640, "height", 480, "batched-push-timeout", 40000, NULL);
  g_object_set (detector, "config-file-path", argv[2], NULL);
  g_object_set (tracker, "tracker-width", 640, "tracker-height", 384, "ll-lib-file",
      "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so", NULL);
  g_object_set (classifier, "config-file-path", argv[3], NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  link_pads (decoder, "src", mux, "sink_0");
  if (!gst_element_link_many (source, parser, decoder, NULL)
      || !gst_element_link_many (mux, detector, tracker, classifier, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  add_probe (osd, "sink", on_buffer, NULL);

  int failed = play (pipeline);
  gst_object_unref (pipeline);
  return failed;
}
