/* Surfaces in system memory, in libnvbufsurface.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVBUFSURFACE_H
#define RSNVDS_DEEPSTREAM_NVBUFSURFACE_H

#include "../../nvds-sys/include/nvds.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  NVBUF_MAP_READ,
  NVBUF_MAP_WRITE,
  NVBUF_MAP_READ_WRITE
} NvBufSurfaceMemMapFlags;

/* What a batch shall be of. size 0 is what width, height and colorFormat need; layout is NVBUF_LAYOUT_PITCH. */
typedef struct NvBufSurfaceCreateParams {
  uint32_t gpuId;
  uint32_t width;
  uint32_t height;
  uint32_t size;
  bool isContiguous;
  NvBufSurfaceColorFormat colorFormat;
  NvBufSurfaceLayout layout;
  NvBufSurfaceMemType memType;
  void *_reserved[4];
} NvBufSurfaceCreateParams;

/* Without a GPU, only params counts. */
typedef struct NvBufSurfaceAllocateParams {
  NvBufSurfaceCreateParams params;
  NvBufSurfaceDisplayScanFormat displayscanformat;
  NvBufSurfaceChromaSubsamplingParams chromaSubsampling;
  int memtag;
  bool disablePitchPadding;
  uint32_t _reservedParam;
  void *_reserved[4];
} NvBufSurfaceAllocateParams;

typedef enum {
  NVBUF_DRIVER_TYPE_UNKNOWN = 0,
  NVBUF_DRIVER_TYPE_NVGPU,
  NVBUF_DRIVER_TYPE_RM
} NvBufSurfaceDriverType;

typedef struct NvBufSurfaceDeviceInfo {
  NvBufSurfaceDriverType driverType;
  bool isVicPresent;
  bool isIntegratedGpu;
  bool reserved1;
  bool reserved2;
  int platformType;
  uint8_t reserved[60];
} NvBufSurfaceDeviceInfo;

/* 0 is success, -1 an error that standard error tells, in all of these. numFilled of a new batch is 0. */
int NvBufSurfaceCreate (NvBufSurface **surf, uint32_t batchSize, NvBufSurfaceCreateParams *params);
int NvBufSurfaceAllocate (NvBufSurface **surf, uint32_t batchSize, NvBufSurfaceAllocateParams *params);
int NvBufSurfaceDestroy (NvBufSurface *surf);

/* index and plane -1 are all. */
int NvBufSurfaceMap (NvBufSurface *surf, int index, int plane, NvBufSurfaceMemMapFlags type);
int NvBufSurfaceUnMap (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceSyncForCpu (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceSyncForDevice (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceMemSet (NvBufSurface *surf, int index, int plane, uint8_t value);
int NvBufSurfaceCopy (NvBufSurface *src_surf, NvBufSurface *dst_surf);

/* A plane's lines without the bytes between them, out of a surface and into it. */
int NvBufSurface2Raw (NvBufSurface *surf, unsigned int index, unsigned int plane, unsigned int width, unsigned int height, unsigned char *ptr);
int Raw2NvBufSurface (unsigned char *ptr, unsigned int index, unsigned int plane, unsigned int width, unsigned int height, NvBufSurface *surf);

/* These fail without a GPU: there is no device, no EGL and no DMA buffer. */
int NvBufSurfaceGetDeviceInfo (NvBufSurfaceDeviceInfo *info);
int NvBufSurfaceMapEglImage (NvBufSurface *surf, int index);
int NvBufSurfaceUnMapEglImage (NvBufSurface *surf, int index);
int NvBufSurfaceFromFd (int dmabuf_fd, void **buffer);

#ifdef __cplusplus
}
#endif

#endif
