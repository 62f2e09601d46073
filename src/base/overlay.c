// overlay.c: see overlay.h. The rules are those of cmd/go/internal/fsys: a replaced file makes its parents directories; what
// is below a replaced path is gone. The sorted list has each path just before those below it.
#include "base/overlay.h"

#include <limits.h>
#include <unistd.h>

static struct { const OverlayFile *files; u32 n; } overlay;

void overlay_set(const OverlayFile *files, u32 n)
{
	overlay.files = files;
	overlay.n = n;
}

int overlay_cmp(Str x, Str y)
{
	for (u32 i = 0; i < x.n && i < y.n; i++)
		if (x.p[i] != y.p[i])
			return (x.p[i] == '/' ? -1 : (u8)x.p[i]) - (y.p[i] == '/' ? -1 : (u8)y.p[i]);
	return x.n < y.n ? -1 : x.n > y.n;
}

// The index of the first entry that is not before path.
static u32 lower_bound(Str path)
{
	u32 lo = 0, hi = overlay.n;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (overlay_cmp(overlay.files[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_clean(Str path)
{
	if (!path.n || path.p[0] != '/' || (path.n > 1 && path.p[path.n - 1] == '/'))
		return false;
	for (u32 i = 0; i < path.n; i++)
		if (path.p[i] == '/' && i + 1 < path.n && (path.p[i + 1] == '/' || path.p[i + 1] == '.'))
			return false;
	return true;
}

// The path as the list has it; *a is set if it was made there.
static Str absolute(Str path, Arena **a)
{
	char cwd[PATH_MAX];
	if (is_clean(path))
		return path;
	*a = arena_new();
	if (path.n && path.p[0] != '/' && getcwd(cwd, sizeof cwd))
		path = path_join(*a, str(cwd), path);
	return path_clean(*a, path);
}

OverlayKind overlay_find(Str path, Str *actual)
{
	*actual = path;
	if (!overlay.n || !path.n)
		return OVERLAY_NONE;
	Arena *a = NULL;
	Str p = absolute(path, &a);
	u32 i = lower_bound(p);
	OverlayKind kind = OVERLAY_NONE;
	if (i < overlay.n && str_eq(overlay.files[i].path, p)) {
		kind = overlay.files[i].actual.n ? OVERLAY_FILE : OVERLAY_GONE;
		*actual = overlay.files[i].actual;
	} else if (i < overlay.n && path_has_prefix(overlay.files[i].path, p)) {
		kind = OVERLAY_DIR;
	} else if (i && path_has_prefix(p, overlay.files[i - 1].path)) {
		kind = OVERLAY_GONE;
		*actual = S("");
	}
	arena_free(a);
	return kind;
}

bool overlay_replaced(Str path)
{
	Str actual;
	OverlayKind k = overlay_find(path, &actual);
	return k == OVERLAY_FILE || k == OVERLAY_GONE;
}

bool overlay_child(Str dir, u32 *at, Str *name, OverlayKind *kind, Str *file)
{
	Arena *a = NULL;
	Str p = overlay.n ? absolute(dir, &a) : dir, last = *at ? *name : S("");
	u32 skip = p.n + (p.n > 1);
	bool found = false;
	for (u32 i = *at ? *at : lower_bound(p); i < overlay.n && !found; i++) {
		const OverlayFile *f = &overlay.files[i];
		if (!path_has_prefix(f->path, p))
			break;
		if (f->path.n <= skip)
			continue;
		Str rest = str_from(f->path, skip);
		int slash = str_index(rest, '/');
		Str elem = slash < 0 ? rest : str_sub(rest, 0, (u32)slash);
		if ((slash >= 0 && !f->actual.n) || (last.n && str_eq(elem, last)))
			continue; // what is gone makes no directories
		*name = elem;
		*kind = slash >= 0 ? OVERLAY_DIR : f->actual.n ? OVERLAY_FILE : OVERLAY_GONE;
		*file = slash >= 0 ? S("") : f->actual;
		*at = i + 1;
		found = true;
	}
	arena_free(a);
	return found;
}

Str overlay_touches(Str dir)
{
	if (!overlay.n || !dir.n)
		return S("");
	u32 i = lower_bound(dir);
	if (i < overlay.n && path_has_prefix(overlay.files[i].path, dir))
		return overlay.files[i].path;
	return i && path_has_prefix(dir, overlay.files[i - 1].path) ? overlay.files[i - 1].path : S("");
}
