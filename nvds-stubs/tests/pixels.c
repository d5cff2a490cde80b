/* A batch of its own, scaled, turned and put together; an object as JPEG; events and messages; what is not here. */
#include <string.h>

#include "gst-nvcustomevent.h"
#include "gst-nvdscustomevent.h"
#include "gst-nvdscustommessage.h"
#include "gst-nvevent.h"
#include "gstnvdsinfer.h"
#include "gstnvdsmeta.h"
#include "nvbufsurftransform.h"
#include "nvds_logger.h"
#include "nvds_obj_encode.h"
#include "nvds_utils.h"
#include "nvmsgbroker.h"

static NvBufSurface *
surface (uint32_t batch, uint32_t width, uint32_t height, NvBufSurfaceColorFormat format)
{
  NvBufSurfaceCreateParams params = { .width = width, .height = height, .colorFormat = format, .layout = NVBUF_LAYOUT_PITCH };
  NvBufSurface *made = NULL;
  if (NvBufSurfaceCreate (&made, batch, &params) != 0 || NvBufSurfaceMap (made, -1, -1, NVBUF_MAP_READ_WRITE) != 0)
    g_error ("no surface");
  return made;
}

/* The red of a pixel of the first surface. */
static unsigned char *
red (NvBufSurface *surf, uint32_t x, uint32_t y)
{
  return (unsigned char *) surf->surfaceList[0].mappedAddr.addr[0] + y * surf->surfaceList[0].pitch + 4 * x;
}

static void
transform (void)
{
  NvBufSurface *nv12 = surface (2, 64, 48, NVBUF_COLOR_FORMAT_NV12);
  NvBufSurface *rgba = surface (2, 32, 32, NVBUF_COLOR_FORMAT_RGBA);
  g_print ("planes %u of pitch %u, filled %u\n", nv12->surfaceList[0].planeParams.num_planes, nv12->surfaceList[0].pitch, nv12->numFilled);
  /* Grey on the left half, white on the right. */
  NvBufSurfaceMemSet (nv12, -1, 0, 126);
  NvBufSurfaceMemSet (nv12, -1, 1, 128);
  for (int y = 0; y < 48; y++)
    memset ((char *) nv12->surfaceList[0].mappedAddr.addr[0] + y * nv12->surfaceList[0].pitch + 32, 235, 32);
  nv12->numFilled = 1;
  NvBufSurfTransformRect right = { .left = 32, .top = 0, .width = 32, .height = 48 };
  NvBufSurfTransformRect part = { .left = 8, .top = 4, .width = 16, .height = 8 };
  NvBufSurfTransformParams params = { .transform_flag = NVBUFSURF_TRANSFORM_CROP_SRC | NVBUFSURF_TRANSFORM_CROP_DST, .src_rect = &right, .dst_rect = &part };
  g_print ("crop %d", NvBufSurfTransform (nv12, rgba, &params));
  g_print (", filled %u: inside %d", rgba->numFilled, *red (rgba, 8, 4) > 250 && *red (rgba, 23, 11) > 250);
  g_print (", outside %d %d %d\n", *red (rgba, 24, 11), *red (rgba, 7, 4), *red (rgba, 8, 12));
  /* Turned clockwise by 90 degrees, the right half is the lower one. */
  NvBufSurfTransformParams turn = { .transform_flag = NVBUFSURF_TRANSFORM_FLIP, .transform_flip = NvBufSurfTransform_Rotate90 };
  NvBufSurfTransformSyncObj_t done = NULL;
  g_print ("turn %d", NvBufSurfTransformAsync (nv12, rgba, &turn, &done));
  g_print (", wait %d", NvBufSurfTransformSyncObjWait (done, 1));
  g_print (", destroy %d", NvBufSurfTransformSyncObjDestroy (&done));
  g_print (": top %d, bottom %d\n", *red (rgba, 30, 4) > 120 && *red (rgba, 30, 4) < 135, *red (rgba, 2, 28) > 250);
  right.width = 33;
  g_print ("outside %d", NvBufSurfTransform (nv12, rgba, &params));
  g_print (", no parameters %d\n", NvBufSurfTransform (nv12, rgba, NULL));

  NvBufSurfTransformRect places[2] = { { .left = 0, .top = 0, .width = 16, .height = 32 }, { .left = 16, .top = 0, .width = 16, .height = 32 } };
  NvBufSurfTransformCompositeParams composite = { .composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE, .input_buf_count = 2, .dst_comp_rect = places };
  NvBufSurfaceMemSet (nv12, 1, 0, 16);
  g_print ("composite %d", NvBufSurfTransformComposite (nv12, rgba, &composite));
  g_print (": %d %d\n", *red (rgba, 15, 0) > 250, *red (rgba, 16, 0) < 5);

  unsigned char raw[4 * 32 * 32];
  g_print ("raw %d", NvBufSurface2Raw (rgba, 0, 0, 32, 32, raw));
  g_print (", back %d", Raw2NvBufSurface (raw, 1, 0, 32, 32, rgba));
  g_print (", too wide %d", NvBufSurface2Raw (rgba, 0, 0, 33, 32, raw));
  g_print (": %d\n", raw[4 * 15] == *red (rgba, 15, 0));
  NvBufSurfaceCreateParams array = { .width = 4, .height = 4, .colorFormat = NVBUF_COLOR_FORMAT_RGBA, .memType = NVBUF_MEM_SURFACE_ARRAY };
  NvBufSurface *none = NULL;
  g_print ("Jetson's %d", NvBufSurfaceCreate (&none, 1, &array));
  g_print (", destroy %d", NvBufSurfaceDestroy (rgba));
  g_print (", again %d\n", NvBufSurfaceDestroy (rgba));
  NvBufSurfaceDestroy (nv12);
}

static void
encode (void)
{
  NvBufSurface *surf = surface (1, 64, 48, NVBUF_COLOR_FORMAT_NV12);
  surf->numFilled = 1;
  NvDsBatchMeta *batch = nvds_create_batch_meta (1);
  batch->max_frames_in_batch = 1;
  NvDsFrameMeta *frame = nvds_acquire_frame_meta_from_pool (batch);
  nvds_add_frame_meta_to_batch (batch, frame);
  frame->frame_num = 7;
  NvDsObjectMeta *object = nvds_acquire_obj_meta_from_pool (batch);
  object->rect_params.left = 40;
  object->rect_params.width = 40;
  object->rect_params.height = 20;
  nvds_add_obj_meta_to_frame (frame, object, NULL);

  NvDsObjEncCtxHandle context = nvds_obj_enc_create_context (0);
  NvDsObjEncUsrArgs args = { .saveImg = true, .attachUsrMeta = true, .objNum = 3, .quality = 80 };
  g_print ("object %d", nvds_obj_enc_process (context, &args, surf, object, frame));
  args.isFrame = true;
  args.saveImg = false;
  args.scaleImg = true;
  g_print (", not scaled %d", nvds_obj_enc_process (context, &args, surf, NULL, frame));
  args.scaledWidth = args.scaledHeight = 16;
  g_print (", frame %d", nvds_obj_enc_process (context, &args, surf, NULL, frame));
  args.isFrame = false;
  g_print (", none %d", nvds_obj_enc_process (context, &args, surf, NULL, frame));
  object->rect_params.left = 64;
  g_print (", outside %d\n", nvds_obj_enc_process (context, &args, surf, object, frame));
  nvds_obj_enc_finish (context);
  nvds_obj_enc_destroy_context (context);
  NvDsUserMeta *frames = frame->frame_user_meta_list->data;
  NvDsObjEncOutParams *out = frames->user_meta_data;
  g_print ("type %d, jpeg %02x%02x\n", frames->base_meta.meta_type, out->outBuffer[0], out->outBuffer[1]);
  NvDsBatchMeta *copy = NULL;
  GstBuffer *buffer = gst_buffer_new ();
  gst_buffer_add_nvds_meta (buffer, batch, NULL, nvds_batch_meta_copy_func, nvds_batch_meta_release_func)->meta_type = NVDS_BATCH_GST_META;
  GstBuffer *second = gst_buffer_copy (buffer);
  gst_buffer_unref (buffer);
  copy = gst_buffer_get_nvds_batch_meta (second);
  frame = copy->frame_meta_list->data;
  NvDsObjEncOutParams *copied = ((NvDsUserMeta *) frame->frame_user_meta_list->data)->user_meta_data;
  g_print ("copy %02x%02x\n", copied->outBuffer[0], copied->outBuffer[1]);
  gst_buffer_unref (second);
  NvBufSurfaceDestroy (surf);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  transform ();
  encode ();

  GstEvent *event = gst_nvevent_infer_interval_update ((gchar *) "2", 5);
  gchar *id = NULL;
  guint number = 0, count = 0;
  gst_nvevent_parse_osd_process_mode_update (event, &id, &number);
  g_print ("other %d %u, ", id == NULL, number);
  gst_nvevent_parse_infer_interval_update (event, &id, &number);
  g_print ("interval %s %u\n", id, number);
  g_free (id);
  gst_event_unref (event);
  RoiDimension regions[2] = { { "door", 1, 2, 3, 4 }, { "gate", 5, 6, 7, 8 } }, *read = NULL;
  event = gst_nvevent_new_roi_update ((gchar *) "0", 2, regions);
  gst_nvevent_parse_roi_update (event, &id, &count, &read);
  g_print ("regions %u of %s: %d\n", count, id, memcmp (regions, read, sizeof (regions)));
  g_free (id);
  g_free (read);
  gst_event_unref (event);
  NvDsSensorInfo sensor = { .source_id = 4, .uri = "file:///a", .sensor_id = "cam" }, told = { 0 };
  GstMessage *message = gst_nvmessage_new_stream_add (NULL, &sensor);
  g_print ("add %d", gst_nvmessage_parse_stream_add (message, &told));
  g_print (", remove %d", gst_nvmessage_is_stream_remove (message));
  g_print (": %u %s %s %d\n", told.source_id, told.uri, told.sensor_id, told.sensor_name == NULL);
  gst_message_unref (message);
  gchar *host = nvds_get_hostname_with_ip ();
  g_print ("host %d, ", g_strcmp0 (host, g_get_host_name ()));
  g_free (host);
  g_print ("broker %d\n", nv_msgbroker_connect (NULL, NULL, NULL, NULL) == NULL);
  nvds_log ("APP", 3, "said %d\n", 1);
  return 0;
}
