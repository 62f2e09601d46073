// hold.h: private to base/: what base_fork takes and gives back.
#ifndef INGOT_BASE_HOLD_H
#define INGOT_BASE_HOLD_H

#include <stdbool.h>

void name_hold(bool take);
void source_hold(bool take);

#endif
