// fork.c: a second process that goes on with what this one knows. Locks of the process-wide tables are held meanwhile, so
// that the child does not find one taken by a thread that it does not have.
#include "base/base.h"
#include "base/hold.h"

#include <unistd.h>

int base_fork(void)
{
	name_hold(true);
	source_hold(true);
	int pid = (int)fork();
	source_hold(false);
	name_hold(false);
	return pid;
}
