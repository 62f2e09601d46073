// glob.c: names below a directory that a pattern matches, element by element, as path.Match of Go does it: no element is
// special, so that "*" is ".x", too.
#include "base/base.h"

#include <fnmatch.h>
#include <sys/stat.h>

static bool has_meta(Str s)
{
	for (u32 i = 0; i < s.n; i++)
		if (strchr("*?[\\", s.p[i]))
			return true;
	return false;
}

static void expand(Arena *a, Str dir, Str rel, Str pattern, StrVec *out)
{
	int slash = str_index(pattern, '/');
	Str first = slash >= 0 ? str_sub(pattern, 0, (u32)slash) : pattern, rest = slash >= 0 ? str_from(pattern, (u32)slash + 1) : S("");
	StrVec names = {0};
	if (!has_meta(first)) {
		vec_push(a, &names, first);
	} else {
		StrVec all = {0};
		if (failed(dir_list(a, rel.n ? path_join(a, dir, rel) : dir, &all)))
			return;
		char *glob = str_c(a, first);
		for (u32 i = 0; i < all.n; i++)
			if (!fnmatch(glob, str_c(a, all.p[i]), 0))
				vec_push(a, &names, all.p[i]);
	}
	for (u32 i = 0; i < names.n; i++) {
		Str name = path_join(a, rel, names.p[i]);
		struct stat st;
		if (!file_lstat(path_join(a, dir, name), &st))
			continue;
		if (rest.n)
			expand(a, dir, name, rest, out);
		else
			vec_push(a, out, name);
	}
}

void dir_glob(Arena *a, Str dir, Str pattern, StrVec *out)
{
	expand(a, dir, S(""), pattern, out);
}
