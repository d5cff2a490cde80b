/* Surfaces cropped, scaled, turned and converted, in libnvbufsurftransform.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVBUFSURFTRANSFORM_H
#define RSNVDS_DEEPSTREAM_NVBUFSURFTRANSFORM_H

#include "nvbufsurface.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CUstream_st *cudaStream_t;

typedef enum {
  NvBufSurfTransformCompute_Default,
  NvBufSurfTransformCompute_GPU,
  NvBufSurfTransformCompute_VIC
} NvBufSurfTransform_Compute;

typedef enum {
  NvBufSurfTransform_None,
  NvBufSurfTransform_Rotate90,
  NvBufSurfTransform_Rotate180,
  NvBufSurfTransform_Rotate270,
  NvBufSurfTransform_FlipX,
  NvBufSurfTransform_FlipY,
  NvBufSurfTransform_Transpose,
  NvBufSurfTransform_InvTranspose
} NvBufSurfTransform_Flip;

/* Algo1 is cubic, Algo3 Lanczos; the others that are not linear are nearest here. */
typedef enum {
  NvBufSurfTransformInter_Nearest = 0,
  NvBufSurfTransformInter_Bilinear,
  NvBufSurfTransformInter_Algo1,
  NvBufSurfTransformInter_Algo2,
  NvBufSurfTransformInter_Algo3,
  NvBufSurfTransformInter_Algo4,
  NvBufSurfTransformInter_Default
} NvBufSurfTransform_Inter;

typedef enum {
  NvBufSurfTransformError_ROI_Error = -4,
  NvBufSurfTransformError_Invalid_Params = -3,
  NvBufSurfTransformError_Execution_Error = -2,
  NvBufSurfTransformError_Unsupported = -1,
  NvBufSurfTransformError_Success = 0
} NvBufSurfTransform_Error;

typedef enum {
  NVBUFSURF_TRANSFORM_CROP_SRC = 1,
  NVBUFSURF_TRANSFORM_CROP_DST = 1 << 1,
  NVBUFSURF_TRANSFORM_FILTER = 1 << 2,
  NVBUFSURF_TRANSFORM_FLIP = 1 << 3,
  NVBUFSURF_TRANSFORM_NORMALIZE = 1 << 4,
  NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP = 1 << 5
} NvBufSurfTransform_Transform_Flag;

typedef enum {
  NVBUFSURF_TRANSFORM_COMPOSITE = 1,
  NVBUFSURF_TRANSFORM_BLEND = 1 << 1,
  NVBUFSURF_TRANSFORM_COMPOSITE_FILTER = 1 << 2
} NvBufSurfTransform_Composite_Flag;

/* In pixels. */
typedef struct {
  uint32_t top;
  uint32_t left;
  uint32_t width;
  uint32_t height;
  void *reserved[4];
} NvBufSurfTransformRect;

typedef struct _NvBufSurfTransformConfigParams {
  NvBufSurfTransform_Compute compute_mode;
  int32_t gpu_id;
  cudaStream_t cuda_stream;
  void *reserved[4];
} NvBufSurfTransformConfigParams;

/* Rectangles: one for each surface of the source. */
typedef struct _NvBufSurfaceTransformParams {
  uint32_t transform_flag;
  NvBufSurfTransform_Flip transform_flip;
  NvBufSurfTransform_Inter transform_filter;
  NvBufSurfTransformRect *src_rect;
  NvBufSurfTransformRect *dst_rect;
  void *reserved[4];
} NvBufSurfTransformParams;

typedef struct _NvBufSurfTransformCompositeParams {
  uint32_t composite_flag;
  uint32_t input_buf_count;
  NvBufSurfTransformRect *src_comp_rect;
  NvBufSurfTransformRect *dst_comp_rect;
  NvBufSurfTransform_Inter composite_filter;
  void *reserved[4];
} NvBufSurfTransformCompositeParams;

typedef struct NvBufSurfTransformSyncObj *NvBufSurfTransformSyncObj_t;

NvBufSurfTransform_Error NvBufSurfTransformSetSessionParams (NvBufSurfTransformConfigParams *config_params);
NvBufSurfTransform_Error NvBufSurfTransformGetSessionParams (NvBufSurfTransformConfigParams *config_params);
NvBufSurfTransform_Error NvBufSurfTransformSetDefaultSession (void);
NvBufSurfTransform_Error NvBufSurfTransform (NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformParams *transform_params);
NvBufSurfTransform_Error NvBufSurfTransformComposite (NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params);

/* Done when they return; there is nothing to wait for. */
NvBufSurfTransform_Error NvBufSurfTransformAsync (NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformParams *transform_params, NvBufSurfTransformSyncObj_t *sync_obj);
NvBufSurfTransform_Error NvBufSurfTransformCompositeAsync (NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params, NvBufSurfTransformSyncObj_t *sync_obj);
NvBufSurfTransform_Error NvBufSurfTransformSyncObjWait (NvBufSurfTransformSyncObj_t sync_obj, uint32_t time_out);
NvBufSurfTransform_Error NvBufSurfTransformSyncObjDestroy (NvBufSurfTransformSyncObj_t *sync_obj);

#ifdef __cplusplus
}
#endif

#endif
