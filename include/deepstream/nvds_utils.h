/* What applications ask of the machine, in libnvds_utils.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVDS_UTILS_H
#define RSNVDS_DEEPSTREAM_NVDS_UTILS_H

#ifdef __cplusplus
extern "C" {
#endif

/* The machine's name, freed with g_free; here without an address. */
char *nvds_get_hostname_with_ip (void);

#ifdef __cplusplus
}
#endif

#endif
