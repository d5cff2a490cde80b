/* The version of DeepStream, in libnvds_utils.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVDS_VERSION_H
#define RSNVDS_DEEPSTREAM_NVDS_VERSION_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

void nvds_version (unsigned int *major, unsigned int *minor);
void nvds_version_print (void);
void nvds_dependencies_version_print (void);

#ifdef __cplusplus
}
#endif

#endif
