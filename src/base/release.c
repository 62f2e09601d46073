// release.c: see release.h. The first line of VERSION is the release (doc of GOROOT/VERSION: cmd/dist/build.go).
#include "base/release.h"

Str release_of_library(Arena *a, Str goroot)
{
	Str text;
	if (!goroot.n || failed(file_map(a, path_join(a, goroot, S("VERSION")), &text)))
		return S("go" GO_RELEASE);
	int nl = str_index(text, '\n');
	Str name = str_dup(a, str_trim(nl >= 0 ? str_sub(text, 0, (u32)nl) : text));
	file_unmap(text);
	return name.n ? name : S("go" GO_RELEASE);
}
