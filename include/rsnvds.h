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
 * The data is one block, of g_malloc's for key points and embeddings. A program that attaches such a meta itself sets copy_func and
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

#ifdef __cplusplus
}
#endif

#endif
