// Puts a store of compiled programs between go-xla and the compiler of a PJRT plugin.
#pragma once

#include <stddef.h>

// contrastlab_keep takes the place of PJRT_Client_Compile in the function table of the plugin that is loaded from a
// file. It returns NULL, or why it could not.
const char* contrastlab_keep(const char* plugin);
