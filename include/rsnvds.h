/*
 * What the elements of rsnvds attach to DeepStream's metadata beyond DeepStream's own types.
 *
 * Key points of an object (NvDsObjectMeta), such as the eyes of a face, are a user meta on its obj_user_meta_list:
 *
 *   NvDsMetaType type = nvds_get_user_meta_type ((gchar *) RSNVDS_KEY_POINTS_TYPE);
 *   for (NvDsMetaList *l = obj_meta->obj_user_meta_list; l != NULL; l = l->next) {
 *     NvDsUserMeta *user_meta = l->data;
 *     if (user_meta->base_meta.meta_type == type) {
 *       const RsNvdsKeyPoints *points = user_meta->user_meta_data;
 *       for (uint32_t i = 0; i < points->count; i++)
 *         use (points->points[i].x, points->points[i].y);
 *     }
 *   }
 *
 * The corners of an object whose box is turned are another: RSNVDS_CORNERS_TYPE, whose data is an RsNvdsCorners. They say
 * the same as rect_params with rotation_angle, which DeepStream has from 9.0 on; before, rect_params has the upright box
 * around them. Only objects of networks with angles have them.
 *
 * The numbers that rsembedparser attaches are one on the object's list, or on frame_user_meta_list of a frame that was looked
 * at as a whole: RSNVDS_EMBEDDING_TYPE, whose data is an RsNvdsEmbedding.
 *
 * What rsanalytics finds out is on the frame and on its objects: RSNVDS_ANALYTICS_FRAME_TYPE on frame_user_meta_list, whose
 * data is an RsNvdsAnalyticsFrame, and RSNVDS_ANALYTICS_OBJECT_TYPE on obj_user_meta_list, whose data is an
 * RsNvdsAnalyticsObject. Both are headers: they tell where in the block lists begin, and how long they are.
 *
 *   const RsNvdsAnalyticsFrame *frame = user_meta->user_meta_data;
 *   const RsNvdsAnalyticsZone *zones = RSNVDS_ANALYTICS_LIST (RsNvdsAnalyticsZone, frame, frame->zones);
 *   for (uint32_t i = 0; i < frame->zones.count; i++)
 *     printf ("%s: %u\n", zones[i].name, zones[i].objects);
 *
 * The data is one block, of g_malloc's for all but corners. A program that attaches such a meta itself sets copy_func and
 * release_func to functions that copy and free what it allocated; release_func also sets user_meta_data to NULL, since
 * the library gives metas out again. Nobody changes the points of a meta that is attached.
 */
#ifndef RSNVDS_H
#define RSNVDS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Name of the type of the user metas with key points, for nvds_get_user_meta_type(). */
#define RSNVDS_KEY_POINTS_TYPE "rsnvds.key-points"

/* A count above this is taken for garbage. */
#define RSNVDS_MOST_KEY_POINTS 4096

/*
 * A point, in pixels from the upper left corner of the frame. It may lie outside the frame. One of which the network gave
 * no number is 0, 0 with a confidence of 0.
 */
typedef struct _RsNvdsKeyPoint {
  float x;
  float y;
  float confidence; /* 0 to 1; 1 if the network does not say */
} RsNvdsKeyPoint;

/* The points of an object, in the network's order. */
typedef struct _RsNvdsKeyPoints {
  uint32_t count;
  RsNvdsKeyPoint points[1]; /* count of them */
} RsNvdsKeyPoints;

/* Name of the type of the user metas with corners, for nvds_get_user_meta_type(). */
#define RSNVDS_CORNERS_TYPE "rsnvds.corners"

/* A corner, in pixels from the upper left corner of the frame. It may lie outside the frame. */
typedef struct _RsNvdsCorner {
  float x;
  float y;
} RsNvdsCorner;

/* The corners of a turned box, clockwise on the screen from the one that is the upper left before the box is turned. */
typedef struct _RsNvdsCorners {
  RsNvdsCorner points[4];
} RsNvdsCorners;

/* Name of the type of the user metas with embeddings, for nvds_get_user_meta_type(). */
#define RSNVDS_EMBEDDING_TYPE "rsnvds.embedding"

/* A count above this is taken for garbage. */
#define RSNVDS_MOST_NUMBERS 65536

/* An embedding: numbers that are near each other for pictures of the same thing. All are finite. */
typedef struct _RsNvdsEmbedding {
  uint32_t count;
  int32_t unique_component_id; /* unique-id of the inference element */
  float norm;                  /* L2 norm of the numbers as the network gave them */
  float values[1];             /* count of them; of norm 1 unless normalize=false */
} RsNvdsEmbedding;

/* Names of the types of the user metas with what rsanalytics finds out, for nvds_get_user_meta_type(). */
#define RSNVDS_ANALYTICS_FRAME_TYPE "rsnvds.analytics-frame"
#define RSNVDS_ANALYTICS_OBJECT_TYPE "rsnvds.analytics-object"

/* What the field version is for these structs; others are not to be read. */
#define RSNVDS_ANALYTICS_VERSION 1

/* Bytes of texts, which end with a zero. */
#define RSNVDS_ANALYTICS_NAME 64
#define RSNVDS_ANALYTICS_LABEL 128

/* A list in a block. */
typedef struct _RsNvdsAnalyticsList {
  uint32_t at;    /* bytes from the block's start, a multiple of 8 */
  uint32_t count; /* how many there are */
} RsNvdsAnalyticsList;

/* The first of a list, of an RsNvdsAnalyticsFrame or RsNvdsAnalyticsObject. */
#define RSNVDS_ANALYTICS_LIST(type, block, list) ((const type *) ((const char *) (block) + (list).at))

/* What is counted of a zone, since the element started. Times are nanoseconds. */
typedef struct _RsNvdsAnalyticsZone {
  char name[RSNVDS_ANALYTICS_NAME];
  uint64_t entered;    /* tracks that came in, or were first seen in it */
  uint64_t left;       /* tracks that went out, or were not seen any more */
  uint64_t dwell_now;  /* the longest stay of the tracks in this frame, so far */
  uint64_t dwell_mean; /* of the stays that ended */
  uint64_t dwell_max;  /* of all stays */
  uint32_t objects;    /* objects in it, with a track id or not */
  uint32_t tracks;     /* entered - left */
  uint32_t crowded;    /* 1 while it is too full */
  uint32_t reserved;
} RsNvdsAnalyticsZone;

/* What is counted of a line, since the element started. */
typedef struct _RsNvdsAnalyticsLine {
  char name[RSNVDS_ANALYTICS_NAME];
  uint64_t in;
  uint64_t out;
  uint32_t in_now; /* in this frame */
  uint32_t out_now;
} RsNvdsAnalyticsLine;

/* Crossings of a line by objects of one class. */
typedef struct _RsNvdsAnalyticsClass {
  char label[RSNVDS_ANALYTICS_LABEL];
  uint64_t in;
  uint64_t out;
  uint32_t line; /* index in lines */
  int32_t class_id;
} RsNvdsAnalyticsClass;

/* A way, or a standstill. */
typedef struct _RsNvdsAnalyticsRule {
  char name[RSNVDS_ANALYTICS_NAME];
  uint32_t kind;    /* 1 a way ([direction.NAME]), 2 a standstill ([stationary.NAME]) */
  uint32_t objects; /* objects of this frame for which it holds */
} RsNvdsAnalyticsRule;

/* The kinds of an RsNvdsAnalyticsEvent. */
enum {
  RSNVDS_ENTERED = 1,
  RSNVDS_LEFT = 2,
  RSNVDS_CROSSED_IN = 3,
  RSNVDS_CROSSED_OUT = 4,
  RSNVDS_DWELL_EXCEEDED = 5,
  RSNVDS_CROWDED = 6,
  RSNVDS_CROWD_ENDED = 7,
  RSNVDS_STATIONARY = 8,
  RSNVDS_MOVED = 9,
  RSNVDS_DIRECTION = 10,
  RSNVDS_SPEED_EXCEEDED = 11
};

/* Something that happened. */
typedef struct _RsNvdsAnalyticsEvent {
  char name[RSNVDS_ANALYTICS_NAME];   /* of the zone, line or rule */
  char label[RSNVDS_ANALYTICS_LABEL]; /* of the object */
  uint64_t object_id;                 /* UINT64_MAX without an object */
  uint64_t lasted;                    /* nanoseconds, of a stay or a crowd */
  uint32_t kind;
  uint32_t flags;   /* 1: appeared in the zone, or vanished from it */
  int32_t class_id; /* -1 without an object */
  uint32_t objects; /* in a zone that is crowded, or is not any more */
  float x;          /* where the object was, in pixels */
  float y;
  float speed; /* metres per second */
  uint32_t reserved;
} RsNvdsAnalyticsEvent;

/*
 * What an rsanalytics found out about a frame, which has one for each that it went through. Zones, lines and rules are those
 * of its source, in the configuration's order.
 */
typedef struct _RsNvdsAnalyticsFrame {
  uint32_t size; /* bytes of the block */
  uint32_t version;
  RsNvdsAnalyticsList zones;   /* of RsNvdsAnalyticsZone */
  RsNvdsAnalyticsList lines;   /* of RsNvdsAnalyticsLine */
  RsNvdsAnalyticsList classes; /* of RsNvdsAnalyticsClass */
  RsNvdsAnalyticsList rules;   /* of RsNvdsAnalyticsRule */
  RsNvdsAnalyticsList events;  /* of RsNvdsAnalyticsEvent */
  char element[RSNVDS_ANALYTICS_NAME]; /* name of the rsanalytics */
  uint32_t run;                /* number of its run in this process; what it says of objects has the same */
  uint32_t reserved;
} RsNvdsAnalyticsFrame;

/* The kinds of an RsNvdsAnalyticsMark. */
enum {
  RSNVDS_IN_ZONE = 1,
  RSNVDS_CROSSES_IN = 2,
  RSNVDS_CROSSES_OUT = 3,
  RSNVDS_GOES_A_WAY = 4,
  RSNVDS_STANDS_STILL = 5
};

/* Something that holds for an object in this frame. */
typedef struct _RsNvdsAnalyticsMark {
  uint64_t lasted; /* nanoseconds in the zone, or of the standstill */
  uint32_t kind;
  uint32_t rule; /* index in the zones, lines or rules of the frame's struct with the same run */
} RsNvdsAnalyticsMark;

/* What an rsanalytics found out about an object. Only objects of which there is something to tell have one. */
typedef struct _RsNvdsAnalyticsObject {
  uint32_t size; /* bytes of the block */
  uint32_t version;
  RsNvdsAnalyticsList marks; /* of RsNvdsAnalyticsMark */
  uint32_t flags;            /* 1: speed is known; 2: velocity is known */
  float speed;               /* metres per second */
  float velocity_x;          /* pixels per second */
  float velocity_y;
  uint32_t run; /* as in the RsNvdsAnalyticsFrame of the same rsanalytics */
  uint32_t reserved;
} RsNvdsAnalyticsObject;

#ifdef __cplusplus
}
#endif

#endif
