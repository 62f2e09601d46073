// main.c: the front door. What the first argument names runs; see cmd/.
#include "base/base.h"

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	base_die("nothing is built in yet");
}
