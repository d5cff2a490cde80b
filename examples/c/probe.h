/* What test1.c and test3.c share: printing the objects of a buffer, and playing a pipeline to its end. */
#include <stdlib.h>

#include <gst/gst.h>

#include "gstnvdsmeta.h"

/* Prints a line for each frame of the batch: its source, its number, and each object's label with its box in pixels. */
static inline void
print_objects (GstBuffer *buffer)
{
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (buffer);
  if (batch == NULL)
    return;
  for (GList *f = batch->frame_meta_list; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    g_print ("source %u frame %d:", frame->source_id, frame->frame_num);
    for (GList *o = frame->obj_meta_list; o != NULL; o = o->next) {
      NvDsObjectMeta *object = o->data;
      NvOSD_RectParams *box = &object->rect_params;
      g_print (" %s[%.0f %.0f %.0f %.0f]", object->obj_label, box->left, box->top, box->width, box->height);
    }
    g_print ("\n");
  }
}

/* A new element in the pipeline. Says so and ends the program if there is none of this kind. */
static inline GstElement *
make (GstElement *pipeline, const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  if (element == NULL) {
    g_printerr ("error: %s could not be created\n", factory);
    exit (1);
  }
  gst_bin_add (GST_BIN (pipeline), element);
  return element;
}

/* Plays to the end; 1 after an error. */
static inline int
play (GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  int failed = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  if (failed) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("error: %s\n", error->message);
    g_error_free (error);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return failed;
}
