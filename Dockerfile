# The lab as one image: JupyterLab, Go, GoNB, the XLA plugin, every module and a warm build cache. It needs no network
# when it runs. `make image` builds it with docker, podman or buildah (scripts/image.sh), `make image-test` tries it.
#
#   --build-arg CUDA=1               the plugin for NVIDIA GPUs and its libraries too (x86-64)
#   --build-arg BASE=...             another Debian 13, for instance a mirror's copy of this one
#   --build-arg GOPROXY=... PIP_INDEX_URL=...    where modules and wheels come from
#
# Layers go from what changes seldom to what changes often, so that a new lesson is a small download. Nothing that the
# lab needs is in a home folder: a volume over it hides nothing.
ARG BASE=debian:trixie-20260918-slim@sha256:a99cfc517144bc59b1978475ec53b46ecabec7e43635402ee5b77cc54cd1b20a

# --- Go, exactly the version that go.mod names -----------------------------------------------------------------------
# Debian's go is an older one, which fetches this one as a module, checked against Go's checksum database.
FROM ${BASE} AS go
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates golang-go
ARG GOPROXY
WORKDIR /src
COPY go.mod ./
RUN root=$(GOTOOLCHAIN="go$(sed -n 's/^go //p' go.mod)" go env GOROOT) && cp -R "$root" /usr/local/go && chmod -R u+w,a+rX /usr/local/go \
    && /usr/local/go/bin/go version

# --- the lab -----------------------------------------------------------------------------------------------------------
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates gcc git less libc6-dev make nano python3 python3-venv tini \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=go /usr/local/go /usr/local/go

# -trimpath: what is compiled here is found in the cache from any folder, so from every learner's copy too.
ENV LANG=C.UTF-8 SHELL=/bin/bash \
    PATH=/opt/contrastlab/.venv/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    GOTOOLCHAIN=local GOFLAGS=-trimpath GOMODCACHE=/opt/go/mod GOCACHE=/opt/go/build \
    CONTRASTLAB_VENV=/opt/contrastlab/.venv GOMLX_NO_AUTO_INSTALL=1 \
    JUPYTER_PATH=/opt/contrastlab/.venv/share/jupyter JUPYTER_PREFER_ENV_PATH=1 JUPYTER_RUNTIME_DIR=/tmp/jupyter
WORKDIR /opt/contrastlab

ARG CUDA
ARG GOPROXY
ARG PIP_INDEX_URL
COPY go.mod requirements.txt requirements-cuda.txt ./
COPY scripts/setup.sh scripts/
RUN CUDA="$CUDA" PIP_NO_CACHE_DIR=1 scripts/setup.sh python
COPY internal/tools internal/tools
RUN GOCACHE=/tmp/build GOMODCACHE=/tmp/mod scripts/setup.sh tools && chmod -R u+w /tmp/mod && rm -rf /tmp/build /tmp/mod

# Caches belong to root and anyone may add to them. The sticky bit keeps go, run by a learner, from trimming what is
# warm when the image is more than five days old. The archives of unpacked modules are not needed again.
COPY go.sum ./
RUN scripts/setup.sh modules && find "$GOMODCACHE" -name '*.zip' -delete \
    && find "$GOMODCACHE" -path "$GOMODCACHE/cache/*" -type f -exec chmod a+rw {} + \
    && find "$GOMODCACHE" \( -path '*@*' ! -path "$GOMODCACHE/cache/*" -prune \) -o -type d -exec chmod 1777 {} +
COPY . .
RUN scripts/setup.sh && go build ./... && go -C exercises test -run '^$' ./... >/dev/null \
    && find . -path ./.venv -prune -o -type f ! -name .image -exec sha256sum {} + | sort | sha256sum | cut -c1-12 >.image \
    && find . -path ./.venv -prune -o ! -type l ! -perm -a=r -exec chmod a+rX {} + \
    && find "$GOCACHE" -type d -exec chmod 1777 {} + && find "$GOCACHE" -type f -exec chmod a+rw {} +

# The user of the Jupyter images: the same name, numbers and folders, so that their settings fit here.
RUN useradd --no-log-init --create-home --shell /bin/bash --uid 1000 --gid 100 jovyan \
    && mkdir /home/jovyan/work && chown 1000:100 /home/jovyan/work && chmod 775 /home/jovyan /home/jovyan/work
ENV HOME=/home/jovyan
USER 1000
WORKDIR /home/jovyan/work
EXPOSE 8888
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/contrastlab/docker/healthcheck.py"]
ENTRYPOINT ["tini", "-g", "--", "/opt/contrastlab/docker/start.sh"]
