// overlay.h: the file of -overlay.
#ifndef INGOT_CMD_OVERLAY_H
#define INGOT_CMD_OVERLAY_H

#include "base/base.h"

// Reads the JSON file and sets the overlay (base/overlay.h) that it describes.
Err overlay_read(Arena *a, Str file);

#endif
