/* Fills what nvmsgconv reads, as DeepStream's samples do, and hands it to a frame of a batch. Sizes and places are DeepStream 9.1's. */
#include <stddef.h>
#include <string.h>

#include "nvdsmeta.h"
#include "nvdsmeta_schema.h"

#define SIZE(type, size) G_STATIC_ASSERT (sizeof (type) == size)
#define PLACE(type, field, offset) G_STATIC_ASSERT (offsetof (type, field) == offset)

SIZE (NvDsRect, 16);
SIZE (NvDsGeoLocation, 24);
SIZE (NvDsCoordinate, 24);
SIZE (NvDsObjectSignature, 16);
SIZE (SourceTimePair, 136);
SIZE (NvDsEmbedding, 16);
SIZE (NvDsJoint, 16);
SIZE (NvDsJoints, 16);
SIZE (NvDsConvexHull, 16);
SIZE (NvDsBbox3dObject, 96);
SIZE (NvDsBbox3dObjectList, 71240);
SIZE (NvDs3DTracking, 128);
SIZE (NvDsConversationObject, 24);
SIZE (NvDsLLMObject, 40);
SIZE (NvDsInteractionObject, 64);
SIZE (NvDsCongestionObject, 40);
SIZE (NvDsTypeMetricsObject, 64);
SIZE (NvDsSegmentationObject, 24);
SIZE (NvDsVehicleObject, 48);
SIZE (NvDsVehicleObjectExt, 56);
SIZE (NvDsPersonObject, 40);
SIZE (NvDsPersonObjectExt, 48);
SIZE (NvDsFaceObject, 64);
SIZE (NvDsFaceObjectExt, 72);
SIZE (NvDsProductObject, 24);
SIZE (NvDsProductObjectExt, 32);
SIZE (NvDsEventMsgMeta, 14040);
SIZE (NvDsEvent, 16);
SIZE (NvDsCustomMsgInfo, 16);
SIZE (NvDsPayload, 16);

PLACE (NvDsEventMsgMeta, objType, 4);
PLACE (NvDsEventMsgMeta, bbox, 8);
PLACE (NvDsEventMsgMeta, location, 24);
PLACE (NvDsEventMsgMeta, coordinate, 48);
PLACE (NvDsEventMsgMeta, objSignature, 72);
PLACE (NvDsEventMsgMeta, objClassId, 88);
PLACE (NvDsEventMsgMeta, sensorId, 92);
PLACE (NvDsEventMsgMeta, moduleId, 96);
PLACE (NvDsEventMsgMeta, placeId, 100);
PLACE (NvDsEventMsgMeta, componentId, 104);
PLACE (NvDsEventMsgMeta, frameId, 108);
PLACE (NvDsEventMsgMeta, confidence, 112);
PLACE (NvDsEventMsgMeta, trackingId, 120);
PLACE (NvDsEventMsgMeta, ts, 128);
PLACE (NvDsEventMsgMeta, objectId, 136);
PLACE (NvDsEventMsgMeta, sensorStr, 144);
PLACE (NvDsEventMsgMeta, entries, 152);
PLACE (NvDsEventMsgMeta, count, 13752);
PLACE (NvDsEventMsgMeta, bbox3d, 13760);
PLACE (NvDsEventMsgMeta, llm, 13768);
PLACE (NvDsEventMsgMeta, num_interactions, 13776);
PLACE (NvDsEventMsgMeta, interactions, 13784);
PLACE (NvDsEventMsgMeta, num_congestions, 13792);
PLACE (NvDsEventMsgMeta, congestions, 13800);
PLACE (NvDsEventMsgMeta, num_fov, 13808);
PLACE (NvDsEventMsgMeta, fov, 13816);
PLACE (NvDsEventMsgMeta, segmentation, 13824);
PLACE (NvDsEventMsgMeta, otherAttrs, 13832);
PLACE (NvDsEventMsgMeta, videoPath, 13840);
PLACE (NvDsEventMsgMeta, extMsg, 13848);
PLACE (NvDsEventMsgMeta, extMsgSize, 13856);
PLACE (NvDsEventMsgMeta, pose, 13864);
PLACE (NvDsEventMsgMeta, embedding, 13880);
PLACE (NvDsEventMsgMeta, has3DTracking, 13896);
PLACE (NvDsEventMsgMeta, singleView3DTracking, 13904);
PLACE (NvDsEventMsgMeta, visibility, 14032);
PLACE (NvDsBbox3dObject, scores_3d, 48);
PLACE (NvDsBbox3dObject, labels_3d, 56);
PLACE (NvDsBbox3dObject, embedding_filter, 64);
PLACE (NvDsBbox3dObject, cls_scores, 72);
PLACE (NvDsBbox3dObject, instance_ids, 76);
PLACE (NvDsBbox3dObject, instance_feats, 80);
PLACE (NvDsBbox3dObject, ocr_label, 88);
PLACE (NvDs3DTracking, ptImgFeet, 8);
PLACE (NvDs3DTracking, convexHull, 16);
PLACE (NvDs3DTracking, bbox3d, 32);
PLACE (NvDsFaceObject, hair, 8);
PLACE (NvDsFaceObject, cap, 16);
PLACE (NvDsFaceObject, glasses, 24);
PLACE (NvDsFaceObject, facialhair, 32);
PLACE (NvDsFaceObject, name, 40);
PLACE (NvDsFaceObject, eyecolor, 48);
PLACE (NvDsFaceObject, age, 56);
PLACE (NvDsPersonObject, hair, 8);
PLACE (NvDsPersonObject, cap, 16);
PLACE (NvDsPersonObject, apparel, 24);
PLACE (NvDsPersonObject, age, 32);
PLACE (NvDsInteractionObject, objectIds, 8);
PLACE (NvDsInteractionObject, num_objectIds, 16);
PLACE (NvDsInteractionObject, coordinates, 24);
PLACE (NvDsInteractionObject, num_coordinates, 32);
PLACE (NvDsInteractionObject, description, 40);
PLACE (NvDsInteractionObject, info, 48);
PLACE (NvDsInteractionObject, timestamp, 56);
PLACE (NvDsTypeMetricsObject, type, 8);
PLACE (NvDsTypeMetricsObject, count, 16);
PLACE (NvDsTypeMetricsObject, coordinates, 24);
PLACE (NvDsTypeMetricsObject, num_coordinates, 32);
PLACE (NvDsTypeMetricsObject, objectIds, 40);
PLACE (NvDsTypeMetricsObject, num_objectIds, 48);
PLACE (NvDsTypeMetricsObject, info, 56);
G_STATIC_ASSERT (NVDS_EVENT_RESERVED == 256 && NVDS_EVENT_CUSTOM == 257);
G_STATIC_ASSERT (NVDS_OBJECT_TYPE_PRODUCT_EXT == 12 && NVDS_OBJECT_TYPE_UNKNOWN == 258);
G_STATIC_ASSERT (NVDS_PAYLOAD_DEEPSTREAM_PROTOBUF == 2 && NVDS_PAYLOAD_CUSTOM == 257);

static gpointer
copy_event (gpointer data, gpointer unused)
{
  (void) unused;
  NvDsEventMsgMeta *from = ((NvDsUserMeta *) data)->user_meta_data, *to = g_memdup2 (from, sizeof *from);
  to->sensorStr = g_strdup (from->sensorStr);
  to->extMsg = g_memdup2 (from->extMsg, from->extMsgSize);
  return to;
}

static void
free_event (gpointer data, gpointer unused)
{
  (void) unused;
  NvDsUserMeta *user = data;
  NvDsEventMsgMeta *event = user->user_meta_data;
  g_free (event->sensorStr);
  g_free (event->extMsg);
  g_free (event);
  user->user_meta_data = NULL;
}

int
main (void)
{
  NvDsBatchMeta *batch = nvds_create_batch_meta (1);
  NvDsFrameMeta *frame = nvds_acquire_frame_meta_from_pool (batch);
  nvds_add_frame_meta_to_batch (batch, frame);
  NvDsVehicleObject car = { .make = "a" };
  NvDsEventMsgMeta *event = g_new0 (NvDsEventMsgMeta, 1);
  event->type = NVDS_EVENT_MOVING;
  event->objType = NVDS_OBJECT_TYPE_VEHICLE;
  event->bbox = (NvDsRect) { .top = 1, .left = 2, .width = 3, .height = 4 };
  event->sensorStr = g_strdup ("sensor-0");
  event->extMsg = g_memdup2 (&car, sizeof car);
  event->extMsgSize = sizeof car;
  NvDsUserMeta *user = nvds_acquire_user_meta_from_pool (batch);
  user->user_meta_data = event;
  user->base_meta.meta_type = NVDS_EVENT_MSG_META;
  user->base_meta.copy_func = copy_event;
  user->base_meta.release_func = free_event;
  nvds_add_user_meta_to_frame (frame, user);
  for (NvDsMetaList *list = frame->frame_user_meta_list; list != NULL; list = list->next) {
    NvDsEventMsgMeta *read = ((NvDsUserMeta *) list->data)->user_meta_data;
    NvDsVehicleObject *vehicle = read->extMsg;
    g_print ("%s: event %d of object %d at %g, %g: %s\n", read->sensorStr, read->type, read->objType, read->bbox.left,
        read->bbox.top, vehicle->make);
  }
  nvds_destroy_batch_meta (batch);
  return 0;
}
