/*
 * A region that nvdspreprocess prepared, for programs where DeepStream itself is not installed; see nvdsmeta.h here. The layout is
 * that of 9.x.
 */
#ifndef RSNVDS_DEEPSTREAM_NVDS_ROI_META_H
#define RSNVDS_DEEPSTREAM_NVDS_ROI_META_H

#include "nvbufsurface.h"
#include "nvdsmeta.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DS_MAX_POLYGON_POINTS 8

/* What the elements of a tensor are. */
typedef enum {
  NvDsDataType_FP32,
  NvDsDataType_UINT8,
  NvDsDataType_INT8,
  NvDsDataType_UINT32,
  NvDsDataType_INT32,
  NvDsDataType_INT64,
  NvDsDataType_UINT64,
  NvDsDataType_FP16
} NvDsDataType;

/* What is prepared. */
typedef enum {
  NvDsUnitType_FullFrame,
  NvDsUnitType_ROI,
  NvDsUnitType_Object
} NvDsUnitType;

typedef struct _NvDsRoiMeta {
  NvOSD_RectParams roi; /* in pixels of the frame */
  guint roi_polygon[DS_MAX_POLYGON_POINTS][2];
  NvBufSurfaceParams *converted_buffer;
  NvDsFrameMeta *frame_meta;
  gdouble scale_ratio_x;
  gdouble scale_ratio_y;
  gdouble offset_left;
  gdouble offset_top;
  NvDsClassifierMetaList *classifier_meta_list;
  NvDsUserMetaList *roi_user_meta_list;
  NvDsObjectMeta *object_meta; /* NULL for a region of a frame */
} NvDsRoiMeta;

#ifdef __cplusplus
}
#endif

#endif
