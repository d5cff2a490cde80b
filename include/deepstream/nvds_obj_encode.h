/* Objects and frames as JPEG, in libnvds_batch_jpegenc.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVDS_OBJ_ENCODE_H
#define RSNVDS_DEEPSTREAM_NVDS_OBJ_ENCODE_H

#include "nvbufsurface.h"
#include "nvdsmeta.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FILE_NAME_SIZE (1024)

typedef struct _NvDsObjEncCtx *NvDsObjEncCtxHandle;

/* Data of a user meta of type NVDS_CROP_IMAGE_META: a JPEG, which belongs to the meta. */
typedef struct _NvDsObjEncOutParams {
  uint8_t *outBuffer;
  uint64_t outLen;
} NvDsObjEncOutParams;

/* quality is 1 to 100, 85 for any other; an empty fileNameImg gives a name with frame, source, object and size. */
typedef struct _NvDsObjEncUsrArgs {
  bool saveImg;
  bool attachUsrMeta;
  bool scaleImg;
  int scaledWidth;
  int scaledHeight;
  char fileNameImg[FILE_NAME_SIZE];
  int objNum;
  int quality;
  bool isFrame; /* the whole frame; the object may be NULL then */
  bool calcEncodeTime; /* without effect here */
} NvDsObjEncUsrArgs;

NvDsObjEncCtxHandle nvds_obj_enc_create_context (int gpu_id);
/* Encodes before it returns. False is an error that standard error tells. */
bool nvds_obj_enc_process (NvDsObjEncCtxHandle ctx, NvDsObjEncUsrArgs *args, NvBufSurface *surf, NvDsObjectMeta *obj_meta, NvDsFrameMeta *frame_meta);
void nvds_obj_enc_finish (NvDsObjEncCtxHandle ctx);
void nvds_obj_enc_destroy_context (NvDsObjEncCtxHandle ctx);

#ifdef __cplusplus
}
#endif

#endif
