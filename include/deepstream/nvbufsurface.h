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

/* index and plane -1 are all. 0 is success, -1 an error. */
int NvBufSurfaceMap (NvBufSurface *surf, int index, int plane, NvBufSurfaceMemMapFlags type);
int NvBufSurfaceUnMap (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceSyncForCpu (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceSyncForDevice (NvBufSurface *surf, int index, int plane);
int NvBufSurfaceMemSet (NvBufSurface *surf, int index, int plane, uint8_t value);
int NvBufSurfaceCopy (NvBufSurface *src_surf, NvBufSurface *dst_surf);

#ifdef __cplusplus
}
#endif

#endif
