/* Tensors and segmentations that nvinfer attaches; see nvdsmeta.h here. */
#ifndef RSNVDS_DEEPSTREAM_GSTNVDSINFER_H
#define RSNVDS_DEEPSTREAM_GSTNVDSINFER_H

#include "../../nvds-sys/include/nvds.h"

#endif
