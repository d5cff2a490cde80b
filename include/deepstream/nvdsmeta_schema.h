/*
 * What applications attach for nvmsgconv, for programs where DeepStream itself is not installed; see nvdsmeta.h here. The
 * layout is that of 9.1; it differs in other releases.
 */
#ifndef RSNVDS_DEEPSTREAM_NVDSMETA_SCHEMA_H
#define RSNVDS_DEEPSTREAM_NVDSMETA_SCHEMA_H

#include <glib.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAX_ENTRIES 100
#define MAX_SOURCE_ID_LEN 128
#define MAX_NUM_OBJECTS 600

/* What has happened. */
typedef enum {
  NVDS_EVENT_ENTRY,
  NVDS_EVENT_EXIT,
  NVDS_EVENT_MOVING,
  NVDS_EVENT_STOPPED,
  NVDS_EVENT_EMPTY,
  NVDS_EVENT_PARKED,
  NVDS_EVENT_RESET,
  NVDS_EVENT_RESERVED = 256,
  NVDS_EVENT_CUSTOM,
  NVDS_EVENT_FORCE32 = 0x7fffffff
} NvDsEventType;

/* To what; it says what extMsg points to. */
typedef enum {
  NVDS_OBJECT_TYPE_VEHICLE,
  NVDS_OBJECT_TYPE_PERSON,
  NVDS_OBJECT_TYPE_FACE,
  NVDS_OBJECT_TYPE_BAG,
  NVDS_OBJECT_TYPE_BICYCLE,
  NVDS_OBJECT_TYPE_ROADSIGN,
  NVDS_OBJECT_TYPE_VEHICLE_EXT,
  NVDS_OBJECT_TYPE_PERSON_EXT,
  NVDS_OBJECT_TYPE_FACE_EXT,
  NVDS_OBJECT_TYPE_3D,
  NVDS_OBJECT_TYPE_DUMMY,
  NVDS_OBJECT_TYPE_PRODUCT,
  NVDS_OBJECT_TYPE_PRODUCT_EXT,
  NVDS_OBJECT_TYPE_RESERVED = 256,
  NVDS_OBJECT_TYPE_CUSTOM,
  NVDS_OBJECT_TYPE_UNKNOWN,
  NVDS_OBEJCT_TYPE_FORCE32 = 0x7fffffff
} NvDsObjectType;

/* Forms of messages. */
typedef enum {
  NVDS_PAYLOAD_DEEPSTREAM,
  NVDS_PAYLOAD_DEEPSTREAM_MINIMAL,
  NVDS_PAYLOAD_DEEPSTREAM_PROTOBUF,
  NVDS_PAYLOAD_RESERVED = 256,
  NVDS_PAYLOAD_CUSTOM,
  NVDS_PAYLOAD_FORCE32 = 0x7fffffff
} NvDsPayloadType;

/* A box in pixels of the frame. */
typedef struct {
  float top;
  float left;
  float width;
  float height;
} NvDsRect;

/* Degrees, and metres above the sea. */
typedef struct {
  gdouble lat;
  gdouble lon;
  gdouble alt;
} NvDsGeoLocation;

/* A place in a space of the application. */
typedef struct {
  gdouble x;
  gdouble y;
  gdouble z;
} NvDsCoordinate;

/* A feature vector of an object. */
typedef struct {
  gdouble *signature;
  guint size;
} NvDsObjectSignature;

/* When a source had something, by its name. */
typedef struct {
  gchar source_id[MAX_SOURCE_ID_LEN];
  guint64 timestamp;
} SourceTimePair;

/* A feature vector in single precision. */
typedef struct {
  float *embedding_vector;
  guint embedding_length;
} NvDsEmbedding;

/* A key point, and how sure it is. */
typedef struct {
  float x;
  float y;
  float z;
  float confidence;
} NvDsJoint;

/* Key points of a body. */
typedef struct {
  NvDsJoint *joints;
  int num_joints;
  int pose_type;
} NvDsJoints;

/* Pairs of coordinates. */
typedef struct {
  gint *points;
  guint numFilled;
} NvDsConvexHull;

/* A box in space. */
typedef struct _NvDsBbox3dObject {
  float boxes_3d[12];
  float scores_3d;
  gchar *labels_3d;
  gchar *embedding_filter;
  float cls_scores;
  guint instance_ids;
  NvDsEmbedding *instance_feats;
  gchar *ocr_label;
} NvDsBbox3dObject;

/* Boxes in space of one moment. */
typedef struct {
  NvDsBbox3dObject objects[MAX_NUM_OBJECTS];
  guint num_objects;
  guint64 timestamp;
  gint frame_num;
  guint camera_id;
  gchar *sensorStr;
  SourceTimePair entries[MAX_ENTRIES];
  int count;
} NvDsBbox3dObjectList;

/* What a tracker with a model of the camera knows of an object. */
typedef struct {
  gfloat ptWorldFeet[2];
  gfloat ptImgFeet[2];
  NvDsConvexHull convexHull;
  NvDsBbox3dObject bbox3d;
} NvDs3DTracking;

/* A question to a language model and its answer. */
typedef struct {
  gchar *id;
  gchar *query;
  gchar *response;
} NvDsConversationObject;

/* What a language model said. */
typedef struct {
  GHashTable *info;
  NvDsConversationObject *conversations;
  guint num_conversations;
  NvDsEmbedding *embeddings;
  guint num_embeddings;
} NvDsLLMObject;

/* Objects that have to do with one another. */
typedef struct {
  gchar *id;
  gchar **objectIds;
  guint num_objectIds;
  NvDsCoordinate *coordinates;
  guint num_coordinates;
  gchar *description;
  GHashTable *info;
  gint64 timestamp;
} NvDsInteractionObject;

/* Objects that are in each other's way. */
typedef struct {
  gchar *id;
  gchar **objectIds;
  guint num_objectIds;
  float amount;
  GHashTable *info;
  gint64 timestamp;
} NvDsCongestionObject;

/* A count of objects of a type. */
typedef struct {
  gchar *id;
  gchar *type;
  gint32 count;
  NvDsCoordinate *coordinates;
  guint num_coordinates;
  gchar **objectIds;
  guint num_objectIds;
  GHashTable *info;
} NvDsTypeMetricsObject;

/* A mask, one number a pixel. */
typedef struct {
  gint32 *mask;
  guint mask_size;
  GHashTable *info;
} NvDsSegmentationObject;

/* For extMsg of NVDS_OBJECT_TYPE_VEHICLE. */
typedef struct {
  gchar *type;
  gchar *make;
  gchar *model;
  gchar *color;
  gchar *region;
  gchar *license;
} NvDsVehicleObject;

/* For extMsg of NVDS_OBJECT_TYPE_VEHICLE_EXT; a mask is a list of polygons, as in the three below. */
typedef struct {
  gchar *type;
  gchar *make;
  gchar *model;
  gchar *color;
  gchar *region;
  gchar *license;
  GList *mask;
} NvDsVehicleObjectExt;

/* For extMsg of NVDS_OBJECT_TYPE_PERSON. */
typedef struct {
  gchar *gender;
  gchar *hair;
  gchar *cap;
  gchar *apparel;
  guint age;
} NvDsPersonObject;

/* For extMsg of NVDS_OBJECT_TYPE_PERSON_EXT. */
typedef struct {
  gchar *gender;
  gchar *hair;
  gchar *cap;
  gchar *apparel;
  guint age;
  GList *mask;
} NvDsPersonObjectExt;

/* For extMsg of NVDS_OBJECT_TYPE_FACE. */
typedef struct {
  gchar *gender;
  gchar *hair;
  gchar *cap;
  gchar *glasses;
  gchar *facialhair;
  gchar *name;
  gchar *eyecolor;
  guint age;
} NvDsFaceObject;

/* For extMsg of NVDS_OBJECT_TYPE_FACE_EXT, under either name. */
typedef struct {
  gchar *gender;
  gchar *hair;
  gchar *cap;
  gchar *glasses;
  gchar *facialhair;
  gchar *name;
  gchar *eyecolor;
  guint age;
  GList *mask;
} NvDsFaceObjectExt;

typedef NvDsFaceObjectExt NvDsFaceObjectWithExt;

/* For extMsg of NVDS_OBJECT_TYPE_PRODUCT. */
typedef struct {
  gchar *brand;
  gchar *type;
  gchar *shape;
} NvDsProductObject;

/* For extMsg of NVDS_OBJECT_TYPE_PRODUCT_EXT. */
typedef struct {
  gchar *brand;
  gchar *type;
  gchar *shape;
  GList *mask;
} NvDsProductObjectExt;

/* Of an object on a frame, for nvmsgconv: user meta of the type NVDS_EVENT_MSG_META. */
typedef struct {
  NvDsEventType type;
  NvDsObjectType objType;
  NvDsRect bbox;
  NvDsGeoLocation location;
  NvDsCoordinate coordinate;
  NvDsObjectSignature objSignature;
  gint objClassId;
  gint sensorId;
  gint moduleId;
  gint placeId;
  gint componentId;
  gint frameId;
  gdouble confidence;
  guint64 trackingId;
  gchar *ts;
  gchar *objectId;
  gchar *sensorStr;
  SourceTimePair entries[MAX_ENTRIES];
  int count;
  NvDsBbox3dObject *bbox3d;
  NvDsLLMObject *llm;
  gint num_interactions;
  NvDsInteractionObject *interactions;
  gint num_congestions;
  NvDsCongestionObject *congestions;
  gint num_fov;
  NvDsTypeMetricsObject *fov;
  NvDsSegmentationObject *segmentation;
  gchar *otherAttrs;
  gchar *videoPath;
  gpointer extMsg;
  guint extMsgSize;
  NvDsJoints pose;
  NvDsEmbedding embedding;
  bool has3DTracking;
  NvDs3DTracking singleView3DTracking;
  gfloat visibility;
} NvDsEventMsgMeta;

/* An event with its meta, as protocol libraries of nvmsgconv get it. */
typedef struct {
  NvDsEventType eventType;
  NvDsEventMsgMeta *metadata;
} NvDsEvent;

/* For NVDS_CUSTOM_MSG_BLOB: what nvmsgconv takes over as it is. */
typedef struct {
  void *message;
  guint size;
} NvDsCustomMsgInfo;

/* A message that nvmsgconv made, for nvmsgbroker. */
typedef struct {
  gpointer payload;
  guint payloadSize;
  guint componentId;
} NvDsPayload;

#ifdef __cplusplus
}
#endif

#endif
