# rsnvds on the stand-ins, for CI without a GPU. Not run yet: see README.md beside this file.
# The metadata library is NVIDIA's, from its wheel (Apache-2.0), in the version that the project pins.
ARG DEBIAN=debian:12-slim
FROM ${DEBIAN}

RUN apt-get update \
 && apt-get install -y --no-install-recommends gstreamer1.0-tools gstreamer1.0-plugins-base fonts-dejavu-core \
        libpangocairo-1.0-0 python3-pip unzip \
 && rm -rf /var/lib/apt/lists/*
RUN pip download --no-deps --only-binary :all: --dest /tmp nvidia-deepstream-videodecode-cu13==9.0.2 \
 && mkdir -p /opt/nvds \
 && unzip -j /tmp/nvidia_deepstream_videodecode_cu13-*.whl '*/libnvds_meta.so' '*/libnvdsgst_meta.so' -d /opt/nvds \
 && rm /tmp/*.whl
COPY gstreamer1.0-rsnvds_*_amd64.deb gstreamer1.0-rsnvds-standins_*_amd64.deb /tmp/
RUN dpkg -i /tmp/gstreamer1.0-rsnvds*.deb && rm /tmp/gstreamer1.0-rsnvds*.deb

ENV RSNVDS_NVDS_LIB_DIR=/opt/nvds \
    GST_PLUGIN_PATH=/usr/lib/x86_64-linux-gnu/rsnvds-standins
RUN rsnvds-selftest
CMD ["rsnvds-selftest"]
