//go:build linux

#include "hook.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#include "_cgo_export.h"

// What of the PJRT C API is used here, at its place in the binary interface, in which functions and fields are only
// ever added at the end (openxla/xla, xla/pjrt/c/pjrt_c_api.h, major version 0).
typedef struct { size_t size; void* extension; void* object; } ObjectArgs; // of a Destroy
typedef struct { size_t size; void* extension; char* code; size_t code_size; const char* format; size_t format_size; } Program;
typedef struct {
  size_t size; void* extension; void* client; const Program* program;
  const char* options; size_t options_size; void* executable;
} CompileArgs;
typedef struct { size_t size; void* extension; void* loaded; void* executable; } GetExecutableArgs;
typedef struct {
  size_t size; void* extension; void* executable;
  const char* bytes; size_t bytes_size; void* backing; void (*deleter)(void*);
} SerializeArgs;
typedef struct {
  size_t size; void* extension; void* client; const char* bytes; size_t bytes_size; void* loaded;
  const char* options; size_t options_size;
} LoadArgs;
typedef void* (*Function)(void*); // takes its arguments, returns an error or NULL
typedef struct {
  size_t size; void* extension;
  struct { size_t size; void* extension; int major, minor; } version;
  Function functions[];
} Api;
enum { // places in Api.functions
  kErrorDestroy = 0,
  kCompile = 20,
  kExecutableDestroy = 40,
  kSerialize = 49,
  kGetExecutable = 51,
  kLoad = 56,
};

static Api* api;
static Function compile; // the plugin's own

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

// failed destroys an error. None of them is the caller's concern: the program is compiled instead.
static int failed(void* error) {
  if (!error) return 0;
  ObjectArgs args = {.size = sizeof args, .object = error};
  api->functions[kErrorDestroy](&args);
  return 1;
}

static void keep(unsigned char* key, void* loaded, double took) {
  if (!contrastlabWorthKeeping(took)) return;
  GetExecutableArgs get = {.size = sizeof get, .loaded = loaded};
  if (failed(api->functions[kGetExecutable](&get))) return;
  SerializeArgs serialize = {.size = sizeof serialize, .executable = get.executable};
  if (!failed(api->functions[kSerialize](&serialize))) {
    contrastlabPut(key, (char*)serialize.bytes, serialize.bytes_size);
    serialize.deleter(serialize.backing);
  }
  ObjectArgs destroy = {.size = sizeof destroy, .object = get.executable};
  failed(api->functions[kExecutableDestroy](&destroy));
}

static void* compile_or_load(void* arguments) {
  CompileArgs* args = arguments;
  const Program* program = args->program;
  unsigned char key[32];
  size_t size = 0;
  char* kept = contrastlabGet(program->code, program->code_size, (char*)program->format, program->format_size,
                              (char*)args->options, args->options_size, key, &size);
  if (kept) {
    LoadArgs load = {.size = sizeof load, .client = args->client, .bytes = kept, .bytes_size = size,
                     .options = args->options, .options_size = args->options_size};
    int refused = failed(api->functions[kLoad](&load));
    free(kept);
    if (!refused) {
      args->executable = load.loaded;
      return NULL;
    }
    contrastlabRefused(key);
  }
  double start = seconds();
  void* error = compile(args);
  if (!error) keep(key, args->executable, seconds() - start);
  contrastlabDone(key);
  return error;
}

const char* contrastlab_keep(const char* plugin) {
  void* library = dlopen(plugin, RTLD_LAZY | RTLD_LOCAL); // loaded by go-xla before: the same library
  if (!library) return "it cannot be opened";
  Api* (*get)(void) = (Api * (*)(void)) dlsym(library, "GetPjrtApi");
  Api* table = get ? get() : NULL;
  if (!table) return "it has no table of functions";
  if (table->version.major != 0 || table->size < offsetof(Api, functions) + (kLoad + 1) * sizeof(Function))
    return "its table of functions is of another version";
  if (table->functions[kCompile] == compile_or_load) return NULL;
  if (api && api != table) return "another plugin is in use already";
  api = table;
  compile = table->functions[kCompile];
  table->functions[kCompile] = compile_or_load;
  return NULL;
}
